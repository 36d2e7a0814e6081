--- A postgres:// store on databases that speak as PostgreSQL does and refuse
-- something that heal asks of it: the tables heal all the same.
local machine = require "machine"
local pg = require "postgres"
local propolis = require "propolis"
local relay = require "relay"
local sys = require "engine.sys"

local OLD = { table = "events", columns = { { "id", "text", default = "" } } }
local NEW = { table = "events", columns = {
    { "id", "text", default = "" },
    { "note", "text" },
    { "size", "bigint", default = 7 },
}, indexes = { { "id" } } }

local function open(url, workspace)
    local store = assert(propolis.open(url, { workspace = workspace }))
    store.journal = false
    return store
end

-- Makes a table, completes it and adds an index; twice, as the second knows
-- what was refused.
local function heals(store)
    for i = 1, 2 do
        local old, new = {}, {}
        for key, value in pairs(OLD) do old[key] = value end
        for key, value in pairs(NEW) do new[key] = value end
        old.table, new.table = "events" .. i, "events" .. i
        assert(store:insert(old, { id = "a" }))
        assert(store:insert(new, { id = "b", note = "n" }))
        assert(store:ensure(new))
        local plan = assert(store:plan(new))
        assert.same({}, plan.statements)
        assert.same({}, plan.drift)
        assert.same({ { id = "a", size = 7 },
            { id = "b", note = "n", size = 7 } }, store:query(
            ("SELECT * FROM events%d ORDER BY id"):format(i)))
        assert.is_false(store:in_transaction())
    end
end

