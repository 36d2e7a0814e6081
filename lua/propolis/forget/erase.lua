--- erase: rows that were found leave a local store, with what refers to them,
-- and tombstones take their place: in one transaction, all or nothing.
local forgotten = require "propolis.sync.forgotten"
local marks = require "propolis.sync.marks"
local outbox = require "propolis.sync.outbox"
local purge = require "propolis.forget.purge"
local schemas = require "propolis.schemas"
local sys = require "engine.sys"

local erase = {}

--- The words of the state that hold sentences about what went wrong.
erase.words = { "last_error", "summaries.error" }

local BATCH = 500

-- Tombstones -----------------------------------------------------------------

-- Those of one table's rows: by their ids, and documents by their paths.
local function add_rows(add, one, team)
    local name, now = one.schema.name, sys.now()
    local merges = one.schema.sync and one.schema.sync.merge
    for i, id in ipairs(one.ids) do
        if id ~= "" and (team or not merges) then
            add(name, id, merges and now or "")
        end
        if merges == "path" then
            local date = one.dates[i] > now and one.dates[i] or now
            add(name, forgotten.path_key(one.paths[i]),
                team and date or forgotten.FOR_EVER)
        end
    end
end

-- Those of whole sessions, by their paths, up to a date.
local function add_sessions(add, paths, last)
    for path in pairs(paths) do
        add("sessions", forgotten.path_key(path), last)
    end
end

-- Adds the tombstones of what was found here and elsewhere; raises why not.
local function bury(store, found, opts)
    local add = forgotten.adder(store, opts.team)
    for _, one in ipairs { found, opts.elsewhere } do
        for _, part in ipairs(one.tables) do
            add_rows(add, part, opts.team)
        end
        if opts.whole then add_sessions(add, one.sessions, sys.now()) end
    end
    add()
    add = forgotten.adder(store)
    add_sessions(add, opts.never or {}, forgotten.FOR_EVER)
    add()
end

-- Rows -----------------------------------------------------------------------

-- A row is known by its number and its id: a number may be another's by now.
-- References to rows that are gone go with them.
local function delete_rows(store, one)
    local count, of = 0, one.schema
    for from = 1, #one.ids, BATCH do
        local to = math.min(from + BATCH - 1, #one.ids)
        assert(store:exec("DELETE FROM {t} WHERE rowid IN (??)"
            .. " AND +id IN (??)", { t = of.table,
                table.move(one.numbers, from, to, 1, {}),
                table.move(one.ids, from, to, 1, {}) }))
        count = count + assert(store:query("SELECT changes() AS n"))[1].n
    end
    if count > 0 then
        assert(store:exec("DELETE FROM {o} WHERE tbl = ?"
            .. " AND row_id NOT IN (SELECT id FROM {t})",
            { o = outbox.schema.table, t = of.table, of.name }))
    end
    return count
end

-- Sessions whose summaries went get new ones, of what is left of them.
local function renew_summaries(store, found)
    local t = require("propolis.summary.pending").schema.table
    local paths = {}
    for path in pairs(found.sessions) do paths[#paths + 1] = path end
    if #paths == 0 then return end
    for from = 1, #paths, BATCH do
        local part = table.move(paths, from,
            math.min(from + BATCH - 1, #paths), 1, {})
        local ok, err = store:exec([[UPDATE {t} SET told = 0, asked = 0,
            seen = (SELECT COUNT(*) FROM {s} AS s WHERE s.path = {t}.path)
            WHERE path IN (??)]],
            { t = t, s = schemas.sessions.table, part })
        if not ok and err.code == "no_table" then return end
        assert(ok, err)
    end
    assert(store:exec("DELETE FROM {t} WHERE seen = 0", { t = t }))
end

-- Words of the state in which an error may quote what was found.
local function clean_state(store, quotes)
    for _, word in ipairs(erase.words) do
        if quotes(outbox.get(store, word) or "") then
            assert(outbox.set(store, { [word] = "(removed)" }))
        end
    end
end

--- Erases what was found.
-- @param opts { team = the team shall forget it, elsewhere = what else was
-- found that no sync may bring, whole = whole sessions are meant, never = the
-- paths of sessions of which nothing is recorded any more, as a set, quotes =
-- function that says whether a text quotes what was found }
-- @return how many rows went, by table; or nil, err
function erase.rows(store, found, opts)
    local done = {}
    local ok, err = store:transaction(function()
        if outbox.get(store, "remote") then
            assert(outbox.catch_up(store, schemas.synced()))
        end
        bury(store, found, opts)
        for _, one in ipairs(found.tables) do
            done[one.schema.table] = delete_rows(store, one)
        end
        renew_summaries(store, found)
        clean_state(store, opts.quotes)
        assert(marks.set(store, assert(marks.note(store))))
        return purge.owe(store)
    end)
    return ok and done, err
end

return erase
