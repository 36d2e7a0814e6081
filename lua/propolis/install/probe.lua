--- propolis.install.probe: sends test events through installed hook lines, as
-- the agent would run them, and follows them into the local store and out.
local command = require "propolis.install.command"
local json = require "propolis.json"
local propolis = require "propolis"
local samples = require "propolis.install.samples"
local sys = require "engine.sys"

local probe = {}

local LIMIT = 15 -- seconds for one hook; an agent gives up earlier

-- The words that start a hook: a shell for the agents that use one.
local function argv_of(agent, hook)
    if agent == "hermes" then return command.split(hook.line) end
    if hook.shim then return { hook.program, "hook", agent, hook.event } end
    return { "/bin/sh", "-c", hook.line }
end

-- What an agent would make of the answer: a sentence when it is none.
local function bad_answer(ended)
    if ended.timed_out then
        return ("gave no answer within %d s"):format(LIMIT)
    end
    if ended.code ~= 0 then
        local words = ended.stderr:gsub("%s+$", "")
        return ("ended with %s%s"):format(ended.code and "exit code "
            .. ended.code or "signal " .. tostring(ended.signal),
            words ~= "" and ": " .. words:sub(1, 200) or "")
    end
    if ended.stdout:find("%S") and not json.decode(ended.stdout) then
        return "answered with something that is not JSON: "
            .. ended.stdout:sub(1, 60)
    end
end

local function send(agent, hook, id, cwd)
    local payload = samples.payload(agent, hook.event, id, cwd)
    local start = sys.monotonic()
    local ended, err = sys.run(argv_of(agent, hook), {
        stdin = json.encode(payload), timeout = LIMIT, cwd = cwd,
        -- A sync would carry the test to the team's store before it is out.
        env = { PROPOLIS_AUTOSYNC = "false" },
    })
    local result = { event = hook.event, line = hook.line,
        seconds = sys.monotonic() - start }
    result.error = ended and bad_answer(ended) or not ended and tostring(err)
        or nil
    return result
end

-- Where a session's id may stand; the path also has it for summaries.
local FIND = [[SELECT id, description FROM {t} WHERE last_update_date >= ?
    AND (instr(path, ?) > 0 OR instr(message, ?) > 0)]]
local CUT = "DELETE FROM {t} WHERE id = ?"
local FIND_SUMMARY = [[SELECT id FROM {t} WHERE last_update_date >= ?
    AND instr(path, ?) > 0]]

local function clear(store, ids)
    for _, row in ipairs(ids) do
        local ok, err = store:exec(CUT, { row.id, t = row.table })
        if not ok then return nil, err end
        -- What was queued for the team's store goes too.
        require("propolis.sync.outbox").remove(store, row.id)
    end
    return true
end

-- The test session's rows: { { id, table, description } }.
local function rows_of(store, conf, id, since)
    local out = {}
    local sessions, err = store:query(FIND, { since, id, id,
        t = conf.tables.sessions })
    if not sessions then return nil, err end
    for _, row in ipairs(sessions) do
        row.table = conf.tables.sessions
        out[#out + 1] = row
    end
    local memory = store:query(FIND_SUMMARY, { since, id,
        t = conf.tables.memory })
    for _, row in ipairs(memory or {}) do
        row.table = conf.tables.memory
        out[#out + 1] = row
    end
    return out
end

-- The rows an event must leave, by their description, as the agent's mapping
-- says.
local function expected(agent, hooks, id, cwd)
    local mapping = require("propolis.agents." .. agent:gsub("-", "_"))
    local names = {}
    for _, hook in ipairs(hooks) do
        local payload = samples.payload(agent, hook.event, id, cwd)
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

--- Sends one event through each hook and takes the rows out again.
-- @return { id, results = { event, line, seconds, error }, stored = rows that
-- were found, missing = events whose row was not, left = rows still there,
-- denied = the rule by which nothing from here is stored }, or nil, err
function probe.run(agent, hooks, conf)
    local id = "propolis-doctor-" .. sys.uuid()
    local since, cwd = sys.now(), sys.getcwd() or "/"
    local report = { id = id, results = {}, stored = 0, left = 0 }
    for i, hook in ipairs(hooks) do
        report.results[i] = send(agent, hook, id, cwd)
    end
    local allowed, rule = require("propolis.capture.privacy").allows(conf, cwd)
    report.denied = not allowed and rule or nil
    local names = expected(agent, hooks, id, cwd)
    local path = conf.local_store:gsub("^sqlite:", "")
    if not sys.stat(path) then
        report.missing = names
        return report
    end
    local store, err = propolis.open(conf.local_store, conf)
    if not store then return nil, err end
    local opened <close> = store
    local rows
    rows, err = rows_of(opened, conf, id, since)
    if not rows then return nil, err end
    report.stored, report.missing = #rows, missing_of(rows, names)
    local ok
    ok, err = clear(opened, rows)
    if not ok then return nil, err end
    report.left = #assert(rows_of(opened, conf, id, since))
    return report
end

return probe
