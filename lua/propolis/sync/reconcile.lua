--- reconcile: what became of rows that were sent without a clear answer.
--
-- The remote is asked which ids it has; self is the push at work.
local deadline = require "propolis.sync.deadline"
local lanes = require "propolis.sync.lanes"
local sys = require "engine.sys"

local reconcile = {}

-- Which of these rows the remote has: a set of ids, or nil, err.
local function arrived(self, schema, refs)
    local rows, err = self.remote:query("SELECT id FROM {t} WHERE id IN (??)",
        { t = schema.table, lanes.field(refs, "row_id") }, "read")
    if not rows then
        return nil, err
    end
    local have = {}
    for _, row in ipairs(rows) do
        have[row.id] = true
    end
    return have
end

--- After an unclear end: what arrived is confirmed, the rest stays queued.  A
-- server may still be at work when the line is gone, so it is asked again
-- after a pause before anything is taken for lost.
function reconcile.batch(self, batch)
    local refs = table.move(batch, 1, #batch, 1, {})
    for round = 1, 2 do
        if round == 2 and #refs > 0 then
            sys.sleep(self.pause)
        end
        local have, err = arrived(self, batch.schema, refs)
        if not have then
            return nil, err
        end
        local there, missing = {}, {}
        for _, ref in ipairs(refs) do
            table.insert(have[ref.row_id] and there or missing, ref)
        end
        self:advance(batch.lane, there)
        refs = missing
    end
    return true
end

--- Rows that a run before this one sent without learning what became of them.
function reconcile.lane(self, lane)
    local old = { schema = lane.schema, lane = lane }
    for _, ref in ipairs(lane) do
        if ref.sent_at ~= "" then
            old[#old + 1] = ref
        end
        if #old == lanes.batch_rows then
            local ok, err = deadline.holds(self.deadline)
            if ok then
                ok, err = reconcile.batch(self, old)
            end
            if not ok then
                return nil, err
            end
            old = { schema = lane.schema, lane = lane }
        end
    end
    return #old == 0 or reconcile.batch(self, old)
end

return reconcile
