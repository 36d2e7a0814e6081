--- What a pull finds, whatever the writers' clocks said.
local double = require "httpdouble"
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local pg = require "postgres"
local propolis = require "propolis"
local serving = require "serving"
local tmp = require "tmp"

describe("a pull", function()
    after_each(tmp.clean)

    -- Changes that a remote may see between two pulls; each must arrive.
    local function check(opts)
        local m = machine.new(opts)
        local store <close> = assert(propolis.open(opts.remote, opts))
        assert(store:ensure())
        for i, date in ipairs { "2026-01-01T10:00:00.000Z",
            "2026-01-01T12:00:00.000Z", "2026-02-20T10:00:00.000Z",
            "2999-01-01T00:00:00.000Z", "" } do
            assert(store:insert(require("propolis.schemas").memory, {
                id = "id" .. i, path = "/" .. i, summary = "old",
                last_update_date = date }))
        end
        local function pulled()
            local result = assert(m:sync { pull_only = true })
            assert.is_nil(result.error)
            return result.pull.got
        end
        assert.equal(5, pulled())
        assert.equal(0, pulled())
        for _, date in ipairs { "2026-01-01T11:00:00.000Z",
            "2026-01-05T00:00:00.000Z" } do
            assert(store:exec([[UPDATE memory SET summary = ?,
                last_update_date = ? WHERE path = '/1']], { date, date }))
            assert.equal(1, pulled())
            assert.equal(date, m:query([[SELECT summary FROM memory
                WHERE path = '/1']])[1].summary)
            assert.equal(0, pulled())
        end
        assert(store:exec "DELETE FROM memory WHERE path = '/2'")
        assert.equal(0, pulled())
        return pulled
    end

    it("finds updates dated in the past on PostgreSQL", function()
        check { remote = pg.url(true), workspace = "ws" }
    end)

    it("lists nothing any more once it knows of a deletion", function()
        local server <close> = double.start { dir = tmp.dir(), token = "t",
            org = "org1" }
        local pulled = check { remote = "deeplake:" .. server.url,
            token = "t", org_id = "org1", workspace = "ws" }
        server:reset()
        assert.equal(0, pulled())
        for _, request in ipairs(server:requests()) do
            assert.is_nil((request.sql or ""):find("LIMIT", 1, true))
        end
    end)

    it("does not wait for a time that only a wrong clock would name",
        function()
            local m = machine.new { remote = pg.url(true), workspace = "ws" }
            local store = m:store()
            assert(outbox.set(store, { next_try = os.time() + 86400 * 365 }))
            store:close()
            assert.is_nil(assert(m:sync { auto = true }).skipped)
        end)
end)

-- Tables at the remote as an old client made them: no skills, and a memory
-- that lacks columns.
local OLD = [[CREATE TABLE {q}memory (id TEXT, path TEXT, summary TEXT,
    last_update_date TEXT);
    INSERT INTO {q}memory VALUES ('a', '/a', 'theirs', '2026-01-01')]]

describe("who may only read", function()
    after_each(tmp.clean)

    -- Pulls, alone and with something to push, which stays.
    local function check(opts, tables)
        local m = machine.new(opts)
        local before = tables()
        local result = assert(m:sync { pull_only = true })
        assert.is_nil(result.error)
        assert.equal(1, result.pull.got)
        result = assert(m:sync {})
        assert.is_nil(result.error) -- nothing is queued
        assert.equal(before, tables())
        m:events(3, 1)
        result = assert(m:sync {})
        assert.matches("^the push was refused: .*permission denied",
            tostring(result.error))
        assert.equal("denied", result.error.code)
        assert.equal(0, result.pull.got)
        local store <close> = m:store()
        assert.equal(3, assert(outbox.counts(store)).waiting)
        assert.equal("theirs", store:query("SELECT * FROM memory")[1].summary)
        assert.equal(before, tables())
        return m
    end

    it("pulls from PostgreSQL", function()
        local url = pg.url(true)
        local role = "r" .. require("engine.sys").uuid():sub(1, 8)
        pg.psql([[CREATE SCHEMA ws; ]] .. OLD:gsub("{q}", "ws.")
            .. ([[; CREATE ROLE %s LOGIN PASSWORD 'x';
            GRANT USAGE ON SCHEMA ws TO %s;
            GRANT SELECT ON ws.memory TO %s]]):gsub("%%s", role), url)
        local m = check({ workspace = "ws", remote = pg.url_with(url,
            { user = role, password = "x" }) }, function()
            return pg.psql([[SELECT table_name, column_name
                FROM information_schema.columns WHERE table_schema = 'ws'
                UNION SELECT tablename, indexname FROM pg_indexes
                WHERE schemaname = 'ws' ORDER BY 1, 2]], url)
        end)
        -- what is written later in all columns comes too
        pg.psql([[ALTER TABLE ws.memory ADD author TEXT; INSERT INTO ws.memory
            VALUES ('b', '/b', 'new', '2026-01-02', 'eve')]], url)
        assert(m:sync {})
        assert.equal("eve", m:query([[SELECT author FROM memory
            WHERE path = '/b']])[1].author)
    end)

    it("pulls through serve", function()
        local db = pg.url(true)
        local server <close> = serving.start { home = tmp.dir(), db = db }
        local writer = server:token("w", "--workspace", "ws")
        local reader = server:token("r", "--workspace", "ws", "--read")
        for statement in OLD:gsub("{q}", ""):gmatch("[^;]+") do
            assert.equal(200, server:query(writer, "ws",
                statement).status)
        end
        check({ workspace = "ws", remote = "deeplake:" .. server.url,
            token = reader, org_id = "team" }, function()
            return pg.psql([[SELECT table_schema, table_name, column_name
                FROM information_schema.columns WHERE table_schema NOT IN
                ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3]], db)
        end)
    end)

    it("pulls from the Deeplake API", function()
        local dir = tmp.dir()
        local server <close> = double.start { dir = dir, token = "t",
            org = "org1" }
        local file <close> = assert(propolis.open("sqlite:" .. dir
            .. "/ws.sqlite"))
        for statement in OLD:gsub("{q}", ""):gmatch("[^;]+") do
            assert(file:exec(statement))
        end
        for _, word in ipairs { "CREATE", "ALTER", "INSERT" } do
            server:script { { times = -1, match = { sql = word },
                status = 403, body = '{"error":"permission denied"}' } }
        end
        check({ workspace = "ws", remote = "deeplake:" .. server.url,
            token = "t", backoff_ms = 1 }, function()
            return #file:query "SELECT * FROM sqlite_master"
        end)
    end)
end)
