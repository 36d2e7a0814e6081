--- exchange: the team's tombstones (propolis.sync.forgotten) go to its store
-- and come from there, before rows do.
--
-- Each machine sees to it that what was forgotten is gone from the team's store
-- where it may have brought it there itself: who forgot it, and who has a copy.
-- A statement with such rows may be on its way yet, so what is removed at once
-- is removed once more by a sync some minutes later.
local date = require "propolis.date"
local forgotten = require "propolis.sync.forgotten"
local log = require "propolis.log"
local outbox = require "propolis.sync.outbox"
local push = require "propolis.sync.push"
local schemas = require "propolis.schemas"
local sys = require "engine.sys"

local exchange = {}

local PAGE = 250 -- rows of one DELETE
local SETTLED = "forgotten.settled" -- in the state: the last rowid that is done

local shared = forgotten.shared

-- What an account may not do is no reason to stop, nor is a table that nobody
-- made yet.
local function harmless(err)
    return type(err) == "table" and (err.code == "no_table"
        or push.is_refusal(err))
end

-- Calls fn; raises what stops a sync.
local function attempt(fn, ...)
    local ok, err = pcall(fn, ...)
    if not ok and not harmless(err) then error(err, 0) end
    return ok, err
end

local function send(store, remote, in_time)
    local rows = store:query("SELECT 1 AS n FROM {o} WHERE tbl = ? LIMIT 1",
        { o = outbox.schema.table, shared.name })
    if not rows or not rows[1] then return end
    local result = { sent = 0, rejected = 0 }
    push.run(store, remote, { schemas = { shared }, in_time = in_time },
        result)
end

local function receive(store, remote, in_time)
    -- Nothing is made here for a team that forgets nothing.
    local plans = assert(remote:plan { shared })
    if not plans[1].present then return end
    assert(store:heal(shared))
    require("propolis.sync.pull").run(store, remote, { shared }, in_time,
        { got = 0 }, true)
end

-- Settling -------------------------------------------------------------------

-- Of the tombstones behind a rowid the next page, with those of whose rows this
-- machine may have sent a copy.
local function page(store, after)
    return assert(store:query([[SELECT f.rowid AS n, f.tbl, f.key, f.last_date,
        f.forgotten_at, f.machine = ? AS mine FROM {f} AS f WHERE f.rowid > ?
        ORDER BY f.rowid LIMIT ?]], { f = shared.table,
            forgotten.machine(store), after, PAGE }))
end

-- The ids of a table's rows that this machine made forgotten, or has.
local function ids_of(store, of, list)
    local ids, theirs = {}, {}
    for _, one in ipairs(list) do
        table.insert(one.mine ~= 0 and ids or theirs, one.key)
    end
    local here = #theirs > 0 and store:query(
        "SELECT id FROM {t} WHERE id IN (??)", { t = of.table, theirs }) or {}
    for _, row in ipairs(here) do ids[#ids + 1] = row.id end
    return ids
end

--- Removes rows from the team's store by their ids, those of a table with one
-- row per key only up to a date.
-- @return true, or nil, err
function exchange.delete(remote, of, ids, last)
    local newest = of.sync and of.sync.merge and of.sync.newest
    for from = 1, #ids, PAGE do
        local part = table.move(ids, from,
            math.min(from + PAGE - 1, #ids), 1, {})
        local ok, err = remote:exec("DELETE FROM {t} WHERE id IN (??)"
            .. (newest and " AND {d} <= ?" or ""),
            { t = of.table, d = newest, part, newest and last or nil },
            "idempotent")
        if not ok then return nil, err end
    end
    return true
end

-- The tombstones of a page by table and date.
local function groups(list)
    local found, order = {}, {}
    for _, one in ipairs(list) do
        local of = schemas.get(one.tbl)
        local group = of and not one.key:find("^path:")
            and one.tbl .. "\0" .. one.last_date
        if group and not found[group] then
            found[group] = { schema = of, last = one.last_date }
            order[#order + 1] = found[group]
        end
        if group then table.insert(found[group], one) end
    end
    return order
end

-- Whether no statement from before a tombstone can be on its way any more.
local function is_old(one)
    local made = date.seconds(one.forgotten_at)
    return not made or math.abs(sys.time() - made) > forgotten.settle
end

local function settle(store, remote, in_time)
    local done = math.tointeger(tonumber(outbox.get(store, SETTLED))) or 0
    local after, old = done, true
    repeat
        assert(in_time())
        local list = page(store, after)
        for _, group in ipairs(groups(list)) do
            local ids = ids_of(store, group.schema, group)
            local _, err = attempt(function()
                assert(exchange.delete(remote, group.schema, ids, group.last))
            end)
            if err then log.warn("forgotten rows were not removed: %s", err) end
        end
        for _, one in ipairs(list) do
            old = old and is_old(one)
            after, done = one.n, old and one.n or done
        end
    until #list < PAGE
    assert(outbox.set(store, { [SETTLED] = done }))
end

--- Exchanges tombstones with the team's store; raises what stops it.
-- @param in_time function that returns true, or nil and why to stop
-- @param opts { send = false: nothing is written there }
function exchange.run(store, remote, in_time, opts)
    if opts.send then attempt(send, store, remote, in_time) end
    attempt(receive, store, remote, in_time)
    if not opts.send then return end
    local any = store:query("SELECT 1 AS n FROM {f} LIMIT 1",
        { f = shared.table })
    if any and any[1] then settle(store, remote, in_time) end
end

--- The words of the state when nothing is known of what a remote has.
function exchange.unknown()
    return {
        [outbox.mark(shared)] = 0, [SETTLED] = 0,
        [require("propolis.sync.pull").key(shared)] = "",
    }
end

return exchange
