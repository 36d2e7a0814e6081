--- A team's days: servers that die, machines side by side, syncs that are
-- killed, and hooks that never notice any of it.
local eventually = require "eventually"
local killable = require "killable"
local partitions = require "propolis.sync.partitions"
local machine = require "machine"
local needs = require "needs"
local outbox = require "propolis.sync.outbox"
local pg = require "postgres"
local relay = require "relay"
local serving = require "serving"
local sys = require "engine.sys"
local tmp = require "tmp"

-- The rows of a workspace's sessions, for machine.check.
local function rows_of(db, ws)
    local rows = {}
    for line in pg.psql(([[SELECT id, path, creation_date FROM "%s".sessions
        ORDER BY path, creation_date]]):format(ws), db):gmatch("[^\n]+") do
        rows[#rows + 1] = { line:match("^([^|]*)|([^|]*)|([^|]*)$") }
    end
    return rows
end

local function all_sent(m)
    local store <close> = m:store()
    local counts = assert(outbox.counts(store))
    return counts.waiting == 0 and counts.rejected == 0
end

describe("a push while", function()
    local rows

    setup(function()
        rows, partitions.batch_rows = partitions.batch_rows, 50
    end)
    teardown(function()
        partitions.batch_rows = rows
        tmp.clean()
    end)

    -- Calls event() once, in the middle of a push of 1,000 events.
    local function in_the_middle(m, event)
        m:events(1000, 20)
        local happened = false
        assert(m:sync { progress = function(sent)
            if not happened and sent >= 200 then
                happened = true
                event()
            end
        end })
        assert.is_true(happened)
        m:sync_through(3)
        assert.is_true(all_sent(m))
    end

    it("the database is killed and comes back", function()
        local db <close> = killable.start()
        pg.psql("ALTER DATABASE postgres SET synchronous_commit = on", db.url)
        in_the_middle(machine.new { remote = db.url, workspace = "ws",
            query_timeout_ms = 5000 }, function()
            db:kill()
            db:again()
        end)
        machine.check(rows_of(db.url, "ws"), 1000)
    end)

    it("serve is killed and comes back", function()
        local db, home = pg.url(true), tmp.dir()
        local server = serving.start { home = home, db = db }
        local token = server:token("t", "--workspace", "ws")
        in_the_middle(machine.new { remote = "deeplake:" .. server.url,
            token = token, org_id = "team", workspace = "ws",
            backoff_ms = 1 }, function()
            server:signal("KILL")
            server:ended()
            server = serving.start { home = home, db = db,
                args = { "--port", tostring(server.port) } }
        end)
        server:stop()
        machine.check(rows_of(db, "ws"), 1000)
    end)
end)

describe("a sync that is killed at every", function()
    teardown(tmp.clean)

    for _, call in ipairs { "pwrite64", "fdatasync", "sendto", "recvfrom" } do
        it(call, function()
            local missing = needs.strace()
            if missing then return pending(missing) end
            local db, n, made = pg.url(true), 0, 0
            local m = machine.real { remote = db, workspace = "ws" }
            local killed
            repeat
                n = n + 1
                m:events(6, 3)
                made = made + 6
                local r = m:run({ "sync", "--push" }, { wrap = { "strace", "-f",
                    "-o", "/dev/null", "-e", "trace=" .. call, "-e",
                    ("inject=%s:signal=KILL:when=%d"):format(call, n) } })
                killed = r.signal == 9 or r.code == 137
                assert.is_true(n < 300)
            until not killed
            assert.is_true(n > 3)
            local r = m:run { "sync", "--push" }
            assert.equal(0, r.code, r.stderr)
            machine.check(rows_of(db, "ws"), made)
            assert.is_true(all_sent(m))
        end)
    end
end)

describe("two machines on one workspace", function()
    teardown(tmp.clean)

    it("write and read at once, one through serve, one without", function()
        local db, home = pg.url(true), tmp.dir()
        local server <close> = serving.start { home = home, db = db }
        local token = server:token("t", "--workspace", "ws")
        local a = machine.real { remote = "deeplake:", token = token,
            workspace = "ws", user = "ann",
            env = { HIVEMIND_API_URL = server.url } }
        local b = machine.real { remote = db, workspace = "ws", user = "bob" }
        -- b is newer: it knows one more column
        tmp.write(b.home .. "/config/schemas/mood.lua", [[return {
            table = "sessions", columns = { { "mood", "text",
            default = "calm" } } }]])
        for round = 1, 5 do
            local jobs = {}
            for _, m in ipairs { a, b } do
                local session = m.conf.user .. round
                m:hook("SessionStart", session)
                for i = 1, 5 do
                    m:hook("UserPromptSubmit", session, "prompt " .. i)
                end
                local words = { "env" }
                for name, value in pairs(m.env) do
                    words[#words + 1] = ("%s='%s'"):format(name, value)
                end
                words[#words + 1] = sys.readlink("/proc/self/exe")
                jobs[#jobs + 1] = io.popen(table.concat(words, " ")
                    .. " sync 2>&1")
            end
            for _, job in ipairs(jobs) do
                local said = job:read("a")
                assert.is_true(job:close(), said)
            end
        end
        for _, m in ipairs { a, b } do
            assert.equal(0, m:run({ "sync" }).code)
            assert.is_true(all_sent(m))
            assert.same({ { n = 10 } }, m:query("SELECT COUNT(*) AS n"
                .. " FROM memory WHERE path LIKE '/summaries/%'"))
        end
        assert.equal(60, #rows_of(db, "ws"))
        local paths = {}
        for _, row in ipairs(rows_of(db, "ws")) do
            paths[row[2]] = (paths[row[2]] or 0) + 1
        end
        for _, n in pairs(paths) do
            assert.equal(6, n)
        end
        assert.equal("60", pg.psql([[SELECT COUNT(*) FROM "ws".sessions
            WHERE mood = 'calm']], db))
        for m, id in pairs { [a] = "bob3", [b] = "ann3" } do
            local r = m:run { "sync", "--session", id }
            assert.equal(0, r.code, r.stderr)
            assert.equal("6 events fetched, 6 new\n", r.stdout)
            assert.same({ { n = 6 } }, m:query("SELECT COUNT(*) AS n"
                .. " FROM sessions WHERE path LIKE ?",
                { "%" .. id .. ".jsonl" }))
        end
    end)
end)

describe("a table that somebody made past serve", function()
    teardown(tmp.clean)

    it("serves those who come through it, too", function()
        local db, home = pg.url(true), tmp.dir()
        local server <close> = serving.start { home = home, db = db }
        local token = server:token("t", "--workspace", "ws")
        assert.equal(200, server:query(token, "ws", "SELECT 1").status)
        local direct = machine.new { remote = db, workspace = "ws" }
        direct:events(3, 1)
        direct:sync_through(1)
        local m = machine.new { remote = "deeplake:" .. server.url,
            token = token, org_id = "team", workspace = "ws" }
        m:events(3, 1)
        eventually(function()
            return not assert(m:sync {}).error
        end, "the tables never became the workspace's")
        assert.equal(6, #rows_of(db, "ws"))
    end)
end)

describe("hooks while the remote is down", function()
    teardown(tmp.clean)

    it("touch no network, and everything arrives later", function()
        local missing = needs.strace()
        if missing then return pending(missing) end
        local db = pg.url(true)
        local line <close> = relay.start { port = pg.port(db),
            postgres = true }
        local m = machine.real { workspace = "ws", query_timeout_ms = 1000,
            remote = pg.url_with(db, { port = line.port }),
            env = { PROPOLIS_AUTOSYNC = false } }
        tmp.write(m.home .. "/config/config.lua",
            "return { sync_interval = 0 }")
        line:down()
        local trace = m.home .. "/trace"
        local wrap = { "strace", "-o", trace, "-e", "trace=%network" }
        local n = 0
        for session = 1, 10 do
            for _, name in ipairs { "SessionStart", "UserPromptSubmit",
                "Stop", "SessionEnd" } do
                m:hook(name, "s" .. session, "hello", { wrap = wrap })
                n = n + 1
                assert.is_nil(assert(sys.read(trace)):find("(", 1, true),
                    "a hook used the network")
            end
        end
        -- syncs were started, and failed
        eventually(function()
            local store <close> = m:store()
            return outbox.get(store, "last_error")
        end, "no sync was ever tried")
        line:down(false)
        eventually(function()
            local r = m:run { "sync", "--json" }
            return r.stdout:find('"skipped":null', 1, true)
                and r.code == 0
        end, "the sync never got through")
        assert.is_true(all_sent(m))
        assert.equal(m:query("SELECT COUNT(*) AS n FROM sessions")[1].n,
            #rows_of(db, "ws"))
        assert.is_true(#rows_of(db, "ws") >= 30 and n == 40)
        assert.equal("10", pg.psql([[SELECT COUNT(*) FROM "ws".memory]], db))
    end)
end)
