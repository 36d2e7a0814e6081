--- sync: one short run of push and pull between the local store and the remote.
--
-- One at a time per local store, under a file lock; a failure is remembered,
-- and a run that hooks start waits longer after each one.
local log = require "propolis.log"
local outbox = require "propolis.sync.outbox"
local schemas = require "propolis.schemas"
local sys = require "engine.sys"

local sync = {}

--- A run stops by itself after so many seconds; what is left goes next time.
-- A configuration's sync_limit says otherwise.
sync.limit = 600

--- What one statement may take on top of that, with all its tries (seconds).
sync.grace = 60

--- For a process that only syncs: a watchdog that ends it when it is stuck
-- beyond all limits.
-- @param conf the configuration, or nil when the run is over
function sync.watchdog(conf)
    sys.alarm(conf and (conf.sync_limit or sync.limit) + sync.grace or 0)
end

local LONGEST_WAIT = 3600 -- seconds

-- Seconds to wait after the n-th failure in a row.
local function backoff(failures)
    return math.min(30 * 2 ^ math.min(failures, 10), LONGEST_WAIT)
end

--- Takes the lock under which one sync runs per local store: see sys.lock.
function sync.lock(conf, wait_ms)
    return sys.lock(("%s/sync-%s.lock"):format(conf.paths.state,
        conf.local_store:match("[^/]*$")), wait_ms)
end

-- A function that returns true, or nil and why not after so many seconds.
local function time_limit(seconds)
    local last = sys.monotonic() + seconds
    return function()
        if sys.monotonic() > last then
            return nil, "out of time; the rest goes with the next sync"
        end
        return true
    end
end

--- nil, err of what was raised: an error of a store; Ctrl-C and a fault of the
-- program, which is a text, are raised again.
function sync.failure(raised)
    if type(raised) == "string" or sys.is_interrupt(raised) then
        error(raised, 0)
    end
    return nil, raised
end

--- The local store with its own tables beside the shared ones, and with what
-- hooks captured.
-- @return the store, or nil, err
function sync.open_local(conf)
    local intake = require "propolis.capture.intake"
    local store, err = intake.open(conf)
    if not store then return nil, err end
    local ok, why = pcall(function()
        assert(store:heal(outbox.all))
        require("propolis.sync.legacy").adopt(store)
        assert(store:ensure())
        assert(outbox.index(store, schemas.synced()))
    end)
    if not ok then
        store:close()
        return sync.failure(why)
    end
    store.shared = store.shared or outbox.get(store, "remote") ~= nil
    intake.take_in(conf, store)
    return store
end

--- Opens the remote of a configuration: the store, or nil, err.
function sync.open_remote(conf)
    local notices = require "propolis.account.notices"
    local options = require("propolis.stores").options(conf)
    options.on_balance = notices.on_balance(conf)
    options.timeout_ms = options.timeout_ms or conf.query_timeout_ms
    return require("propolis").open(conf.remote, options)
end

-- What names the remote: another one gets everything that is here.
local function identity(conf, remote)
    return ("%s %s %s"):format(remote.url, conf.org_id, conf.workspace)
end

-- What the team has forgotten holds at every remote.
local function queue_tombstones(store)
    local shared = require("propolis.sync.forgotten").shared
    local ok, err = outbox.catch_up(store, { shared })
    return ok or err.code == "no_table" or nil, err
end

--- For a remote that is new to this store all rows are queued, and nothing is
-- known of what it has; raises what stops it.
function sync.prepare_for(conf, store, remote)
    local synced = schemas.synced()
    local name = identity(conf, remote)
    if outbox.get(store, "remote") == name then return end
    local words = require("propolis.sync.guard").unknown(synced)
    for key, value in pairs(require("propolis.sync.exchange").unknown()) do
        words[key] = value
    end
    words.remote = name
    assert(store:transaction(function()
        for _, schema in ipairs(synced) do
            words[outbox.mark(schema)] = 0
            words[require("propolis.sync.pull").key(schema)] = ""
        end
        assert(store:exec("DELETE FROM {l}", { l = outbox.ledger.table }))
        assert(outbox.set(store, words))
        assert(queue_tombstones(store))
        return outbox.catch_up(store, synced)
    end))
end

