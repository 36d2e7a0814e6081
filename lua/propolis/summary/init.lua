--- summary: what came of a session, told without a model.
--
--   local summary = require "propolis.summary"
--   local f = summary.facts(rows)
--   print(f.goal, #f.files, f.last)
local summary = {}

--- What a session was about and what came of it, by rule.
-- Paths are relative to the project; every text is one line without control
-- characters.  What is not known is nil, a list then empty.
-- @param rows the session's rows (message, creation_date, agent, project),
-- oldest first: a list, or an iterator of them
-- @return { goal = the first prompt that asks for something, prompts = {text},
-- files = {{ path =, how = "new", "modified" or "deleted", times =,
--   subagent = who of them, or nil }} in order of the first change,
-- commands = {{ command =, runs =, failed = how often, failing = whether the
--   last run failed, exit = its code, error = what it said then,
--   looks = true when it only looks, subagent = }},
-- failed = {{ what = command or tool and argument, error =, exit =, looks = }}
--   that failed when last tried,
-- fixed = {{ what =, error =, by = {files and commands in between} }},
-- decisions = {text}, open = {text}, commits = {{ id =, branch =, subject = }},
-- last = the last answer, shortened, broken = "interrupted" or "error: ..."
--   when the last turn ended so,
-- started =, ended = dates of the first and last event, events = how many,
-- replies =, calls = how many, agents = {name}, refs = {"#12", URL, ...},
-- subagents = {name, [name] = how many events}, project =, root = the folder
-- that paths are relative to }
function summary.facts(rows)
    return require("propolis.summary.facts").of(rows)
end

-- In the worker -------------------------------------------------------------

--- Seconds after which a run ends; the next one goes on.
summary.seconds = 5

--- So many summaries are written in one transaction.
summary.batch = 20

-- A positive number of the environment, as hivemind reads it.
local function env(name, default)
    local n = tonumber(os.getenv(name) or "")
    return n and n > 0 and n or default
end

--- When a session is told of anew: { events =, hours = }.
function summary.limits()
    return { events = env("HIVEMIND_SUMMARY_EVERY_N_MSGS", 50),
        hours = env("HIVEMIND_SUMMARY_EVERY_HOURS", 2) }
end

-- Writes what was read, and notes how far each summary goes.
local function flush(store, batch)
    local pending = require "propolis.summary.pending"
    local stored = require "propolis.summary.stored"
    local list = {}
    for _, made in ipairs(batch) do
        if made.text then list[#list + 1] = made end
    end
    local now = require("engine.sys").time()
    return store:transaction(function()
        local ok, err = stored.save(store, list)
        for _, made in ipairs(ok and batch or {}) do
            if ok then
                ok, err = pending.told(store, made.source, made.offset, now)
            end
        end
        return ok, err
    end)
end

-- Gives the sessions that are due their summaries, as far as time allows.
local function write_due(store, conf)
    local pending = require "propolis.summary.pending"
    local session = require "propolis.summary.session"
    local sys = require "engine.sys"
    local limits, now = summary.limits(), sys.time()
    local list, err = pending.list(store, "told", "", function(row)
        return pending.is_due(row, now, limits)
    end)
    if not list then return nil, err end
    local last, batch, ok = sys.monotonic() + summary.seconds, {}, true
    for i, row in ipairs(list) do
        local made = session.read(store, row.path, conf)
        if made and made.words then
            session.by_rule(made)
        end
        batch[#batch + 1] = made or { source = row.path, offset = row.seen }
        local late = sys.monotonic() > last
        if #batch == summary.batch or i == #list or late then
            ok, err = flush(store, batch)
            batch = {}
        end
        if not ok then return nil, err end
        if late then break end
    end
    return true
end

--- Counts what is new, and writes the summaries that are due: the worker's
-- step.
-- @param conf a configuration
-- @return true, or nil, err
function summary.catch_up(conf)
    local file = conf.local_store:match("^sqlite:(.*)$")
    if not require("engine.sys").stat(file) then return true end
    local store, err = require("propolis.capture.intake").open(conf)
    if not store then return nil, err end
    local _ <close> = store
    local ok
    ok, err = require("propolis.summary.pending").count(store, conf.user)
    if not ok or conf.summaries == "off" then return ok, err end
    return write_due(store, conf)
end

return summary
