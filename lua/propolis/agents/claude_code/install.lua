--- claude_code.install: hooks in Claude Code's settings.json and the memory
-- server in .claude.json; see propolis.agents.
local edit = require "propolis.edit.json"
local hooks = require "propolis.install.hooks_json"
local server = require "propolis.install.server_json"

-- What runs beside the agent may overtake what came before it, and goes with
-- the agent when that ends: seen with `claude -p`, which lost a tool's failure
-- in one run of six. So the few milliseconds of what makes the story are
-- waited for, and only notes run beside the agent. Seconds.
local EVENTS = {
    { "SessionStart", 10 }, { "UserPromptSubmit", 5 },
    { "PermissionRequest", 10, beside = true },
    { "PermissionDenied", 10, beside = true }, { "PostToolUse", 5 },
    { "PostToolUseFailure", 5 }, { "Notification", 10, beside = true },
    { "SubagentStart", 10, beside = true }, { "SubagentStop", 5 },
    { "PreCompact", 10, beside = true }, { "PostCompact", 10, beside = true },
    { "Stop", 5 }, { "StopFailure", 5 }, { "SessionEnd", 5 },
}

-- An older Claude Code passes its whole settings file over when that names an
-- event it does not know.
local SINCE = {
    PostCompact = "2.1.76", StopFailure = "2.1.78", PermissionDenied = "2.1.89",
}

-- A version as text that sorts; nil for what is none.
local function sortable(version)
    local a, b, c = version:match("(%d+)%.(%d+)%.(%d+)")
    return a and ("%09d.%09d.%09d"):format(a, b, c)
end

-- The hooks for the events that the Claude Code on this machine knows.
local function shape(ctx)
    local version, events = sortable(ctx.agent_version("claude") or ""), {}
    for _, want in ipairs(EVENTS) do
        local since = SINCE[want[1]]
        if not version or not since or version >= sortable(since) then
            events[#events + 1] = want
        end
    end
    return { agent = "claude-code", nested = true, events = events }
end

return {
    title = "Claude Code",
    summarize = {
        programs = { "claude", "~/.claude/local/claude" },
        arguments = { "-p", "--model", "haiku", "--tools", "",
            "--strict-mcp-config", "--disable-slash-commands",
            "--no-session-persistence", "--output-format", "text" },
        stdin = true,
        env = { CLAUDECODE = false }, -- it starts in no session of its own
    },
    gaps = { ["an interrupted turn"] = "-", thoughts = "-" },
    folder = function(ctx)
        return ctx.env("CLAUDE_CONFIG_DIR") or ctx.home .. "/.claude"
    end,
    targets = function(ctx, folder)
        local own = ctx.env("CLAUDE_CONFIG_DIR")
        local account = (own or ctx.home) .. "/.claude.json"
        return {
            hooks.target(ctx, folder .. "/settings.json", shape(ctx)),
            server.target(ctx, account),
        }
    end,
    advice = function(read, folder)
        local text = read(folder .. "/settings.json")
        if text and edit.value(text, { "disableAllHooks" }) == true then
            return { ("disableAllHooks is set in %s/settings.json: Claude Code "
                .. "runs no hooks until it is removed"):format(folder) }
        end
        return {}
    end,
}
