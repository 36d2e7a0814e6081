--- What a hook costs: an event stored, a session begun, of every agent;
-- with 100,000 rows in the store, and with eight writers at once.  Its wall
-- time against a C program that appends and syncs, its CPU time against
-- lua5.4 with nothing to do.
local figure = require "figure"
local payloads = require "payloads"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
require "propolis.store"

local ROUNDS = tonumber(os.getenv("ROUNDS")) or 150
local ROWS = 100000
-- To reach: wall of floor's, p99 of the median, MiB; CPU of lua5.4's by what
-- the hook does.
local WALL, SPREAD, MEMORY, CPU = 3, 2, 5, { stores = 2, answers = 2.5 }
local LUA = { "lua5.4", "-e", "" }

-- Agent, the payload that is stored, the one that is answered.
local HOOKS = {}
for i, name in ipairs(require("propolis.agents").names()) do
    HOOKS[i] = { name, payloads.typical(name) }
end

local function payload(agent, name)
    return ("tests/fixtures/%s/%s.json"):format(agent, name)
end

local function command(agent, name)
    return { figure.program, "hook", agent, name:match("^[^.]*") }
end

local function verdict(run, floor, lua, most)
    local wall = figure.at(run.wall, 0.5) / figure.at(floor.wall, 0.5)
    local cpu = figure.at(run.cpu, 0.5) / figure.at(lua.cpu, 0.5)
    local spread = figure.at(run.wall, 0.99) / figure.at(run.wall, 0.5)
    local missed = (wall > WALL and " wall" or "")
        .. (cpu > most and " cpu" or "") .. (spread > SPREAD and " p99" or "")
        .. (figure.at(run.memory, 1) > MEMORY << 10 and " memory" or "")
    return ("%4.1f %6.1f %6.1f  %s"):format(wall, cpu, spread,
        missed == "" and "reached" or "MISSED:" .. missed)
end

local function line(name, run, ...)
    figure.say("%-32s %6.2f %7.2f   %5.2f %6.2f   %5.1f  %s", name,
        figure.at(run.wall, 0.5) * 1e3, figure.at(run.wall, 0.99) * 1e3,
        figure.at(run.cpu, 0.5) * 1e3, figure.at(run.cpu, 0.99) * 1e3,
        figure.at(run.memory, 1) / 1024, ... and verdict(run, ...) or "")
end

local function head(text)
    figure.title("%s; to reach: wall %d x floor, CPU %g or, with an answer, "
        .. "%g x lua5.4, p99 %d x median, %d MiB", text, WALL, CPU.stores,
        CPU.answers, SPREAD, MEMORY)
    figure.say("%-32s %14s   %12s   memory  wall    cpu    p99", "ms",
        "wall    p99", "cpu    p99")
end

-- Both hooks of an agent, in turns with what they are compared to.
local function measure(hook, home, options)
    options = options or {}
    options.env = { PROPOLIS_HOME = home, HOME = home }
    local agent = hook[1]
    for i = 2, 3 do
        local input = payload(agent, hook[i])
        local c = command(agent, hook[i])
        figure.runs(1, { c }, input, { env = options.env })
        local runs = figure.runs(options.rounds or ROUNDS,
            { { figure.floor, home .. "/floor" }, LUA, c }, input, options)
        line("floor", runs[1])
        line("lua5.4", runs[2])
        line(agent .. " " .. hook[i], runs[3], runs[1], runs[2],
            i == 2 and CPU.stores or CPU.answers)
    end
end

local function fresh(name)
    local home = figure.path(name)
    assert(sys.mkdir(home))
    return home
end

-- The store, with all in it that hooks captured.
local function store_of(home)
    assert(sys.run({ figure.program, "sync", "--local" },
        { env = { PROPOLIS_HOME = home, HOME = home } }).code == 0)
    return assert(sqlite.open(home .. "/data/local@default.db"))
end

-- Fills the store with copies of its one row, in sessions of fifty.
local function fill(home)
    local store <close> = store_of(home)
    assert(store:exec([[INSERT INTO sessions (id, path, filename, message,
        author, size_bytes, project, description, agent, plugin_version,
        creation_date, last_update_date)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
        WHERE i < ?)
        SELECT 'id-' || i, path || (i / 50), filename, message, author,
        size_bytes, project, description, agent, plugin_version,
        creation_date, last_update_date FROM n, (SELECT * FROM sessions
        LIMIT 1)]], { ROWS }))
end

head("a hook, process start to exit")
for _, hook in ipairs(HOOKS) do
    measure(hook, fresh(hook[1]))
end
if sys.which("node") then
    line("node -e 0", figure.runs(30, { { "node", "-e", "0" } })[1])
end

head(("the same with %d rows in the store"):format(ROWS))
local home = fresh("full")
local first = HOOKS[1]
figure.runs(1, { command(first[1], first[2]) }, payload(first[1], first[2]),
    { env = { PROPOLIS_HOME = home, HOME = home } })
fill(home)
measure(first, home)

head("the same with eight writers at once")
home = fresh("together")
measure(first, home, { together = 8, rounds = ROUNDS // 3 })
local store <close> = store_of(home)
local rows = assert(store:query("SELECT count(*) AS n FROM sessions"))[1].n
assert(rows == 2 + 16 * (ROUNDS // 3), rows)
