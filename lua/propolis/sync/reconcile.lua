--- reconcile: what became of rows that were sent without a clear answer.
--
-- The remote is asked which ids it has; self is the push at work.  An error
-- that stops it is raised.
local partitions = require "propolis.sync.partitions"
local rows_of = require "propolis.sync.rows"
local sys = require "engine.sys"

local reconcile = {}

--- After an unclear end: what arrived is confirmed, the rest stays queued.  A
-- server may still be at work when the connection is gone, so it is asked
-- again after a pause before anything is taken for lost.
function reconcile.batch(self, batch)
    local refs = table.move(batch, 1, #batch, 1, {})
    for round = 1, 2 do
        if round == 2 and #refs > 0 then
            sys.sleep(self.pause)
        end
        local have = assert(rows_of.present(self.remote, batch.schema,
            rows_of.field(refs, "row")))
        local there, missing = {}, {}
        for _, ref in ipairs(refs) do
            table.insert(have[ref.row_id] and there or missing, ref)
        end
        self:advance(batch.part, there)
        refs = missing
    end
end

--- Rows that a run before this one sent without learning what became of them.
function reconcile.partition(self, part)
    local old = {}
    for _, ref in ipairs(part) do
        old[#old + 1] = ref.sent_at ~= "" and ref or nil
    end
    for from = 1, #old, partitions.batch_rows do
        assert(self.in_time())
        reconcile.batch(self, table.move(old, from,
            math.min(from + partitions.batch_rows - 1, #old), 1,
            { schema = part.schema, part = part }))
    end
end

return reconcile
