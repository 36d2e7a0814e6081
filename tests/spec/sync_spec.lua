local double = require "httpdouble"
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local pg = require "postgres"
local propolis = require "propolis"
local sys = require "engine.sys"
local tmp = require "tmp"

local TOKEN = "very-secret-token"

local server, folder, number = nil, nil, 0

setup(function()
    folder = tmp.dir()
    server = double.start { dir = folder, token = TOKEN, org = "org1" }
end)

teardown(function()
    server:stop()
    tmp.clean()
end)

before_each(function() server:reset() end)

local function fresh()
    number = number + 1
    return "ws" .. number
end

-- A machine whose remote is the HTTP double; no waiting between tries.
local function at_double(workspace, extra)
    local opts = { remote = "deeplake:" .. server.url, token = TOKEN,
        workspace = workspace, backoff_ms = 1, create_delays = { 0, 0, 0 },
        max_bytes = 4 << 20,
        marker_dir = folder .. "/markers" }
    for key, value in pairs(extra or {}) do
        opts[key] = value
    end
    return machine.new(opts)
end

local function remote_rows(workspace)
    return server:sql(workspace, "SELECT id, path, creation_date"
        .. " FROM sessions ORDER BY rowid")
end

-- Every event once, and each session's in order.
local function check_rows(rows, n)
    assert.equal(n, #rows)
    local seen, last = {}, {}
    for _, row in ipairs(rows) do
        local id, path, date = row[1], row[2], row[3]
        assert.is_nil(seen[id])
        seen[id] = true
        assert.is_true((last[path] or "") < date)
        last[path] = date
    end
end

describe("the outbox", function()
    it("keeps its order and its rows while the remote is down", function()
        local ws = fresh()
        local m = at_double(ws, { remote = "deeplake:http://127.0.0.1:9" })
        for _ = 1, 10 do
            m:events(20, 2)
            local result = assert(m:sync {})
            assert.equal("io", result.error.code)
        end
        m.conf.remote = "deeplake:" .. server.url
        m:sync_through(1)
        check_rows(remote_rows(ws), 200)
    end)

    it("sets a poisoned row aside after the rest went through", function()
        local ws = fresh()
        local m = at_double(ws)
        m:events(300, 3)
        local bad = m:query("SELECT id FROM sessions LIMIT 1 OFFSET 150")[1].id
        server:script { { times = -1, match = { sql = bad }, status = 400,
            body = "invalid input" } }
        local result = assert(m:sync {})
        assert.is_nil(result.error)
        assert.same({ sent = 299, rejected = 1 }, result.push)
        check_rows(remote_rows(ws), 299)
        local store = m:store()
        local rejected = assert(outbox.rejected(store))
        assert.equal(bad, rejected[1].row_id)
        assert.matches("invalid input", rejected[1].error)
        store:close()

        server:reset()
        assert.equal(0, assert(m:sync {}).push.sent)
        assert.same({ sent = 1, rejected = 0 },
            assert(m:sync { retry = true }).push)
        assert.equal(300, #remote_rows(ws))
    end)

    it("blames no row when the remote refuses them all", function()
        local ws = fresh()
        local m = at_double(ws)
        m:events(10, 1)
        server:script { { times = -1, match = { sql = "INSERT" },
            status = 400, body = "disk full" } }
        local result = assert(m:sync {})
        assert.matches("disk full", tostring(result.error))
        local store <close> = m:store()
        assert.equal(10, assert(outbox.counts(store)).waiting)
    end)

    it("asks what arrived when the last run was killed after sending",
        function()
            local ws = fresh()
            local m = at_double(ws)
            m:events(100, 4)
            m:sync_through(1)
            -- the kill came between the answer and the bookkeeping
            local store = m:store()
            assert(store:exec([[INSERT INTO propolis_outbox (tbl, row_id,
                queued_at, sent_at)
                SELECT 'sessions', id, '', '2026' FROM sessions]]))
            store:close()
            m:events(5, 1)
            m:sync_through(1)
            check_rows(remote_rows(ws), 105)
        end)

    it("queues what is there for a new remote", function()
        local first, second = fresh(), fresh()
        local m = at_double(first)
        m:events(30, 2)
        m:sync_through(1)
        m.conf.workspace = second
        m:sync_through(1)
        check_rows(remote_rows(second), 30)
    end)

    it("heals an older table on the way", function()
        local ws = fresh()
        local m = at_double(ws)
        m:events(3, 1)
        server:sql(ws, "CREATE TABLE sessions (id TEXT, path TEXT,"
            .. " creation_date TEXT, message TEXT)")
        m:sync_through(1)
        assert.equal("codex", server:sql(ws,
            "SELECT agent FROM sessions LIMIT 1")[1][1])
    end)

    it("waits longer after each failure when hooks start it", function()
        local m = at_double(fresh(),
            { remote = "deeplake:http://127.0.0.1:9" })
        m:events(1, 1)
        assert.is_truthy(assert(m:sync { auto = true }).error)
        assert.matches("waiting", assert(m:sync { auto = true }).skipped)
        m.conf.remote = "deeplake:" .. server.url
        assert.is_nil(assert(m:sync {}).error) -- a person does not wait
        assert.is_nil(assert(m:sync { auto = true }).skipped)
    end)

    it("is pushed by one process at a time", function()
        local m = at_double(fresh())
        m:events(1, 1)
        assert(sys.mkdir(m.home .. "/state"))
        local lock <close> = assert(sys.lock(m.home
            .. "/state/sync-local.db.lock"))
        assert.matches("another", assert(m:sync {}).skipped)
        assert(lock)
    end)
end)

-- The same two machines on each kind of remote.
local function two_machines(name, pair)
    describe("two machines on one workspace of " .. name, function()
        it("read what the other wrote", function()
            local a, b = pair()
            a:document("/summaries/a/1.md", "from a \\ it's", "2026-01-01")
            b:document("/summaries/b/1.md", "from b", "2026-01-02")
            a:sync_through(1)
            b:sync_through(1)
            a:sync_through(1)
            for _, m in ipairs { a, b } do
                local rows = m:query("SELECT path, summary FROM memory"
                    .. " ORDER BY path")
                assert.same({
                    { path = "/summaries/a/1.md", summary = "from a \\ it's" },
                    { path = "/summaries/b/1.md", summary = "from b" },
                }, rows)
            end
        end)

        it("let the newest of a document win, once per path", function()
            local a, b = pair()
            a:document("/summaries/x.md", "old", "2026-01-01T00:00:00.000Z")
            a:sync_through(1)
            b:sync_through(1)
            b:document("/summaries/x.md", "new", "2026-01-03T00:00:00.000Z")
            a:document("/summaries/x.md", "mid", "2026-01-02T00:00:00.000Z")
            b:sync_through(1)
            a:sync_through(1)
            b:sync_through(1)
            for _, m in ipairs { a, b } do
                assert.same({ { summary = "new" } },
                    m:query("SELECT summary FROM memory"))
            end
        end)

        it("skip no row for a clock that is wrong", function()
            local a, b, c = pair()
            a:document("/summaries/ahead.md", "1", "2030-01-01T00:00:00.000Z")
            a:sync_through(1)
            b:sync_through(1)
            c:document("/summaries/behind.md", "2", "2020-01-01T00:00:00.000Z")
            c:sync_through(1)
            b:sync_through(1)
            assert.same({ { n = 2 } }, b:query("SELECT COUNT(*) AS n"
                .. " FROM memory"))
        end)

        it("fetch no body twice", function()
            local a, b = pair()
            a:document("/summaries/1.md", "1", "2026-01-01T00:00:00.000Z")
            a:sync_through(1)
            local _, first = b:sync_through(1)
            local _, second = b:sync_through(1)
            assert.equal(1, first.pull.got)
            assert.equal(0, second.pull.got)
        end)

        it("get the events of one session on request", function()
            local a, b = pair()
            a:events(40, 2)
            a:sync_through(1)
            local result = assert(b:sync { session = "s1" })
            assert.is_nil(result.error)
            assert.same({ found = 20, got = 20 }, result.session)
            assert.equal(0, assert(b:sync { session = "s1" }).session.got)
            assert.equal(0, assert(b:sync { session = "s%" }).session.got)
            local store <close> = b:store()
            assert.equal(0, assert(outbox.counts(store)).waiting)
        end)

        it("get along when one knows a column less", function()
            local a, b = pair()
            a:sync_through(1)
            local remote <close> = assert(require("propolis.sync")
                .open_remote(a.conf))
            assert(remote:exec(
                "ALTER TABLE sessions ADD COLUMN later TEXT"))
            a:events(3, 1)
            b:events(3, 1)
            a:sync_through(1)
            b:sync_through(1)
            assert.equal(6, tonumber(assert(remote:query(
                "SELECT COUNT(*) AS n FROM sessions"))[1].n))
        end)
    end)
end

two_machines("the HTTP API", function()
    local ws = fresh()
    return at_double(ws), at_double(ws), at_double(ws)
end)

two_machines("PostgreSQL", function()
    local url, ws = pg.url(true), "team-" .. fresh()
    local function new()
        return machine.new { remote = url, workspace = ws }
    end
    return new(), new(), new()
end)

describe("a push to PostgreSQL", function()
    it("keeps every value, byte for byte", function()
        local url = pg.url(true)
        local m = machine.new { remote = url, workspace = "ws" }
        local nasty = "q' \" \\ \n -- /* $$ {?} \u{1F41D} \u{5D0}"
            .. ("x"):rep(100000)
        local store = m:store()
        assert(require("propolis.capture.intake").put(store, { {
            table = "sessions", queue = true,
            row = { id = "1", path = "/p", description = nasty,
                message = [[{"a":[],"n":12345678901234567}]],
                message_embedding = { 0.5, -1 } } } }, "now"))
        store:close()
        m:sync_through(1)
        local remote <close> = assert(propolis.open(url,
            { workspace = "ws" }))
        local row = assert(remote:query("SELECT description,"
            .. " message->>'n' AS n, message_embedding FROM sessions"))[1]
        assert.equal(nasty, row.description)
        assert.equal("12345678901234567", row.n)
        assert.equal("{0.5,-1}", row.message_embedding)
    end)
end)
