--- push: rows of the outbox reach the remote in order, each exactly once.
--
-- Rows of one session stay in one lane, and a lane sends one batch after the
-- other; lanes run beside each other.  What was sent is noted before it goes,
-- so that after a cut line or a kill the remote is asked which ids arrived
-- before anything goes out again.
local outbox = require "propolis.outbox"
local rows_of = require "propolis.rows"
local schemas = require "propolis.schemas"
local sql = require "engine.sql"
local sys = require "engine.sys"

local push = {}

local LANES = 4
local WINDOW = 2000 -- rows taken from the outbox at once
local BATCH_ROWS = 250
local BATCH_BYTES = 512 * 1024
local TRIES = 4 -- of one batch without any row getting through

-- Errors that say nothing about a row: trying the next one is no use.
push.STOPS = { io = true, auth = true, balance = true, denied = true,
    busy = true, closed = true, nomem = true }

-- The next rows to send, in order, with their content; rows that the store no
-- longer has leave the outbox.
local function take_window(store, after)
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

-- Rows into lanes: one table and one session each, so that order holds.
local function lanes_of(refs)
    local lanes, lane_of, n = {}, {}, 0
    for _, ref in ipairs(refs) do
        local key = ref.tbl .. "\0" .. (ref.row.path or "")
        local lane = lane_of[key]
        if not lane then
            local slot = ref.tbl .. n % LANES
            n = n + 1
            lane = lanes[slot]
            if not lane then
                lane = { schema = ref.schema, tries = 0 }
                lanes[slot] = lane
                lanes[#lanes + 1] = lane
            end
            lane_of[key] = lane
        end
        lane[#lane + 1] = ref
    end
    return lanes
end

-- The lane's next batch: as many rows as its limit and size allow.
local function next_batch(lane)
    local batch, bytes = { schema = lane.schema, lane = lane, rows = {} }, 0
    local limit = lane.limit or BATCH_ROWS
    for i = 1, math.min(#lane, limit) do
        bytes = bytes + size_of(lane[i].row)
        if i > 1 and bytes > BATCH_BYTES then
            break
        end
        batch[i], batch.rows[i] = lane[i], lane[i].row
    end
    return batch
end

local function drop(lane, gone)
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

local function field_of(refs, name)
    local list = {}
    for i, ref in ipairs(refs) do
        list[i] = ref[name]
    end
    return list
end

local Push = {}
Push.__index = Push

-- Notes in the local store that these rows are about to be sent.
function Push:note_sent(refs)
    local fresh = {}
    for _, ref in ipairs(refs) do
        if ref.sent_at == "" then
            fresh[#fresh + 1], ref.sent_at = ref, "now"
        end
    end
    if #fresh == 0 then
        return true
    end
    return self.store:exec(
        "UPDATE {outbox} SET sent_at = ? WHERE rowid IN (??)",
        { outbox = "outbox", sys.now(), field_of(fresh, "seq") })
end

-- Takes rows out of the outbox, and says when in the same transaction.
function Push:forget(refs)
    if #refs == 0 then
        return true
    end
    return self.store:transaction(function(store)
        local ok, err = store:exec(
            "DELETE FROM {outbox} WHERE rowid IN (??)",
            { outbox = "outbox", field_of(refs, "seq") })
        if not ok then
            return nil, err
        end
        return outbox.set(store, { last_sent_at = sys.now() })
    end)
end

--- Rows of one table that the remote has: they leave the outbox.
function Push:confirm(schema, refs)
    local ok, err = self:forget(refs)
    if ok and #refs > 0 then
        self.sent = self.sent + #refs
        self.through[schema.table] = true
        if self.progress then
            self.progress(self.sent)
        end
    end
    return ok, err
end

-- The same for rows of a lane.
function Push:advance(lane, refs)
    if #refs == 0 then
        return true
    end
    local gone = {}
    for _, ref in ipairs(refs) do
        gone[ref.seq] = true
    end
    drop(lane, gone)
    lane.tries, lane.limit = 0, nil
    return self:confirm(lane.schema, refs)
end

-- Which of these rows the remote has: a set of ids, or nil, err.
function Push:arrived(schema, refs)
    local rows, err = self.remote:query("SELECT id FROM {t} WHERE id IN (??)",
        { t = schema.table, field_of(refs, "row_id") })
    if not rows then
        return nil, err
    end
    local have = {}
    for _, row in ipairs(rows) do
        have[row.id] = true
    end
    return have
end

-- After an unclear end: what arrived is confirmed, the rest stays queued.  A
-- server may still be at work when the line is gone, so it is asked again
-- after a pause before anything is taken for lost.
function Push:settle(batch)
    local refs = table.move(batch, 1, #batch, 1, {})
    for round = 1, 2 do
        if round == 2 and #refs > 0 then
            sys.sleep(self.pause)
        end
        local have, err = self:arrived(batch.schema, refs)
        if not have then
            return nil, err
        end
        local there, missing = {}, {}
        for _, ref in ipairs(refs) do
            table.insert(have[ref.row_id] and there or missing, ref)
        end
        local ok
        ok, err = self:advance(batch.lane, there)
        if not ok then
            return nil, err
        end
        refs = missing
    end
    return true
end

-- Rows that a run before this one sent without learning what became of them.
function Push:settle_old(lane)
    local old = { schema = lane.schema, lane = lane }
    for _, ref in ipairs(lane) do
        if ref.sent_at ~= "" then
            old[#old + 1] = ref
        end
        if #old == BATCH_ROWS then
            local ok, err = self:settle(old)
            if not ok then
                return nil, err
            end
            old = { schema = lane.schema, lane = lane }
        end
    end
    return #old == 0 or self:settle(old)
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
    drop(lane, { [batch[1].seq] = true })
    self:suspect(batch[1], err)
    return true
end

-- What became of one batch; nil, err stops the push.
function Push:judge(batch, result)
    local err = result.error
    local lane = batch.lane
    if not err then
        return self:advance(lane, batch)
    end
    lane.tries = lane.tries + 1
    if err.unclear then
        local ok, why = self:settle(batch)
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
function Push:round(lanes)
    local batches, refs = {}, {}
    for _, lane in ipairs(lanes) do
        if #lane > 0 then
            local batch = next_batch(lane)
            batches[#batches + 1] = batch
            table.move(batch, 1, #batch, #refs + 1, refs)
        end
    end
    if #batches == 0 then
        return false
    end
    local ok, err = self:note_sent(refs)
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
        local ok, err = self.remote:exec(text, "insert")
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
    local ok, err = self:forget(lost)
    if ok then
        ok, err = require("propolis.merge").push(self, merge)
    end
    local lanes = lanes_of(append)
    for _, lane in ipairs(lanes) do
        if ok then
            ok, err = self:settle_old(lane)
        end
    end
    while ok do
        if self.deadline and sys.monotonic() > self.deadline then
            return nil, "out of time; the rest goes with the next sync"
        end
        ok, err = self:round(lanes)
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
        suspects = {}, through = {}, pause = opts.pause or 1,
        progress = opts.progress, deadline = opts.deadline,
        stops = push.STOPS,
    }, Push)
    local after = 0
    local ok, err = true, nil
    while ok do
        local refs
        refs, err = take_window(store, after)
        if not refs or #refs == 0 then
            ok = refs ~= nil
            break
        end
        after = refs[#refs].seq
        ok, err = self:window(refs)
    end
    if ok then
        ok, err = self:set_aside()
    end
    return { sent = self.sent, refused = self.refused }, not ok and err or nil
end

return push
