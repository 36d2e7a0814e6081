--- push: rows of the outbox reach the remote in order, each exactly once.
--
-- Rows of one session stay in one lane, and a lane sends one batch after the
-- other; lanes run beside each other.  What was sent is noted before it goes,
-- so that after a cut line or a kill the remote is asked which ids arrived
-- before anything goes out again.
local deadline = require "propolis.sync.deadline"
local lanes = require "propolis.sync.lanes"
local outbox = require "propolis.sync.outbox"
local reconcile = require "propolis.sync.reconcile"
local sql = require "engine.sql"
local sys = require "engine.sys"

local push = {}

local TRIES = 4 -- of one batch without any row getting through

-- Errors that say nothing about a row: trying the next one is no use.
push.STOPS = { io = true, auth = true, balance = true, denied = true,
    busy = true, closed = true, nomem = true }

local Push = {}
Push.__index = Push

-- Takes what arrived out of the outbox, and notes that these rows are about
-- to be sent: one commit.  Until then a kill means no more than that the
-- remote is asked for what it has already said.
function Push:write_down(refs)
    local fresh = {}
    for _, ref in ipairs(refs) do
        if ref.sent_at == "" then
            fresh[#fresh + 1], ref.sent_at = ref, "now"
        end
    end
    local gone = self.gone
    if #fresh == 0 and #gone == 0 then
        return true
    end
    self.gone = {}
    return self.store:transaction(function(store)
        local ok, err = true, nil
        if #fresh > 0 then
            ok, err = store:exec(
                "UPDATE {outbox} SET sent_at = ? WHERE rowid IN (??)",
                { outbox = "outbox", sys.now(), lanes.field(fresh, "seq") })
        end
        if ok and #gone > 0 then
            ok, err = store:exec("DELETE FROM {outbox} WHERE rowid IN (??)",
                { outbox = "outbox", gone })
            if ok then
                ok, err = outbox.set(store, { last_sent_at = sys.now() })
            end
        end
        return ok, err
    end)
end

-- Rows that leave the outbox with the next commit.
function Push:forget(refs)
    for _, ref in ipairs(refs) do
        self.gone[#self.gone + 1] = ref.seq
    end
end

--- Rows of one table that the remote has: they leave the outbox.
function Push:confirm(schema, refs)
    if #refs > 0 then
        self:forget(refs)
        self.sent = self.sent + #refs
        self.through[schema.table] = true
        if self.progress then
            self.progress(self.sent)
        end
    end
end

-- The same for rows of a lane.
function Push:advance(lane, refs)
    if #refs == 0 then
        return
    end
    local gone = {}
    for _, ref in ipairs(refs) do
        gone[ref.seq] = true
    end
    lanes.drop(lane, gone)
    lane.tries, lane.limit = 0, nil
    self:confirm(lane.schema, refs)
end

--- Puts a row behind everything else, with the reason.
function Push:suspect(ref, err)
    ref.error = tostring(err)
    table.insert(self.suspects, ref)
end

-- A batch that the remote refused: halve it until the row is found, and put
-- that row behind everything else.
function Push:refuse(batch, err)
    local lane = batch.lane
    if #batch > 1 then
        lane.limit = #batch // 2
        return true
    end
    lane.limit, lane.tries = nil, 0
    lanes.drop(lane, { [batch[1].seq] = true })
    self:suspect(batch[1], err)
    return true
end

-- What became of one batch; nil, err stops the push.
function Push:judge(batch, result)
    local err = result.error
    local lane = batch.lane
    if not err then
        self:advance(lane, batch)
        return true
    end
    lane.tries = lane.tries + 1
    if err.unclear then
        local ok, why = reconcile.batch(self, batch)
        if not ok then
            return nil, why
        elseif lane.tries >= TRIES then
            if push.STOPS[err.code] then
                return nil, err
            end
            return self:refuse(batch, err)
        end
        return true
    end
    if (err.code == "no_table" or err.code == "no_column")
        and lane.tries == 1 then
        local healed, why = self.remote:heal(batch.schema)
        return healed and true, why
    elseif push.STOPS[err.code] then
        return nil, err
    end
    return self:refuse(batch, err)
end

-- One batch of each lane at once; false when nothing is left.
function Push:round(all)
    local batches, refs = {}, {}
    for _, lane in ipairs(all) do
        if #lane > 0 then
            local batch = lanes.batch(lane)
            batches[#batches + 1] = batch
            table.move(batch, 1, #batch, #refs + 1, refs)
        end
    end
    if #batches == 0 then
        return false
    end
    local ok, err = self:write_down(refs)
    if not ok then
        return nil, err
    end
    local texts, senders = {}, {}
    for _, batch in ipairs(batches) do
        local text, why = sql.insert(batch.schema, batch.rows,
            self.remote.dialect)
        if text then
            texts[#texts + 1], senders[#senders + 1] = text, batch
        else
            ok, err = self:refuse(batch, why)
        end
    end
    for i, result in ipairs(self:send(texts, senders)) do
        local fine, why = self:judge(senders[i], result)
        if not fine then
            ok, err = nil, why
        end
    end
    return ok, err
end

-- The statements' results in order; in flight together where the store can.
function Push:send(texts, senders)
    if self.remote.query_all and #texts > 0 then
        return self.remote.query_all(texts, {
            kind = "insert", table = senders[1].schema.table,
            idempotent = false,
        })
    end
    local results = {}
    for i, text in ipairs(texts) do
        local ok, err = self.remote:exec(text, nil, "insert")
        results[i] = ok and {} or { error = err }
    end
    return results
end

-- Rows that failed alone are set aside, but only when others of their table
-- got through: otherwise the fault is not theirs.
function Push:set_aside()
    for _, ref in ipairs(self.suspects) do
        if not self.through[ref.schema.table] then
            return nil, ref.error
        end
        local ok, err = self.store:exec(
            "UPDATE {outbox} SET error = ? WHERE rowid = ?",
            { outbox = "outbox", ref.error, ref.seq })
        if not ok then
            return nil, err
        end
        self.refused = self.refused + 1
    end
    return true
end

-- Splits a window into rows that are appended and documents that are merged.
local function sorted_out(refs)
    local append, merge, lost = {}, {}, {}
    for _, ref in ipairs(refs) do
        if not ref.row then
            lost[#lost + 1] = ref
        elseif ref.tbl == "memory" then
            merge[#merge + 1] = ref
        else
            append[#append + 1] = ref
        end
    end
    return append, merge, lost
end

function Push:window(refs)
    local append, merge, lost = sorted_out(refs)
    self:forget(lost)
    local ok, err = require("propolis.sync.merge").push(self, merge)
    local all = lanes.sort(append)
    for _, lane in ipairs(all) do
        if ok then
            ok, err = reconcile.lane(self, lane)
        end
    end
    while ok do
        ok, err = deadline.holds(self.deadline)
        if ok then
            ok, err = self:round(all)
        end
    end
    if ok == nil then
        return nil, err
    end
    return true
end

--- Sends what the outbox holds.
-- @param store the local store
-- @param remote the opened remote, its tables ensured
-- @param opts { progress = function(sent), pause = seconds before a second
-- look after an unclear end (1), deadline = sys.monotonic() value }
-- @return { sent =, refused = }, and err when it stopped early
function push.run(store, remote, opts)
    local self = setmetatable({
        store = store, remote = remote, sent = 0, refused = 0,
        suspects = {}, through = {}, gone = {}, pause = opts.pause or 1,
        progress = opts.progress, deadline = opts.deadline,
        stops = push.STOPS,
    }, Push)
    local after = 0
    local ok, err = true, nil
    while ok do
        ok, err = deadline.holds(self.deadline)
        local refs
        if ok then
            refs, err = lanes.window(store, after)
        end
        if not refs or #refs == 0 then
            ok = refs ~= nil
            break
        end
        after = refs[#refs].seq
        ok, err = self:window(refs)
    end
    local noted, why = self:write_down {}
    if ok and not noted then
        ok, err = nil, why
    end
    if ok then
        ok, err = self:set_aside()
    end
    return { sent = self.sent, refused = self.refused }, not ok and err or nil
end

return push
