--- What `propolis mcp` costs: start to the first answer against an empty
-- lua5.4, a search in a warm server against `propolis search`, and its memory
-- after 10,000 calls.
local config = require "propolis.config"
local figure = require "figure"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
require "propolis.store"

local EVENTS = tonumber(os.getenv("EVENTS")) or 100000
local ROUNDS = tonumber(os.getenv("ROUNDS")) or 150
local CALLS = 10000

local ROWS = [[INSERT INTO sessions (id, path, filename, message, author,
    project, description, agent, creation_date, last_update_date)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
    WHERE i < ?)
    SELECT 'e' || i, '/sessions/ada/ada_local_default_s' || (i / 50)
    || '.jsonl', 'x', json_object('type', 'user_message', 'content',
    'why does part ' || (i * 7919 % 5003) || ' of module ' || (i % 997)
    || ' miss the cache number ' || i), 'ada', 'nest', 'x', 'claude_code', t, t
    FROM (SELECT i, strftime('%Y-%m-%dT%H:%M:%fZ', 1767225600 + i * 30,
    'unixepoch') AS t FROM n)]]

local HELLO = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":'
    .. '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":'
    .. '{"name":"bench","version":"1"}}}\n'

local function search_line(i)
    return ('{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":'
        .. '"search","arguments":{"query":"why does module %d miss the cache",'
        .. '"all":true}}}\n'):format(i, i % 997)
end

local function fill(conf)
    local path = conf.local_store:match("^sqlite:(.*)$")
    assert(sys.mkdir(path:match("^(.*)/")))
    local store <close> = require("engine.store").from(assert(
        sqlite.open(path)))
    assert(store:ensure())
    assert(store:exec(ROWS, { EVENTS }))
end

-- A server with pipes in both directions.
local function start()
    local box = { folder = figure.path("mcp") }
    assert(sys.mkdir(box.folder))
    local at = box.folder
    assert(sys.run({ "mkfifo", at .. "/in", at .. "/out" }).code == 0)
    box.process = assert(io.popen(("echo $$ >'%s/pid'; exec '%s' mcp <'%s/in'"
        .. " >'%s/out'"):format(at, figure.program, at, at)))
    box.to, box.from = assert(io.open(at .. "/in", "w")),
        assert(io.open(at .. "/out"))
    box.pid = assert(sys.read(at .. "/pid")):match("%d+")
    return box
end

-- Says a line and waits for its answer; the milliseconds that took.
local function ask(box, line)
    local from = sys.monotonic()
    box.to:write(line)
    box.to:flush()
    local answer = assert(box.from:read())
    assert(not answer:find('"isError":true', 1, true), answer)
    return (sys.monotonic() - from) * 1e3
end

local function resident(box)
    return tonumber(assert(sys.read("/proc/" .. box.pid .. "/status"))
        :match("VmRSS:%s*(%d+)")) / 1024
end

local function warm(box)
    local times = {}
    for i = 1, ROUNDS do times[i] = ask(box, search_line(i)) end
    table.sort(times)
    return times
end

figure.title("propolis mcp, start to the first answer and end")
local hello = figure.file("hello", HELLO)
local runs = figure.runs(ROUNDS, { { "lua5.4", "-e", "" },
    { figure.program, "mcp" } }, hello)
figure.compare("lua5.4 -e ''", runs[1], "propolis mcp", runs[2])

local conf = assert(config.load())
fill(conf)
assert(sys.run({ figure.program, "search", "--all", "cache" },
    { timeout = 600 }).code == 0)
local one = figure.runs(math.min(ROUNDS, 50), { { figure.program, "search",
    "--all", "why does module 5 miss the cache" } })[1]
local box = start()
ask(box, HELLO)
local times = warm(box)
local before = resident(box)
for i = 1, CALLS do
    ask(box, i % 10 == 0 and search_line(i) or '{"jsonrpc":"2.0","id":7,'
        .. '"method":"tools/call","params":{"name":"read","arguments":{"ref":'
        .. '"s1"}}}\n')
end
figure.title(("a search among %d events"):format(EVENTS))
figure.say("warm server: median %.1f ms, p99 %.1f; propolis search: %.1f ms",
    figure.at(times, 0.5), figure.at(times, 0.99),
    figure.at(one.wall, 0.5) * 1e3)
figure.say("server's memory: %.1f MiB, after %d more calls %.1f MiB", before,
    CALLS, resident(box))
box.to:close()
box.from:close()
box.process:close()
