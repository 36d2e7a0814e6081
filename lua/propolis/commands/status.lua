--- propolis status: what is installed where, and what was seen last.
local activity = require "propolis.install.activity"
local agents = require "propolis.agents"
local cli = require "propolis.cli"
local json = require "propolis.json"
local shared = require "propolis.cli.agents"
local state = require "propolis.install.state"
local sys = require "engine.sys"
local trouble = require "propolis.install.trouble"

local command = {
    name = "status",
    summary = "what is installed, and what was seen last",
    usage = agents.usage [[
propolis status
propolis status {agent}      also each hook line

usage: propolis status [AGENT...] [--json]

AGENT is one of {agents}.
Reads the agents' files and the local store, which takes in what hooks captured;
changes nothing else and asks no network.  Exit 1 when something that is
installed cannot work, or events cannot be stored: that is said first.
]],
    options = { json = "flag" },
}

local function size_text(bytes)
    for _, step in ipairs { { 1 << 30, "GiB" }, { 1 << 20, "MiB" },
        { 1 << 10, "KiB" } } do
        if bytes >= step[1] then
            return ("%.1f %s"):format(bytes / step[1], step[2])
        end
    end
    return bytes .. " bytes"
end

-- What of the last sync stands in the JSON as well.
local TEAM = { "oldest", "last_success", "last_error", "last_error_at",
    "failures", "next_try" }

-- What the store says: when events were last seen, and { team = the last sync,
-- rejected = rows that the team's store would not take, summaries = the last
-- failure of an agent that was asked for a summary }.
local function read_store(store, conf)
    local seen, err = activity.seen(store, conf)
    if not seen then error(err, 0) end
    local team = require("propolis.sync").status(store)
    return seen, {
        team = team,
        rejected = team and team.rejected > 0
            and require("propolis.sync.outbox").rejected(store) or nil,
        summaries = conf.summaries == "agent"
            and require("propolis.summary.asked").trouble(store) or nil,
    }
end

-- Store, backlog and login: { version, program, user, ... }.
local function overview(ctx, conf, said)
    local path, file = activity.file(conf)
    return {
        version = ctx.version, program = ctx.program, user = conf.user,
        org = conf.org_name, workspace = conf.workspace,
        logged_in = conf.logged_in, capture = conf.capture,
        store = path, bytes = file and file.size,
        journal = activity.waiting(conf),
        outbox = said.team and said.team.waiting, team = said.team,
        summaries = said.summaries,
        remote = conf.remote
            and require("propolis.stores").shown(conf.remote),
        rejected = said.rejected or {},
    }
end

-- What became of the team's store: the last sync, and rows it would not take.
local function say_team(all)
    local team = all.team or {}
    cli.write(cli.shown(("team      %s, %s\n"):format(all.remote,
        team.last_success and "last sync " .. team.last_success
            or "no sync yet")))
    if team.last_error then
        cli.write(cli.shown(("          failed at %s: %s\n"):format(
            team.last_error_at, team.last_error)))
    end
    for _, row in ipairs(all.rejected) do
        cli.write(cli.shown(("rejected  %s %s: %s\n"):format(row.tbl,
            row.row_id, row.error)))
    end
    if #all.rejected > 0 then
        cli.write("          `propolis sync --retry` tries them again\n")
    end
end

local function say_overview(all)
    local account = all.logged_in
        and ("logged in as %s, %s / %s"):format(all.user, all.org,
            all.workspace)
        or ("not logged in%s, as user %s"):format(
            all.remote and "" or ": everything stays here", all.user)
    local store = all.bytes
        and ("%s (%s)"):format(all.store, size_text(all.bytes))
        or all.store .. " (no event yet)"
    cli.write(("propolis  %s, %s\n"):format(all.version, all.program))
    cli.write("account   ", cli.shown(account), "\n")
    cli.write("store     ", store, "\n")
    cli.write(("waiting   %d in the journal, %s for the team's store\n"):format(
        all.journal, all.outbox and all.outbox > 0
            and ("%d row%s"):format(all.outbox, all.outbox == 1 and "" or "s")
            or "none"))
    if all.remote then say_team(all) end
    if all.summaries then
        cli.write(("summaries no agent's since %s: %s\n"):format(
            all.summaries.error_at, all.summaries.error))
    end
    if all.capture == false then
        cli.write("capture   switched off\n")
    end
    cli.write("\n")
