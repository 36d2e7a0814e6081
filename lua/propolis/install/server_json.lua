--- propolis.install.server_json: the memory server's entry in a JSON file
-- with `mcpServers`. Pure.
local edit = require "propolis.edit.json"

local server = {}

local PATH = { "mcpServers", "propolis" }

--- The target (see propolis.agents) for the file at `path`.
-- @param untyped true when the agent's entries have no `type`
function server.target(ctx, path, untyped)
    return {
        path = path,
        add = function(text)
            if not ctx.mcp then return text end
            local entry = { { "type", "stdio" }, { "command", ctx.program },
                { "args", edit.list { "mcp" } } }
            if untyped then table.remove(entry, 1) end
            return edit.set(text or "", PATH, edit.encode(entry))
        end,
        drop = function(text, before)
            if not text:find("%S") then return text end
            local out, err = edit.remove(text, PATH)
            if not out then return nil, err end
            return edit.prune(out, { "mcpServers" }, before)
        end,
        empty = function(text) return not text:find("[^%s{}]") end,
        server = function(text)
            return text:find("%S") and edit.value(text, PATH) or nil
        end,
    }
end

--- Adds the server to another target: one file has both.
function server.beside(target, ctx, untyped)
    local own = server.target(ctx, target.path, untyped)
    local add, drop = target.add, target.drop
    function target.add(text)
        local out, err = add(text)
        if err then return nil, err end
        return own.add(out)
    end
    function target.drop(text, before)
        local out, err = drop(text, before)
        if not out then return nil, err end
        return own.drop(out, before)
    end
    target.server = own.server
    return target
end

return server
