--- Races of many real processes on one store.
--
--   race.heal("sqlite", { rounds = 3 }) -> what came of it, as counts
--   race.make("postgres", { rounds = 3 })
--   race.kill("postgres", { rounds = 2 })
--
-- A store is a fresh file, or a fresh workspace of the specs' PostgreSQL, for
-- "pgbouncer" through one, for "refusing" as a server with less (see relay).
local gate = require "gate"
local propolis = require "propolis"
local sys = require "engine.sys"
local tmp = require "tmp"

local race = {}

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local folder = assert(sys.realpath(here .. "../race"))
local schema = dofile(folder .. "/schema.lua")
local LEGACY_ROWS = 50
local refusing -- the line to places.refusing

local places = {}

function places.sqlite(dir, n)
    return "sqlite:" .. dir .. "/" .. n .. ".db", "main"
end

function places.postgres()
    return require("postgres").url("race"), "race " .. sys.uuid()
end

function places.pgbouncer()
    local url, workspace = places.postgres()
    return require("pgbouncer").url(url, "refuse options"), workspace
end

-- A server that has neither heal's locks nor changes in transactions.
function places.refusing()
    local pg = require "postgres"
    local url, workspace = places.postgres()
    refusing = refusing or require("relay").start { port = pg.port(url),
        postgres = true, refuse = {
            { text = "pg_advisory", code = "0A000" },
            { text = "lock_timeout", code = "0A000" },
            { text = "^CREATE TABLE", tx = true, code = "0A000" },
            { text = "^ALTER TABLE", tx = true, code = "0A000" },
            { text = "^CREATE INDEX", tx = true, code = "0A000" },
        } }
    return pg.url_with(url, { port = refusing.port }), workspace
end

local function open(place)
    local store = assert(propolis.open(place.url,
        { workspace = place.workspace }))
    store.heal_log = false
    return store
end

-- What an old version left: its table, with rows in it.
local function make_legacy(place)
    local store <close> = open(place)
    local rows = {}
    for i = 1, LEGACY_ROWS do rows[i] = { id = "old-" .. i } end
    assert(store:insert_many(schema.old, rows))
end

-- Starts n processes at once; see gate.open.
local function release(place, n, rows)
    local commands = {}
    for i = 1, n do
        commands[i] = { sys.realpath("/proc/self/exe"),
            folder .. "/worker.lua", place.url, place.workspace, place.gate,
            i, rows }
    end
    return gate.open(place.gate, commands)
end

-- Compares the store with what was acknowledged.
local function check(place, stored, result)
    local store <close> = open(place)
    local seen, legacy = {}, 0
    for row in store:rows("SELECT id, count(*) AS n FROM race GROUP BY id") do
        seen[row.id] = true
        if row.n > 1 then result.doubled = result.doubled + row.n - 1 end
        if row.id:find("^old%-") then
            legacy = legacy + 1
        elseif not stored[row.id] then
            result.unacknowledged = result.unacknowledged + 1
        end
    end
    result.lost = result.lost + (place.legacy and LEGACY_ROWS or 0) - legacy
    for id in pairs(stored) do
        if not seen[id] then result.lost = result.lost + 1 end
    end
    -- a kill may have come before anyone healed: mend, then look
    assert(store:ensure(schema.new))
    local plan = assert(store:plan(schema.new))
    result.drift = result.drift + #plan.drift + #plan.statements
    local _, names = assert(store:query("SELECT * FROM race"))
    result.columns = result.columns + #names - #schema.new.columns
    if store.dialect == "sqlite" then
        local row = assert(store:query("PRAGMA integrity_check"))[1]
        if row.integrity_check ~= "ok" then
            result.errors[#result.errors + 1] = row.integrity_check
        end
    end
end

local function run(kind, opts, rows, disturb)
    local began = sys.monotonic()
    local dir = tmp.dir()
    local result = { rounds = opts.rounds or 3, processes = opts.processes
        or 16, acknowledged = 0, unacknowledged = 0, lost = 0, doubled = 0,
        columns = 0, drift = 0, killed = 0, errors = {} }
    local ok, err = pcall(function()
        for round = 1, result.rounds do
            local url, workspace = places[kind](dir, round)
            local place = { url = url, workspace = workspace,
                gate = dir .. "/gate-" .. round,
                legacy = opts.legacy ~= false }
            if place.legacy then make_legacy(place) end
            local pipes, pids, held =
                release(place, result.processes, rows)
            if disturb then disturb(pids, result) end
            local stored = gate.listen(pipes, result)
            held:close()
            check(place, stored, result)
        end
    end)
    tmp.clean()
    if not ok then error(err, 0) end
    result.seconds = sys.monotonic() - began
    return result
end

--- All processes heal and insert at once. Nothing may be missing.
function race.heal(kind, opts)
    local rows = opts.rows or 10
    local result = run(kind, opts, rows)
    result.expected = result.rounds * result.processes * rows
    return result
end

--- The same where nothing is yet: no table, no schema, no file.
function race.make(kind, opts)
    return race.heal(kind, { rounds = opts.rounds, rows = opts.rows,
        processes = opts.processes, legacy = false })
end

--- Processes that write without end are killed with SIGKILL, each at a moment
-- of its own. What was acknowledged must be there, once.
function race.kill(kind, opts)
    return run(kind, opts, 1000000, function(pids, result)
        local script = {}
        for _, pid in ipairs(pids) do
            script[#script + 1] = ("sleep %.3f; kill -9 %s;")
                :format(math.random() * 0.06, pid)
        end
        result.killed = result.killed + #pids
        assert(os.execute(("{ %s } </dev/null >/dev/null 2>&1 &")
            :format(table.concat(script, " "))))
    end)
end

--- One line of counts; and whether all is well.
function race.verdict(result)
    local text = ("%d rounds, %d processes%s: %d acknowledged%s, %d lost, "
        .. "%d doubled, %d more unacknowledged, %d extra columns, %d drift, "
        .. "%d errors, %.1f s"):format(result.rounds, result.processes,
        result.killed > 0 and " killed" or "", result.acknowledged,
        result.expected and (" of %d"):format(result.expected) or "",
        result.lost, result.doubled, result.unacknowledged, result.columns,
        result.drift, #result.errors, result.seconds)
    local fine = result.lost == 0 and result.doubled == 0
        and result.columns == 0 and result.drift == 0
        and #result.errors == 0 and result.acknowledged > 0
        and (not result.expected or result.acknowledged == result.expected
            and result.unacknowledged == 0)
    return text, fine
end

return race
