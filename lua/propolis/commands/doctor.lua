--- propolis doctor: checks the installation by real events through the hooks.
local activity = require "propolis.install.activity"
local agents = require "propolis.agents"
local cli = require "propolis.cli"
local config = require "propolis.config"
local install = require "propolis.install"
local json = require "propolis.json"
local shared = require "propolis.cli.agents"
local state = require "propolis.install.state"
local sys = require "engine.sys"
local trouble = require "propolis.install.trouble"

local command = {
    name = "doctor",
    summary = "check that capture works, event by event",
    usage = agents.usage [[
propolis doctor
propolis doctor {agent}
propolis doctor --why ~/work/secret      which privacy rule decides there

usage: propolis doctor [AGENT...] [--why PATH] [--json]

AGENT is one of {agents}.
Sends a test event through each installed hook line as the agent would run it,
looks for it in the local store and takes it out again; asks the memory server
that the agent's file names as the agent would.  Every problem comes
with its way out.  Exit 1 when something is broken.
]],
    options = { why = "value", json = "flag" },
}

local function why(path, opts)
    local conf, err = config.load()
    if not conf then return cli.fail(err) end
    path, err = require("propolis.config.places").expand(path)
    if not path then return cli.fail(err) end
    if path:sub(1, 1) ~= "/" then
        path = (sys.getcwd() or "") .. "/" .. path
    end
    local allowed, rule = require("propolis.capture.privacy").why(conf, path)
    if opts.json then
        return cli.json(json.object { { "path", path },
            { "stored", allowed }, { "rule", rule } })
    end
    cli.write(("%s: %s (%s)\n"):format(path,
        allowed and "stored" or "not stored", rule))
    return cli.done()
end

-- Findings: { ok = true|false|nil (a remark), about, text }.
local function finding(list, ok, about, text, ...)
    if select("#", ...) > 0 then text = text:format(...) end
    list[#list + 1] = { ok = ok, about = about, text = text }
end

local function find_all(list, found)
    for _, one in ipairs(found) do
        finding(list, false, one.about, "%s", one.text)
    end
end

-- When events were last seen, as far as the store can be read.
local function check_store(list, conf)
    local found, file = trouble.store(conf)
    local store <close> = found
    find_all(list, file)
    local path, there = activity.file(conf)
    if not there and #file == 0 then
        finding(list, nil, "store", "%s is not there yet: no event came", path)
    end
    if not store then return {} end
    local rows = store:query("PRAGMA quick_check(1)")
    local word = rows and rows[1] and rows[1].quick_check
    finding(list, word == "ok", "store", "%s: %s", path,
        word == "ok" and "sound" or tostring(word) .. ". Move it away and the "
        .. "next event makes a new one")
    return activity.seen(store, conf) or {}
end

local function check_answers(list, name, sent)
    local slowest, bad = 0, 0
    for _, one in ipairs(sent.results) do
        slowest = math.max(slowest, one.seconds)
        if one.error then
            bad = bad + 1
            finding(list, false, name, "%s: `%s` %s", one.event, one.line,
                one.error)
        end
    end
    if bad == 0 then
        finding(list, true, name, "%d hooks answered, the slowest in %.0f ms",
            #sent.results, slowest * 1000)
    end
end

local function check_rows(list, name, sent, conf)
    local silent = sent.denied
        and "nothing is stored from this folder: " .. sent.denied
    if sent.left > 0 then
        finding(list, false, name, "%d test rows could not be removed: look "
            .. "for %s", sent.left, sent.id)
    end
    if silent then
        finding(list, sent.stored == 0, name, sent.stored == 0 and silent
            or silent .. ", and yet events were stored")
    elseif #sent.missing > 0 then
        finding(list, false, name, "not found in the store: %s. Look into "
            .. "%s/propolis.log", table.concat(sent.missing, ", "),
            conf.paths.state)
    else
        finding(list, true, name, "every event arrived in the local store and "
            .. "was taken out again")
    end
end

local function check_agent(list, agent, ctx, conf, seen, named)
    local name, report = agent.name, state.read(agent, ctx, seen)
    if #report.hooks == 0 and not report.error then
        if named or report.found then
            finding(list, not named and nil, name,
                "not installed: run `propolis install %s`", name)
        end
        return
    end
    local out = state.remedy(report)
    if out then finding(list, false, name, "%s", out) end
    local changes, err = install.plan(agent, ctx)
    if not changes and not report.error then
        finding(list, false, name, "%s. Repair it, then run `propolis install "
            .. "%s`", err, name)
    end
    require("propolis.install.server_test").check(report, function(ok, ...)
        finding(list, ok, name, ...)
    end)
    local self_test = require "propolis.install.self_test"
    local hooks = self_test.hooks(agent, report)
    if #hooks > 0 then
        local sent
        sent, err = self_test.run(agent, hooks, conf)
        if sent then
            check_answers(list, name, sent)
            check_rows(list, name, sent, conf)
        else
            finding(list, false, name, "the local store: %s", tostring(err))
        end
    end
    for _, advice in ipairs(report.advice) do
        finding(list, nil, name, "%s", advice)
    end
    finding(list, nil, name, report.seen
        and "the last event of a real session came at " .. report.seen
        or "no event of a real session came yet")
end

-- Events that could be kept nowhere; told for the last time once all is well.
local function check_lost(list)
    local text, forget = require("propolis.capture.lost").all()
    local well = true
    for _, one in ipairs(list) do well = well and one.ok ~= false end
    if text then finding(list, false, "lost", "%s", text) end
    if text and well then forget() end
end

local function shown(list, opts)
    local failed = false
    for _, one in ipairs(list) do
        failed = failed or one.ok == false
    end
    if opts.json then
        for _, one in ipairs(list) do
            one.result = one.ok and "ok" or one.ok == false and "bad" or "note"
        end
        local code = cli.json(json.object { { "ok", not failed },
            { "findings", json.pick_all(list, { "about", "result", "text" }) },
        })
        return failed and cli.FAILED or code
    end
    for _, one in ipairs(list) do
        local word, colour = "note", "yellow"
        if one.ok then word, colour = "ok  ", "green" end
        if one.ok == false then word, colour = "BAD ", "red" end
        cli.write(cli.colour(word, colour), "  ",
            ("%-12s"):format(one.about), " ", cli.shown(one.text), "\n")
    end
    return cli.done(failed and cli.FAILED or cli.OK)
end

function command.main(opts)
    local named, ctx = shared.start(opts, command)
    if not named then return ctx end
    local excess = opts.why and (opts[1] and "--why takes no agent"
        or cli.misplaced(opts, "--why", "why", "json"))
    if excess then return cli.usage(command, excess) end
    if opts.why then return why(opts.why, opts) end
    local list = {}
    local conf, files = trouble.files()
    find_all(list, files)
    if not conf then return shown(list, opts) end
    finding(list, true, "program", "%s, version %s", ctx.program, ctx.version)
    local seen = check_store(list, conf)
    for _, agent in ipairs(named) do
        check_agent(list, agent, ctx, conf, seen, #opts > 0)
    end
    check_lost(list)
    return shown(list, opts)
end

return cli.command(command)
