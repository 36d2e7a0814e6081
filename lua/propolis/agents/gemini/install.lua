--- gemini.install: hooks and the memory server in Gemini CLI's settings.json;
-- see propolis.agents.
local command = require "propolis.install.command"
local edit = require "propolis.edit.json"
local hooks = require "propolis.install.hooks_json"
local server = require "propolis.install.server_json"

-- Timeouts in milliseconds. Gemini CLI waits for its hooks.
local SHAPE = { agent = "gemini", nested = true, events = {
    { "SessionStart", 10000 }, { "BeforeAgent", 5000 }, { "AfterTool", 5000 },
    { "AfterAgent", 5000 }, { "PreCompress", 5000, matcher = "manual" },
    { "Notification", 5000 }, { "SessionEnd", 5000 },
} }

-- A value of the settings, nil when it is not there.
local function setting(read, folder, ...)
    local text = read(folder .. "/settings.json")
    return text and text:find("%S") and edit.value(text, { ... }) or nil
end

-- Our hooks that the person switched off with /hooks; it notes their lines.
local function approvals(read, folder)
    local list = setting(read, folder, "hooksConfig", "disabled")
    local out = {}
    for _, line in ipairs(type(list) == "table" and list or {}) do
        local ours = command.parse(line)
        if ours and ours.agent == SHAPE.agent then
            out[#out + 1] = { event = ours.event, state = "disabled" }
        end
    end
    return out
end

return {
    title = "Gemini CLI",
    summarize = {
        programs = { "gemini" },
        arguments = { "--model", "flash", "--policy",
            "{folder}/no-tools.toml", "--extensions", "none", "--skip-trust",
            "--output-format", "text", "--prompt",
            "Do what the first lines of this text ask." },
        stdin = true,
        files = { ["no-tools.toml"] = '[[rule]]\ntoolName = "*"\n'
            .. 'decision = "deny"\npriority = 999\n' },
    },
    gaps = { ["a turn that ended in an error"] = "-",
        ["an interrupted turn"] = "-", subagents = "-",
        compaction = "by hand only", thoughts = "-" },
    folder = function(ctx)
        return (ctx.env("GEMINI_CLI_HOME") or ctx.home) .. "/.gemini"
    end,
    targets = function(ctx, folder)
        local file = hooks.target(ctx, folder .. "/settings.json", SHAPE)
        return { server.beside(file, ctx, true) }
    end,
    approvals = approvals,
    asks = { { "disabled", "%d of our hooks are switched off in Gemini CLI: "
        .. "start gemini, type /hooks" } },
    advice = function(read, folder)
        local switches = setting(read, folder, "hooksConfig")
        return { type(switches) == "table" and switches.enabled == false
            and ("hooksConfig.enabled is false in %s/settings.json: Gemini "
                .. "CLI runs no hooks until it is true"):format(folder)
            or nil }
    end,
}
