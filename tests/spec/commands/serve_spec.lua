local eventually = require "eventually"
local json = require "propolis.json"
local pg = require "postgres"
local run = require "run"
local serving = require "serving"
local sys = require "engine.sys"
local tmp = require "tmp"

local MODE = tonumber("600", 8)

describe("propolis serve", function()
    local s, db, token, reader, other

    setup(function()
        db = pg.url(true)
        s = serving.start { home = tmp.dir(), db = db,
            args = { "--threads", "2" } }
        token = s:token("alice", "--workspace", "a", "--workspace", "a2")
        reader = s:token("rita", "--workspace", "a", "--read")
        other = s:token("bob", "--workspace", "b", "--org", "team")
    end)
    teardown(function()
        assert.equal(0, s:stop())
        local said = s:stderr()
        for _, expected in ipairs {
            "nobody has a token yet", "serve_tokens.json: invalid JSON",
            "password authentication failed", ": 50%d ",
        } do
            said = said:gsub("[^\n]*" .. expected .. "[^\n]*\n", "")
        end
        assert.equal("", said)
        tmp.clean()
    end)

    local function query(sql)
        return s:query(token, "a", sql)
    end

    -- The one value of a query that must succeed.
    local function value(sql)
        local answer = query(sql)
        assert.equal(200, answer.status, answer.body)
        return answer.doc.rows[1][1]
    end

    describe("answers", function()
        it("in the shape that clients read", function()
            local r = query("SELECT 1 AS one, 'x' AS two UNION SELECT 2, NULL "
                .. "ORDER BY one")
            assert.equal(200, r.status, r.body)
            assert.equal("application/json", r.headers["content-type"])
            assert.equal('{"columns":["one","two"],"rows":[[1,"x"],[2,null]],'
                .. '"row_count":2}', r.body)
        end)

        it("with nothing for statements that have no rows", function()
            for _, sql in ipairs {
                "CREATE TABLE shape (n bigint)",
                "CREATE TABLE IF NOT EXISTS shape (n bigint)",
                "DROP TABLE shape",
                "SELECT 1 WHERE false",
            } do
                local r = query(sql)
                assert.equal(200, r.status, r.body)
                assert.equal(0, #r.doc.rows)
                assert.equal(0, r.doc.row_count)
            end
        end)

        it("with the count of rows that were written", function()
            query("CREATE TABLE counted (n bigint)")
            assert.equal(3, query("INSERT INTO counted VALUES (1), (2), (3)")
                .doc.row_count)
            assert.equal(2, query("UPDATE counted SET n = 9 WHERE n > 1")
                .doc.row_count)
            assert.equal(3, query("DELETE FROM counted").doc.row_count)
        end)

        it("with JSON's own types", function()
            local r = query([[SELECT 9007199254740993 AS big, 1.5::float8,
                'NaN'::float4, '-Infinity'::float8, true, NULL,
                '{"a":[1,{"b":null}]}'::jsonb, '[]'::json,
                ARRAY[1, 2.5, NULL]::float4[], ARRAY['a,b', '"\', 'NULL', NULL],
                '{}'::bigint[], '{{1,2},{3,4}}'::int[], 12.50::numeric,
                E'\x01 "quoted" \\ \n é', '2026-01-02'::date]])
            assert.equal(200, r.status, r.body)
            assert.equal('[[9007199254740993,1.5,null,null,true,null,'
                .. '{"a": [1, {"b": null}]},[],[1,2.5,null],'
                .. '["a,b","\\"\\\\","NULL",null],[],[[1,2],[3,4]],12.50,'
                .. '"\\u0001 \\"quoted\\" \\\\ \\n é","2026-01-02"]]',
                r.body:match('"rows":(.*),"row_count"'))
            assert.equal(9007199254740993, r.doc.rows[1][1])
        end)

        it("a list of tables", function()
            query("CREATE TABLE zebra (n bigint)")
            local r = s:get("/workspaces/a/tables", token)
            assert.equal(200, r.status)
            local found = {}
            for _, t in ipairs(r.doc.tables) do
                found[t.table_name] = true
            end
            assert.truthy(found.zebra)
            assert.equal('{"tables":[]}',
                s:get("/workspaces/a2/tables", token).body)
        end)

        it("who the token is", function()
            assert.equal("alice", s:get("/me", token).doc.name)
            assert.equal('[{"id":"team","name":"team"}]',
                s:get("/organizations", token).body)
            assert.equal('{"data":[{"id":"a","name":"a"},'
                .. '{"id":"a2","name":"a2"}]}',
                s:get("/workspaces", token).body)
            assert.equal('{"status":"ok"}', s:get("/health").body)
        end)

        it("the look of a heal by the workspace's name", function()
            query("CREATE TABLE healed (id text, n bigint)")
            local r = query("SELECT column_name FROM "
                .. "information_schema.columns "
                .. "WHERE table_name = 'healed' AND table_schema = 'a'")
            assert.same({ { "id" }, { "n" } }, r.doc.rows)
        end)
    end)

    describe("refuses", function()
        it("paths and methods it does not know", function()
            assert.equal(404, s:get("/", token).status)
            assert.equal(404, s:get("/workspaces/a/tables/x", token).status)
            assert.equal(404, s:get("/workspaces//tables", token).status)
            assert.equal(404, s:get("/workspaces/" .. ("x"):rep(64)
                .. "/tables", token).status)
            assert.equal(405, s:get("/workspaces/a/tables/query", token)
                .status)
            assert.equal('{"error":"not found","code":"0A000"}',
                s:get("/etc/passwd").body)
        end)

        it("who is not known, and organizations that do not fit", function()
            assert.equal(401, s:get("/me").status)
            assert.equal(401, s:get("/me", token .. "0").status)
            assert.equal(401, s:get("/me", token:gsub(".$", function(c)
                return c == "0" and "1" or "0"
            end)).status)
            assert.equal("Bearer", s:get("/me").headers["www-authenticate"])
            local request = s:asking(token, "a", "SELECT 1")
            request.headers["X-Activeloop-Org-Id"] = "others"
            assert.equal(403, s:send(request).status)
            request.headers["X-Activeloop-Org-Id"] = nil
            assert.equal(403, s:send(request).status)
        end)

        it("workspaces of others, whether they are there or not", function()
            assert.equal(403, s:query(token, "b", "SELECT 1").status)
            assert.equal(403, s:query(token, "nowhere", "SELECT 1").status)
            assert.equal(403, s:get("/workspaces/b/tables", token).status)
        end)

        it("broken requests", function()
            for _, body in ipairs {
                "", "{", "null", "[]", '"x"', "{}", '{"query":1}',
                '{"query":null}', '{"query":"SELECT 1"} x',
                '{"query":"\\u0000"}', '{"query":"\xff"}',
                '{"query":"' , ("["):rep(100000),
            } do
                local request = s:asking(token, "a", "")
                request.body = body
                local r = s:send(request)
                assert.equal(400, r.status, body:sub(1, 40))
                assert.equal("string", type(r.doc.error))
            end
            assert.equal(400, query("").status)
            assert.equal(400, query(" -- nothing\n").status)
        end)

        it("more than one statement", function()
            query("CREATE TABLE two (n bigint)")
            local r = query("SELECT 1; DROP TABLE two")
            assert.equal(400, r.status)
            assert.truthy(r.doc.error:find("multiple commands", 1, true))
            assert.equal(0, value("SELECT count(*) FROM two"))
            assert.equal(1, value("SELECT 1;"))
        end)
    end)

    it("words its errors as clients classify them", function()
        query("CREATE TABLE worded (id text PRIMARY KEY)")
        query("INSERT INTO worded VALUES ('x')")
        for sql, want in pairs {
            ["SELECT * FROM gone"] =
                { 400, "relation 'gone' does not exist" },
            ["INSERT INTO worded (nope) VALUES (1)"] =
                { 400, "column 'nope' of relation 'worded' does not exist" },
            ["SELECT nope FROM worded"] =
                { 400, "column 'nope' does not exist" },
            ["CREATE TABLE worded (id text)"] =
                { 500, "relation 'worded' already exists" },
            ["ALTER TABLE worded ADD COLUMN id text"] =
                { 500, "column 'id' of relation 'worded' already exists" },
            ["INSERT INTO worded VALUES ('x')"] =
                { 500, "duplicate key value violates unique constraint" },
            ["SELEC 1"] = { 403, "permission denied" },
            ["SELECT 1 +"] = { 400, "syntax error at end of input" },
            ["SELECT 1/0"] = { 400, "division by zero" },
        } do
            local r = query(sql)
            assert.equal(want[1], r.status, sql)
            assert.truthy(r.body:find(want[2], 1, true), r.body)
        end
    end)

    describe("gives every error a code", function()
        local refusal = require("propolis.stores.deeplake.response").refusal

        teardown(function()
            query 'DROP TABLE named'
            query 'DROP TABLE "does not exist"'
        end)

        -- What a client makes of a response, with its code and without.
        local function understood(r)
            local _, by_code = refusal({ status = r.status, body = r.body },
                false, token)
            local _, by_text = refusal({ status = r.status,
                body = r.body:gsub(',"code":"%w+"', "") }, false, token)
            return by_code.code, by_text.code
        end

        for sql, want in pairs {
            ['SELECT * FROM "a column"'] = { "42P01", "no_table" },
            ['SELECT * FROM "already exists"'] = { "42P01", "no_table" },
            ['SELECT "permission denied" FROM named'] =
                { "42703", "no_column" },
            ['INSERT INTO named ("already exists") VALUES (1)'] =
                { "42703", "no_column" },
            ['CREATE TABLE "does not exist" (id text)'] =
                { "42P07", "exists" },
            ["INSERT INTO named (id) VALUES ('x')"] = { "23505", "exists" },
            ['ALTER TABLE named ADD COLUMN "must be owner" text'] =
                { "42701", "exists" },
            ["SELECT 1 +"] = { "42601", "sql" },
        } do
            it("of the database, as its text means: " .. sql, function()
                query [[CREATE TABLE IF NOT EXISTS named
                    (id text PRIMARY KEY, "must be owner" text)]]
                query "INSERT INTO named (id) VALUES ('x')"
                query 'CREATE TABLE IF NOT EXISTS "does not exist" (id text)'
                local r = query(sql)
                assert.equal(want[1], r.doc.code, r.body)
                local by_code, by_text = understood(r)
                assert.equal(want[2], by_code)
                assert.equal(want[2], by_text, r.body)
            end)
        end

        it("of its own", function()
            local no_json = s:asking(token, "a", "")
            no_json.body = "no JSON"
            for code, want in pairs {
                ["28000"] = { "auth", s:get("/me") },
                ["0A000"] = { "unsupported", s:get("/nowhere", token) },
                ["42501"] = { "denied", query("COPY named TO STDOUT") },
                ["22023"] = { "sql", s:send(no_json) },
            } do
                assert.equal(code, want[2].doc.code, want[2].body)
                assert.equal(want[1], (understood(want[2])))
            end
        end)
    end)

    it("takes USING deeplake off tables, and only there", function()
        assert.equal(200, query('CREATE TABLE IF NOT EXISTS "lake" '
            .. "(id text DEFAULT ') USING deeplake') USING deeplake").status)
        assert.equal(200, query('CREATE INDEX IF NOT EXISTS idx_x ON "lake" '
            .. 'USING deeplake_index ("id")').status)
        assert.equal("x USING deeplake",
            value("SELECT 'x USING deeplake'"))
        query("INSERT INTO lake DEFAULT VALUES")
        assert.equal(") USING deeplake", value("SELECT id FROM lake"))
    end)

    describe("tokens", function()
        it("are kept as hashes, in files of the owner's", function()
            local folder = s.home .. "/config"
            for _, name in ipairs(sys.list(folder)) do
                assert.equal(MODE, sys.stat(folder .. "/" .. name).mode & 511,
                    name)
                assert.is_nil(sys.read(folder .. "/" .. name)
                    :find(token:sub(22), 1, true))
            end
            local r = s:command("token", "list", "--json")
            local list = json.decode(r.stdout)
            assert.equal("alice", list[1].name)
            assert.is_nil(list[1].hash)
        end)

        it("work at once and stop at once", function()
            for i = 1, 5 do
                local fresh = s:token("brief" .. i, "--workspace", "a")
                local r = s:query(fresh, "a", "SELECT 1")
                assert.equal(200, r.status, r.body)
                assert.equal(0, s:command("token", "revoke", "brief" .. i)
                    .code)
                assert.equal(401, s:query(fresh, "a", "SELECT 1").status)
            end
            local new = s:token("settler", "--workspace", "Neu.land-1")
            assert.equal(200, s:query(new, "Neu.land-1",
                "CREATE TABLE t (n bigint)").status)
            assert.equal(200, s:query(new, "Neu.land-1",
                'SELECT * FROM "Neu.land-1".t').status)
        end)

        it("let nobody in while their file is broken", function()
            local path = s.home .. "/config/serve_tokens.json"
            local good = assert(sys.read(path))
            sys.replace(path, good:sub(1, -20))
            assert.equal(503, s:get("/me", token).status)
            assert.equal(1, s:command("token", "list").code)
            sys.replace(path, good)
            assert.equal(200, s:get("/me", token).status)
        end)

        it("are refused with a sentence when they make no sense", function()
            for _, words in ipairs {
                { "add" }, { "add", "x" }, { "revoke" }, { "eat" }, {},
                { "add", "x", "--workspace", "pg_catalog" },
                { "add", "x", "--workspace", "public" },
                { "add", "x", "--workspace", 'a"b' },
                { "add", "x", "--workspace", "" },
            } do
                local r = s:command("token", table.unpack(words))
                assert.equal(64, r.code, table.concat(words, " "))
                assert.equal("", r.stdout)
            end
            assert.equal(1, s:command("token", "revoke", "nobody").code)
        end)
    end)

    it("lets a reader read and nothing else", function()
        query("CREATE TABLE shared (n bigint)")
        query("INSERT INTO shared VALUES (7)")
        assert.same({ { 7 } },
            s:query(reader, "a", "SELECT n FROM shared").doc.rows)
        assert.truthy(s:get("/workspaces/a/tables", reader).body
            :find('"shared"', 1, true))
        for _, sql in ipairs {
            "INSERT INTO shared VALUES (1)", "UPDATE shared SET n = 1",
            "DELETE FROM shared", "TRUNCATE shared", "DROP TABLE shared",
            "ALTER TABLE shared ADD COLUMN x text",
            "CREATE TABLE mine (n bigint)", "CREATE INDEX ON shared (n)",
            "WITH x AS (DELETE FROM shared RETURNING n) SELECT * FROM x",
            "SELECT n FROM shared FOR UPDATE", "SELECT 1 INTO mine",
            "CREATE VIEW v AS SELECT * FROM shared",
        } do
            local r = s:query(reader, "a", sql)
            assert.equal(403, r.status, sql .. ": " .. r.body)
        end
        assert.equal(1, value("SELECT count(*) FROM shared WHERE n = 7"))
    end)

    describe("keeps workspaces apart", function()
        local SECRET = "the bees are in the attic"

        setup(function()
            assert.equal(200, s:query(other, "b",
                "CREATE TABLE hive_of_b (t text)").status)
            s:query(other, "b", ("INSERT INTO hive_of_b VALUES ('%s')")
                :format(SECRET))
        end)

        local function unharmed()
            local r = s:query(other, "b", "SELECT * FROM hive_of_b")
            assert.same({ columns = { "t" }, rows = { { SECRET } },
                row_count = 1 }, r.doc)
        end

        -- Whatever is asked, it is refused or tells nothing of the other's.
        local function in_vain(sql)
            local r = query(sql)
            assert.is_nil(r.body:find(SECRET, 1, true), sql)
            if not sql:find("hive_of_b", 1, true) then
                assert.is_nil(r.body:find("hive_of_b", 1, true), sql)
            end
            assert.truthy(r.status ~= 200 or r.doc.row_count == 0
                or not sql:find("b.hive_of_b", 1, true), sql)
            return r
        end

        it("from plain and quoted names", function()
            for _, sql in ipairs {
                "SELECT * FROM b.hive_of_b", 'SELECT * FROM "b"."hive_of_b"',
                'SELECT * FROM U&"\\0062".hive_of_b',
                "SELECT * FROM postgres.b.hive_of_b", "TABLE b.hive_of_b",
                "INSERT INTO b.hive_of_b VALUES ('x')",
                "UPDATE b.hive_of_b SET t = 'x'", "DELETE FROM b.hive_of_b",
                "TRUNCATE b.hive_of_b", "DROP TABLE b.hive_of_b",
                "ALTER TABLE b.hive_of_b ADD COLUMN x text",
                "CREATE TABLE b.mine (n bigint)",
                "CREATE INDEX ON b.hive_of_b (t)",
                "CREATE VIEW peep AS SELECT * FROM b.hive_of_b",
                "CREATE TABLE kid (LIKE b.hive_of_b)",
                "CREATE TABLE kid () INHERITS (b.hive_of_b)",
                "CREATE TABLE kid AS SELECT * FROM b.hive_of_b",
                "CREATE TABLE kid (t text REFERENCES b.hive_of_b (t))",
                "EXPLAIN ANALYZE SELECT * FROM b.hive_of_b",
                "ANALYZE b.hive_of_b", "COMMENT ON TABLE b.hive_of_b IS 'x'",
                "ALTER TABLE zebra SET SCHEMA b", "DROP SCHEMA b CASCADE",
            } do
                assert.is_not.equal(200, in_vain(sql).status, sql)
            end
            unharmed()
        end)

        it("from changes of role, session and search path", function()
            for _, sql in ipairs {
                "SET ROLE postgres", "RESET ROLE", "SET search_path = b",
                "SET SESSION AUTHORIZATION DEFAULT", "RESET ALL",
                "SET statement_timeout = 0", "DISCARD ALL",
                "SELECT set_config('search_path', 'b', false)",
                'SELECT "set_config"(\'role\', \'propolis\', false)',
                'SELECT pg_catalog."set_config"(\'role\', \'x\', false)',
                "BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK",
                "SAVEPOINT x", "PREPARE p AS SELECT 1", "EXECUTE p",
                "DEALLOCATE ALL", "DECLARE c CURSOR FOR SELECT 1",
                "LISTEN x", "NOTIFY x", "UNLISTEN *", "LOCK TABLE zebra",
                "ALTER ROLE CURRENT_USER PASSWORD 'x'",
                "ALTER ROLE CURRENT_USER SET search_path = b",
                "ALTER USER CURRENT_USER SUPERUSER", "CREATE ROLE x LOGIN",
                "GRANT ALL ON SCHEMA a TO PUBLIC", "REASSIGN OWNED BY x TO y",
                "CREATE SCHEMA mine", "ALTER SCHEMA a RENAME TO c",
                "ALTER SYSTEM SET work_mem = '1GB'", "LOAD 'x'",
                "CREATE EXTENSION dblink", "CHECKPOINT",
            } do
                assert.equal(403, in_vain(sql).status, sql)
            end
            assert.equal("a", value("SELECT current_schema()"))
        end)

        it("from functions, files, programs and locks", function()
            for _, sql in ipairs {
                "DO $$ BEGIN PERFORM 1; END $$", "CALL x()",
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY "
                    .. "DEFINER AS 'SELECT 1'",
                "COPY zebra FROM PROGRAM 'id'", "COPY zebra TO '/tmp/x'",
                "COPY zebra TO STDOUT", "COPY zebra FROM STDIN",
                "SELECT pg_read_file('/etc/passwd')", "SELECT pg_ls_dir('.')",
                "SELECT lo_import('/etc/passwd')", "SELECT lo_create(1)",
                "SELECT lo_from_bytea(0, 'x')", "SELECT loread(1, 1)",
                "SELECT dblink('x', 'y')", "SELECT pg_advisory_lock(1)",
                "SELECT pg_terminate_backend(1)", "SELECT pg_notify('a', 'b')",
                "SELECT query_to_xml('SELECT 1', true, true, '')",
                "CREATE TEMP TABLE t (n int)", "SELECT 1 INTO TEMP t",
                "CREATE TRIGGER x AFTER INSERT ON zebra EXECUTE FUNCTION f()",
                "CREATE RULE x AS ON INSERT TO zebra DO ALSO SELECT 1",
            } do
                assert.is_not.equal(200, in_vain(sql).status, sql)
            end
            unharmed()
        end)

        it("from the catalogues", function()
            for _, sql in ipairs {
                "SELECT relname FROM pg_class",
                "SELECT relname FROM pg_catalog.pg_class",
                'SELECT relname FROM "pg_class"',
                "SELECT i::oid::regclass FROM generate_series(1,99999) i",
                "SELECT i::oid::\"regclass\" FROM generate_series(1,99999) i",
                "SELECT CAST(1 AS/**/regtype)", "SELECT to_regclass('b.x')",
                "SELECT format_type(16400, 0)",
                "SELECT string_agg(table_name, ',') "
                    .. "FROM information_schema.tables",
                "SELECT string_agg(column_name, ',') "
                    .. "FROM information_schema.columns "
                    .. "WHERE table_schema = 'b'",
                "SELECT table_name FROM information_schema.views",
                "SELECT * FROM information_schema.table_privileges",
                "SELECT * FROM information_schema.element_types",
            } do
                in_vain(sql)
            end
            for _, t in ipairs(s:get("/workspaces/a/tables", token)
                .doc.tables) do
                assert.is_not.equal("hive_of_b", t.table_name)
            end
        end)

        -- The SQL filter is the second wall. These go past it, straight to the
        -- database, as the role itself.
        it("by rights of the role alone", function()
            local role = pg.psql("SELECT nspowner::regrole FROM pg_namespace "
                .. "WHERE nspname = 'a'", db)
            assert.truthy(role:find("^propolis_%x+_w$"))
            pg.psql(("ALTER ROLE %s PASSWORD 'known'"):format(role), db)
            local mine = pg.url_with(db, { user = role, password = "known" })
            assert.equal(role, pg.psql("SELECT session_user", mine))
            local admin = pg.psql("SELECT current_user", db)
            for _, sql in ipairs {
                "SELECT * FROM b.hive_of_b", "DROP TABLE b.hive_of_b",
                "CREATE TABLE b.mine (n int)", "DROP SCHEMA b CASCADE",
                "SET search_path = b; SELECT * FROM hive_of_b",
                "SET ROLE " .. admin, "SET SESSION AUTHORIZATION " .. admin,
                "ALTER ROLE " .. role .. " SUPERUSER",
                "ALTER ROLE " .. role .. " CREATEROLE", "CREATE ROLE x",
                "GRANT " .. admin .. " TO " .. role,
                "GRANT USAGE ON SCHEMA b TO " .. role,
                "COPY zebra FROM PROGRAM 'id'", "COPY zebra TO '/tmp/x'",
                "SELECT pg_read_file('/etc/passwd')",
                "SELECT lo_import('/etc/passwd')", "SELECT lo_create(0)",
                "SELECT set_config('role', '" .. admin .. "', false)",
                "SELECT set_config('work_mem', '1MB', false)",
                "SELECT pg_advisory_lock(1)", "SELECT pg_notify('a', 'b')",
                "CREATE TEMP TABLE t (n int)", "CREATE SCHEMA mine",
                "CREATE EXTENSION dblink", "CREATE EXTENSION hstore",
                "DO $$ BEGIN END $$", "CREATE TABLE public.x (n int)",
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS "
                    .. "'BEGIN RETURN 1; END'",
                "SELECT query_to_xml('SELECT 1', true, true, '')",
                "REASSIGN OWNED BY " .. admin .. " TO " .. role,
                "ALTER TABLE zebra OWNER TO " .. admin,
                "ALTER TABLE zebra SET SCHEMA b",
                "SELECT passwd FROM pg_shadow",
            } do
                assert.has_error(function() pg.psql(sql, mine) end, nil, sql)
            end
            local all = pg.psql("SELECT string_agg(table_schema || '.' || "
                .. "table_name, ' ') FROM information_schema.tables "
                .. "WHERE table_schema NOT IN ('pg_catalog', "
                .. "'information_schema')", mine)
            assert.is_nil((" " .. all):find(" [^a ]"), all)
            unharmed()
            -- A role that cannot log in any more is repaired, here at once.
            local kept = "SELECT rolpassword FROM pg_authid WHERE rolname = '"
            local broken = pg.psql(kept .. role .. "'", db)
            s:signal("HUP")
            eventually(function()
                return pg.psql(kept .. role .. "'", db) ~= broken
            end)
            assert.has_error(function() pg.psql("SELECT 1", mine) end)
            assert.equal(200, query("SELECT 1").status)
        end)
    end)

    it("takes over what direct clients made in the workspace", function()
        local before = pg.url(true)
        pg.psql("CREATE SCHEMA a; CREATE TABLE a.memory (id text); "
            .. "INSERT INTO a.memory VALUES ('old')", before)
        local second <close> = serving.start { home = tmp.dir(), db = before }
        local new = second:token("x", "--workspace", "a")
        local answer = second:query(new, "a", "SELECT id FROM memory")
        assert.equal('[["old"]]', answer.body:match('"rows":(.*),"row'))
        assert.equal(200, second:query(new, "a",
            "ALTER TABLE memory ADD COLUMN project text").status)
        pg.psql("INSERT INTO a.memory VALUES ('direct', 'p')", before)
        assert.equal(2, second:query(new, "a", "SELECT count(*) FROM memory")
            .doc.rows[1][1])
    end)

    it("serves for an administrator who is no superuser", function()
        local whole = pg.url(true)
        local name = whole:match("/([^/]*)$")
        pg.psql(([[CREATE ROLE "m%s" LOGIN CREATEROLE PASSWORD 'm';
            ALTER DATABASE "%s" OWNER TO "m%s"]]):format(name, name, name),
            whole)
        local statements = pg.log_statements(whole, "propolis serve")
        local second <close> = serving.start { home = tmp.dir(),
            db = pg.url_with(whole, { user = "m" .. name, password = "m" }) }
        local one = second:token("x", "--workspace", "a")
        local two = second:token("y", "--workspace", "b")
        local see = second:token("z", "--workspace", "a", "--read")
        assert.equal(200, second:query(one, "a",
            "CREATE TABLE t AS SELECT 5 AS n").status)
        assert.equal(200, second:query(see, "a", "SELECT n FROM t").status)
        assert.equal(403, second:query(see, "a", "DELETE FROM t").status)
        assert.equal(403, second:query(two, "b", "SELECT n FROM a.t").status)
        -- What could not be closed to it is swept away after each statement.
        assert.equal(4, eventually(function()
            local swept = 0
            for _, sql in ipairs(statements()) do
                swept = swept + (sql == "DISCARD ALL" and 1 or 0)
            end
            return swept >= 4 and swept
        end))
    end)

    it("takes many at once and answers each its own", function()
        local requests = {}
        for i = 1, 200 do
            requests[i] = s:asking(i % 2 == 0 and token or other,
                i % 2 == 0 and "a" or "b", ("SELECT %d"):format(i))
        end
        for i, r in ipairs(s.client:all(requests)) do
            assert.equal(200, r.status)
            assert.equal(i, json.decode(r.body).rows[1][1])
        end
    end)

    it("says how it is called", function()
        local r = run({ "serve", "-h" }, {})
        assert.equal(0, r.code)
        assert.truthy(r.stdout:find("^propolis serve token add"))
        local home = tmp.dir()
        assert.equal(64, run({ "serve" }, { home = home }).code)
        for _, words in ipairs {
            { "--listen", "nowhere" }, { "--listen", "1.2.3.4" },
            { "--port", "70000" }, { "--max-body", "9T" },
            { "--threads", "0" }, { "--statement-timeout", "soon" }, { "eat" },
        } do
            r = run({ "serve", "--db", db, table.unpack(words) },
                { home = home })
            assert.equal(64, r.code, table.concat(words, " "))
        end
        r = run({ "serve", "--db", "postgres://x:y@127.0.0.1:1/z" },
            { home = home })
        assert.equal(1, r.code)
        assert.is_nil(r.stderr:find("y@", 1, true))
    end)
end)
