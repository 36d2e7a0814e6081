--- pull: what teammates wrote to memory and skills comes into the local store.
--
-- Writers' clocks differ, so a date alone cannot tell what is new.  The ledger
-- keeps id and date of every row seen.  Each pull lists the rows since the
-- last mark, less a day; when the number of older rows is not what the ledger
-- says, it lists them all.  Bodies are fetched only for rows that are new or
-- changed.
local deadline = require "propolis.sync.deadline"
local merge = require "propolis.sync.merge"
local outbox = require "propolis.sync.outbox"
local rows_of = require "propolis.sync.rows"
local schemas = require "propolis.schemas"
local utc = require "propolis.date"

local pull = {}

local PAGE = 500 -- ids in one listing
local BODIES = 50 -- rows in one fetch
local OVERLAP = 24 * 3600

-- The date column of each table that is pulled.
local DATES = { memory = "last_update_date", skills = "updated_at" }

-- An ISO date some seconds earlier; "" when it is none.
local function earlier(iso, seconds)
    local time = utc.seconds(iso)
    return time and utc.text(time - seconds) or ""
end

local function ledger_of(store, name)
    local list, err = store:query("SELECT row_id, date FROM {l} WHERE tbl = ?",
        { l = "ledger", name })
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
            { t = schema.table, d = column, date, date, id, PAGE }, "read")
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

-- Merges fetched rows and notes them in the ledger, in one transaction.
function Pull:store_rows(list)
    return self.store:transaction(function(store)
        local paths = {}
        for i, row in ipairs(self.name == "memory" and list or {}) do
            paths[i] = row.path
        end
        local dates, err = merge.dates(store, paths)
        if not dates then
            return nil, err
        end
        for _, row in ipairs(list) do
            local ok
            ok, err = self:store_row(store, row, dates)
            if not ok then
                return nil, err
            end
        end
        return true
    end)
end

function Pull:store_row(store, row, dates)
    local done, err
    if self.name == "memory" then
        done, err = merge.put(store, row, dates[row.path])
        dates[row.path] = done ~= "kept" and row.last_update_date
            or dates[row.path]
    else
        local there
        there, err = store:query("SELECT 1 FROM {t} WHERE id = ? LIMIT 1",
            { t = self.schema.table, row.id })
        if there and #there == 0 then
            done, err = store:insert(self.schema, row)
            done = done and "inserted"
        else
            done = there and "kept"
        end
    end
    if not done then
        return nil, err
    end
    if done ~= "kept" then
        self.got = self.got + 1
    end
    return self:note(store, row.id, row[self.column] or "")
end

function Pull:note(store, id, date)
    self.seen[id] = date
    local ok, err = store:exec("DELETE FROM {l} WHERE tbl = ? AND row_id = ?",
        { l = "ledger", self.name, id })
    if not ok then
        return nil, err
    end
    return store:insert(outbox.ledger,
        { tbl = self.name, row_id = id, date = date })
end

-- One page of the listing: fetch what is new or changed.
function Pull:page(page)
    local ok, late = deadline.holds(self.deadline)
    if not ok then
        return nil, late
    end
    local wanted = {}
    for _, entry in ipairs(page) do
        self.listed = self.listed + 1
        if self.seen[entry.id] ~= entry.date then
            wanted[#wanted + 1] = { row_id = entry.id }
        end
        if (entry.date or "") > self.mark then
            self.mark = entry.date
        end
    end
    for from = 1, #wanted, BODIES do
        local refs = table.move(wanted, from,
            math.min(from + BODIES - 1, #wanted), 1, {})
        local found, err = deadline.holds(self.deadline)
        if found then
            found, err = rows_of.by_id(self.remote, self.schema, refs)
        end
        if not found then
            return nil, err
        end
        local list = {}
        for _, ref in ipairs(refs) do
            list[#list + 1] = found[ref.row_id]
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
        { t = self.schema.table, d = self.column, cut }, "read")
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
            { ["mark." .. self.name] = self.mark })
    end
    return ok, err
end

--- Pulls memory and skills, until at (see propolis.sync.deadline).
-- @return { got = rows new or changed here }, and err when it stopped early
function pull.run(store, remote, at)
    local result = { got = 0 }
    for _, name in ipairs { "memory", "skills" } do
        local seen, err = ledger_of(store, name)
        if not seen then
            return result, err
        end
        local self = setmetatable({
            store = store, remote = remote, name = name, seen = seen,
            schema = schemas[name], column = DATES[name], listed = 0,
            mark = outbox.get(store, "mark." .. name) or "", got = 0,
            deadline = at,
        }, Pull)
        local ok
        ok, err = self:run()
        result.got = result.got + self.got
        if not ok then
            return result, err
        end
    end
    return result
end

return pull
