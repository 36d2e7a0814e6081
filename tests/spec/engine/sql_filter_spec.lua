local serve = require "engine.serve"

describe("engine.serve.filter", function()
    local function verdict(sql)
        return (serve.filter(sql))
    end

    it("lets a store's statements through as they are", function()
        for _, sql in ipairs {
            "", "SELECT 1", "select 1;", " \n-- x\n/* /* y */ */ SELECT 1",
            "(SELECT 1) UNION (SELECT 2)", "WITH x AS (SELECT 1) TABLE x",
            "VALUES (1)", 'INSERT INTO "memory" (id) VALUES (\'a\')',
            "UPDATE t SET a = 1", "DELETE FROM t", "TRUNCATE t",
            "CREATE TABLE t (a int)", "CREATE UNLOGGED TABLE t (a int)",
            "CREATE INDEX i ON t USING gin (a)",
            "CREATE UNIQUE INDEX i ON t (a)",
            "CREATE OR REPLACE VIEW v AS SELECT 1", "DROP VIEW v",
            "ALTER TABLE \"t\" ADD COLUMN c TEXT NOT NULL DEFAULT ''",
            "CREATE MATERIALIZED VIEW v AS SELECT 1",
            "REFRESH MATERIALIZED VIEW v", "EXPLAIN SELECT 1", "ANALYZE t",
            "COMMENT ON TABLE t IS 'x'", "SELECT pg_sleep(1), pg_typeof(1)",
            "SELECT has_privilege, has_attachment FROM t",
        } do
            assert.same({ "run", sql }, { serve.filter(sql) })
        end
    end)

    it("refuses what steers session, roles or server", function()
        for _, sql in ipairs {
            "SET ROLE x", "sEt/**/ROLE x", "--\nRESET ALL", "BEGIN", "DO $$ $$",
            "COPY t FROM PROGRAM 'x'", "CREATE ROLE x", "CREATE SCHEMA x",
            "CREATE TEMP TABLE t (a int)", "CREATE FUNCTION f() RETURNS int",
            "CREATE OR REPLACE FUNCTION f() RETURNS int", "ALTER ROLE x",
            "DROP SCHEMA x", "ALTER DEFAULT PRIVILEGES", "GRANT x TO y",
            "REFRESH x", "LOCK t", "VACUUM", "'x'", "$1",
        } do
            assert.equal("refused", verdict(sql), sql)
        end
        assert.equal("permission denied: SET is not for tokens",
            select(2, serve.filter("SET ROLE x")))
    end)

    it("refuses names of the catalogues, however they are written", function()
        for _, name in ipairs {
            "pg_class", "PG_Class", '"pg_class"', "pg_catalog.x", "pg_toast.x",
            "pg_temp.x", "lo_import('x')", 'U&"p\\0067_class"', "dblink('x')",
            "set_config('a', 'b', true)", "1::regclass", '1::"regclass"',
            "query_to_xml('x')", "has_table_privilege('x', 'y')",
            "nextval(1)", "to_regrole('x')",
        } do
            assert.equal("refused", verdict("SELECT " .. name), name)
            assert.equal("refused", verdict("SELECT (1, (" .. name .. "))"))
            assert.equal("refused",
                verdict("INSERT INTO t SELECT 'x' || E'\\'' || " .. name))
        end
    end)

    it("never looks into literals and comments", function()
        for _, text in ipairs {
            "'pg_class'", "E'\\' pg_class'", "e'\\\\', 'pg_class'",
            "'it''s pg_class'", "$$pg_class$$", "$x$ $$ pg_class $y$ $x$",
            "'a'\n 'pg_class'", "E'a'\n'\\' pg_class'", "U&'pg_class'",
            "1 /* pg_class /* */ pg_class */", "1 -- pg_class",
            "E'a' -- c\n '\\' pg_class'", "B'0' 'pg_class'",
        } do
            assert.equal("run", verdict("SELECT " .. text), text)
        end
    end)

    it("sees what follows them", function()
        for _, text in ipairs {
            "'\\', pg_class, '", "'a' \"b\" , pg_class", "E'\\\\', pg_class",
            "$$a$$, pg_class", "$x$ $x $x$, pg_class", "x$$, pg_class",
            "/* */ pg_class", "-- x\n pg_class", "-- x\r pg_class",
            "'a'/*\n*/'\\', pg_class, '", "1.5e'x', pg_class",
            "E'a'\n'\\'', pg_class, '", "E'a' '\\', pg_class, '",
            "E'a' -- c\n '\\'', pg_class, ' '",
        } do
            assert.equal("refused", verdict("SELECT " .. text), text)
        end
    end)

    it("takes USING deeplake off a new table", function()
        local function sent(sql)
            return select(2, serve.filter(sql))
        end
        assert.equal('CREATE TABLE IF NOT EXISTS "t" (a int)               ',
            sent('CREATE TABLE IF NOT EXISTS "t" (a int) USING deeplake'))
        assert.equal("create table t (a int)               ;",
            sent("create table t (a int) using DeepLake;"))
        assert.equal("CREATE TABLE t                        AS SELECT 1",
            sent("CREATE TABLE t USING/* x */\"deeplake\" AS SELECT 1"))
        for _, sql in ipairs {
            "CREATE TABLE t (a int) USING heap",
            "CREATE TABLE t (a text DEFAULT 'USING deeplake')",
            "CREATE TABLE t AS SELECT 1 FROM a JOIN b USING (deeplake)",
            "CREATE TABLE t AS SELECT 1 FROM x USING deeplake",
            "SELECT 1 USING deeplake", "DELETE FROM t USING deeplake",
            "CREATE VIEW v AS SELECT 1 USING deeplake",
        } do
            assert.equal(sql, sent(sql))
        end
    end)

    it("does nothing for a Deeplake index", function()
        assert.equal("nothing", verdict("CREATE INDEX IF NOT EXISTS i ON \"t\" "
            .. "USING deeplake_index (\"a\")"))
        assert.equal("run", verdict("CREATE INDEX i ON t USING gin (a)"))
    end)
end)
