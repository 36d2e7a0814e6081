--- propolis install: puts our hooks into the agents' own files.
local cli = require "propolis.cli"
local install = require "propolis.install"

local command = {
    name = "install",
    summary = "let your coding agents write to the shared memory",
    usage = [[
propolis install                 every agent that is found in your home
propolis install codex --dry-run

usage: propolis install [AGENT...] [--dry-run] [--approve] [--json]

AGENT is one of claude-code, codex, cursor, hermes, pi, openclaw.  A named agent
is installed for even if its folder is not there yet.

  --dry-run   shows what would change in which file, and writes nothing
  --approve   also records your approval of exactly our hook lines in Hermes'
              allow-list; without it Hermes asks at its next start
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

local function words(report, opts)
    if opts.json then return end
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

local function run_one(name, ctx, opts)
    local agent = install.agent(name)
    local report = { agent = name, files = {}, advice = {} }
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
        report.advice = agent.advice(ctx, install.read, folder)
    end
    return report
end

-- The reports as JSON: { agents = [...] }.
local function as_json(reports)
    local json = require "propolis.json"
    local out = {}
    for i, report in ipairs(reports) do
        out[i] = json.object {
            { "agent", report.agent }, { "skipped", report.skipped },
            { "error", report.error }, { "files", json.array(report.files) },
            { "advice", json.array(report.advice) },
        }
    end
    return cli.json(json.object { { "agents", json.array(out) } })
end

function command.main(opts)
    local names, err = install.named(opts)
    if not names then return cli.usage(command, err) end
    local ctx
    ctx, err = install.context { approve = opts.approve }
    if not ctx then return cli.fail(err) end

    local reports, failed, found = {}, false, false
    for i, name in ipairs(names) do
        reports[i] = run_one(name, ctx, opts)
        failed = failed or reports[i].error ~= nil
        found = found or not reports[i].skipped
        words(reports[i], opts)
    end
    if opts.json then
        local code = as_json(reports)
        return failed and cli.FAILED or code
    end
    if not found then
        return cli.fail("no agent was found in " .. ctx.home
            .. ": name the one you want, as in `propolis install codex`")
    end
    return cli.done(failed and cli.FAILED or cli.OK)
end

return cli.command(command)
