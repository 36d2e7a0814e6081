--- propolis install: puts our hooks into the agents' own files.
local agents = require "propolis.agents"
local cli = require "propolis.cli"
local install = require "propolis.install"
local shared = require "propolis.cli.agents"

local command = {
    name = "install",
    summary = "let your coding agents write to the shared memory",
    usage = agents.usage [[
propolis install                 every agent that is found in your home
propolis install {agent} --dry-run

usage: propolis install [AGENT...] [--dry-run] [--approve] [--json]

AGENT is one of {agents}.
A named agent is installed for even if its folder is not there yet.

  --dry-run   shows what would change in which file, and writes nothing
  --approve   also records your approval of exactly our hook lines where the
              agent keeps a list of what you approved; without it the agent
              asks at its next start
  --json      one line of JSON instead of words

Only our own entries are added; order, comments and formatting of your files
stay.  `propolis uninstall` takes everything out again.
]],
    options = { dry_run = "flag", approve = "flag", json = "flag" },
}

local function shown(change)
    local diff = require "propolis.install.diff"
    cli.write("--- ", change.path,
        change.before and "" or " (new)", "\n")
    for _, line in ipairs(diff.lines(change.before, change.after)) do
        local colour = ({ ["+"] = "green", ["-"] = "red" })[line:sub(1, 1)]
        cli.write(colour and cli.colour(line, colour) or line, "\n")
    end
end

local function say(report, opts)
    if report.skipped then
        return cli.say("%s: skipped, %s", report.agent, report.skipped)
    end
    if report.error then
        return cli.say("propolis: %s: %s", report.agent, report.error)
    end
    for _, path in ipairs(report.files) do
        cli.say("%s: %s %s", report.agent,
            opts.dry_run and "would change" or "changed", path)
    end
    if #report.files == 0 then
        cli.say("%s: everything is in place", report.agent)
    end
    for _, advice in ipairs(report.advice) do
        cli.say("%s: %s", report.agent, advice)
    end
end

local function run_one(agent, ctx, opts)
    local report = { agent = agent.name, files = {}, advice = {} }
    local folder, there = install.folder(agent, ctx)
    if not there and #opts == 0 then
        report.skipped = ("there is no %s"):format(folder)
        return report
    end
    local changes, err = install.plan(agent, ctx)
    if changes and not opts.dry_run then
        local ok
        ok, err = install.apply(agent, ctx, changes)
        changes = ok and changes
    end
    if not changes then
        report.error = err
        return report
    end
    for i, change in ipairs(changes) do
        report.files[i] = change.path
        if opts.dry_run and not opts.json then shown(change) end
    end
    if not opts.dry_run then
        report.advice = require("propolis.install.state").read(agent, ctx)
            .advice
    end
    return report
end

function command.main(opts)
    local code, reports, ctx = shared.run(opts, command, run_one, say,
        { "agent", "skipped", "error", "files", "advice" })
    for _, report in ipairs(reports or {}) do
        if not report.skipped then return code end
    end
    return not reports and code or cli.fail(("no agent was found in %s: name "
        .. "the one you want, as in `propolis install %s`"):format(ctx.home,
        reports[1].agent))
end

return cli.command(command)
