--- outbox: what the local store keeps beside the shared tables.
--
-- Rows here never leave this machine.  The outbox holds references to rows
-- that the remote has not confirmed, in the order they were written; the
-- ledger holds what the remote was seen to have; the state is a few words.
-- Their `tbl` is a schema's name, whatever its table is called.
local schema = require "engine.schema"
local sys = require "engine.sys"

local outbox = {}

--- References to rows: rowid is the order, error why a row was rejected,
-- sent_at when it was last handed to the remote without a clear answer yet.
outbox.schema = schema.new {
    table = "propolis_outbox",
    columns = {
        { "tbl", "text", default = "" },
        { "row_id", "text", default = "" },
        { "queued_at", "text", default = "" },
        { "sent_at", "text", default = "" },
        { "error", "text", default = "" },
    },
}

--- Rows of the remote that came here or are known, by their id and date.
outbox.ledger = schema.new {
    table = "propolis_ledger",
    columns = {
        { "tbl", "text", default = "" },
        { "row_id", "text", default = "" },
        { "date", "text", default = "" },
    },
    indexes = { { "tbl", "row_id" } },
}

outbox.state = schema.new {
    table = "propolis_state",
    columns = {
        { "key", "text", default = "" },
        { "value", "text", default = "" },
    },
}

outbox.all = { outbox.schema, outbox.ledger, outbox.state }

--- What these tables are called in stores of versions up to 0.1, until a sync
-- has moved them (propolis.sync.legacy).
outbox.legacy = { propolis_outbox = "outbox", propolis_ledger = "ledger",
    propolis_state = "sync_state" }

-- Reads from one of our tables, {t}, under its old name when it has no other.
local function read(store, of, text, ...)
    local rows, err = store:query(text, { t = of.table, ... })
    if not rows and err.code == "no_table" then
        rows = store:query(text, { t = outbox.legacy[of.table], ... })
    end
    return rows, err
end

--- Makes rows that were appended easy to find by id: a push looks each of them
-- up.  Stores that are never pushed do without, and their hooks with one page
-- less to write.
-- @return true, or nil, err
function outbox.index(store, schemas)
    for _, made in ipairs(schemas) do
        local name = ("outbox_leads_to_" .. made.table):sub(1, 63)
        local ok, err = true, nil
        if made.sync.append then
            ok, err = store:exec(
                "CREATE INDEX IF NOT EXISTS {i} ON {t} (id)",
                { i = name, t = made.table })
        end
        if not ok then return nil, err end
    end
    return true
end

--- Queues rows of a schema, known by their ids; to be called in the transaction
-- that wrote them.
-- @return true, or nil, err
function outbox.add(store, of, rows)
    local refs, now = {}, sys.now()
    for i, row in ipairs(rows) do
        refs[i] = { tbl = of.name, row_id = row.id, queued_at = now }
    end
    if #refs == 0 then return true end
    return store:insert_many(outbox.schema, refs)
end

--- The key in the state of the last row of a table that was queued, or needed
-- not be: its rowid.
function outbox.mark(of)
    return "queued." .. of.name
end

--- Queues the rows that were written since the last time and are neither queued
-- nor from the remote: by a script's insert, or while no remote was set.  No
-- reference to a row may be taken out before this has run over that row, so a
-- page of them is read in the same transaction.
-- @return true, or nil, err
function outbox.catch_up(store, schemas)
    for _, of in ipairs(schemas) do
        local key = outbox.mark(of)
        local mark = math.tointeger(outbox.get(store, key)) or 0
        local rows, err = store:query("SELECT MAX(rowid) AS n FROM {t}",
            { t = of.table })
        local last, ok = rows and rows[1].n or 0, rows
        if ok and last > mark then
            ok, err = store:exec([[INSERT INTO {outbox} (tbl, row_id, queued_at)
                SELECT ?, id, ? FROM {t} WHERE rowid > ? AND id <> ''
                AND id NOT IN (SELECT row_id FROM {outbox} WHERE tbl = ?)
                AND NOT EXISTS (SELECT 1 FROM {ledger} AS l WHERE l.tbl = ?
                AND l.row_id = {t}.id) ORDER BY rowid]], {
                    outbox = outbox.schema.table, t = of.table,
                    ledger = outbox.ledger.table, of.name, sys.now(), mark,
                    of.name, of.name })
        end
        if ok and last ~= mark then
            ok, err = outbox.set(store, { [key] = last })
        end
        if not ok then return nil, err end
    end
    return true
end

--- Takes references to a row out: it was removed here and need not travel.
-- @return true, or nil, err
function outbox.remove(store, row_id)
    local ok, err = store:exec("DELETE FROM {outbox} WHERE row_id = ?",
        { outbox = outbox.schema.table, row_id })
    return ok or err.code == "no_table" or nil, err
end

--- The next references behind a place, oldest first, to rows of these schemas:
-- { seq =, tbl =, row_id =, sent_at = }; those that were rejected are not
-- among them.
-- @return a list, or nil, err
function outbox.page(store, names, after, limit)
    return store:query([[SELECT rowid AS seq, tbl, row_id, sent_at
        FROM {outbox} WHERE error = '' AND tbl IN (??) AND rowid > ?
        ORDER BY rowid LIMIT ?]],
        { outbox = outbox.schema.table, names, after, limit })
end

--- How many rows wait, and how many were rejected; nil, err without tables.
function outbox.counts(store)
    local rows, err = read(store, outbox.schema, [[SELECT COUNT(*) AS n,
        COALESCE(SUM(error <> ''), 0) AS rejected,
        COALESCE(MIN(queued_at), '') AS oldest FROM {t}]])
    if not rows then return nil, err end
    local row = rows[1]
    return { waiting = row.n - row.rejected, rejected = row.rejected,
        oldest = row.oldest ~= "" and row.oldest or nil }
end

--- Rejected rows, oldest first: { tbl=, row_id=, queued_at=, error= }.
function outbox.rejected(store)
    return read(store, outbox.schema, [[SELECT tbl, row_id, queued_at, error
        FROM {t} WHERE error <> '' ORDER BY rowid]])
end

--- Gives rejected rows another try.
function outbox.retry(store)
    return store:exec([[UPDATE {outbox} SET error = '' WHERE error <> '']],
        { outbox = outbox.schema.table })
end

--- A word of the state, or nil.
function outbox.get(store, key)
    local rows = read(store, outbox.state,
        "SELECT value FROM {t} WHERE key = ? ORDER BY rowid DESC LIMIT 1",
        key)
    return rows and rows[1] and rows[1].value
end

--- Sets words of the state: { key = value }; in the caller's transaction when
-- there is one.  Returns true, or nil, err.
function outbox.set(store, words)
    for key, value in pairs(words) do
        local ok, err = store:exec("DELETE FROM {s} WHERE key = ?",
            { s = outbox.state.table, key })
        if ok then
            ok, err = store:insert(outbox.state,
                { key = key, value = tostring(value) })
        end
        if not ok then return nil, err end
    end
    return true
end

return outbox
