--- push: rows of the outbox reach the remote in order, each exactly once.
--
-- Rows of one session stay in one partition, which sends one batch after the
-- other; partitions are sent beside each other.  The remote refuses what it
-- has (propolis.sync.guard), so that after a lost connection or a kill the same
-- goes out again.  Where it cannot, what was sent is noted before it goes, and
-- the remote is asked which ids arrived.
local guard = require "propolis.sync.guard"
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

--- Whether an error is about the rights of the account, not about the line.
function push.is_refusal(err)
    return type(err) == "table"
        and (err.code == "denied" or err.code == "auth" and err.status == 403)
end

-- One push at work; its functions raise the error that stops it.
local Push = {}
Push.__index = Push

-- Takes what is confirmed out of the outbox, and notes that these rows are
-- about to be sent: one commit.  Until then a kill means no more than that the
-- remote is asked for what it has already said.
function Push:save_progress(refs)
    local fresh, done, box = {}, self.confirmed, outbox.schema.table
    for _, ref in ipairs(refs) do
        if ref.sent_at == "" then
            fresh[#fresh + 1], ref.sent_at = ref, "now"
        end
    end
    if #fresh == 0 and #done == 0 then return end
    self.confirmed = {}
    assert(self.store:transaction(function(store)
        if #fresh > 0 then
            assert(store:exec(
                "UPDATE {outbox} SET sent_at = ? WHERE rowid IN (??)",
                { outbox = box, sys.now(), rows_of.field(fresh, "seq") }))
        end
        if #done > 0 then
            assert(store:exec("DELETE FROM {outbox} WHERE rowid IN (??)",
                { outbox = box, rows_of.field(done, "seq") }))
            assert(outbox.set(store, { last_sent_at = sys.now() }))
        end
        return true
    end))
end

-- References that leave the outbox with the next commit.
function Push:remove(refs)
    table.move(refs, 1, #refs, #self.confirmed + 1, self.confirmed)
end

--- Rows of one table that the remote has: they leave the outbox.
function Push:confirm(schema, refs)
    if #refs > 0 then
        self:remove(refs)
        self.result.sent = self.result.sent + #refs
        self.delivered[schema.table] = true
        if self.progress then
            self.progress(self.result.sent)
        end
    end
end

--- The same for rows of a partition.
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
        return
    end
    part.limit, part.tries = nil, 0
    partitions.drop(part, batch)
    self:set_aside(batch[1], err)
end

--- How rows of a schema are kept from arriving twice; see propolis.sync.guard.
function Push:guard(schema)
    if not self.guards[schema] then
        if not self.whole then
            assert(self.remote:ensure(schema))
        end
        self.guards[schema] = guard.of(self.store, self.remote, schema)
    end
    return self.guards[schema]
end

-- What is to be done about one batch that failed.
function Push:handle_failure(batch, err)
    local part = batch.part
    part.tries = part.tries + 1
    if part.tries == 1 and guard.is_gone(err) then
        assert(outbox.set(self.store, guard.unknown { batch.schema }))
        self.guards[batch.schema] = nil
    end
    if err.unclear then
        if not guard.column(self:guard(batch.schema)) then
            reconcile.batch(self, batch)
        end
        if part.tries < TRIES then return end
    elseif (err.code == "no_table" or err.code == "no_column")
        and part.tries == 1 then
        assert(self.remote:heal(batch.schema))
        return
    elseif part.tries == 1 and guard.is_gone(err) then
        return
    end
    if push.STOPS[err.code] then error(err, 0) end
    self:bisect(batch, err)
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
    if #batches == 0 then return false end
    self:save_progress(refs)
    local texts, senders = {}, {}
    for _, batch in ipairs(batches) do
        local how = self:guard(batch.schema)
        local text, err = sql.insert(batch.schema, batch.rows,
            self.remote.dialect, how == "lock" and "" or how)
        if text then
            texts[#texts + 1], senders[#senders + 1] = text, batch
        else
            self:bisect(batch, err)
        end
    end
    local results = self:send(texts, senders)
    for i, batch in ipairs(senders) do
        if not results[i].error then
            self:advance(batch.part, batch)
        end
    end
    for i, batch in ipairs(senders) do
        if results[i].error then
            self:handle_failure(batch, results[i].error)
        end
    end
    return true
end

-- The statements' results in order; in flight together where the store can.
function Push:send(texts, senders)
    if self.remote.query_all and #texts > 0 then
        local guarded = true
        for _, batch in ipairs(senders) do
            guarded = guarded and guard.column(self:guard(batch.schema)) ~= nil
        end
        return self.remote.query_all(texts, {
            kind = "insert", table = senders[1].schema.table,
            idempotent = guarded,
        })
    end
    local results = {}
    for i, text in ipairs(texts) do
        local schema = senders[i].schema
        local ok, err = guard.exec(self.remote, schema, self:guard(schema),
            text)
        results[i] = ok and {} or { error = err }
    end
    return results
end

-- Rows that failed alone are rejected, but only when others of their table
-- got through: otherwise the fault is not theirs.
function Push:reject_failed()
    for _, ref in ipairs(self.failed) do
        assert(self.delivered[ref.schema.table], ref.error)
        assert(self.store:exec("UPDATE {outbox} SET error = ? WHERE rowid = ?",
            { outbox = outbox.schema.table, ref.error, ref.seq }))
        self.result.rejected = self.result.rejected + 1
    end
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

-- Sends all pages of the outbox.
function Push:send_all(schemas)
    local after = math.mininteger
    while true do
        assert(self.in_time())
        local refs = partitions.page(self.store, schemas, after)
        if #refs == 0 then return end
        after = refs[#refs].seq
        local append, merges, lost = by_kind(refs)
        self:remove(lost)
        for schema, list in pairs(merges) do
            require("propolis.sync.merge").push(self, schema, list)
        end
        local all = partitions.split(append)
        for _, part in ipairs(all) do
            if not guard.column(self:guard(part.schema)) then
                reconcile.partition(self, part)
            end
        end
        repeat
            assert(self.in_time())
        until not self:round(all)
    end
end

--- Sends what the outbox holds; raises what stops it, after what was confirmed
-- is out of the outbox.
-- @param store the local store
-- @param remote the opened remote; its tables are ensured here, as far as the
-- account may: what it may not matters when rows are to go there
-- @param opts { schemas = of the rows to send, progress = function(sent),
-- pause = seconds before a second look after an unclear end (1), in_time =
-- function that returns true, or nil and why the push has to stop }
-- @param result counts: sent, rejected
-- @return whether the remote has all that the schemas want
function push.run(store, remote, opts, result)
    local whole, denied = remote:ensure(opts.schemas)
    if not whole and not push.is_refusal(denied) then error(denied, 0) end
    local self = setmetatable({
        store = store, remote = remote, whole = whole, failed = {}, delivered = {},
        confirmed = {}, guards = {}, pause = opts.pause or 1,
        progress = opts.progress,
        in_time = opts.in_time, stops = push.STOPS, result = result,
    }, Push)
    local ok, err = pcall(self.send_all, self, opts.schemas)
    local saved, why = pcall(self.save_progress, self, {})
    if not (ok and saved) then error(not ok and err or why, 0) end
    self:reject_failed()
    return whole ~= nil
end

return push
