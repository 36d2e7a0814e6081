--- A push of 1,000 events over a line that goes wrong once, at each of its
-- turns: at the end each row once, in order per session, and nothing waits.
--
--   local turns = require "push_turns"
--   for what, how in pairs(turns.faults) do
--       turns.each(line, how, model, { remote = url, workspace = "ws" }, db)
local eventually = require "eventually"
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local pg = require "postgres"
local propolis = require "propolis"
local soak = require "soak"

local turns = { events = soak.count(1000, 10000), sessions = 20 }

-- Runs until a push is through.  How soon a silent line is noticed is not what
-- is tested; that every row arrives once is.
local RUNS = 20

-- What becomes of a line at one turn; see relay.
turns.faults = {
    ["cut before the server hears of it"] = "before",
    ["cut after the server has done it"] = "after",
    ["cut in the middle of the answer"] = "half",
    ["silent for good"] = "hang",
}

--- A machine with the events to push.
function turns.model()
    local model = machine.new {}
    model:events(turns.events, turns.sessions)
    return model
end

--- A store of the workspace in which rows are counted as they arrive.
function turns.prepare(url, options)
    local store <close> = assert(propolis.open(url, options))
    assert(store:ensure())
    assert(store:exec("ALTER TABLE sessions ADD COLUMN arrived bigserial"))
end

local function check(db, ws)
    local rows, i = {}, 0
    for id, path, date in pg.psql(([[SELECT id, path, creation_date
        FROM "%s".sessions ORDER BY arrived]]):format(ws), db)
        :gmatch("([^|\n]*)|([^|\n]*)|([^|\n]*)") do
        i = i + 1
        rows[i] = { id, path, date }
    end
    machine.check(rows, turns.events)
end

--- Pushes once per turn of the line, with the fault there.
-- @param how the fault
-- @param model the machine whose events are pushed
-- @param opts the machine's: remote, workspace, ...
-- @param db the database where the rows end
-- @return how many turns there are
function turns.each(line, how, model, opts, db)
    local ws = opts.workspace
    local function push(turn)
        line:rule(nil)
        -- Fails while what a lost client began changes the table's rights.
        eventually(function()
            return (pcall(pg.psql, ([[TRUNCATE "%s".sessions]]):format(ws), db))
        end, "the table cannot be emptied")
        line:rule(turn and { turn = turn, how = how })
        -- Each failure doubles the time-out; see machine.sync_through.
        local conf = { like = model, backoff_ms = 1,
            create_delays = { 0, 0, 0 },
            query_timeout_ms = 250 }
        for key, value in pairs(opts) do conf[key] = value end
        local m = machine.new(conf)
        m:sync_through(RUNS)
        check(db, ws)
        return m
    end
    push()
    local n = line:turns()
    assert(n >= 4)
    for turn = 1, n do
        local store <close> = push(turn):store()
        local counts = assert(outbox.counts(store))
        assert(counts.waiting == 0 and counts.rejected == 0)
    end
    return n
end

return turns
