--- intake: what hooks captured goes into the local store.
--
-- A record is { table = a schema's name, row = {...}, once =, queue = }: once
-- says that the row may be there already (it was offered before, or its table
-- has one row per key) and then stays as it is; queue, that it was captured
-- for a team which the configuration may no longer name, or (false) for none.
local schemas = require "propolis.schemas"
local sqlite = require "engine.sqlite"
require "propolis.store"

local intake = {}

--- How long a hook waits for another process that writes (milliseconds).
intake.busy_ms = 2500

--- Opens the local store of a configuration: the store, or nil, err.
function intake.open(conf)
    local path = conf.local_store:match("^sqlite:(.*)$")
    local options = { busy_ms = intake.busy_ms }
    local store, err = sqlite.open(path, options)
    if not store and err.code ~= "busy" then -- its folder may be missing
        local made = require("engine.sys").mkdir(path:match("^(.*)/"))
        if made then
            store, err = sqlite.open(path, options)
        end
    end
    if not store then return nil, err end
    store.url, store.shared = conf.local_store, conf.remote ~= nil
    return store
end

-- Whether a record can go in one statement with the one before it.
local function alike(a, b)
    return b ~= nil and a.table == b.table and not a.once == not b.once
        and a.queue == b.queue
end

--- Stores all records in one transaction, all or none.
-- @return true, or nil, err
function intake.put(store, records)
    local runs = {}
    records = require("propolis.capture.probe").admitted(records)
    for i, record in ipairs(records) do
        local schema = assert(schemas[record.table], "no such table")
        if not alike(record, records[i - 1]) then
            runs[#runs + 1] = { schema = schema, rows = {},
                once = record.once, queue = record.queue }
        end
        table.insert(runs[#runs].rows, record.row)
    end
    return store:transaction(function()
        for _, run in ipairs(runs) do
            local n, err = store:put_many(run.schema, run.rows,
                { once = run.once, queue = run.queue })
            if not n then return nil, err end
        end
        return true
    end)
end

return intake
