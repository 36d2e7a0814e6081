--- reconcile: what became of rows that were sent without a clear answer.
--
-- The remote is asked which ids it has; self is the push at work.
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
        local have, err = rows_of.present(self.remote, batch.schema,
            rows_of.field(refs, "row"))
        if not have then
            return nil, err
        end
        local there, missing = {}, {}
        for _, ref in ipairs(refs) do
            table.insert(have[ref.row_id] and there or missing, ref)
        end
        self:advance(batch.part, there)
        refs = missing
    end
    return true
end

--- Rows that a run before this one sent without learning what became of them.
function reconcile.partition(self, part)
    local old = { schema = part.schema, part = part }
    for _, ref in ipairs(part) do
        if ref.sent_at ~= "" then
            old[#old + 1] = ref
        end
        if #old == partitions.batch_rows then
            local ok, err = self.in_time()
            if ok then
                ok, err = reconcile.batch(self, old)
            end
            if not ok then
                return nil, err
            end
            old = { schema = part.schema, part = part }
        end
    end
    if #old == 0 then
        return true
    end
    return reconcile.batch(self, old)
end

return reconcile
