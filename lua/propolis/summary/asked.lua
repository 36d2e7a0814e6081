--- asked: the worker's step in which agents are asked for summaries.
--
-- A failure is kept in the store's state, for `propolis status`; after each in
-- a row the step waits longer.
local log = require "propolis.log"
local outbox = require "propolis.sync.outbox"
local pending = require "propolis.summary.pending"
local session = require "propolis.summary.session"
local stored = require "propolis.summary.stored"
local sys = require "engine.sys"
local utc = require "propolis.date"

local asked = {}

--- So many sessions are asked for in a run, and none whose last event is older
-- than so many seconds: those are asked for by hand.
asked.most, asked.recent = 3, 24 * 3600

local WAIT, LONGEST = 600, 6 * 3600 -- seconds after a failure

-- Puts a summary where it belongs; true, or nil and a sentence.
local function ask_one(store, conf, row)
    local made = session.read(store, row.path, conf)
    if not made or not made.words then return true end
    local there, err = stored.load(store, { made.path })
    if not there then return nil, tostring(err) end
    if stored.kind(there[made.path]) == "other" then return true end
    local ok
    ok, err = require("propolis.summary.ask").write(store, conf, made,
        there[made.path])
    if not ok then return nil, err end
    ok, err = stored.save(store, { made })
    return ok, err and tostring(err)
end

-- Notes a failure, or that there is none any more.
local function note(store, err)
    local failures = err and 1
        + (tonumber(outbox.get(store, "summaries.failures")) or 0) or 0
    local wait = math.min(WAIT * 2 ^ math.min(failures - 1, 10), LONGEST)
    return outbox.set(store, {
        ["summaries.failures"] = failures,
        ["summaries.error"] = err or "",
        ["summaries.error_at"] = err and sys.now() or "",
        ["summaries.next_try"] = err and math.floor(sys.time() + wait) or 0,
    })
end

local function ask_all(store, conf, list)
    for i = 1, math.min(#list, asked.most) do
        local row, now = list[i], sys.time()
        local ok, err = ask_one(store, conf, row)
        assert(pending.asked(store, row.path, ok and row.seen or row.asked,
            now))
        assert(note(store, err))
        if not ok then
            log.warn("summary of %s: %s; what was there is kept", row.path,
                err)
            return false
        end
    end
    return true
end

-- The sessions to be asked for, or nil, err.
local function due(store)
    local now = sys.time()
    local wait = (tonumber(outbox.get(store, "summaries.next_try")) or 0) - now
    if wait > 0 and wait <= LONGEST then return {} end
    local limits = require("propolis.summary").limits()
    return pending.list(store, "asked", utc.text(now - asked.recent),
        function(row) return pending.is_asked(row, now, limits) end)
end

--- Asks for the summaries that are due; one process at a time.
-- @param conf a configuration
-- @return true; nil, err; or false when something failed that was logged
function asked.catch_up(conf)
    local file = conf.local_store:match("^sqlite:(.*)$")
    if conf.summaries ~= "agent" or not sys.stat(file) then return true end
    local lock <close>, busy = sys.lock(("%s/summaries-%s.lock"):format(
        conf.paths.state, file:match("[^/]*$")))
    if not lock then return busy.code == "busy" or nil, busy end
    local store <close>, err = require("propolis.capture.intake").open(conf)
    if not store then return nil, err end
    local ok
    ok, err = pending.count(store, conf.user)
    if not ok then return nil, err end
    local list
    list, err = due(store)
    if not list then return nil, err end
    require("propolis.sync").watchdog(conf)
    return ask_all(store, conf, list)
end

--- What `propolis status` shows: { error =, error_at =, failures = in a row },
-- or nil.
function asked.trouble(store)
    local failures = tonumber(outbox.get(store, "summaries.failures")) or 0
    return failures > 0 and {
        error = outbox.get(store, "summaries.error"), failures = failures,
        error_at = outbox.get(store, "summaries.error_at"),
    } or nil
end

return asked
