--- propolis.install.cursor: hooks in Cursor's hooks.json.
-- Cursor waits for its hooks and has no flag to change that; ours take
-- milliseconds, and only events that carry something new are wired.
local edit = require "propolis.edit.json"
local hooks = require "propolis.install.hooks_json"
local server = require "propolis.install.server_json"

local SHAPE = { agent = "cursor", nested = false }

local EVENTS = {
    "sessionStart", "beforeSubmitPrompt", "postToolUse", "postToolUseFailure",
    "afterAgentResponse", "afterAgentThought", "subagentStart",
    "subagentStop", "preCompact", "stop", "sessionEnd",
}

-- Cursor wants the file's version beside the hooks.
local function hooks_file(ctx, folder)
    local wanted = {}
    for i, event in ipairs(EVENTS) do
        wanted[i] = hooks.want(ctx, SHAPE, event, 5)
    end
    local target = hooks.target(folder .. "/hooks.json", SHAPE, wanted)
    local merge = target.add
    target.add = function(text)
        local out, err = text or ""
        if not out:find("%S") or not edit.get(out, { "version" }) then
            out, err = edit.set(out, { "version" }, "1")
            if not out then return nil, err end
        end
        return merge(out)
    end
    target.empty = function(text)
        return not text:gsub('"version"%s*:%s*1', ""):find("[^%s{},]")
    end
    return target
end

return {
    name = "cursor",
    title = "Cursor",
    folder = function(ctx) return ctx.home .. "/.cursor" end,
    targets = function(ctx, folder)
        return {
            hooks_file(ctx, folder),
            server.target(ctx, folder .. "/mcp.json"),
        }
    end,
    advice = function() return {} end,
}
