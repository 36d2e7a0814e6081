--- cursor.install: hooks in Cursor's hooks.json; see propolis.agents.
-- Cursor waits for its hooks and has no flag to change that; ours take
-- milliseconds, and only events that carry something new are wired.
local edit = require "propolis.edit.json"
local hooks = require "propolis.install.hooks_json"
local server = require "propolis.install.server_json"

-- Timeouts in seconds.
local SHAPE = { agent = "cursor", events = {
    { "sessionStart", 5 }, { "beforeSubmitPrompt", 5 }, { "postToolUse", 5 },
    { "postToolUseFailure", 5 }, { "afterAgentResponse", 5 },
    { "afterAgentThought", 5 }, { "subagentStart", 5 }, { "subagentStop", 5 },
    { "preCompact", 5 }, { "stop", 5 }, { "sessionEnd", 5 },
} }

-- Cursor wants the file's version beside the hooks.
local function hooks_file(ctx, folder)
    local target = hooks.target(ctx, folder .. "/hooks.json", SHAPE)
    local add, drop = target.add, target.drop
    target.add = function(text)
        local out, err = text or ""
        if not out:find("%S") or not edit.get(out, { "version" }) then
            out, err = edit.set(out, { "version" }, "1")
            if not out then return nil, err end
        end
        return add(out)
    end
    -- Hooks that came since need it, too.
    target.drop = function(text, before)
        local out, err = drop(text, before)
        local old = before and before:find("%S") and before or "{}"
        if not out or not out:find("%S") or edit.get(old, { "version" })
            or edit.get(out, { "hooks" }) and not edit.get(old, { "hooks" })
            or edit.value(out, { "version" }) ~= 1 then
            return out, err
        end
        return edit.remove(out, { "version" })
    end
    return target
end

return {
    title = "Cursor",
    summarize = {
        programs = { "cursor-agent" },
        arguments = { "--print", "--mode", "ask", "--output-format", "text",
            "Read the file {file} and do what its first lines ask." },
    },
    gaps = { ["permission requests"] = "-" },
    folder = function(ctx) return ctx.home .. "/.cursor" end,
    targets = function(ctx, folder)
        return {
            hooks_file(ctx, folder),
            server.target(ctx, folder .. "/mcp.json"),
        }
    end,
}
