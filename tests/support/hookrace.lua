--- Races of real hooks on one home, counted.
--
--   hookrace.run { writers = 16, events = 500, takers = 2 }
--   hookrace.run { writers = 8, events = 40, kill_ms = 15 }
--   -> counts; hookrace.verdict(counts) -> a line, and whether all is well
local gate = require "gate"
local hooks = require "hooks"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"
require "propolis.store"

local hookrace = {}

local WORKER = sys.root .. "/tests/race/hook_worker.lua"
local TAKER = sys.root .. "/tests/race/take_in_worker.lua"

-- Runs the writers at once; the events that were acknowledged -> their time.
local function write(home, o, result)
    local fifo, commands = home .. "/gate", {}
    for i = 1, o.writers do
        commands[i] = { sys.readlink("/proc/self/exe"), WORKER, home, fifo,
            i, o.events, o.kill_ms }
    end
    for _ = 1, o.takers or 0 do
        commands[#commands + 1] = { sys.readlink("/proc/self/exe"), TAKER,
            home, fifo, o.events, o.kill_ms }
    end
    local pipes, _, held = gate.open(fifo, commands)
    local acknowledged = gate.listen(pipes, result, function(line)
        local killed = line:find("^killed ") ~= nil
        result.killed = result.killed + (killed and 1 or 0)
        return killed
    end)
    held:close()
    for _, ms in pairs(acknowledged) do
        result.ms[#result.ms + 1] = tonumber(ms)
    end
    return acknowledged
end

-- Compares the store with what was acknowledged.
local function check(home, acknowledged, result)
    local seen, last, queued = {}, {}, {}
    for _, row in ipairs(hooks.rows(home, "propolis_outbox")) do
        result.queued = result.queued + 1
        result.doubled = result.doubled + (queued[row.row_id] and 1 or 0)
        queued[row.row_id] = true
    end
    for _, row in ipairs(hooks.rows(home)) do
        local id, writer, i = row.message:match("event ((%d+)%-(%d+))%.")
        if id then
            result.rows = result.rows + 1
            result.doubled = result.doubled + (seen[id] and 1 or 0)
            result.unordered = result.unordered
                + (tonumber(i) < (last[writer] or 0) and 1 or 0)
            result.unqueued = result.unqueued + (queued[row.id] and 0 or 1)
            seen[id], last[writer] = true, tonumber(i)
        end
    end
    for id in pairs(acknowledged) do
        result.lost = result.lost + (seen[id] and 0 or 1)
    end
    local store <close> = assert(sqlite.open(hooks.store_path(home)))
    local whole = assert(store:query("PRAGMA integrity_check"))[1]
    if whole.integrity_check ~= "ok" then
        result.errors[#result.errors + 1] = whole.integrity_check
    end
end

--- Runs o.writers processes, each with o.events hooks one after the other;
-- and o.takers that take in as often; with o.kill_ms each hook and each taking
-- in is killed at a random moment before that.
function hookrace.run(o)
    local result = { acknowledged = 0, killed = 0, rows = 0, lost = 0,
        doubled = 0, unordered = 0, queued = 0, unqueued = 0,
        writers = o.writers, events = o.events, ms = {}, errors = {} }
    local home, from = tmp.dir(), sys.monotonic()
    local acknowledged = write(home, o, result)
    result.seconds = sys.monotonic() - from
    local log = hooks.log(home)
    for line in log:gmatch("[^\n]* error [^\n]*") do
        -- A hook that is killed may leave half a record.
        if not (o.kill_ms and line:find("could not be stored and are kept", 1,
            true)) then
            result.errors[#result.errors + 1] = line
        end
    end
    hooks.take_in(home)
    for _, row in ipairs(hooks.waiting(home)) do
        result.errors[#result.errors + 1] = "still waits: " .. row.id
    end
    check(home, acknowledged, result)
    table.sort(result.ms)
    tmp.clean()
    return result
end

local function at(list, share)
    return list[math.max(1, math.ceil(#list * share))] or 0
end

--- One line of counts; and whether all is well.
function hookrace.verdict(r)
    local fine = r.lost == 0 and r.doubled == 0 and r.unqueued == 0
        and r.unordered == 0 and #r.errors == 0
        and r.acknowledged > 0 and r.rows <= r.acknowledged + r.killed
    return ("%d writers, %d hooks each: %d acknowledged, %d killed, %d rows, "
        .. "%d lost, %d doubled, %d out of order, %d not queued, %d errors; "
        .. "a hook took %.0f ms median, %.0f p99, %.0f most; %.1f s"):format(
        r.writers, r.events, r.acknowledged, r.killed, r.rows, r.lost,
        r.doubled, r.unordered, r.unqueued, #r.errors, at(r.ms, 0.5),
        at(r.ms, 0.99), at(r.ms, 1), r.seconds), fine
end

return hookrace
