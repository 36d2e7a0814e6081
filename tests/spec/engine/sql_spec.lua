local heal = require "engine.heal"
local schema = require "engine.schema"
local sql = require "engine.sql"
local spy = require "spy"

local t = schema.new { table = "t", columns = {
    { "a", "text", default = "" }, { "j", "jsonb" }, { "n", "bigint" },
    { "v", "float4[]" }, { "Order", "text" },
} }

describe("sql.insert", function()
    for how, case in pairs {
        ["plain text"] = { { a = "x" }, [[("a") VALUES ('x')]] },
        ["a quote"] = { { a = "it's" }, [[("a") VALUES ('it''s')]] },
        ["a backslash"] = { { a = [[a\b]] }, [[("a") VALUES (E'a\\b')]] },
        ["JSON"] = { { j = [["\\n"]] }, [[("j") VALUES (E'"\\\\n"'::jsonb)]] },
        ["schema order"] = { { n = 1, a = "x" },
            [[("a", "n") VALUES ('x', 1)]] },
        ["a vector"] = { { v = { 1, 0.5, -2e-3 } },
            [[("v") VALUES (ARRAY[1,0.5,-0.002]::float4[])]] },
        ["a vector that is not finite"] = { { a = "", v = { 1, 1 / 0 } },
            [[("a", "v") VALUES ('', NULL)]] },
        ["a keyword in capitals"] = { { Order = "1" },
            [[("Order") VALUES ('1')]] },
        ["no value at all"] = { {}, [[DEFAULT VALUES]] },
        ["a whole float"] = { { n = 3.0 }, [[("n") VALUES (3)]] },
        ["several rows, defaults filled in"] = {
            { { a = "x" }, { n = 2 } },
            [[("a", "n") VALUES ('x', NULL), ('', 2)]] },
    } do
        it("writes " .. how, function()
            assert.equal('INSERT INTO "t" ' .. case[2], sql.insert(t, case[1]))
        end)
    end

    it("writes for SQLite without E, casts and arrays", function()
        assert.equal([[INSERT INTO "t" ("a", "j", "v")]]
            .. [[ VALUES ('a\b', '{}', '[1,2]')]],
            sql.insert(t, { a = [[a\b]], j = "{}", v = { 1, 2 } }, "sqlite"))
    end)

    it("writes bare names for Deeplake, but never a reserved word", function()
        local s = schema.new { table = "t", columns = {
            { "id", "text" }, { "user", "text" }, { "Up", "text" } } }
        assert.equal([[INSERT INTO "t" (id, "user", "Up")]]
            .. [[ VALUES ('1', '2', '3')]],
            sql.insert(s, { id = "1", user = "2", Up = "3" }, "deeplake"))
    end)

    local ids = schema.new { table = "t", columns = {
        { "id", "text" }, { "p", "text" }, { "q", "text" } },
        indexes = { { "p" } } }

    for once, text in pairs {
        id = [[("id", "p") VALUES ('1', '2') ON CONFLICT ("id")]]
            .. [[ WHERE "id" <> '' DO NOTHING]],
        copy = [[("id", "p", "copy") SELECT v.*, v.column1]]
            .. [[ FROM (VALUES ('1', '2')) AS v WHERE NOT EXISTS (SELECT 1]]
            .. [[ FROM "t" AS t WHERE t."p" = v.column2]]
            .. [[ AND t."id" = v.column1)]]
            .. [[ ON CONFLICT ("copy") WHERE "copy" <> '' DO NOTHING]],
        [""] = [[("id", "p") SELECT v.* FROM (VALUES ('1', '2')) AS v]]
            .. [[ WHERE NOT EXISTS (SELECT 1 FROM "t" AS t]]
            .. [[ WHERE t."p" = v.column2 AND t."id" = v.column1)]],
    } do
        it("leaves out what is there by " .. once, function()
            assert.equal('INSERT INTO "t" ' .. text,
                sql.insert(ids, { id = "1", p = "2" }, "postgres", once))
        end)
    end

    it("needs an id to leave out what is there", function()
        local ok, err = sql.insert(ids, { p = "2" }, "postgres", "id")
        assert.is_nil(ok)
        assert.equal("arg", err.code)
        ok, err = sql.insert(ids, { id = "1" }, "postgres", "a b")
        assert.is_nil(ok)
        assert.equal("arg", err.code)
    end)

    for how, case in pairs {
        ["NUL"] = { { a = "x\0y" }, "t.a: NUL byte at byte 2 of a text" },
        ["invalid UTF-8"] = { { a = "x\xff" },
            "t.a: invalid UTF-8 at byte 2 of a text" },
        ["a lone surrogate"] = { { a = "\xed\xa0\x80" },
            "t.a: invalid UTF-8 at byte 1 of a text" },
        ["an overlong form"] = { { a = "\xc0\xaf" },
            "t.a: invalid UTF-8 at byte 1 of a text" },
        ["NaN"] = { { n = 0 / 0 }, "t.n: NaN has no SQL literal" },
        ["infinity"] = { { n = 1 / 0 }, "t.n: infinity has no SQL literal" },
        ["a fraction in a bigint"] = { { n = 1.5 },
            "t.n: a number with a fraction does not go into a column of"
            .. " type bigint" },
        ["text in a bigint"] = { { n = "1" },
            "t.n: a text does not go into a column of type bigint" },
        ["a number in a text"] = { { a = 1 },
            "t.a: a number does not go into a column of type text" },
        ["a list in a text"] = { { a = { 1 } },
            "t.a: a list of numbers does not go into a column of type text" },
    } do
        it("refuses " .. how, function()
            local ok, err = sql.insert(t, case[1])
            assert.is_nil(ok)
            assert.equal("arg", err.code)
            assert.equal(case[2], tostring(err))
        end)
    end

    it("raises for a caller's mistake", function()
        assert.error_matches(function() sql.insert(t, { b = 1 }) end,
            "t has no column 'b'")
        assert.error_matches(function() sql.insert(t, { [1] = 1, a = "" }) end,
            "no column name")
        assert.error_matches(function() sql.insert(t, { a = print }) end,
            "a function has no SQL literal")
    end)
end)

