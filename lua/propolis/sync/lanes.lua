--- lanes: the outbox's rows on their way out, in order.
--
-- A reference is { seq =, tbl =, row_id =, sent_at =, row =, schema = }.  A
-- lane is a list of references of one table; all rows of one session are in
-- one lane, so that order holds while lanes run beside each other.
local rows_of = require "propolis.sync.rows"
local schemas = require "propolis.schemas"

local lanes = {}

--- Rows of one statement at the most.
lanes.batch_rows = 250

local LANES = 4
local WINDOW = 2000 -- rows taken from the outbox at once
local BATCH_BYTES = 512 * 1024

--- The next references behind seq, with their rows; row is nil where the store
-- has none any more.
-- @return a list, empty at the end; or nil, err
function lanes.window(store, after)
    local refs, err = store:query([[SELECT rowid AS seq, tbl, row_id, sent_at
        FROM {outbox} WHERE error = '' AND rowid > ? ORDER BY rowid LIMIT ?]],
        { outbox = "outbox", after, WINDOW })
    if not refs then
        return nil, err
    end
    local by_table = {}
    for _, ref in ipairs(refs) do
        by_table[ref.tbl] = by_table[ref.tbl] or {}
        table.insert(by_table[ref.tbl], ref)
    end
    for name, list in pairs(by_table) do
        local schema
        schema, err = schemas.get(name)
        local found
        if schema then
            found, err = rows_of.by_id(store, schema, list)
        end
        if not found then
            return nil, err
        end
        for _, ref in ipairs(list) do
            ref.row, ref.schema = found[ref.row_id], schema
        end
    end
    return refs
end

local function size_of(row)
    local n = 200
    for _, value in pairs(row) do
        n = n + (type(value) == "string" and #value or 16)
    end
    return n
end

--- Sorts references into lanes.
function lanes.sort(refs)
    local all, lane_of, n = {}, {}, 0
    for _, ref in ipairs(refs) do
        local key = ref.tbl .. "\0" .. (ref.row.path or "")
        local lane = lane_of[key]
        if not lane then
            local slot = ref.tbl .. n % LANES
            n = n + 1
            lane = all[slot]
            if not lane then
                lane = { schema = ref.schema, tries = 0 }
                all[slot] = lane
                all[#all + 1] = lane
            end
            lane_of[key] = lane
        end
        lane[#lane + 1] = ref
    end
    return all
end

--- The lane's next batch: as many rows as its limit and size allow.
function lanes.batch(lane)
    local batch, bytes = { schema = lane.schema, lane = lane, rows = {} }, 0
    local limit = lane.limit or lanes.batch_rows
    for i = 1, math.min(#lane, limit) do
        bytes = bytes + size_of(lane[i].row)
        if i > 1 and bytes > BATCH_BYTES then
            break
        end
        batch[i], batch.rows[i] = lane[i], lane[i].row
    end
    return batch
end

--- Takes references out of a lane; gone is a set of their seq.
function lanes.drop(lane, gone)
    local kept = 0
    for i = 1, #lane do
        local ref = lane[i]
        lane[i] = nil
        if not gone[ref.seq] then
            kept = kept + 1
            lane[kept] = ref
        end
    end
end

--- The values of one field of references, in order.
function lanes.field(refs, name)
    local list = {}
    for i, ref in ipairs(refs) do
        list[i] = ref[name]
    end
    return list
end

return lanes
