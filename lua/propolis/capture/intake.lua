--- intake: rows into the local store, each with its outbox row, at once.
--
-- A record is { table="sessions"|"memory", row={...}, queue=bool, once= };
-- once says how to see that the row is there already: "id" (its own id, for a
-- record that is offered again) or "path" (one row per path).
local schemas = require "propolis.schemas"

local intake = {}

--- How long a hook waits for another process that writes (milliseconds).
intake.busy_ms = 2500

--- Opens the local store of a configuration: the store, or nil, err.
function intake.open(conf)
    local path = conf.local_store:match("^sqlite:(.*)$")
    require("propolis.store")
    local store, err = require("engine.sqlite").open(path,
        { busy_ms = intake.busy_ms })
    if not store and err.code ~= "busy" then -- its folder may be missing
        local sys = require "engine.sys"
        local made = sys.mkdir(path:match("^(.*)/"))
        if made then
            store, err = require("engine.sqlite").open(path,
                { busy_ms = intake.busy_ms })
        end
    end
    if not store then
        return nil, err
    end
    store.url = conf.local_store
    return store
end

-- What is stored under a path: a set of ids, read once per put().  The index
-- on path leads there; ids alone have none.
local function ids_at(store, schema, path, known)
    local key = schema.table .. "\0" .. path
    if known[key] then
        return known[key]
    end
    local rows, err = store:query("SELECT id FROM {t} WHERE path = ?",
        { t = schema.table, path })
    if not rows and err.code ~= "no_table" then
        return nil, err
    end
    local ids = {}
    for _, row in ipairs(rows or {}) do
        ids[row.id] = true
    end
    known[key] = ids
    return ids
end

-- Stores a record unless it is there: true, or nil, err.
local function put_one(store, record, time, known)
    local schema, row = schemas[record.table], record.row
    local ids, ok, err
    if record.once then
        ids, err = ids_at(store, schema, row.path or "", known)
        if not ids then
            return nil, err
        elseif ids[row.id] or record.once == "path" and next(ids) then
            return true
        end
    end
    ok, err = store:insert(schema, row)
    if ok and record.queue then
        ok, err = require("propolis.sync.outbox").add(store, record.table,
            row.id, time)
    end
    if ok and ids then
        ids[row.id] = true
    end
    return ok, err
end

--- Stores all records in one transaction, all or none.
-- @return true, or nil, err
function intake.put(store, records, time)
    for _, record in ipairs(records) do
        assert(schemas[record.table], "no such table") -- before others wait
    end
    return store:transaction(function()
        local known = {}
        for _, record in ipairs(records) do
            local ok, err = put_one(store, record, time, known)
            if not ok then
                return nil, err
            end
        end
        return true
    end)
end

return intake
