--- outbox: what the local store keeps beside the shared tables.
--
-- Rows here never leave this machine.  The outbox holds references to rows
-- that the remote has not confirmed, in the order they were written; the
-- ledger holds what the remote was seen to have; the state is a few words.
local schema = require "engine.schema"

local outbox = {}

--- References to rows: rowid is the order, error why a row was set aside,
-- sent_at when it was last handed to the remote without a clear answer yet.
outbox.schema = schema.new {
    table = "outbox",
    columns = {
        { "tbl", "text", default = "" },
        { "row_id", "text", default = "" },
        { "queued_at", "text", default = "" },
        { "sent_at", "text", default = "" },
        { "error", "text", default = "" },
    },
}

--- Rows of the remote that were merged here, by their id and date.
outbox.ledger = schema.new {
    table = "ledger",
    columns = {
        { "tbl", "text", default = "" },
        { "row_id", "text", default = "" },
        { "date", "text", default = "" },
    },
    indexes = { { "tbl", "row_id" } },
}

outbox.state = schema.new {
    table = "sync_state",
    columns = {
        { "key", "text", default = "" },
        { "value", "text", default = "" },
    },
}

outbox.all = { outbox.schema, outbox.ledger, outbox.state }

--- Makes events easy to find by id: a push looks each of them up.  Stores that
-- are never pushed do without, and their hooks with one page less to write.
-- @return true, or nil, err
function outbox.index(store)
    local sessions = require("propolis.schemas").sessions.table
    return store:exec("CREATE INDEX IF NOT EXISTS {i} ON {t} (id)",
        { i = "outbox_leads_to_sessions", t = sessions })
end

--- Queues a row; to be called in the transaction that wrote it.
-- @return true, or nil, err
function outbox.add(store, tbl, row_id, now)
    return store:insert(outbox.schema, {
        tbl = tbl, row_id = row_id, queued_at = now,
    })
end

--- Queues every row of a table that is not queued yet: for a new remote.
-- @return true, or nil, err
function outbox.add_all(store, tbl, table_name, now)
    return store:exec([[INSERT INTO {outbox} (tbl, row_id, queued_at)
        SELECT ?, id, ? FROM {t} WHERE id NOT IN
        (SELECT row_id FROM {outbox} WHERE tbl = ?) ORDER BY rowid]],
        { outbox = "outbox", t = table_name, tbl, now, tbl })
end

--- How many rows wait, and how many were set aside; nil, err without tables.
function outbox.counts(store)
    local rows, err = store:query([[SELECT COUNT(*) AS n,
        COALESCE(SUM(error <> ''), 0) AS refused,
        COALESCE(MIN(queued_at), '') AS oldest FROM {outbox}]],
        { outbox = "outbox" })
    if not rows then
        return nil, err
    end
    local row = rows[1]
    return { waiting = row.n - row.refused, refused = row.refused,
        oldest = row.oldest ~= "" and row.oldest or nil }
end

--- Rows set aside, oldest first: { tbl=, row_id=, queued_at=, error= }.
function outbox.refused(store)
    return store:query([[SELECT tbl, row_id, queued_at, error FROM {outbox}
        WHERE error <> '' ORDER BY rowid]], { outbox = "outbox" })
end

--- Gives rows set aside another try.
function outbox.retry(store)
    return store:exec([[UPDATE {outbox} SET error = '' WHERE error <> '']],
        { outbox = "outbox" })
end

--- A word of the state, or nil.
function outbox.get(store, key)
    local rows = store:query(
        "SELECT value FROM {s} WHERE key = ? ORDER BY rowid DESC LIMIT 1",
        { s = "sync_state", key })
    return rows and rows[1] and rows[1].value
end

--- Sets words of the state: { key = value }; in the caller's transaction when
-- there is one.  Returns true, or nil, err.
function outbox.set(store, words)
    for key, value in pairs(words) do
        local ok, err = store:exec("DELETE FROM {s} WHERE key = ?",
            { s = "sync_state", key })
        if ok then
            ok, err = store:insert(outbox.state,
                { key = key, value = tostring(value) })
        end
        if not ok then
            return nil, err
        end
    end
    return true
end

return outbox
