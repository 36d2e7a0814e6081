--- pending: which sessions wait for a summary.  In the local store, beside the
-- shared tables: a row per session says how many events were seen and told of.
local schema = require "engine.schema"
local outbox = require "propolis.sync.outbox"
local schemas = require "propolis.schemas"
local utc = require "propolis.date"

local pending = {}

--- seen: events so far; told: those when the summary was written, at told_at
-- (seconds since 1970); asked, asked_at: the same for one by an agent; calls:
-- tool calls that no summary tells of; last: date of the last event; ended:
-- how many events there were when the session ended, 0 while it did not.
pending.schema = schema.new {
    table = "propolis_summaries",
    columns = {
        { "path", "text", default = "" },
        { "seen", "bigint", default = 0 },
        { "told", "bigint", default = 0 },
        { "told_at", "bigint", default = 0 },
        { "asked", "bigint", default = 0 },
        { "asked_at", "bigint", default = 0 },
        { "calls", "bigint", default = 0 },
        { "ended", "bigint", default = 0 },
        { "last", "text", default = "" },
    },
    indexes = { { "path" } },
}

--- A session is over when nothing came for so long (seconds).
pending.idle = 600

--- Events after which a summary is renewed though only words came.
pending.words = 10

local MARK = "summaries.seen"

-- Summaries are found by their path.
local INDEX = "CREATE INDEX IF NOT EXISTS propolis_memory_by_path ON {t} (path)"

-- The rowid up to which events were counted, by the mark in the state; 0 when
-- that row is no longer what it was: VACUUM gives rows other numbers.
local function place_of(store, mark)
    local place, id = (mark or ""):match("^(%d+) (.*)$")
    if not place then return 0 end
    local rows = store:query("SELECT id FROM {t} WHERE rowid = ?",
        { t = schemas.sessions.table, math.tointeger(place) })
    return rows and rows[1] and rows[1].id == id and math.tointeger(place) or 0
end

-- Counts a session's new events; whole: all of them.
local function count(store, new, whole)
    local t = pending.schema.table
    local rows, err = store:query([[SELECT seen, told, asked, ended, calls FROM
        {t} WHERE path = ?]], { t = t, new.path })
    if not rows then return nil, err end
    local old = rows[1] or { seen = 0, told = 0, asked = 0, ended = 0,
        calls = 0 }
    local seen = new.n + (whole and 0 or old.seen)
    local ended = new.ended == 1 and seen or old.ended
    if not rows[1] then
        return store:insert(pending.schema, { path = new.path, seen = seen,
            calls = new.calls, ended = ended, last = new.last })
    end
    return store:exec([[UPDATE {t} SET seen = ?, told = ?, asked = ?,
        ended = ?, calls = ?, last = MAX(last, ?) WHERE path = ?]],
        { t = t, seen, math.min(old.told, seen), math.min(old.asked, seen),
            ended, old.calls + new.calls, new.last, new.path })
end

-- What came since the last time: { before = the mark, mark = the one to be,
-- whole = whether all was counted, rows = a row per session }; rows is nil when
-- nothing came.  Or nil, err.
local function new_events(store, user)
    local t, found = schemas.sessions.table, {}
    found.before = outbox.get(store, MARK)
    local place = place_of(store, found.before)
    local newest, err = store:query("SELECT rowid AS n, id FROM {t}"
        .. " ORDER BY rowid DESC LIMIT 1", { t = t })
    if not newest then return nil, err end
    newest = newest[1]
    if not newest or newest.n == place then return found end
    found.mark = ("%d %s"):format(newest.n, newest.id)
    found.whole = place == 0
    found.rows, err = store:query([[SELECT path, COUNT(*) AS n,
        MAX(creation_date) AS last,
        SUM(instr(message, '"type":"tool_call"') > 0) AS calls,
        MAX(instr(message, '"type":"session_end"') > 0) AS ended
        FROM {t} NOT INDEXED WHERE rowid > ? AND rowid <= ? AND author = ?
        GROUP BY path]], { t = t, place, newest.n, user })
    return found.rows and found, err
end

-- Adds it up, unless another process did meanwhile.
local function add_up(store, found)
    if outbox.get(store, MARK) ~= found.before then return true end
    local probe = require "propolis.capture.probe"
    for _, row in ipairs(found.rows) do
        local ok, err = true, nil
        if not probe.is_test(row.path) then
            ok, err = count(store, row, found.whole)
        end
        if not ok then return nil, err end
    end
    return outbox.set(store, { [MARK] = found.mark })
end

--- Counts the events that came since the last time.  They are read before the
-- store is locked: a million take their time.
-- @param user whose sessions count
-- @return true, or nil, err
function pending.count(store, user)
    local ok, err = store:heal { pending.schema, outbox.state }
    if ok then
        ok, err = store:exec(INDEX, { t = schemas.memory.table })
    end
    if not ok and err.code ~= "no_table" then return nil, err end
    local found
    found, err = new_events(store, user)
    if not found then return err.code == "no_table" or nil, err end
    return not found.rows or store:transaction(function()
        return add_up(store, found)
    end)
end

--- Whether a session's summary is to be written now: at its end, when it has
-- none, when something was done, and when much was said or it lies still.
-- @param row of the table, now: seconds since 1970, limits: { events =,
-- hours = }
function pending.is_due(row, now, limits)
    local new = row.seen - row.told
    return new > 0 and (row.told == 0 or row.ended > row.told or row.calls > 0
        or new >= math.min(pending.words, limits.events)
        or now - row.told_at >= limits.hours * 3600
        or now - (utc.seconds(row.last) or 0) >= pending.idle)
end

--- After an agent was asked, nobody asks for the same session so soon
-- (seconds).
pending.pause = 3600

--- Whether an agent is to be asked for one: at the session's end, at its tenth
-- event, and then each time that the limits say.
function pending.is_asked(row, now, limits)
    local new, since = row.seen - row.asked, now - row.asked_at
    if new <= 0 then return false end
    if row.asked > 0 and (new >= limits.events
        or since >= limits.hours * 3600) then
        return true
    end
    return since >= pending.pause
        and (row.ended > row.asked or row.asked == 0 and new >= 10)
end

--- The sessions with events that are not told of, or (column "asked") of which
-- no agent was told, for which test(row) is true, the last ones first.
-- @param since none whose last event is before that date
-- @return a list of rows of the table, or nil, err
function pending.list(store, column, since, test)
    local rows, err = store:query([[SELECT * FROM {t} WHERE seen > {c}
        AND last >= ? ORDER BY last DESC, path]],
        { t = pending.schema.table, c = column, since })
    if not rows then return nil, err end
    local list = {}
    for _, row in ipairs(rows) do
        if test(row) then list[#list + 1] = row end
    end
    return list
end

--- Notes that a summary tells of so many events of a session.
function pending.told(store, path, events, now)
    return store:exec([[UPDATE {t} SET told = ?, seen = MAX(seen, ?),
        told_at = ?, calls = 0 WHERE path = ?]],
        { t = pending.schema.table, events, events, math.floor(now), path })
end

--- The same for an agent that was asked, whatever came of it.
function pending.asked(store, path, events, now)
    return store:exec("UPDATE {t} SET asked = ?, asked_at = ? WHERE path = ?",
        { t = pending.schema.table, events, math.floor(now), path })
end

return pending
