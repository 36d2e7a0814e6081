--- Pushes of 1,000 events over HTTP, with one faulty answer at each request in
-- turn: at the end each row once, in order per session, and nothing waits.
--
--   require "push_faults"(_ENV, { ["a 500"] = { status = 500 } })
--
-- _ENV, for setup and it are there; rules: httpdouble.
local double = require "httpdouble"
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local tmp = require "tmp"

local EVENTS, SESSIONS = 1000, 20
local TOKEN = "very-secret-token"
-- The first time-out of a client that meets silence; the next run has twice
-- as much, so that a slow machine gets through as well.
local SHORT, RUNS = 500, 8

return function(env, faults)
    local assert = env.assert
    local server, folder, model, requests
    local number = 0

    local function new(timeout)
        number = number + 1
        return machine.new { like = model, remote = "deeplake:" .. server.url,
            token = TOKEN, workspace = "ws" .. number, backoff_ms = 1,
            create_delays = { 0, 0, 0 }, max_bytes = 4 << 20,
            query_timeout_ms = timeout or 60000,
            marker_dir = folder .. "/markers" }
    end

    local function check(m)
        machine.check(server:sql(m.conf.workspace, "SELECT id, path,"
            .. " creation_date FROM sessions ORDER BY rowid"), EVENTS)
        local store <close> = m:store()
        assert.same({ waiting = 0, rejected = 0 },
            assert(outbox.counts(store)))
    end

    env.setup(function()
        folder = tmp.dir()
        server = double.start { dir = folder, token = TOKEN, org = "org1" }
        model = machine.new {}
        model:events(EVENTS, SESSIONS)
        local m = new()
        m:sync_through(1)
        check(m)
        requests = #server:requests()
    end)

    env.teardown(function()
        server:stop()
        tmp.clean()
    end)

    for what, rule in pairs(faults) do
        env.it("survives " .. what .. " at every request", function()
            assert.is_true(requests >= 8)
            for n = 1, requests do
                server:reset()
                local m = new(rule.hang and SHORT)
                local r = { skip = n - 1 }
                for key, value in pairs(rule) do r[key] = value end
                server:script { r }
                m:sync_through(RUNS)
                check(m)
            end
        end)
    end
end
