local json = require "propolis.json"
local run = require "run"
local tmp = require "tmp"

describe("propolis query", function()
    local home, url

    local function query(args, stdin)
        return run({ "query", "--store", url, table.unpack(args) },
            { home = home, stdin = stdin })
    end

    before_each(function()
        home = tmp.dir()
        url = "sqlite:" .. home .. "/q.db"
        local r = run({ "heal", "--store", url, "skills" }, { home = home })
        assert.equal(0, r.code, r.stderr)
        r = query { "--write", [[
            INSERT INTO skills (id, name, body, version) VALUES
            ('1', 'one', 'a "b", c', 3), ('2', 'two
lines', '', 40)]] }
        assert.same({ 0, "", "" }, { r.code, r.stdout, r.stderr })
    end)
    after_each(tmp.clean)

    local SELECT = "SELECT version, name, body, NULL AS absent FROM skills"
        .. " ORDER BY id"

    it("prints an aligned table, columns in the order asked for", function()
        assert.equal(table.concat({
            "version  name        body      absent",
            "-------  ----------  --------  ------",
            '      3  one         a "b", c    NULL',
            "     40  two\\nlines              NULL",
        }, "\n") .. "\n", query({ SELECT }).stdout)
    end)

    it("prints JSON with the same keys in every row", function()
        assert.equal('[{"version":3,"name":"one","body":"a \\"b\\", c",'
            .. '"absent":null},{"version":40,"name":"two\\nlines",'
            .. '"body":"","absent":null}]\n',
            query({ "--json", SELECT }).stdout)
        assert.equal("[]\n",
            query({ "--json", "SELECT 1 FROM skills WHERE 0" }).stdout)
    end)

    it("prints CSV", function()
        assert.equal('version,name,body,absent\r\n3,one,"a ""b"", c",\r\n'
            .. '40,"two\nlines","",\r\n', query({ "--csv", SELECT }).stdout)
    end)

    it("prints a line per column", function()
        assert.equal(table.concat({
            "version = 3", "   name = one", "   body = a \"b\", c",
            " absent = NULL", "", "version = 40", "   name = two\\nlines",
            "   body = ", " absent = NULL", "",
        }, "\n"), query({ "--line", SELECT }).stdout)
        assert.equal("", query({ "--line",
            "SELECT 1 FROM skills WHERE 0" }).stdout)
    end)

    -- Statements of many rows, on SQLite and on PostgreSQL.
    local function numbers(last, columns)
        return ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
            .. "FROM n WHERE i < %d) SELECT %s FROM n"):format(last, columns)
    end

    it("takes the widths from the first rows and loses nothing", function()
        local lines = {}
        local out = query({ numbers(102, "i, CASE i WHEN 3 THEN 'abc' "
            .. "WHEN 101 THEN 'abcdef' ELSE 'x' END AS t, 'e' AS e") }).stdout
        for line in out:gmatch("[^\n]+") do lines[#lines + 1] = line end
        assert.same({ "  i  t    e", "---  ---  -", "  1  x    e" },
            table.move(lines, 1, 3, 1, {}))
        assert.same({ "100  x    e", "101  abcdef  e", "102  x    e" },
            table.move(lines, 102, 104, 1, {}))
        local cell = ("y"):rep(100000)
        assert.equal("t" .. (" "):rep(99) .. "  e\n" .. ("-"):rep(100)
            .. "  -\n" .. cell .. "  e\n", query({ "-" }, ("SELECT '%s' AS t, "
                .. "'e' AS e"):format(cell)).stdout)
    end)

    it("lets a wider cell on a terminal take what is free", function()
        local program = assert(require("engine.sys").readlink "/proc/self/exe")
        tmp.write(home .. "/q.sql", numbers(101, "CASE i WHEN 1 THEN 'abcd' "
            .. "WHEN 101 THEN '0123456789abcdefghijklmnopqrstuvwxyz' "
            .. "ELSE 'x' END AS t, 'end' AS e"))
        local r = run({ "-e", ([[print((require "engine.sys".run({ "script",
            "-qec", "stty cols 30; %s query --store %s - <%s/q.sql",
            "/dev/null" }, { stdin = "" })).stdout)]]):format(program, url,
            home) }, { home = home, env = { TERM = "dumb" } })
        assert.truthy(r.stdout:find("\r\nabcd  end\r\nx     end\r\n", 1, true),
            r.stdout .. r.stderr)
        assert.truthy(r.stdout:find("\r\n0123456789abcdefghijklmn\u{2026}  end"
            .. "\r\n", 1, true), r.stdout)
    end)

    it("changes nothing without --write", function()
        local function unchanged(sql)
            local r = query { sql }
            assert.same({ 1, "" }, { r.code, r.stdout }, sql)
            assert.matches("^propolis: [^\n]*%-%-write[^\n]*\n$", r.stderr)
        end
        for _, sql in ipairs {
            "DELETE FROM skills", "CREATE TABLE t (a)", "DROP TABLE skills",
            "WITH x AS (SELECT 1) DELETE FROM skills",
            "ATTACH '" .. home .. "/new.db' AS n", "PRAGMA user_version = 3",
            "VACUUM INTO '" .. home .. "/copy.db'", "VACUUM",
        } do
            unchanged(sql)
        end
        assert.matches("\n +2\n$", query({ "SELECT count(*) FROM skills" })
            .stdout)
        local sys = require "engine.sys"
        assert.is_nil((sys.stat(home .. "/new.db")))
        assert.is_nil((sys.stat(home .. "/copy.db")))
    end)

    it("changes nothing on PostgreSQL without --write", function()
        local database = require("postgres").url()
        local function ask(...)
            return run({ "query", "--csv", "--store", database, ... },
                { home = home })
        end
        local name = "read_only_" .. require("engine.sys").pid()
        assert.equal(0, ask("--write", "CREATE TABLE " .. name .. " (a int)")
            .code)
        for _, sql in ipairs {
            "INSERT INTO %s VALUES (1)", "DROP TABLE %s",
            "WITH x AS (INSERT INTO %s VALUES (1) RETURNING a) SELECT a FROM x",
            "SELECT 1 INTO %s_2",
            "DO $$ BEGIN INSERT INTO %s VALUES (1); END $$",
        } do
            local r = ask((sql:format(name)))
            assert.same({ 1, "" }, { r.code, r.stdout }, sql)
            assert.matches("--write", r.stderr, 1, true)
        end
        for _, sql in ipairs {
            "DO $$ BEGIN COMMIT; INSERT INTO %s VALUES (1); END $$",
            "DO $$ BEGIN SET TRANSACTION READ WRITE;"
                .. " INSERT INTO %s VALUES (1); END $$",
        } do
            assert.equal(1, ask((sql:format(name))).code, sql)
        end
        assert.equal("count\r\n0\r\n",
            ask("SELECT count(*) FROM " .. name).stdout)
        assert.equal(0, ask("--write", "DROP TABLE " .. name).code)
    end)

    it("reads a store whose log was left by a killed writer", function()
        local r = run({ "-e", ([[
            local s = assert(require("propolis").open("%s"))
            assert(s:exec("DELETE FROM skills WHERE id = '1'"))
            require("engine.sys").run { "sh", "-c", "kill -9 $PPID" }
        ]]):format(url) }, { home = home })
        assert.equal(9, r.signal)
        assert(os.remove(home .. "/q.db-shm"))
        assert.matches("\n +1\n$", query({ "SELECT count(*) FROM skills" })
            .stdout)
    end)

    it("reads the statement from stdin", function()
        assert.equal('[{"x":7}]\n',
            query({ "--json", "-" }, "SELECT 3 + 4 AS x;\n").stdout)
    end)

    it("keeps JSON valid whatever bytes come", function()
        local r = query { "--json", "SELECT CAST(x'ff61c3' AS TEXT) AS t,"
            .. " 9223372036854775807 AS big" }
        assert.equal('[{"t":"\u{FFFD}a\u{FFFD}","big":9223372036854775807}]\n',
            r.stdout)
        assert.matches("\\xffa\\xc3",
            query({ "SELECT CAST(x'ff61c3' AS TEXT) AS t" }).stdout)
    end)

    it("fails with one sentence on stderr and nothing on stdout", function()
        for want, sql in pairs {
            ["no such table: nope"] = "SELECT * FROM nope",
            ["syntax error"] = "SELEC 1",
            ["one statement"] = "SELECT 1; SELECT 2",
        } do
            local r = query { sql }
            assert.equal(1, r.code)
            assert.equal("", r.stdout)
            assert.matches("^propolis: [^\n]+\n$", r.stderr)
            assert.truthy(r.stderr:find(want, 1, true), r.stderr)
        end
    end)

    it("refuses a wrong call", function()
        for want, args in pairs {
            ["the SQL is missing"] = {},
            ["--json or --csv"] = { "--json", "--csv", "SELECT 1" },
            ["one argument too many"] = { "SELECT", "1" },
        } do
            local r = query(args)
            assert.equal(64, r.code)
            assert.truthy(r.stderr:find(want, 1, true), r.stderr)
        end
        assert.equal(64, query({ "-" }, " \n").code)
    end)

    it("makes no store where there is none", function()
        local sys = require "engine.sys"
        local other = home .. "/other.db"
        local r = run({ "query", "--store", "sqlite:" .. other, "SELECT 1" },
            { home = home })
        assert.equal(1, r.code)
        assert.equal("propolis: there is no store at " .. other .. "\n",
            r.stderr)
        assert.is_nil((sys.stat(other)))

        r = run({ "query", "SELECT 1" }, { home = home })
        assert.equal(1, r.code)
        assert.matches("'propolis heal' makes it", r.stderr)
        assert.is_nil((sys.stat(home .. "/data")))
    end)

    it("works on the local store, the remote, or what is named", function()
        assert.equal(0, run({ "heal" }, { home = home }).code)
        local count = "SELECT count(*) AS n FROM skills"
        local function n(...)
            local r = run({ "query", "--json", count, ... },
                { home = home, env = { PROPOLIS_STORE = url } })
            assert.equal(0, r.code, r.stderr)
            return json.decode(r.stdout)[1].n
        end
        assert.equal(0, n())
        assert.equal(2, n("--remote"))
        assert.equal(2, n("--store", url))

        local r = run({ "query", "--remote", count }, { home = home })
        assert.equal(1, r.code)
        assert.matches("there is no remote store", r.stderr)
        r = run({ "query", "--remote", "--store", url, count },
            { home = home })
        assert.equal(1, r.code)
        assert.matches("not both", r.stderr)
        r = run({ "query", "--store", "gopher://u:secret@x", count },
            { home = home })
        assert.equal(1, r.code)
        assert.matches("cannot open 'gopher:", r.stderr)
        assert.is_nil(r.stderr:find("secret", 1, true))
    end)

    it("prints each column's own value, also under equal names", function()
        local double <close> = require("httpdouble").start {
            dir = tmp.dir(), token = "t", org = "o",
        }
        local env = { HIVEMIND_API_URL = double.url, HIVEMIND_TOKEN = "t",
            HIVEMIND_ORG_ID = "o" }
        for _, place in ipairs { "sqlite::memory:", "deeplake:" } do
            for option, want in pairs { ["--csv"] = "a,a_2\r\n1,2\r\n",
                ["--json"] = '[{"a":1,"a_2":2}]\n' } do
                local r = run({ "query", "--store", place, option,
                    "SELECT 1 AS a, 2 AS a" }, { home = home, env = env })
                assert.same({ 0, want }, { r.code, r.stdout }, r.stderr)
            end
            local r = run({ "query", "--store", place,
                "SELECT 1 AS a, 2 AS a" }, { home = home, env = env })
            assert.matches("a  a_2\n[- ]+\n *1 +2\n", r.stdout)
        end
    end)

    it("shows the rows of a service in the statement's order", function()
        local double <close> = require("httpdouble").start {
            dir = tmp.dir(), token = "t", org = "o",
        }
        local env = { HIVEMIND_API_URL = double.url, HIVEMIND_TOKEN = "t",
            HIVEMIND_ORG_ID = "o" }
        local function ask(...)
            return run({ "query", "--store", "deeplake:", ... },
                { home = home, env = env })
        end

        local r = ask("--csv", "SELECT 2 AS b, 1 AS a, 'x' AS c")
        assert.equal(0, r.code, r.stderr)
        assert.equal("b,a,c\r\n2,1,x\r\n", r.stdout)
        for _, sql in ipairs { "DELETE FROM t", "SELECT 1 AS a INTO t",
            "WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x" } do
            r = ask(sql)
            assert.same({ 1, "" }, { r.code, r.stdout })
            assert.matches("--write", r.stderr, 1, true)
        end
        r = ask("SELECT 1 AS a WHERE 1 = 0")
        assert.same({ 0, "a\n-\n" }, { r.code, r.stdout }, r.stderr)
    end)
end)
