--- propolis.install.claude_code: hooks in Claude Code's settings.json and the
-- memory server in .claude.json.
-- An agent's file returns { name, title, folder(ctx), marker(ctx) = the folder
-- that tells that the agent is there when it is not `folder`, targets(ctx,
-- folder), advice(ctx, read, folder) -> sentences, approvals(read, folder) or
-- nil }.  A target is one file: { path, add(text or nil) -> text or nil,
-- sentence; drop(text, before) -> text; empty(text) -> true when nothing but
-- ours was ever in it; find(text) -> our hook lines }.
local edit = require "propolis.edit.json"
local hooks = require "propolis.install.hooks_json"
local server = require "propolis.install.server_json"

local SHAPE = { agent = "claude-code", nested = true }

-- What runs beside the agent may overtake what came before it, and goes with
-- the agent when that ends: seen with `claude -p`, which lost a tool's failure
-- in one run of six. So the few milliseconds of what makes the story are
-- waited for, and only notes run beside the agent. Seconds.
local WAITED = {
    SessionStart = 10, UserPromptSubmit = 5, PostToolUse = 5,
    PostToolUseFailure = 5, SubagentStop = 5, Stop = 5, StopFailure = 5,
    SessionEnd = 5,
}

local EVENTS = {
    "SessionStart", "UserPromptSubmit", "PermissionRequest",
    "PermissionDenied", "PostToolUse", "PostToolUseFailure", "Notification",
    "SubagentStart", "SubagentStop", "PreCompact", "PostCompact", "Stop",
    "StopFailure", "SessionEnd",
}

-- An older Claude Code passes its whole settings file over when that names an
-- event it does not know.
local SINCE = {
    PostCompact = "2.1.76", StopFailure = "2.1.78", PermissionDenied = "2.1.89",
}

local function older(version, than)
    local a, b, c = version:match("(%d+)%.(%d+)%.(%d+)")
    local x, y, z = than:match("(%d+)%.(%d+)%.(%d+)")
    if not a then return false end
    for _, pair in ipairs { { a, x }, { b, y }, { c, z } } do
        local mine, other = tonumber(pair[1]), tonumber(pair[2])
        if mine ~= other then return mine < other end
    end
    return false
end

-- The hooks for the events that the Claude Code on this machine knows.
local function wanted(ctx)
    local version = ctx.agent_version("claude") or ""
    local out = {}
    for _, event in ipairs(EVENTS) do
        if not SINCE[event] or not older(version, SINCE[event]) then
            out[#out + 1] = hooks.want(ctx, SHAPE, event, WAITED[event] or 10,
                not WAITED[event])
        end
    end
    return out
end

return {
    name = "claude-code",
    title = "Claude Code",
    folder = function(ctx)
        return ctx.env("CLAUDE_CONFIG_DIR") or ctx.home .. "/.claude"
    end,
    targets = function(ctx, folder)
        local own = ctx.env("CLAUDE_CONFIG_DIR")
        local account = (own or ctx.home) .. "/.claude.json"
        return {
            hooks.target(folder .. "/settings.json", SHAPE, wanted(ctx)),
            server.target(ctx, account),
        }
    end,
    advice = function(_, read, folder)
        local text = read(folder .. "/settings.json")
        if text and edit.value(text, { "disableAllHooks" }) == true then
            return { ("disableAllHooks is set in %s/settings.json: Claude Code "
                .. "runs no hooks until it is removed"):format(folder) }
        end
        return {}
    end,
}
