--- propolis.install.cursor: hooks in Cursor's hooks.json.
-- Cursor waits for its hooks and has no flag to change that; ours take
-- milliseconds, and only events that carry something new are wired.
local command = require "propolis.install.command"
local edit = require "propolis.edit.json"
local hooks = require "propolis.install.hooks_json"
local server = require "propolis.install.server_json"

local SHAPE = { agent = "cursor", nested = false }

local EVENTS = {
    "sessionStart", "beforeSubmitPrompt", "postToolUse", "postToolUseFailure",
    "afterAgentResponse", "afterAgentThought", "subagentStart",
    "subagentStop", "preCompact", "stop", "sessionEnd",
}

local function wanted(ctx)
    local out = {}
    for i, event in ipairs(EVENTS) do
        out[i] = { event = event, handler = {
            { "type", "command" },
            { "command", command.line(ctx.program, SHAPE.agent, event) },
            { "timeout", 5 },
        } }
    end
    return out
end

return {
    name = "cursor",
    title = "Cursor",
    folder = function(ctx) return ctx.home .. "/.cursor" end,
    targets = function(ctx, folder)
        return { {
            path = folder .. "/hooks.json",
            add = function(text)
                local out, err = text or ""
                if not out:find("%S") or not edit.get(out, { "version" }) then
                    out, err = edit.set(out, { "version" }, "1")
                    if not out then return nil, err end
                end
                return hooks.merge(out, SHAPE, wanted(ctx))
            end,
            drop = function(text, before)
                return hooks.strip(text, SHAPE, before)
            end,
            empty = function(text)
                return not text:gsub('"version"%s*:%s*1', "")
                    :find("[^%s{},]")
            end,
            find = function(text) return hooks.find(text, SHAPE) end,
            wanted = EVENTS,
        }, server.target(ctx, folder .. "/mcp.json") }
    end,
    advice = function() return {} end,
}
