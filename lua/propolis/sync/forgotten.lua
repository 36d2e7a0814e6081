--- forgotten: what `propolis forget` removed comes back by no way.
--
-- A tombstone says of a row, by its id, or of all rows of a path, by its hash,
-- that they were removed; it holds nothing of their text.  Those of one table
-- stay on this machine.  Those of the other were made because the person wanted
-- the rows gone from the team's store as well: they travel like any row, and no
-- machine of the team sends such a row again.  What other machines have of the
-- rows stays there: nobody removes what is on another one's disk.  A summary of
-- a session of which such events are left is not sent either.
--
-- A row by its id is refused always; one by its path when its date is not
-- behind the tombstone's.  In tables with one row per key an id means nothing,
-- as a document that is written again may keep it.
local PATH = "path:" -- before the hash of a path
local outbox = require "propolis.sync.outbox"
local schema = require "engine.schema"
local sys = require "engine.sys"

local forgotten = {}

--- A date behind all others: rows of the path are refused for ever.
forgotten.FOR_EVER = "9999-12-31T23:59:59.999Z"

--- How long a statement may be on its way that was sent before a tombstone came
-- (seconds): until then the rows are removed once more with each sync.
forgotten.settle = 180

local COLUMNS = {
    { "id", "text", default = "" },
    { "tbl", "text", default = "" }, -- a schema's name
    { "key", "text", default = "" },
    { "last_date", "text", default = "" },
    { "forgotten_at", "text", default = "" },
    { "machine", "text", default = "" }, -- on which it was made
}

--- Tombstones that stay here, and those that are the team's.
forgotten.own = schema.new { table = "propolis_forgotten_here",
    columns = COLUMNS, indexes = { { "tbl", "key" } } }
forgotten.shared = schema.new { table = "propolis_forgotten",
    columns = COLUMNS, indexes = { { "tbl", "key" } },
    sync = { append = true, pull = "forgotten_at" } }

--- The key of a path.
function forgotten.path_key(path)
    return PATH .. sys.sha256(path)
end

--- The column with the date of a schema's rows, or nil.
function forgotten.date_column(of)
    local sync, has = of.sync or {}, {}
    for _, column in ipairs(of.columns) do has[column.name] = true end
    return sync.newest or sync.fetch or sync.pull
        or has.creation_date and "creation_date" or nil
end

-- Adding ---------------------------------------------------------------------

--- A name without meaning for the machine of a store; made when it has none.
function forgotten.machine(store)
    local name = outbox.get(store, "machine")
    if name then return name end
    name = sys.uuid()
    assert(outbox.set(store, { machine = name }))
    return name
end

local BATCH = 500

--- Adds tombstones, in the caller's transaction; raises what stops it.
-- @param team whether they are the team's as well
-- @return a function to be called with each: a schema's name, the key (a row's
-- id or a path's), and the last date, "" for an id whatever its date; and at
-- the end with nothing
function forgotten.adder(store, team)
    local of = team and forgotten.shared or forgotten.own
    local rows, now, machine = {}, sys.now(), forgotten.machine(store)
    return function(tbl, key, last)
        rows[#rows + 1] = tbl and { id = sys.uuid(), tbl = tbl, key = key,
            last_date = last, forgotten_at = now, machine = machine } or nil
        if #rows == 0 or tbl and #rows < BATCH then return end
        assert(store:insert_many(of, rows))
        if team then assert(outbox.add(store, of, rows)) end
        rows = {}
    end
end

--- A document is written here at a path: what the team writes there later is
-- wanted again.
-- @return true, or nil, err
function forgotten.lift(store, of, rows)
    if #rows == 0 then return true end
    local keys = {}
    for i, row in ipairs(rows) do
        local path = row[of.sync.merge]
        keys[i] = forgotten.path_key(type(path) == "string" and path or "")
    end
    local ok, err = store:exec(
        "DELETE FROM {t} WHERE tbl = ? AND key IN (??)",
        { t = forgotten.own.table, of.name, keys })
    return ok or err.code == "no_table" or nil, err
end

-- Asking ---------------------------------------------------------------------

-- What one table of tombstones says of these keys, the latest date of each.
local function look(store, of, name, keys, found)
    for from = 1, #keys, BATCH do
        local rows, err = store:query([[SELECT key, MAX(last_date) AS last
            FROM {t} WHERE tbl = ? AND key IN (??) GROUP BY key]],
            { t = of.table, name, table.move(keys, from,
                math.min(from + BATCH - 1, #keys), 1, {}) }, "read")
        if not rows and err.code == "no_table" then return true end
        if not rows then return nil, err end
        for _, row in ipairs(rows) do
            if row.last >= (found[row.key] or "") then
                found[row.key] = row.last
            end
        end
    end
    return true
end

-- The keys under which tombstones of these rows stand, each once, and those of
-- the paths.
local function keys_of(rows, ids)
    local keys, paths = {}, {}
    for _, row in ipairs(rows) do
        if ids and type(row.id) == "string" then keys[#keys + 1] = row.id end
        local path = row.path
        if type(path) == "string" and path ~= "" and not paths[path] then
            paths[path] = forgotten.path_key(path)
            keys[#keys + 1] = paths[path]
        end
    end
    return keys, paths
end

-- Whether a document tells of a session of which this store has events that the
-- team has forgotten.
local function tells_of_it(store, row)
    local path = (row.summary or ""):match("%*%*Source%*%*: ([^\n]+)")
    if not path then return false end
    local sessions = require("propolis.schemas").sessions
    return #assert(store:query([[SELECT 1 AS n FROM {s} AS s WHERE s.path = ?
        AND EXISTS (SELECT 1 FROM {f} AS f WHERE f.tbl = ? AND (f.key = s.id
        OR f.key = ? AND s.{d} <= f.last_date)) LIMIT 1]], {
            s = sessions.table, d = forgotten.date_column(sessions),
            f = forgotten.shared.table, path, sessions.name,
            forgotten.path_key(path) })) > 0
end

-- Adds to a set of refused rows the documents that tell of others.
local function add_telling(store, rows, set)
    local any = store:query("SELECT 1 AS n FROM {f} LIMIT 1",
        { f = forgotten.shared.table })
    for _, row in ipairs(any and any[1] and rows or {}) do
        if tells_of_it(store, row) then set[row] = true end
    end
    return set
end

--- Which of these rows were forgotten: a set of the rows, or nil, err.
-- @param team asks only for what the whole team has forgotten
function forgotten.refused(store, of, rows, team)
    local ids = not (of.sync and of.sync.merge)
    local keys, paths = keys_of(rows, ids)
    local found = {}
    local ok, err = look(store, forgotten.shared, of.name, keys, found)
    if ok and not team then
        ok, err = look(store, forgotten.own, of.name, keys, found)
    end
    if not ok then return nil, err end
    local set, column = {}, forgotten.date_column(of)
    for _, row in ipairs(next(found) and rows or {}) do
        local last = found[paths[row.path]]
        set[row] = ids and found[row.id] ~= nil
            or last ~= nil and (column and row[column] or "") <= last or nil
    end
    return team and not ids and add_telling(store, rows, set)
        or set
end

--- Those of the rows that were not forgotten; the list itself when that is all.
-- @return a list, or nil, err
function forgotten.admitted(store, of, rows, team)
    local set, err = forgotten.refused(store, of, rows, team)
    if not set then return nil, err end
    if not next(set) then return rows end
    local kept = {}
    for _, row in ipairs(rows) do
        kept[#kept + 1] = not set[row] and row or nil
    end
    return kept
end

return forgotten