describe("what C would cut at a NUL", function()
    it("is refused", function()
        local plain = { table = "t", columns = { { "a", "text" } } }
        for _, call in ipairs {
            { sql.ident, "a\0b" },
            { sql.bind, "SELECT 1\0;", {} },
            { sql.bind, "SELECT {t}", { t = "a\0b" } },
            { sql.insert, plain, { ["a\0"] = "x" } },
        } do
            assert.is_false((pcall(table.unpack(call))))
        end
    end)
end)

describe("a row that names a column twice", function()
    it("is refused", function()
        assert.has_error(function()
            sql.insert({ table = "t", columns = { { "Ab", "text" } } },
                { Ab = "x", aB = "y" })
        end, "a row of t names column 'Ab' twice")
    end)
end)

describe("sql.ident", function()
    it("quotes what is allowed and refuses all else", function()
        assert.equal('"a_1"', sql.ident("a_1"))
        for _, bad in ipairs { "", "1a", 'a"', "a b", "ä", ("a"):rep(64) } do
            assert.is_nil((sql.ident(bad)))
        end
    end)
end)

describe("sql.bind", function()
    it("fills ? and {names} outside quotes and comments", function()
        assert.equal([[SELECT '?', "?" -- ?
 FROM "m" /* ? {t} */ WHERE a = 'it''s' AND b = 2 AND c IS NULL]],
            sql.bind([[SELECT '?', "?" -- ?
 FROM {t} /* ? {t} */ WHERE a = ? AND b = ? AND c IS ?]],
                { t = "m", "it's", 2, nil, n = 3 }))
    end)

    -- Of each text only the last ? is a value, in that dialect.
    for text, dialect in pairs {
        [ [[SELECT E'it\'s ?', ?]] ] = "postgres",
        [ [[SELECT 'a\', ?]] ] = "postgres",
        [ [[SELECT e'\\' '?', ?]] ] = "postgres",
        [ [[SELECT $$ ? ' {x} $$, ?]] ] = "postgres",
        [ [[SELECT $a$ ? $$ ? $b$ $a$, ?]] ] = "deeplake",
        [ [[SELECT /* a /* ? */ ' ? */ ?]] ] = "postgres",
        [ "SELECT 'a'\n  '?', ?" ] = "postgres",
        [ [[SELECT U&"?" FROM t WHERE a = ?]] ] = "postgres",
        [ [[SELECT 'a\', ? /* { ]] ] = "sqlite",
        [ [[SELECT 1 AS [?], ?]] ] = "sqlite",
        [ [[SELECT 1 AS `{?``?`, ?]] ] = "sqlite",
        [ [[SELECT x'00', "?", ?]] ] = "sqlite",
        [ [[SELECT /* /* ? */ ?]] ] = "sqlite",
    } do
        it("takes quotes as " .. dialect .. " does: " .. text, function()
            local before, behind = text:match("^(.*)%?(.-)$")
            assert.equal(before .. "7" .. behind,
                sql.bind(text, { 7 }, dialect))
        end)
    end

    it("takes as signs what SQLite knows no quotes of", function()
        assert.equal("SELECT $$7$$", sql.bind("SELECT $$?$$", { 7 }, "sqlite"))
        assert.equal("SELECT a[7]", sql.bind("SELECT a[?]", { 7 }))
    end)

    it("fills ?? with a list and {key} with several names", function()
        assert.equal([[SELECT "a", "b" FROM "t" WHERE id IN ('x', 2)]]
            .. [[ AND v = ARRAY[1,2]::float4[] AND n IN (NULL)]],
            sql.bind("SELECT {c} FROM {t} WHERE id IN (??) AND v = ?"
                .. " AND n IN (??)",
                { c = { "a", "b" }, t = "t", { "x", 2 }, { 1, 2 }, {} }))
        assert.is_nil((sql.bind("SELECT ??", { 1 })))
    end)

    it("refuses a template that does not fit", function()
        assert.is_nil((sql.bind("SELECT ?", {})))
        assert.is_nil((sql.bind("SELECT 1", { 1 })))
        assert.is_nil((sql.bind("SELECT {x}", { y = "z" })))
        assert.is_nil((sql.bind("SELECT {x}", { x = 'a"b' })))
    end)
end)

describe("sql.unfinished", function()
    for text, goes_on in pairs {
        ["SELECT 1"] = false,
        ["SELECT a, -- more"] = true,
        ["SELECT a -- no more,"] = false,
        ["SELECT (1, 2"] = true,
        ["SELECT '('"] = false,
        ["SELECT 'it''s"] = true,
        ["SELECT E'it\\'s"] = true,
        ["SELECT $$ ("] = true,
        ["SELECT $$ ( $$"] = false,
        ["SELECT 1 /* a /* b */"] = true,
        ["SELECT 1 AS \"a"] = true,
        [""] = false,
    } do
        it(("says %s of: %s"):format(goes_on, text), function()
            assert.equal(goes_on, sql.unfinished(text))
        end)
    end

    it("reads as the dialect does", function()
        assert.is_true(sql.unfinished("SELECT 1 AS [a", "sqlite"))
        assert.is_true(sql.unfinished("SELECT 1 AS `a", "sqlite"))
        assert.is_false(sql.unfinished("SELECT 'a\\' /* a /* b */", "sqlite"))
    end)
end)

describe("CREATE and ALTER", function()
    local function plan(dialect, columns)
        local spied = spy { dialect = dialect, columns = { t = columns } }
        return assert(heal.plan { store = spied.store, schemas = { t } })[1]
            .statements
    end

    it("write every column with its type and default", function()
        assert.same({ [[CREATE TABLE IF NOT EXISTS "t" ("a" TEXT NOT NULL]]
            .. [[ DEFAULT '', "j" JSONB, "n" BIGINT, "v" FLOAT4[],]]
            .. [[ "Order" TEXT)]] }, plan("postgres"))
        assert.same({ [[CREATE TABLE IF NOT EXISTS "t" (a TEXT NOT NULL]]
            .. [[ DEFAULT '', j JSONB, n BIGINT, v FLOAT4[], "Order" TEXT)]]
            .. " USING deeplake" }, plan("deeplake"))
    end)

    it("add columns with one ALTER, or one each", function()
        local present = { "a", "v", "Order" }
        assert.same({ [[ALTER TABLE "t" ADD COLUMN "j" JSONB,]]
            .. [[ ADD COLUMN "n" BIGINT]] }, plan("postgres", present))
        assert.same({ [[ALTER TABLE "t" ADD COLUMN "j" TEXT]],
            [[ALTER TABLE "t" ADD COLUMN "n" BIGINT]] },
            plan("sqlite", present))
        assert.same({ [[ALTER TABLE "t" ADD COLUMN j JSONB]],
            [[ALTER TABLE "t" ADD COLUMN n BIGINT]] },
            plan("deeplake", present))
    end)
end)