end

local function say_agents(reports)
    local rows = {}
    for i, report in ipairs(reports) do
        rows[i] = { agent = report.agent, state = report.state,
            hooks = #report.hooks, ["last event"] = report.seen or "-" }
    end
    cli.write(cli.table(rows, { "agent", "state", "hooks", "last event" }))
    for _, report in ipairs(reports) do
        local out = state.remedy(report)
        if out then cli.say("%s: %s", report.agent, out) end
        for _, advice in ipairs(report.advice) do
            cli.say("%s: %s", report.agent, advice)
        end
    end
end

local function say_hooks(report)
    local rows = {}
    for i, hook in ipairs(report.hooks) do
        rows[i] = { event = hook.event, line = hook.line,
            program = hook.runnable and "ok" or "gone",
            approval = hook.approval or "-", seen = hook.seen or "-" }
    end
    for _, event in ipairs(report.missing) do
        rows[#rows + 1] = { event = event, line = "missing", program = "-",
            approval = "-", seen = "-" }
    end
    for _, server in ipairs(report.servers) do
        rows[#rows + 1] = server.program and { event = "MCP server",
            line = server.program .. " mcp", approval = "-", seen = "-",
            program = server.runnable and "ok" or "gone" } or nil
    end
    if #rows == 0 then return end
    cli.write("\n", report.title, "\n", cli.table(rows,
        { "event", "program", "approval", "seen", "line" }))
end

local function as_json(all, reports)
    for _, report in ipairs(reports) do
        report.hooks = json.pick_all(report.hooks, { "event", "file", "line",
            "program", "runnable", "current", "approval", "seen" })
        report.servers = json.pick_all(report.servers, { "file", "program",
            "runnable" })
    end
    for _, row in ipairs(all.rejected) do
        row.table, row.id = row.tbl, row.row_id
    end
    for _, key in ipairs(TEAM) do all[key] = (all.team or {})[key] end
    all.summary_error = all.summaries and all.summaries.error
    all.rejected = json.pick_all(all.rejected,
        { "table", "id", "queued_at", "error" })
    all.problems = json.pick_all(all.problems, { "about", "text" })
    all.agents = json.pick_all(reports, { "agent", "state", "folder", "error",
        "seen", "hooks", "missing", "servers", "advice" })
    return cli.json(json.pick(all, { "version", "program", "user", "org",
        "workspace", "logged_in", "capture", "store", "bytes", "journal",
        "outbox", "remote", "oldest", "last_success", "last_error",
        "last_error_at", "failures", "next_try", "rejected", "problems",
        "summary_error", "agents" }))
end

local BAD = { broken = true, incomplete = true, ["program gone"] = true }

-- Everything that can be known, whatever is broken.
-- @return the overview, with its problems; and the agents' reports
local function look(list, ctx)
    local conf, problems = trouble.files()
    if not conf then return nil, cli.fail(problems[1].text) end
    local found, more = trouble.store(conf)
    local store <close> = found
    table.move(more, 1, #more, #problems + 1, problems)
    local fine, seen, said = true, {}, {}
    if store then
        fine, seen, said = sys.pcall(read_store, store, conf)
    end
    if not fine and #more == 0 then
        problems[#problems + 1] = { about = "store", text = tostring(seen) }
    end
    local reports = {}
    for i, agent in ipairs(list) do
        reports[i] = state.read(agent, ctx, fine and seen or {})
    end
    local all = overview(ctx, conf, fine and said or {})
    all.problems = problems
    return all, reports
end

function command.main(opts)
    local list, ctx = shared.start(opts, command)
    if not list then return ctx end
    local all, reports = look(list, ctx)
    if not all then return reports end
    local bad = false
    for _, one in ipairs(all.problems) do bad = bad or not one.passing end
    for _, report in ipairs(reports) do
        bad = bad or BAD[report.state] or false
    end
    if opts.json then
        local code = as_json(all, reports)
        return bad and cli.FAILED or code
    end
    for _, one in ipairs(all.problems) do cli.say("propolis: %s", one.text) end
    say_overview(all)
    say_agents(reports)
    for _, report in ipairs(#opts > 0 and reports or {}) do
        say_hooks(report)
    end
    return cli.done(bad and cli.FAILED or cli.OK)
end

return cli.command(command)
