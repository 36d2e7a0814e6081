--- pull: what teammates wrote to tables that are shared with every sync comes
-- into the local store.
--
-- Writers' clocks differ, so a date alone cannot tell what is new.  The ledger
-- keeps id and date of every row seen.  Each pull lists the rows since the
-- last mark, less a day; when the number of older rows is not what the ledger
-- says, it lists them all.  Bodies are fetched only for rows that are new or
-- changed.
local merge = require "propolis.sync.merge"
local outbox = require "propolis.sync.outbox"
local rows_of = require "propolis.sync.rows"
local utc = require "propolis.date"

local pull = {}

local PAGE = 500 -- ids in one listing
local BODIES = 50 -- rows in one fetch
local OVERLAP = 24 * 3600

-- An ISO date some seconds earlier; "" when it is none.
local function earlier(iso, seconds)
    local time = utc.seconds(iso)
    return time and utc.text(time - seconds) or ""
end

-- What was seen of a table: id -> date.
local function ledger_of(store, name)
    local seen = {}
    for _, row in ipairs(assert(store:query(
        "SELECT row_id, date FROM {l} WHERE tbl = ?",
        { l = outbox.ledger.table, name }))) do
        seen[row.row_id] = row.date
    end
    return seen
end

-- One table's pull at work; its functions raise the error that stops it.
local Pull = {}
Pull.__index = Pull

-- Takes in one fetched row and notes it in the ledger.
function Pull:store_row(row, known)
    local schema, name = self.schema, self.schema.name
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
    local date, ledger = row[self.column] or "", outbox.ledger
    self.seen[row.id] = date
    assert(self.store:exec("DELETE FROM {l} WHERE tbl = ? AND row_id = ?",
        { l = ledger.table, name, row.id }))
    assert(self.store:insert(ledger,
        { tbl = name, row_id = row.id, date = date }))
end

-- Fetches rows by their ids and takes them in, in one transaction.
function Pull:fetch(ids)
    assert(self.in_time())
    local found = assert(rows_of.by_id(self.remote, self.schema, ids))
    local list = {}
    for _, id in ipairs(ids) do
        list[#list + 1] = found[id]
    end
    assert(self.store:transaction(function(store)
        local look = self.schema.sync.merge and merge.current
            or rows_of.present
        local known = assert(look(store, self.schema, list))
        for _, row in ipairs(list) do
            self:store_row(row, known)
        end
        return true
    end))
end

-- Lists what the remote has from a date on, and fetches what is new or changed.
function Pull:list(from)
    local date, id = from, ""
    repeat
        assert(self.in_time())
        local page = assert(self.remote:query([[SELECT id, {d} AS date
            FROM {t} WHERE {d} > ? OR ({d} = ? AND id > ?)
            ORDER BY {d}, id LIMIT ?]],
            { t = self.schema.table, d = self.column, date, date, id, PAGE },
            "read"))
        local wanted = {}
        for _, entry in ipairs(page) do
            date, id = entry.date or "", entry.id or ""
            wanted[#wanted + 1] = self.seen[id] ~= date and id or nil
            self.mark = date > self.mark and date or self.mark
        end
        for i = 1, #wanted, BODIES do
            self:fetch(table.move(wanted, i,
                math.min(i + BODIES - 1, #wanted), 1, {}))
        end
    until #page < PAGE
end

-- Rows older than the cut that the ledger does not account for?
function Pull:skipped(cut)
    local rows = assert(self.remote:query(
        "SELECT COUNT(*) AS n FROM {t} WHERE {d} < ?",
        { t = self.schema.table, d = self.column, cut }, "read"))
    local known = 0
    for _, date in pairs(self.seen) do
        known = known + (date < cut and 1 or 0)
    end
    return rows[1] ~= nil and tonumber(rows[1].n) ~= known
end

function Pull:run()
    local cut = earlier(self.mark, OVERLAP)
    self:list(cut)
    if cut ~= "" and self:skipped(cut) then
        self:list("")
    end
    assert(outbox.set(self.store, { [pull.mark(self.schema)] = self.mark }))
end

--- The key in the state of how far a table was pulled.
function pull.mark(schema)
    return "mark." .. schema.name
end

--- Pulls those of the schemas that say so; raises what stops it.
-- @param in_time function that returns true, or nil and why to stop
-- @param result its got counts the rows that are new or changed here
function pull.run(store, remote, schemas, in_time, result)
    for _, schema in ipairs(schemas) do
        local column = schema.sync.newest or schema.sync.pull
        if column then
            setmetatable({
                store = store, remote = remote, schema = schema,
                seen = ledger_of(store, schema.name), column = column,
                result = result, in_time = in_time,
                mark = outbox.get(store, pull.mark(schema)) or "",
            }, Pull):run()
        end
    end
end

return pull
