--- What a session's start costs that is told of the past, with 10,000 sessions
-- in the store; and what the worker takes to bring that up to date.
local config = require "propolis.config"
local figure = require "figure"
local json = require "propolis.json"
local prepare = require "propolis.search.prepare"
local prepared = require "propolis.capture.prepared"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
require "propolis.store"

local SESSIONS, EVENTS, PROJECTS = 10000, 20, 200
local ROUNDS = tonumber(os.getenv("ROUNDS")) or 150
local REFRESH, CPU = 20, 2.5 -- to reach: ms; times lua5.4

local SUMMARIES = [[INSERT INTO memory (id, path, filename, summary, author,
    project, description, agent, creation_date, last_update_date)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
    WHERE i < ?)
    SELECT 'm' || i, '/summaries/ada/s' || i || '.md', 's' || i || '.md',
    '# Session s' || i || char(10) || '## What Happened' || char(10)
    || hex(randomblob(1000)) || char(10) || '## Open Questions / TODO'
    || char(10) || '- the next step of ' || i, 'ada', 'p' || (i % ?),
    'worked on ' || i, 'claude_code', t, t FROM (SELECT i,
    strftime('%Y-%m-%dT%H:%M:%fZ', 1767225600 + i * 600, 'unixepoch') AS t
    FROM n)]]

local MESSAGES = [[INSERT INTO sessions (id, path, filename, message, author,
    project, description, agent, creation_date, last_update_date)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n
    WHERE i < ?)
    SELECT 'e' || i, '/sessions/ada/ada_local_default_s' || s || '.jsonl',
    'x', json_object('type', CASE i % ? WHEN 1 THEN 'user_message'
    WHEN 18 THEN 'assistant_message' ELSE 'tool_call' END, 'content',
    'something was said about the number ' || i, 'tool_name', 'Bash',
    'tool_input', '{"command":"make test"}', 'tool_response',
    hex(randomblob(300))), 'ada', 'p' || (s % ?), 'x', 'claude_code', t, t
    FROM (SELECT i, 1 + i / ? AS s, strftime('%Y-%m-%dT%H:%M:%fZ',
    1767225600 + i * 30, 'unixepoch') AS t FROM n)]]

local conf = assert(config.load())
conf.user = "ada"
local path = conf.local_store:match("^sqlite:(.*)$")

local function fill(store)
    assert(store:ensure())
    assert(store:exec(SUMMARIES, { SESSIONS, PROJECTS }))
    assert(store:exec(MESSAGES, { SESSIONS * EVENTS - 1, EVENTS, PROJECTS,
        EVENTS }))
end

-- One more event of a session somewhere in the past.
local function go_on(store, i)
    assert(store:insert(require("propolis.schemas").sessions, {
        path = ("/sessions/ada/ada_local_default_s%d.jsonl"):format(i),
        project = "p" .. i % PROJECTS, author = "ada", agent = "claude_code",
        message = { type = "assistant_message", content = "more " .. i },
        creation_date = sys.now(), last_update_date = sys.now() }))
end

local function timed(work)
    local wall, cpu = sys.monotonic(), os.clock()
    work()
    return (sys.monotonic() - wall) * 1e3, (os.clock() - cpu) * 1e3
end

local function refresh() assert(prepare.run(conf)) end

local function told(what, wall, cpu, most)
    table.sort(wall)
    table.sort(cpu)
    local ms = figure.at(cpu, 0.5)
    figure.say("%-34s wall %8.1f ms   p99 %8.1f   cpu %7.1f ms%s", what,
        figure.at(wall, 0.5), figure.at(wall, 0.99), ms, most
        and ("   to reach: %d: %s"):format(most, ms <= most and "reached"
            or "MISSED") or "")
end

-- The refreshes after one event each, and those after none.
local function refreshes()
    local store <close> = assert(sqlite.open(path))
    local wall, cpu, none, idle = {}, {}, {}, {}
    for i = 1, 100 do
        go_on(store, i * 97)
        wall[i], cpu[i] = timed(refresh)
        none[i], idle[i] = timed(refresh)
    end
    told("after one event", wall, cpu, REFRESH)
    told("after none", none, idle)
end

-- The hook in a home beside lua5.4 with nothing to do, in turns.
local function hook(name, home, payload)
    local runs = figure.runs(ROUNDS, { { "lua5.4", "-e", "" },
        { figure.program, "hook", "claude-code", "SessionStart" } }, payload,
        { env = { PROPOLIS_HOME = home, USER = "ada",
            PROPOLIS_AUTOSYNC = "false" } })
    figure.compare("lua5.4", runs[1], name, runs[2])
    local cpu = figure.at(runs[2].cpu, 0.5)
    local ratio = cpu / figure.at(runs[1].cpu, 0.5)
    figure.say("cpu          %.2f ms, %.1f x lua5.4      to reach: at most"
        .. " %.1f: %s", cpu * 1e3, ratio, CPU,
        ratio <= CPU and "reached" or "MISSED")
end

local function hooks()
    local payload = figure.file("payload", assert(json.encode {
        session_id = "new", hook_event_name = "SessionStart", cwd = "/w/p7",
        source = "startup" }))
    hook("nothing", figure.path("bare"), payload)
    hook("the past", path:match("^(.*)/data/"), payload)
end

figure.title("%d sessions of %d events in %d projects", SESSIONS, EVENTS,
    PROJECTS)
assert(sys.mkdir(path:match("^(.*)/")))
do
    local store <close> = assert(sqlite.open(path))
    fill(store)
end
local wall, cpu = timed(refresh)
told("what sessions are told, all of it", { wall }, { cpu })
refreshes()
local text = assert(prepared.text(conf, { cwd = "/w/p7" }))
figure.title("session-start hook, told %d bytes of the past", #text)
hooks()
