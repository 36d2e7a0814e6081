--- pull: what teammates wrote to tables that are shared with every sync comes
-- into the local store.
--
-- Writers' clocks differ, so a date alone cannot tell what is new.  The remote
-- is asked for the number of its rows and a checksum over their ids and dates:
-- one statement when nothing has changed since the last pull.  Else it is asked
-- the same by day, and the days that differ are listed.  The ledger keeps id
-- and date of every row seen: bodies are fetched only for rows that are new or
-- changed.  What was removed at the remote leaves the ledger; the row that was
-- pulled stays.  What was forgotten here is noted there and not taken in.
local forgotten = require "propolis.sync.forgotten"
local json = require "propolis.json"
local merge = require "propolis.sync.merge"
local outbox = require "propolis.sync.outbox"
local rows_of = require "propolis.sync.rows"
local sys = require "engine.sys"

local pull = {}

--- Ids in one listing.
pull.page = 5000

local BODIES = 50 -- rows in one fetch
local DAYS = 100 -- listed by name; of more than these all are listed

-- In the statements {d} is the date column, {t} the table.
local DATE = "COALESCE({d}, '')" -- as the ledger has it
local DAY = ("substr(%s, 1, 10)"):format(DATE)
local ENTRY = "id || ' ' || " .. DATE

-- A checksum over the entries of a group; it is only ever compared with an
-- earlier one of the same remote.
local CHECKSUM = {
    sqlite = ("group_concat(%s)"):format(ENTRY),
    postgres = ("CAST(SUM(hashtextextended(%s, 0)) AS TEXT)"):format(ENTRY),
}
CHECKSUM.deeplake = CHECKSUM.postgres

-- One table's pull at work; its functions raise the error that stops it.
local Pull = {}
Pull.__index = Pull

function Pull:ask(text, values)
    values.t, values.d = self.schema.table, self.column
    return self.remote:query(text, values, "read")
end

-- What the remote has, as day -> digest, or under "all" as one.
-- @return nil when it cannot say: a service may lack the function, or give NULL
-- for a sum in groups
function Pull:digests(by_day)
    local list, err = self:ask(([[SELECT %s AS day, COUNT(*) AS n,
        %s AS checksum FROM {t} WHERE id <> ''%s]]):format(
        by_day and DAY or "'all'", CHECKSUM[self.remote.dialect],
        by_day and " GROUP BY " .. DAY or ""), {})
    if not list and err.code ~= "sql" then error(err, 0) end
    local digests = {}
    for _, row in ipairs(list or {}) do
        if not row.checksum and tonumber(row.n) > 0 then return nil end
        digests[row.day] = sys.sha256(("%s %s"):format(row.n, row.checksum))
            :sub(1, 16)
    end
    return list and digests
end

-- Takes in one fetched row.
function Pull:store_row(row, known)
    local schema = self.schema
    local done = "kept"
    if schema.sync.merge then
        done = assert(merge.put(self.store, schema, row, known))
    elseif not known[row.id] then
        done = assert(self.store:insert(schema, row))
        known[row.id] = true
    end
    if done ~= "kept" then
        self.result.got = self.result.got + 1
    end
end

-- Fetches the rows of { id =, date = } and takes them in, in one transaction.
function Pull:fetch(entries)
    assert(self.in_time())
    local list = assert(rows_of.with_ids(self.remote, self.schema,
        rows_of.field(entries, "id"), self.columns))
    local notes = {}
    for i, entry in ipairs(entries) do
        notes[i] = { tbl = self.schema.name, row_id = entry.id,
            date = entry.date }
    end
    assert(self.store:transaction(function(store)
        local look = self.schema.sync.merge and merge.current
            or rows_of.present
        local known = assert(look(store, self.schema, list))
        for _, row in ipairs(assert(forgotten.admitted(store, self.schema,
            list))) do
            self:store_row(row, known)
        end
        return store:insert_many(outbox.ledger, notes)
    end))
end

-- What the ledger has of these days (nil: of all), as id and date in one text
-- -> its rowid.
function Pull:seen(days)
    local seen = {}
    for _, row in ipairs(assert(self.store:query([[SELECT rowid AS seq, row_id,
        date FROM {l} WHERE tbl = ?]]
        .. (days and " AND substr(date, 1, 10) IN (??)" or ""),
        { l = outbox.ledger.table, self.schema.name, days }))) do
        seen[row.row_id .. "\0" .. row.date] = row.seq
    end
    return seen
end

-- Lists what the remote has of these days (nil: all), fetches what is new or
-- changed, and forgets what is not there any more.
function Pull:list(days)
    local seen, date, id = self:seen(days), "", ""
    local text = ([[SELECT id, %s AS date FROM {t} WHERE %s
        AND (%s > ? OR (%s = ? AND id > ?)) ORDER BY %s, id LIMIT ?]]):format(
        DATE, days and DAY .. " IN (??)" or "1 = ?", DATE, DATE, DATE)
    repeat
        assert(self.in_time())
        local page = assert(self:ask(text,
            { days or 1, date, date, id, pull.page }))
        local wanted = {}
        for _, entry in ipairs(page) do
            date, id = entry.date or "", entry.id
            entry.date = date
            local key = id .. "\0" .. date
            wanted[#wanted + 1] = seen[key] == nil and entry or nil
            seen[key] = false
        end
        for i = 1, #wanted, BODIES do
            self:fetch(table.move(wanted, i,
                math.min(i + BODIES - 1, #wanted), 1, {}))
        end
    until #page < pull.page
    assert(self.store:transaction(function(store)
        for _, seq in pairs(seen) do
            assert(not seq or store:exec("DELETE FROM {l} WHERE rowid = ?",
                { l = outbox.ledger.table, seq }))
        end
        return true
    end))
end

-- The days whose digests differ; nil when these are too many.
local function changed(old, new)
    local days = {}
    for day, digest in pairs(new) do
        days[#days + 1] = old[day] ~= digest and day or nil
    end
    for day in pairs(old) do
        days[#days + 1] = not new[day] and day or nil
    end
    return #days <= DAYS and days or nil
end

function Pull:run()
    local key = pull.key(self.schema)
    local old = json.decode(outbox.get(self.store, key) or "") or {}
    local all = self:digests() or {}
    if all.all and all.all == old.all then return end
    local days = all.all and self:digests(true)
    self:list(days and changed(old.days or {}, days))
    assert(outbox.set(self.store, { [key] = assert(json.encode {
        all = all.all, days = days or nil }) }))
end

--- The key in the state of what a table held at the last pull.
function pull.key(schema)
    return "pulled." .. schema.name
end

--- Pulls those of the schemas that say so; raises what stops it.  Nothing is
-- made at the remote: a table that it lacks is passed over, a column that it
-- lacks is absent in its rows.
-- @param in_time function that returns true, or nil and why to stop
-- @param result its got counts the rows that are new or changed here
-- @param whole the remote is known to have all tables and columns
function pull.run(store, remote, schemas, in_time, result, whole)
    for schema, column, columns in rows_of.offered(remote, schemas,
        function(sync) return sync.newest or sync.pull end, whole) do
        setmetatable({
            store = store, remote = remote, schema = schema, column = column,
            columns = columns, result = result, in_time = in_time,
        }, Pull):run()
    end
end

return pull
