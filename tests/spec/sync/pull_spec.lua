--- What a pull finds, whatever the writers' clocks said.
local double = require "httpdouble"
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local pg = require "postgres"
local propolis = require "propolis"
local pull = require "propolis.sync.pull"
local serving = require "serving"
local tmp = require "tmp"

describe("a pull", function()
    after_each(tmp.clean)

    local memory = require("propolis.schemas").memory

    -- Rows with dates of every kind, many on one day and on many days.
    local function fill(store)
        local dates = { "2026-01-01T10:00:00.000Z", "2026-01-01T12:00:00.000Z",
            "2026-02-20T10:00:00.000Z", "2999-01-01T00:00:00.000Z", "", "",
            "yesterday", "'", "2026-01-02", "2026-01-02", "2026-01-02",
            "2026-01-02", "2026-01-02" }
        for i = 1, 110 do
            dates[#dates + 1] = os.date("!%Y-%m-%d", i * 86400)
        end
        local rows = {}
        for i, date in ipairs(dates) do
            rows[i] = { id = "id" .. i, path = "/" .. i, summary = "old",
                last_update_date = date }
        end
        assert(store:insert_many(memory, rows))
        return #rows
    end

    -- Changes that a remote may see between two pulls; each must arrive, once.
    local function check(opts)
        local m = machine.new(opts)
        local store <close> = assert(propolis.open(opts.remote, opts))
        assert(store:ensure())
        local n = fill(store)
        local function pulled()
            local result = assert(m:sync { pull_only = true })
            assert.is_nil(result.error)
            return result.pull.got
        end
        assert.equal(n, pulled())
        assert.equal(0, pulled())
        local dates = { "2026-01-01T11:00:00.000Z", "2026-01-05T00:00:00.000Z",
            "2027-01-01" }
        for _, date in ipairs(dates) do
            assert(store:exec([[UPDATE memory SET summary = ?,
                last_update_date = ? WHERE path = '/1']], { date, date }))
            assert.equal(1, pulled())
            assert.equal(date, m:query([[SELECT summary FROM memory
                WHERE path = '/1']])[1].summary)
            assert.equal(0, pulled())
        end
        assert(store:exec "DELETE FROM memory WHERE path IN ('/2', '/5')")
        assert.equal(0, pulled())
        assert.equal(n, m:query("SELECT COUNT(*) AS n FROM memory")[1].n)
        assert.equal(n - 2, m:query("SELECT COUNT(*) AS n"
            .. " FROM propolis_ledger")[1].n)
        return pulled
    end

    it("finds updates dated in the past on PostgreSQL", function()
        local url = pg.url(true)
        local pulled = check { remote = url, workspace = "ws" }
        pg.psql([[ALTER TABLE ws.memory ALTER last_update_date DROP NOT NULL;
            INSERT INTO ws.memory (id, path) VALUES ('n', '/n');
            UPDATE ws.memory SET last_update_date = NULL WHERE id = 'n']], url)
        assert.equal(1, pulled())
        local said = pg.log_statements(url)
        assert.equal(0, pulled())
        for _, text in ipairs(said()) do
            assert.is_nil(text:find("LIMIT", 1, true), text)
        end
    end)

    it("finds them with few ids in a page, and on SQLite", function()
        local page = pull.page
        finally(function() pull.page = page end)
        pull.page = 3
        check { remote = "sqlite:" .. tmp.dir() .. "/team.db" }
    end)

    -- On the Deeplake API: what is answered to a sum, and whether the tables
    -- are listed when nothing has changed.
    local function deeplake(answer, listed)
        local server <close> = double.start { dir = tmp.dir(), token = "t",
            org = "org1" }
        if answer then
            answer.times, answer.match = -1, { sql = answer.sql }
            server:script { answer }
        end
        local pulled = check { remote = "deeplake:" .. server.url,
            token = "t", org_id = "org1", workspace = "ws" }
        server:reset()
        if answer then
            server:script { answer }
        end
        assert.equal(0, pulled())
        local found = false
        for _, request in ipairs(server:requests()) do
            found = found or (request.sql or ""):find("LIMIT", 1, true) ~= nil
        end
        assert.equal(listed, found)
    end

    it("lists nothing any more once it knows of a deletion", function()
        deeplake(nil, false)
    end)

    it("lists all where a sum in groups is NULL, and only after a change",
        function()
            deeplake({ sql = "GROUP BY substr", status = 200, body =
                '{"columns":["day","n","checksum"],"rows":[["",1,null]]}' },
                false)
        end)

    it("lists all where the service has no such function", function()
        deeplake({ sql = "hashtextextended", status = 400,
            body = '{"error":"function does not exist"}' }, true)
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