describe("a database that refuses", function()
    local CHANGES = "^CREATE TABLE"
    for what, refuse in pairs {
        ["advisory locks"] = { { text = "pg_advisory", code = "0A000" } },
        ["a function nobody made"] = { { text = "pg_advisory",
            code = "42883" } },
        ["lock_timeout"] = { { text = "lock_timeout", code = "42704" } },
        ["all of the locks"] = { { text = "pg_advisory", code = "0A000" },
            { text = "lock_timeout", code = "0A000" } },
        ["CREATE TABLE in a transaction"] = {
            { text = CHANGES, tx = true, code = "25001" } },
        ["ALTER TABLE in a transaction"] = {
            { text = "^ALTER TABLE", tx = true, code = "0A000" } },
        ["CREATE INDEX in a transaction"] = {
            { text = "^CREATE INDEX", tx = true, code = "0A000" } },
        ["transactions"] = { { text = "^BEGIN", code = "0A000" } },
        ["all of this"] = {
            { text = "pg_advisory", code = "0A000" },
            { text = "lock_timeout", code = "0A000" },
            { text = CHANGES, tx = true, code = "0A000" },
            { text = "^ALTER TABLE", tx = true, code = "0A000" },
            { text = "^CREATE INDEX", tx = true, code = "0A000" } },
    } do
        it(what, function()
            local url = pg.url(true)
            local line <close> = relay.start { port = pg.port(url),
                postgres = true, refuse = refuse }
            local store <close> = open(
                pg.url_with(url, { port = line.port }), "hive")
            heals(store)
        end)
    end

    it("a change wherever it stands: that is told", function()
        local url = pg.url(true)
        local line <close> = relay.start { port = pg.port(url),
            postgres = true,
            refuse = { { text = "^ALTER TABLE", code = "0A000" } } }
        local store <close> = open(pg.url_with(url, { port = line.port }))
        assert(store:insert(OLD, { id = "a" }))
        for _ = 1, 2 do
            local ok, err = store:insert(NEW, { id = "b", note = "n" })
            assert.is_nil(ok)
            assert.equal("unsupported", err.code)
            assert.equal("no such thing here", err.message)
            assert.is_false(store:in_transaction())
        end
    end)

    it("set_config, to a heal in a transaction", function()
        local url = pg.url(true)
        local line <close> = relay.start { port = pg.port(url),
            postgres = true,
            refuse = { { text = "set_config", code = "0A000" } } }
        local store <close> = open(pg.url_with(url, { port = line.port }))
        assert(store:transaction(function()
            assert(store:insert(OLD, { id = "a" }))
            return store:insert(NEW, { id = "b", note = "n" })
        end))
        assert.equal(2, #store:query("SELECT id FROM events"))
    end)

    it("savepoints: transactions go without from the second on", function()
        local url = pg.url(true)
        local line <close> = relay.start { port = pg.port(url),
            postgres = true,
            refuse = { { text = "^SAVEPOINT", code = "0A000" } } }
        local store <close> = open(pg.url_with(url, { port = line.port }))
        assert(store:ensure(NEW))
        local function put(schema)
            return store:transaction(function()
                local ok, err = store:insert(NEW, { id = "a" })
                if not ok then return nil, err end
                return store:insert(schema, { id = "b" })
            end)
        end
        local ok, err = put(NEW)
        assert.is_nil(ok)
        assert.equal("unsupported", err.code)
        assert(put(NEW))
        -- with none to go back to, what is missing ends the transaction
        ok, err = put({ table = "others", columns = OLD.columns })
        assert.is_nil(ok)
        assert.equal("no_table", err.code)
        assert.equal(2, #store:query("SELECT id FROM events"))
    end)
end)

describe("a sync to a database that refuses", function()
    for what, refuse in pairs {
        ["lock_timeout"] = { { text = "lock_timeout", code = "0A000" } },
        ["an index in a transaction"] = {
            { text = "^CREATE UNIQUE", tx = true, code = "0A000" } },
        ["any index, and advisory locks"] = {
            { text = "^CREATE UNIQUE", code = "42501" },
            { text = "pg_advisory", code = "0A000" } },
    } do
        it(what, function()
            local url = pg.url(true)
            local line <close> = relay.start { port = pg.port(url),
                postgres = true, refuse = refuse }
            local m = machine.new { workspace = "hive",
                remote = pg.url_with(url, { port = line.port }) }
            for run = 1, 2 do
                m:events(20, 3)
                local result = assert(m:sync {})
                assert.is_nil(result.error)
                assert.equal(20, result.push.sent)
                assert.equal(20 * run .. "", pg.psql(
                    "SELECT count(*) FROM hive.sessions", url))
            end
        end)
    end
end)

describe("a PostgreSQL", function()
    it("that grants nobody its advisory locks still heals", function()
        local url = pg.url(true)
        local role = "plain_" .. sys.uuid():gsub("-", "")
        pg.psql(([[CREATE ROLE %s LOGIN PASSWORD 'x';
            CREATE SCHEMA hive AUTHORIZATION %s;
            REVOKE EXECUTE ON FUNCTION pg_advisory_xact_lock(int, int)
                FROM PUBLIC;]]):format(role, role), url)
        local store <close> = open(
            pg.url_with(url, { user = role, password = "x" }), "hive")
        local statements = pg.log_statements(url)
        heals(store)
        local locks, waits = 0, 0
        for _, text in ipairs(statements()) do
            -- what goes before the lock; a call that may not be is not logged
            locks = locks + (text:find("'10s'", 1, true) and 1 or 0)
            waits = waits + (text:find("250ms", 1, true) and 1 or 0)
        end
        assert.equal(1, locks) -- it was not asked again
        assert.is_true(waits > 4) -- and nobody waits long for a table
    end)

    it("that refuses a change tells why", function()
        local url = pg.url(true)
        local role = "guest_" .. sys.uuid():gsub("-", "")
        local owner <close> = open(url, "hive")
        assert(owner:ensure(OLD))
        pg.psql(([[CREATE ROLE %s LOGIN PASSWORD 'x';
            GRANT USAGE ON SCHEMA hive TO %s;
            GRANT ALL ON hive.events TO %s]]):format(role, role, role), url)
        local guest <close> = open(
            pg.url_with(url, { user = role, password = "x" }), "hive")
        local statements = pg.log_statements(url)
        local ok, err = guest:insert(NEW, { id = "b", note = "n" })
        assert.is_nil(ok)
        assert.equal("denied", err.code)
        local alters = 0
        for _, text in ipairs(statements()) do
            alters = alters + (text:find("ALTER", 1, true) and 1 or 0)
        end
        assert.equal(1, alters)
    end)
end)
