local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("propolis heal", function()
    local home, url

    local function heal(...)
        return run({ "heal", ... }, { home = home })
    end

    local function query(sql)
        local r = run({ "query", "--write", "--json", "--store", url, sql },
            { home = home })
        assert.equal(0, r.code, r.stderr)
        return json.decode(r.stdout)
    end

    before_each(function()
        home = tmp.dir()
        url = "sqlite:" .. home .. "/data/local@default.db"
    end)
    after_each(tmp.clean)

    it("creates what is absent, then finds nothing to do", function()
        local r = heal()
        assert.equal(0, r.code, r.stderr)
        assert.equal("memory    created\nsessions  created; made 1 index\n"
            .. "skills    created; made 1 index\n", r.stdout)
        assert.equal(tonumber("600", 8),
            sys.stat(home .. "/data/local@default.db").mode & 511)
        assert.equal(tonumber("700", 8), sys.stat(home .. "/data").mode & 511)
        assert.equal("memory    nothing to do\nsessions  nothing to do\n"
            .. "skills    nothing to do\n", heal().stdout)
    end)

    it("adds columns to an old table and keeps its rows", function()
        heal()
        query "ALTER TABLE memory DROP COLUMN agent"
        query "ALTER TABLE memory DROP COLUMN plugin_version"
        query "INSERT INTO memory (id) VALUES ('old')"
        local r = heal("memory")
        assert.equal("memory  added agent, plugin_version\n", r.stdout)
        assert.same({ { id = "old", agent = "", plugin_version = "" } },
            query "SELECT id, agent, plugin_version FROM memory")
    end)

    it("plans without touching anything", function()
        local r = heal("--plan")
        assert.equal(2, r.code)
        assert.matches('^%-%- memory: is to be created\nCREATE TABLE IF NOT'
            .. ' EXISTS "memory" ', r.stdout)
        assert.is_nil((sys.stat(home .. "/data")))
        assert.is_nil((sys.stat(home .. "/state")))

        heal()
        assert.equal(0, heal("--plan").code)
        query "ALTER TABLE memory DROP COLUMN agent"
        r = heal("--plan", "memory")
        assert.equal(2, r.code)
        assert.equal('-- memory: 1 statement to run\nALTER TABLE "memory" ADD'
            .. ' COLUMN "agent" TEXT NOT NULL DEFAULT \'\';\n', r.stdout)
        assert.same({ code = 2, stdout = r.stdout },
            (function(again)
                return { code = again.code, stdout = again.stdout }
            end)(heal("--plan", "memory")))
    end)

    it("prints a plan that is an SQL script", function()
        local script = heal("--plan").stdout
        local store = assert(require("propolis").open("sqlite::memory:"))
        for line in script:gmatch("[^\n]+") do
            if not line:find("^%-%-") then
                assert(store:exec(line))
            end
        end
        assert.same({}, store:plan().statements)
        store:close()
    end)

    it("reports drift and leaves it alone", function()
        heal()
        query 'ALTER TABLE memory ADD COLUMN "newer" INT'
        local r = heal("--plan", "memory")
        assert.equal(0, r.code)
        assert.equal("-- memory: nothing to do\n-- column newer (INT) is not"
            .. " in the schema\n-- keep it: it belongs to a newer version, or"
            .. " append it to the schema\n", r.stdout)
        r = heal("memory")
        assert.equal(0, r.code)
        assert.equal("memory  nothing to do\n        differs: column newer"
            .. " (INT) is not in the schema\n", r.stdout)
        assert.matches("1 difference left alone", r.stderr)
    end)

    it("lets no name in a catalogue out of a comment", function()
        heal()
        query 'ALTER TABLE memory ADD COLUMN "x\nDROP TABLE memory;" INT'
        for line in heal("--plan").stdout:gmatch("[^\n]+") do
            assert.equal("--", line:sub(1, 2))
        end
    end)

    it("prints one JSON document", function()
        local plan = json.decode(heal("--plan", "--json").stdout)
        assert.is_true(plan.pending)
        assert.equal(url, plan.store)
        assert.equal("sqlite", plan.dialect)
        assert.equal(3, #plan.tables)
        assert.is_false(plan.tables[1].present)
        assert.matches("^CREATE TABLE", plan.tables[1].statements[1])

        local first = json.decode(heal("--json").stdout)
        assert.is_true(first.tables[1].created)
        query "ALTER TABLE memory DROP COLUMN agent"
        query "ALTER TABLE memory ADD COLUMN x INT"
        assert.equal('{"store":"' .. url .. '","dialect":"sqlite","tables":'
            .. '[{"table":"memory","created":false,"missing":["agent"],'
            .. '"added":["agent"],"indexed":0,"index_error":null,"drift":'
            .. '[{"column":"x","kind":"unknown","have":"INT","want":"",'
            .. '"sql":"-- keep it: it belongs to a newer version, or append it'
            .. ' to the schema"}]}],"errors":[]}\n',
            heal("--json", "memory").stdout)
        plan = json.decode(heal("--plan", "--json").stdout)
        assert.is_false(plan.pending)
        assert.is_true(json.is_array(plan.tables[1].statements))
    end)

    it("journals what it did, and nothing else", function()
        assert.equal("[]\n", heal("--log", "--json").stdout)
        heal()
        heal()
        query "ALTER TABLE skills DROP COLUMN body"
        heal()
        local log = json.decode(heal("--log", "--json").stdout)
        assert.equal(4, #log)
        assert.equal("skills", log[4].table)
        assert.same({ "body" }, log[4].added)
        assert.is_false(log[4].created)
        assert.equal(url, log[4].store)
        assert.equal(sys.version, log[4].version)
        local text = heal("--log").stdout
        assert.matches("^when +table +done +version +host +pid +store\n", text)
        assert.matches("skills +added body", text)
        assert.equal(64, heal("--log", "memory").code)
    end)

    it("names the tables there are when a word is none", function()
        local r = heal("memories")
        assert.equal(64, r.code)
        assert.equal("propolis heal: there is no table 'memories': there are"
            .. " memory, sessions, skills; try 'propolis heal -h'\n", r.stderr)
        assert.is_nil((sys.stat(home .. "/data")))
    end)

    it("heals a table of the user's own, and the rest when one is broken",
        function()
            local folder = home .. "/config/schemas/"
            tmp.write(folder .. "notes.lua", [[return { table = "notes",
                columns = { { "id", "text", default = "" } } }]])
            tmp.write(folder .. "bad.lua", [[return { table = "bad",
                columns = { { "id", "txt" } } }]])
            local r = heal()
            assert.equal(1, r.code)
            assert.matches("\nnotes +created\n", r.stdout)
            assert.matches("skills +created", r.stdout)
            assert.truthy(r.stderr:find(folder .. "bad.lua", 1, true))
            assert.equal(0, heal("notes").code)
            r = heal("--json")
            assert.equal(1, r.code)
            assert.matches("bad.lua", json.decode(r.stdout).errors[1])
            r = heal("bad")
            assert.equal(1, r.code)
            assert.matches("bad.lua", r.stderr)
        end)

    it("says which store it could not heal", function()
        local path = tmp.write(home .. "/no.db", ("not a database\n"):rep(99))
        local r = heal("--store", "sqlite:" .. path)
        assert.equal(1, r.code)
        assert.equal("", r.stdout)
        assert.matches("^propolis: [^\n]+\n$", r.stderr)
        assert.truthy(r.stderr:find("not a database", 1, true), r.stderr)
        assert.equal(1, heal("--store", "sqlite:/no/such/folder/x.db").code)
        tmp.write(home .. "/credentials.json", "{")
        r = heal()
        assert.equal(1, r.code)
        assert.truthy(r.stderr:find(home .. "/credentials.json", 1, true))
        assert.equal(0, heal("--store", "sqlite:" .. home .. "/ok.db").code)
    end)
end)

describe("propolis heal on PostgreSQL", function()
    local pg = require "postgres"
    local home, url

    before_each(function()
        home = tmp.dir()
        url = pg.url(true)
    end)
    after_each(tmp.clean)

    local function heal(...)
        return run({ "heal", "--store", url, ... }, { home = home })
    end

    it("asks a healthy store once", function()
        assert.equal(0, heal().code)
        local statements = pg.log_statements(url)
        local r = heal()
        assert.equal(0, r.code)
        assert.matches("^memory +nothing to do\n", r.stdout)
        assert.equal(1, #statements())
    end)

    it("adds columns, says what a person would run, hides the password",
        function()
            heal()
            pg.psql([[ALTER TABLE memory DROP COLUMN agent;
                ALTER TABLE memory ALTER COLUMN path TYPE varchar(9)]], url)
            local plan = heal("--plan", "memory")
            assert.equal(2, plan.code)
            assert.matches('ALTER TABLE "memory" ADD COLUMN[^\n]*agent',
                plan.stdout)
            assert.matches('\n%-%- by hand: ALTER TABLE "memory" ALTER COLUMN'
                .. ' "path" TYPE TEXT\n', plan.stdout)
            local r = heal("--json", "memory")
            assert.equal(0, r.code, r.stderr)
            local t = json.decode(r.stdout)
            assert.equal("postgres", t.dialect)
            assert.same({ "agent" }, t.tables[1].added)
            assert.equal("type", t.tables[1].drift[1].kind)
            local password = url:match("://[^:]*:([^@]*)@")
            for _, text in ipairs { r.stdout, plan.stdout,
                run({ "heal", "--log" }, { home = home }).stdout } do
                assert.is_nil(text:find(password, 1, true))
            end
        end)
end)
