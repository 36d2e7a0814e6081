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

local pull = {}

local PAGE = 500 -- ids in one listing
local BODIES = 50 -- rows in one fetch
local OVERLAP = 24 * 3600

local DAY = "!%Y-%m-%dT%H:%M:%S"

-- An ISO date some seconds earlier; "" when it is none.
local function earlier(iso, seconds)
    local y, mo, d, h, mi, s =
        iso:match("^(%d%d%d%d)-(%d%d)-(%d%d)T(%d%d):(%d%d):(%d%d)")
    if not y then
        return ""
    end
    local t = os.time { year = y, month = mo, day = d, hour = h, min = mi,
        sec = s, isdst = false }
    -- os.time reads local time; the same call tells how far that is off
    local off = os.time(os.date("!*t", t)) - t
    return os.date(DAY, t - off - seconds)
end

local function ledger_of(store, name)
    local list, err = store:query("SELECT row_id, date FROM {l} WHERE tbl = ?",
        { l = outbox.ledger.table, name })
    if not list then
        return nil, err
    end
    local seen = {}
    for _, row in ipairs(list) do
        seen[row.row_id] = row.date
    end
    return seen
end

-- Calls each(page) with pages of { id =, date = } from a date on.
local function listing(remote, schema, column, from, each)
    local date, id = from, ""
    repeat
        local page, err = remote:query([[SELECT id, {d} AS date FROM {t}
            WHERE {d} > ? OR ({d} = ? AND id > ?)
            ORDER BY {d}, id LIMIT ?]],
            { t = schema.table, d = column, date, date, id, PAGE })
        if not page then
            return nil, err
        end
        if #page > 0 then
            date, id = page[#page].date or "", page[#page].id or ""
            local ok
            ok, err = each(page)
            if not ok then
                return nil, err
            end
        end
    until #page < PAGE
    return true
end

local Pull = {}
Pull.__index = Pull

-- Takes in fetched rows and notes them in the ledger, in one transaction.
function Pull:store_rows(list)
    local schema = self.schema
    return self.store:transaction(function(store)
        local look = schema.sync.merge and merge.current or rows_of.present
        local known, err = look(store, schema, list)
        for _, row in ipairs(known and list or {}) do
            local ok
            ok, err = self:store_row(store, row, known)
            if not ok then
                return nil, err
            end
        end
        return known and true, err
    end)
end

function Pull:store_row(store, row, known)
    local done, err
    if self.schema.sync.merge then
        done, err = merge.put(store, self.schema, row, known)
    elseif known[row.id] then
        done = "kept"
    else
        done, err = store:insert(self.schema, row)
        known[row.id] = true
    end
    if not done then
        return nil, err
    elseif done ~= "kept" then
        self.got = self.got + 1
    end
    return self:note(store, row.id, row[self.column] or "")
end

function Pull:note(store, id, date)
    local name, ledger = self.schema.name, outbox.ledger
    self.seen[id] = date
    local ok, err = store:exec("DELETE FROM {l} WHERE tbl = ? AND row_id = ?",
        { l = ledger.table, name, id })
    if not ok then
        return nil, err
    end
    return store:insert(ledger, { tbl = name, row_id = id, date = date })
end

-- One page of the listing: fetch what is new or changed.
function Pull:page(page)
    local ok, late = self.in_time()
    if not ok then
        return nil, late
    end
    local wanted = {}
    for _, entry in ipairs(page) do
        if self.seen[entry.id] ~= entry.date then
            wanted[#wanted + 1] = entry.id
        end
        if (entry.date or "") > self.mark then
            self.mark = entry.date
        end
    end
    for from = 1, #wanted, BODIES do
        local ids = table.move(wanted, from,
            math.min(from + BODIES - 1, #wanted), 1, {})
        local found, err = self.in_time()
        if found then
            found, err = rows_of.by_id(self.remote, self.schema, ids)
        end
        if not found then
            return nil, err
        end
        local list = {}
        for _, id in ipairs(ids) do
            list[#list + 1] = found[id]
        end
        ok, err = self:store_rows(list)
        if not ok then
            return nil, err
        end
    end
    return true
end

-- Rows older than the cut that the ledger does not account for?
function Pull:skipped(cut)
    local rows, err = self.remote:query(
        "SELECT COUNT(*) AS n FROM {t} WHERE {d} < ?",
        { t = self.schema.table, d = self.column, cut })
    if not rows then
        return nil, err
    end
    local known = 0
    for _, date in pairs(self.seen) do
        if date < cut then
            known = known + 1
        end
    end
    return rows[1] ~= nil and tonumber(rows[1].n) ~= known
end

function Pull:run()
    local cut = earlier(self.mark, OVERLAP)
    local function page(list)
        return self:page(list)
    end
    local ok, err = listing(self.remote, self.schema, self.column, cut, page)
    if ok and cut ~= "" then
        local skipped
        skipped, err = self:skipped(cut)
        if skipped then
            ok, err = listing(self.remote, self.schema, self.column, "", page)
        elseif skipped == nil then
            ok = nil
        end
    end
    if ok then
        ok, err = outbox.set(self.store,
            { [pull.mark(self.schema)] = self.mark })
    end
    return ok, err
end

--- The key in the state of how far a table was pulled.
function pull.mark(schema)
    return "mark." .. schema.name
end

--- Pulls those of the schemas that say so, as long as in_time() returns true.
-- @return { got = rows new or changed here }, and err when it stopped early
function pull.run(store, remote, schemas, in_time)
    local result = { got = 0 }
    for _, schema in ipairs(schemas) do
        local column = schema.sync.newest or schema.sync.pull
        local ok, err = true, nil
        if column then
            ok, err = ledger_of(store, schema.name)
        end
        if column and ok then
            local self = setmetatable({
                store = store, remote = remote, schema = schema, seen = ok,
                column = column, got = 0, in_time = in_time,
                mark = outbox.get(store, pull.mark(schema)) or "",
            }, Pull)
            ok, err = self:run()
            result.got = result.got + self.got
        end
        if not ok then
            return result, err
        end
    end
    return result
end

return pull
