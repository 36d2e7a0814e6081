--- The hook at a session's start with a team's store 250 ms away against none
-- at all; and, when each hook starts a sync, 250 ms away against next door.
local figure = require "figure"
local json = require "propolis.json"
local pg = require "postgres"
local relay = require "relay"
local sys = require "engine.sys"

local ROUNDS = 200

local db = pg.url(true)
local far <close> = relay.start { port = pg.port(db),
    delay = 0.125, postgres = true }
local far_url = pg.url_with(db, { port = far.port })
local homes = {}

-- One hook in a home of its own, with that remote and seconds between syncs.
local function hook(remote, interval)
    local home = figure.path("home")
    homes[#homes + 1] = home
    assert(sys.mkdir(home .. "/config"))
    assert(sys.replace(home .. "/config/config.lua",
        ("return { sync_interval = %d }"):format(interval)))
    return { "env", "PROPOLIS_HOME=" .. home, "PROPOLIS_STORE=" .. remote,
        figure.program, "hook", "claude-code", "SessionStart" }
end

local payload = figure.file("payload", assert(json.encode {
    session_id = "s1", hook_event_name = "SessionStart", cwd = "/w/acme",
    source = "startup" }))

figure.title("session-start hook, process start to exit")
local runs = figure.runs(ROUNDS, { hook("none", 60), hook(far_url, 60) },
    payload)
figure.compare("no remote", runs[1], "250 ms away", runs[2])
figure.title("the same when every hook starts a sync")
runs = figure.runs(ROUNDS, { hook(db, 0), hook(far_url, 0) }, payload)
figure.compare("next door", runs[1], "250 ms away", runs[2])

-- The syncs that were started end before their homes go away.
for _, home in ipairs(homes) do
    local path = home .. "/state/sync-local@default.db.lock"
    local lock
    repeat
        lock = not sys.stat(path) or sys.lock(path, 1000)
    until lock
end
