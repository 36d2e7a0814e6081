--- propolis.install.server_json: the memory server's entry in a JSON file
-- with `mcpServers`, as Claude Code and Cursor read it. Pure.
local edit = require "propolis.edit.json"

local server = {}

local PATH = { "mcpServers", "propolis" }

--- The target (see propolis.install.claude_code) for the file at `path`.
function server.target(ctx, path)
    return {
        path = path,
        add = function(text)
            if not ctx.mcp then return text end
            return edit.set(text or "", PATH, edit.encode {
                { "type", "stdio" }, { "command", ctx.program },
                { "args", edit.list { "mcp" } },
            })
        end,
        drop = function(text, before)
            if not text:find("%S") then return text end
            local out, err = edit.remove(text, PATH)
            if not out then return nil, err end
            local kept = before and before:find("%S")
                and edit.get(before, { "mcpServers" })
            if kept or out == text then return out end
            return edit.prune(out, { "mcpServers" })
        end,
        empty = function(text) return not text:find("[^%s{}]") end,
        server = function(text)
            return text:find("%S") and edit.value(text, PATH) or nil
        end,
    }
end

return server
