--- partitions: the outbox's rows on their way out, in order.
--
-- A reference is { seq =, tbl =, row_id =, sent_at =, row =, schema = }.  A
-- partition is a list of references of one table; all rows of one path (one
-- session) are in one partition, so that order holds while partitions are sent
-- beside each other.
local forgotten = require "propolis.sync.forgotten"
local outbox = require "propolis.sync.outbox"
local rows_of = require "propolis.sync.rows"

local partitions = {}

--- Rows of one statement at the most.
partitions.batch_rows = 250

local PER_TABLE = 4
local PAGE = 2000 -- rows taken from the outbox at once
local BATCH_BYTES = 512 * 1024

--- The next references behind seq to rows of these schemas, with their rows;
-- row is nil where the store has none any more, or where the team has
-- forgotten it.  Raises what stops it.
-- @return a list, empty at the end
function partitions.page(store, schemas, after)
    local refs = assert(store:transaction(function()
        assert(outbox.catch_up(store, schemas))
        return outbox.page(store, rows_of.field(schemas, "name"), after, PAGE)
    end))
    for _, schema in ipairs(schemas) do
        local own = {}
        for _, ref in ipairs(refs) do
            own[#own + 1] = ref.tbl == schema.name and ref or nil
        end
        local found = {}
        local rows = assert(rows_of.with_ids(store, schema,
            rows_of.field(own, "row_id")))
        for _, row in ipairs(assert(forgotten.admitted(store, schema, rows,
            true))) do
            found[row.id] = row
        end
        for _, ref in ipairs(own) do
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

--- Divides references into partitions.
function partitions.split(refs)
    local all, by_key, n = {}, {}, 0
    for _, ref in ipairs(refs) do
        local key = ref.tbl .. "\0" .. tostring(ref.row.path)
        local part = by_key[key]
        if not part then
            local slot = ref.tbl .. n % PER_TABLE
            n = n + 1
            part = all[slot]
            if not part then
                part = { schema = ref.schema, tries = 0 }
                all[slot] = part
                all[#all + 1] = part
            end
            by_key[key] = part
        end
        part[#part + 1] = ref
    end
    return all
end

--- The partition's next batch: as many rows as its limit and size allow.
function partitions.batch(part)
    local batch, bytes = { schema = part.schema, part = part, rows = {} }, 0
    local limit = part.limit or partitions.batch_rows
    for i = 1, math.min(#part, limit) do
        bytes = bytes + size_of(part[i].row)
        if i > 1 and bytes > BATCH_BYTES then break end
        batch[i], batch.rows[i] = part[i], part[i].row
    end
    return batch
end

--- Takes these references out of a partition.
function partitions.drop(part, refs)
    local done, kept = {}, 0
    for _, ref in ipairs(refs) do
        done[ref.seq] = true
    end
    for i = 1, #part do
        local ref = part[i]
        part[i] = nil
        if not done[ref.seq] then
            kept = kept + 1
            part[kept] = ref
        end
    end
end

return partitions
