--- propolis status: what is installed where, and what was seen last.
local cli = require "propolis.cli"
local config = require "propolis.config"
local inspect = require "propolis.install.inspect"
local install = require "propolis.install"
local json = require "propolis.json"
local trail = require "propolis.install.trail"

local command = {
    name = "status",
    summary = "what is installed, and what was seen last",
    usage = [[
propolis status
propolis status codex            also each hook line

usage: propolis status [AGENT...] [--json]

Reads the agents' files and the local store; changes nothing and asks no
network.  Exit 1 when something that is installed cannot work.
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

-- Store, backlog and login: { version, program, user, ... }.
local function overview(ctx, conf, store)
    local path, file = trail.file(conf)
    local spool = trail.waiting(conf)
    local team = store and require("propolis.sync").status(store) or nil
    return {
        version = ctx.version, program = ctx.program, user = conf.user,
        org = conf.org_name, workspace = conf.workspace,
        logged_in = conf.logged_in, capture = conf.capture,
        store = path, bytes = file and file.size, spool = spool,
        outbox = team and team.waiting, team = team,
        remote = conf.remote
            and require("propolis.stores").shown(conf.remote),
        rejected = team and team.rejected > 0
            and require("propolis.sync.outbox").rejected(store) or {},
    }
end

-- What became of the team's store: the last sync, and rows it would not take.
local function say_team(all)
    local team = all.team or {}
    cli.write(("team      %s, %s\n"):format(all.remote, team.last_success
        and "last sync " .. team.last_success or "no sync yet"))
    if team.last_error then
        cli.write(("          failed at %s: %s\n"):format(team.last_error_at,
            team.last_error))
    end
    for _, row in ipairs(all.rejected) do
        cli.write(("rejected  %s %s: %s\n"):format(row.tbl, row.row_id,
            row.error))
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
    cli.write("account   ", account, "\n")
    cli.write("store     ", store, "\n")
    cli.write(("waiting   %d in the spool, %s for the team's store\n"):format(
        all.spool, all.outbox and all.outbox > 0
            and ("%d row%s"):format(all.outbox, all.outbox == 1 and "" or "s")
            or "none"))
    if all.remote then say_team(all) end
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
        local out = inspect.way_out(report)
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
    if #rows == 0 then return end
    cli.write("\n", report.title, "\n", cli.table(rows,
        { "event", "program", "approval", "seen", "line" }))
end

local function as_json(all, reports)
    local agents = {}
    for i, report in ipairs(reports) do
        local hooks = {}
        for k, hook in ipairs(report.hooks) do
            hooks[k] = json.object {
                { "event", hook.event }, { "file", hook.file },
                { "line", hook.line }, { "program", hook.program },
                { "runnable", hook.runnable }, { "current", hook.current },
                { "approval", hook.approval }, { "seen", hook.seen },
            }
        end
        agents[i] = json.object {
            { "agent", report.agent }, { "state", report.state },
            { "folder", report.folder }, { "error", report.error },
            { "seen", report.seen }, { "hooks", json.array(hooks) },
            { "missing", json.array(report.missing) },
            { "advice", json.array(report.advice) },
        }
    end
    local rejected = {}
    for i, row in ipairs(all.rejected) do
        rejected[i] = json.object { { "table", row.tbl }, { "id", row.row_id },
            { "queued_at", row.queued_at }, { "error", row.error } }
    end
    local team = all.team or {}
    local out = {}
    for _, key in ipairs { "version", "program", "user", "org", "workspace",
        "logged_in", "capture", "store", "bytes", "spool", "outbox",
        "remote" } do
        out[#out + 1] = { key, all[key] }
    end
    for _, key in ipairs { "oldest", "last_success", "last_error",
        "last_error_at", "failures", "next_try" } do
        out[#out + 1] = { key, team[key] }
    end
    out[#out + 1] = { "rejected", json.array(rejected) }
    out[#out + 1] = { "agents", json.array(agents) }
    return cli.json(json.object(out))
end

local BAD = { broken = true, incomplete = true, ["program gone"] = true }

function command.run(argv)
    local opts, code = cli.parse(argv, command)
    if not opts then return code end
    local names, err = install.named(opts)
    if not names then return cli.usage(command, err) end
    local ctx
    ctx, err = install.context {}
    if not ctx then return cli.fail(err) end
    local conf
    conf, err = config.load()
    if not conf then return cli.fail(err) end
    local store
    store, err = trail.open(conf)
    if err then return cli.fail(err) end
    local seen = {}
    if store then
        seen, err = trail.seen(store, conf)
        if not seen then return cli.fail(err) end
    end

    local reports, bad = {}, false
    for i, name in ipairs(names) do
        reports[i] = inspect.agent(install.agent(name), ctx, seen)
        bad = bad or BAD[reports[i].state] or false
    end
    local all = overview(ctx, conf, store)
    if store then store:close() end
    if opts.json then
        code = as_json(all, reports)
        return bad and cli.FAILED or code
    end
    say_overview(all)
    say_agents(reports)
    for _, report in ipairs(#opts > 0 and reports or {}) do
        say_hooks(report)
    end
    return cli.done(bad and cli.FAILED or cli.OK)
end

return command
