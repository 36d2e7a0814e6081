--- propolis.install.self_test: sends test events through installed hook lines,
-- as the agent would run them, follows them into the local store and removes
-- them there.
local activity = require "propolis.install.activity"
local agents = require "propolis.agents"
local command = require "propolis.install.command"
local json = require "propolis.json"
local probe = require "propolis.capture.probe"
local sys = require "engine.sys"

local self_test = {}

local LIMIT = 15 -- seconds for one hook; an agent gives up earlier

local WAIT_MS = 60000 -- for the test that another doctor runs

local TEXT = "propolis doctor: a test event, removed again at once"

-- The words that start a hook: a shell for the agents that use one.
local function argv_of(agent, line)
    return agent.no_shell and command.split(line) or { "/bin/sh", "-c", line }
end

local function payload_of(agent, event, id, cwd)
    return agents.part(agent.name, "samples").payload(event, id, cwd, TEXT)
end

-- What is wrong with how a hook ended, as a sentence; nil when nothing is.
local function fault_of(ended)
    if ended.timed_out then return ("did not end within %d s"):format(LIMIT) end
    if ended.code ~= 0 then
        local words = ended.stderr:gsub("%s+$", "")
        return ("ended with %s%s"):format(ended.code and "exit code "
            .. ended.code or "signal " .. tostring(ended.signal),
            words ~= "" and ": " .. words:sub(1, 200) or "")
    end
    if ended.stdout:find("%S") and not json.decode(ended.stdout) then
        return "printed something that is not JSON: "
            .. ended.stdout:sub(1, 60)
    end
end

local function send(agent, hook, id, cwd)
    local payload = payload_of(agent, hook.event, id, cwd)
    local start, argv = sys.monotonic(), argv_of(agent, hook.line)
    if not argv then
        return { event = hook.event, line = hook.line, seconds = 0,
            error = "needs a shell, which this agent does not start" }
    end
    local ended, err = sys.run(argv, {
        stdin = json.encode(payload), timeout = LIMIT, cwd = cwd,
        -- A sync would carry the test to the team's store before it is out.
        env = { PROPOLIS_AUTOSYNC = "false" },
    })
    local result = { event = hook.event, line = hook.line,
        seconds = sys.monotonic() - start }
    result.error = ended and fault_of(ended) or not ended and tostring(err)
        or nil
    return result
end

-- The rows of test sessions, also of those that were ended: the id stands in
-- the path, at the end of a name.
local FIND = [[SELECT id, description, path FROM {t} WHERE path GLOB ?]]
local DELETE = "DELETE FROM {t} WHERE id = ?"

local function clear(store, rows)
    for _, row in ipairs(rows) do
        local ok, err = store:exec(DELETE, { row.id, t = row.table })
        if not ok then return nil, err end
        -- What was queued for the team's store goes too.
        require("propolis.sync.outbox").remove(store, row.id)
    end
    return true
end

-- All rows of tests: { { id, table, description, path } }.
local function rows_of(store, conf)
    local out = {}
    for _, name in ipairs { "sessions", "memory" } do
        local rows, err = store:query(FIND, { "*[/_]" .. probe.PREFIX
            .. "*-*-*-*-*.*", t = conf.tables[name] })
        if not rows and err.code ~= "no_table" then return nil, err end
        for _, row in ipairs(rows or {}) do
            row.table = conf.tables[name]
            out[#out + 1] = row
        end
    end
    return out
end

-- The rows an event must leave, by their description, as the agent's mapping
-- says.
local function expected(agent, hooks, id, cwd)
    local mapping, names = agents.part(agent.name, "events"), {}
    for _, hook in ipairs(hooks) do
        local payload = payload_of(agent, hook.event, id, cwd)
        for _, event in ipairs(mapping.read(hook.event, payload) or {}) do
            if event.entry then names[#names + 1] = event.name end
        end
    end
    return names
end

local function missing_of(rows, names)
    local there, missing = {}, {}
    for _, row in ipairs(rows) do
        local name = row.description
        if name then there[name] = (there[name] or 0) + 1 end
    end
    for _, name in ipairs(names) do
        if (there[name] or 0) > 0 then
            there[name] = there[name] - 1
        else
            missing[#missing + 1] = name
        end
    end
    return missing
end

--- The hooks of an installed agent to send test events through; a shim's are
-- the events that it forwards.
-- @param report see propolis.install.state
-- @return list of { event, line }
function self_test.hooks(agent, report)
    local out, seen = {}, {}
    for _, hook in ipairs(report.hooks) do
        local any = hook.event == "*"
        for _, event in ipairs(any and agents.part(agent.name, "samples").events
            or { hook.event }) do
            if not seen[event] and hook.runnable then
                out[#out + 1] = { event = event, line = any and command.line(
                    hook.program, agent.name, event, true) or hook.line }
            end
            seen[event] = true
        end
    end
    return out
end

-- What became of the test session's rows, which are taken out, as are those of
-- tests that were ended: fills in stored, missing and left; true, or nil, err.
local function collect(report, store, conf, names)
    local rows, err = rows_of(store, conf)
    if not rows then return nil, err end
    local mine = {}
    for _, row in ipairs(rows) do
        mine[#mine + 1] = row.path:find(report.id, 1, true) and row or nil
    end
    report.stored, report.missing = #mine, missing_of(mine, names)
    local ok
    ok, err = clear(store, rows)
    if not ok then return nil, err end
    rows, err = rows_of(store, conf)
    report.left = #(rows or {})
    return rows ~= nil, err
end

--- Sends one event through each hook and takes the rows out again; what comes
-- into the store later is not stored (see propolis.capture.probe).
-- @param hooks from self_test.hooks()
-- @return { id, results = { event, line, seconds, error }, stored = rows that
-- were found, missing = events whose row was not, left = rows still there,
-- denied = the rule by which nothing from here is stored }, or nil, err
function self_test.run(agent, hooks, conf)
    local running <close>, busy = probe.begin(conf.paths.state, WAIT_MS)
    if not running then return nil, busy end
    local id, cwd = probe.id(), sys.getcwd() or "/"
    local report = { id = id, results = {}, stored = 0, left = 0 }
    for i, hook in ipairs(hooks) do
        report.results[i] = send(agent, hook, id, cwd)
    end
    local allowed, rule = require("propolis.capture.privacy").allows(conf, cwd)
    report.denied = not allowed and rule or nil
    local names = expected(agent, hooks, id, cwd)
    local store <close>, err = activity.open(conf)
    if err then
        return nil, err
    elseif not store then
        report.missing = names
        return report
    end
    local ok
    ok, err = collect(report, store, conf, names)
    return ok and report or nil, err
end

return self_test
