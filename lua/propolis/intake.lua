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
    store.session, store.url = true, conf.local_store
    return store
end

-- The index on path leads; ids alone have none.
local IS_THERE = {
    id = "SELECT 1 FROM {t} WHERE path = ? AND id = ? LIMIT 1",
    path = "SELECT 1 FROM {t} WHERE path = ? LIMIT 1",
}

-- True when the record's row is stored already.
local function is_there(store, schema, record)
    local row = record.row
    local found, err = store:query(IS_THERE[record.once], {
        t = schema.table, row.path, record.once == "id" and row.id or nil,
    })
    if found then
        return #found > 0
    elseif err.code == "no_table" then
        return false
    end
    return nil, err
end

local function put_one(store, record, time)
    local schema = schemas[record.table]
    if record.once then
        local there, err = is_there(store, schema, record)
        if there or err then
            return there, err
        end
    end
    local ok, err = store:insert(schema, record.row)
    if ok and record.queue then
        ok, err = require("propolis.outbox").add(store, record.table,
            record.row.id, time)
    end
    return ok, err
end

--- Stores all records in one transaction, all or none.
-- @return true, or nil, err
function intake.put(store, records, time)
    for _, record in ipairs(records) do
        assert(schemas[record.table]) -- read before others have to wait
    end
    return store:transaction(function()
        for _, record in ipairs(records) do
            local ok, err = put_one(store, record, time)
            if not ok then
                return nil, err
            end
        end
        return true
    end)
end

return intake
