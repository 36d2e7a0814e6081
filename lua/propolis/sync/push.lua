--- push: rows of the outbox reach the remote in order, each exactly once.
--
-- Rows of one session stay in one partition, which sends one batch after the
-- other; partitions are sent beside each other.  What was sent is noted before
-- it goes, so that after a lost connection or a kill the remote is asked which
-- ids arrived before anything goes out again.
local outbox = require "propolis.sync.outbox"
local partitions = require "propolis.sync.partitions"
local reconcile = require "propolis.sync.reconcile"
local rows_of = require "propolis.sync.rows"
local sql = require "engine.sql"
local sys = require "engine.sys"

local push = {}

local TRIES = 4 -- of one batch without any row getting through

-- Errors that say nothing about a row: trying the next one is no use.
push.STOPS = { io = true, auth = true, balance = true, denied = true,
    busy = true, closed = true, nomem = true }

local Push = {}
Push.__index = Push

-- Takes what is confirmed out of the outbox, and notes that these rows are
-- about to be sent: one commit.  Until then a kill means no more than that the
-- remote is asked for what it has already said.
function Push:save_progress(refs)
    local fresh, done = {}, self.confirmed
    for _, ref in ipairs(refs) do
        if ref.sent_at == "" then
            fresh[#fresh + 1], ref.sent_at = ref, "now"
        end
    end
    if #fresh == 0 and #done == 0 then
        return true
    end
    self.confirmed = {}
    local box = outbox.schema.table
    return self.store:transaction(function(store)
        local ok, err = true, nil
        if #fresh > 0 then
            ok, err = store:exec(
                "UPDATE {outbox} SET sent_at = ? WHERE rowid IN (??)",
                { outbox = box, sys.now(), rows_of.field(fresh, "seq") })
        end
        if ok and #done > 0 then
            ok, err = store:exec("DELETE FROM {outbox} WHERE rowid IN (??)",
                { outbox = box, rows_of.field(done, "seq") })
            if ok then
                ok, err = outbox.set(store, { last_sent_at = sys.now() })
            end
        end
        return ok, err
    end)
end

-- References that leave the outbox with the next commit.
function Push:remove(refs)
    table.move(refs, 1, #refs, #self.confirmed + 1, self.confirmed)
end

--- Rows of one table that the remote has: they leave the outbox.
function Push:confirm(schema, refs)
    if #refs > 0 then
        self:remove(refs)
        self.sent = self.sent + #refs
        self.delivered[schema.table] = true
        if self.progress then
            self.progress(self.sent)
        end
    end
end

-- The same for rows of a partition.
function Push:advance(part, refs)
    if #refs > 0 then
        partitions.drop(part, refs)
        part.tries, part.limit = 0, nil
        self:confirm(part.schema, refs)
    end
end

--- Puts a row behind everything else, with the reason.
function Push:set_aside(ref, err)
    ref.error = tostring(err)
    table.insert(self.failed, ref)
end

-- A batch that the remote rejected: halve it until the row is found, and put
-- that row behind everything else.
function Push:bisect(batch, err)
    local part = batch.part
    if #batch > 1 then
        part.limit = #batch // 2
        return true
    end
    part.limit, part.tries = nil, 0
    partitions.drop(part, batch)
    self:set_aside(batch[1], err)
    return true
end

-- What became of one batch; nil, err stops the push.
function Push:handle_result(batch, result)
    local err = result.error
    local part = batch.part
    if not err then
        self:advance(part, batch)
        return true
    end
    part.tries = part.tries + 1
    if err.unclear then
        local ok, why = reconcile.batch(self, batch)
        if not ok then
            return nil, why
        elseif part.tries >= TRIES then
            if push.STOPS[err.code] then
                return nil, err
            end
            return self:bisect(batch, err)
        end
        return true
    end
    if (err.code == "no_table" or err.code == "no_column")
        and part.tries == 1 then
        local healed, why = self.remote:heal(batch.schema)
        return healed and true, why
    elseif push.STOPS[err.code] then
        return nil, err
    end
    return self:bisect(batch, err)
end

-- One batch of each partition at once; false when nothing is left.
function Push:round(all)
    local batches, refs = {}, {}
    for _, part in ipairs(all) do
        if #part > 0 then
            local batch = partitions.batch(part)
            batches[#batches + 1] = batch
            table.move(batch, 1, #batch, #refs + 1, refs)
        end
    end
    if #batches == 0 then
        return false
    end
    local ok, err = self:save_progress(refs)
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
            ok, err = self:bisect(batch, why)
        end
    end
    for i, result in ipairs(self:send(texts, senders)) do
        local fine, why = self:handle_result(senders[i], result)
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

-- Rows that failed alone are rejected, but only when others of their table
-- got through: otherwise the fault is not theirs.
function Push:reject_failed()
    for _, ref in ipairs(self.failed) do
        if not self.delivered[ref.schema.table] then
            return nil, ref.error
        end
        local ok, err = self.store:exec(
            "UPDATE {outbox} SET error = ? WHERE rowid = ?",
            { outbox = outbox.schema.table, ref.error, ref.seq })
        if not ok then
            return nil, err
        end
        self.rejected = self.rejected + 1
    end
    return true
end

-- Divides references into rows that are appended, those that are merged (by
-- schema), and those whose row is gone.
local function by_kind(refs)
    local append, merges, lost = {}, {}, {}
    for _, ref in ipairs(refs) do
        if not ref.row then
            lost[#lost + 1] = ref
        elseif ref.schema.sync.merge then
            merges[ref.schema] = merges[ref.schema] or {}
            table.insert(merges[ref.schema], ref)
        else
            append[#append + 1] = ref
        end
    end
    return append, merges, lost
end

-- Sends one page of the outbox.
function Push:page(refs)
    local append, merges, lost = by_kind(refs)
    self:remove(lost)
    local ok, err = true, nil
    for schema, list in pairs(merges) do
        if ok then
            ok, err = require("propolis.sync.merge").push(self, schema, list)
        end
    end
    local all = partitions.split(append)
    for _, part in ipairs(all) do
        if ok then
            ok, err = reconcile.partition(self, part)
        end
    end
    while ok do
        ok, err = self.in_time()
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
-- @param opts { schemas = of the rows to send, progress = function(sent),
-- pause = seconds before a second look after an unclear end (1), in_time =
-- function that returns true, or nil and why the push has to stop }
-- @return { sent =, rejected = }, and err when it stopped early
function push.run(store, remote, opts)
    local self = setmetatable({
        store = store, remote = remote, sent = 0, rejected = 0, failed = {},
        delivered = {}, confirmed = {}, pause = opts.pause or 1,
        progress = opts.progress, in_time = opts.in_time, stops = push.STOPS,
    }, Push)
    local after = math.mininteger
    local ok, err = true, nil
    while ok do
        ok, err = self.in_time()
        local refs
        if ok then
            refs, err = partitions.page(store, opts.schemas, after)
        end
        if not refs or #refs == 0 then
            ok = refs ~= nil
            break
        end
        after = refs[#refs].seq
        ok, err = self:page(refs)
    end
    local noted, why = self:save_progress {}
    if ok and not noted then
        ok, err = nil, why
    end
    if ok then
        ok, err = self:reject_failed()
    end
    return { sent = self.sent, rejected = self.rejected },
        not ok and err or nil
end

return push
