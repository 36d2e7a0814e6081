--- propolis uninstall: takes everything of ours out of the agents' files.
local agents = require "propolis.agents"
local cli = require "propolis.cli"
local install = require "propolis.install"
local shared = require "propolis.cli.agents"

local command = {
    name = "uninstall",
    summary = "take our hooks out of your agents' files again",
    usage = agents.usage [[
propolis uninstall               every agent
propolis uninstall {agent}
propolis uninstall --verify      says what is left, and changes nothing

usage: propolis uninstall [AGENT...] [--verify] [--dry-run] [--json]

AGENT is one of {agents}.
A file that nobody else edited since gets back, byte for byte, what stood there
before; from one that was edited only our entries are taken.  What was captured
stays in the local store.
]],
    options = { verify = "flag", dry_run = "flag", json = "flag" },
}

local function take_out(agent, ctx, opts, report)
    local changes, err = install.removal(agent, ctx)
    if not changes then return nil, err end
    local state = require("propolis.install.state").read(agent, ctx)
    for _, hook in ipairs(state.hooks) do
        table.insert(report.edited, hook.edited and hook.line or nil)
    end
    for i, change in ipairs(changes) do
        report.files[i] = change.path
    end
    if opts.dry_run then return true end
    local ok
    ok, err = install.apply(agent, ctx, changes)
    if not ok then return nil, err end
    return install.finish(agent, ctx)
end

local function say(report, opts)
    for _, path in ipairs(report.files) do
        cli.say("%s: %s %s", report.agent,
            opts.dry_run and "would restore" or "restored", path)
    end
    for _, line in ipairs(report.error and {} or report.edited) do
        cli.say("%s: a hook line that was edited goes, too: %s", report.agent,
            line)
    end
    for _, left in ipairs(report.left) do
        cli.say("propolis: %s: %s", report.agent, left)
    end
    if report.error then
        cli.say("propolis: %s: %s", report.agent, report.error)
    elseif #report.files + #report.left == 0 then
        cli.say("%s: nothing of ours is there", report.agent)
    end
end

local function run_one(agent, ctx, opts)
    local report = { agent = agent.name, files = {}, left = {},
        edited = {} }
    if not opts.verify then
        local ok, err = take_out(agent, ctx, opts, report)
        if not ok then report.error = err end
    end
    if not opts.dry_run and not report.error then
        report.left = install.traces(agent, ctx)
    end
    return report
end

function command.main(opts)
    if opts.verify and opts.dry_run then
        return cli.usage(command, "say --verify or --dry-run, not both")
    end
    return (shared.run(opts, command, run_one, say,
        { "agent", "error", "files", "edited", "left" }))
end

return cli.command(command)