-- What was asked for; fills in result, raises what stops it.  Who may only read
-- still gets what the others wrote.
local function work(conf, store, opts, result)
    local in_time = time_limit(conf.sync_limit or sync.limit)
    local remote <close> = assert(sync.open_remote(conf))
    local synced = schemas.synced()
    sync.prepare_for(conf, store, remote)
    require("propolis.sync.exchange").run(store, remote, in_time,
        { send = not opts.pull_only and not opts.session })
    if opts.session then
        result.session = { found = 0, got = 0 }
        require("propolis.sync.fetch").session(store, remote, synced,
            opts.session, in_time, result.session)
        return
    end
    local push = require "propolis.sync.push"
    local pushed, whole = true, false
    if not opts.pull_only then
        result.push = { sent = 0, rejected = 0 }
        pushed, whole = pcall(push.run, store, remote, {
            schemas = synced, progress = opts.progress, pause = opts.pause,
            in_time = in_time,
        }, result.push)
        if not pushed and not push.is_refusal(whole) then error(whole, 0) end
    end
    if not opts.push_only then
        result.pull = { got = 0 }
        require("propolis.sync.pull").run(store, remote, synced, in_time,
            result.pull, pushed and whole)
    end
    if not pushed then
        error(require("engine.store").error(whole.code,
            "the push was refused: " .. whole.message), 0)
    end
end

-- Success and failure as the next run and `propolis status` read them.  A
-- failure after rows got through, or a refusal, is the first in a row: the
-- remote is there.
local function record_outcome(store, ok, err, sent)
    local before = (sent
        or not ok and require("propolis.sync.push").is_refusal(err)) and 0
        or tonumber(outbox.get(store, "failures")) or 0
    local failures = ok and 0 or before + 1
    local words = { failures = failures }
    if ok then
        words.last_success, words.next_try = sys.now(), 0
    else
        words.last_error, words.last_error_at = tostring(err), sys.now()
        words.next_try = math.floor(sys.time() + backoff(failures))
    end
    outbox.set(store, words)
end

-- Hooks ask often; after a failure they are answered "not yet" for a while.
local function too_early(store)
    local wait = (tonumber(outbox.get(store, "next_try")) or 0) - sys.time()
    return wait > 0 and wait <= LONGEST_WAIT -- or the clock was wrong then
end

local function run_locked(conf, opts)
    local store, err = sync.open_local(conf)
    if not store then return nil, err end
    local _ <close> = store
    if opts.auto and too_early(store) then
        return { skipped = "waiting after a failure" }
    end
    if opts.retry then
        local ok
        ok, err = outbox.retry(store)
        if not ok then return nil, err end
    end
    local result = {}
    local ok, why = pcall(work, conf, store, opts, result)
    if not ok and sys.is_interrupt(why) then
        error(why, 0) -- Ctrl-C says nothing about the remote
    end
    record_outcome(store, ok, why, result.push and result.push.sent > 0)
    local notices = require "propolis.account.notices"
    if result.push and result.push.sent > 0 then
        notices.balance_ok()
    end
    if ok and conf.logged_in then
        notices.fetch(conf)
    end
    result.error = not ok and why or nil
    return result
end

--- One sync.
-- @param conf a configuration with a remote
-- @param opts { auto, push_only, pull_only, session = id, retry,
-- progress = function(sent), pause }
-- @return { push = { sent =, rejected = }, pull = { got = }, session =, error =
-- what stopped it, skipped = why nothing was done }, or nil and an error
function sync.run(conf, opts)
    opts = require("engine.store").options(opts,
        "auto push_only pull_only session retry progress pause")
    if not conf.remote then
        return nil, "there is no remote store: 'propolis config set store"
            .. " URL' names one, 'propolis login' gets an account"
    end
    local ok, err = sys.mkdir(conf.paths.state)
    if not ok then return nil, err end
    local lock
    lock, err = sync.lock(conf)
    if not lock then
        if err.code == "busy" then
            return { skipped = "another sync is at work" }
        end
        return nil, err
    end
    local _ <close> = lock
    local result
    result, err = run_locked(conf, opts)
    if not result then
        log.error("sync: %s", tostring(err))
    elseif result.error then
        log.warn("sync: %s", tostring(result.error))
    end
    return result, err
end

--- What `propolis status` shows of the sync: backlog, rejected rows, last
-- success and error; nil without a local store.
function sync.status(store)
    local counts = outbox.counts(store)
    if not counts then return nil end
    counts.last_success = outbox.get(store, "last_success")
    local failures = tonumber(outbox.get(store, "failures")) or 0
    if failures > 0 then
        counts.last_error = outbox.get(store, "last_error")
        counts.last_error_at = outbox.get(store, "last_error_at")
        counts.failures = failures
        counts.next_try = tonumber(outbox.get(store, "next_try"))
    end
    return counts
end

return sync
