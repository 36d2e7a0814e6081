--- What every store must do, whatever carries it.
--
-- local suite = require "store_suite" (_ENV), for describe and it are there
-- suite(name, open, opts): `open(place)` opens the store at a place and may
-- be called again for the same place; `opts` says what the carrier offers:
--   place()            a place that nobody used yet (default: a counter)
--   prepare(place)     what must be there before a table is made by hand
--   neighbour(place)   another workspace on the same server (optional)
--   count(place, open) a store there and a function that lists the statements
--                      its server was sent since (optional)
--   suffix             what ends a CREATE TABLE by hand, as " USING deeplake"
--   session = false    statements share none: there are no transactions
--   types = false      the catalogue tells only names: no drift but names
local function counter(name)
    local n = 0
    return function()
        n = n + 1
        return name .. n
    end
end

local OLD = { table = "events", columns = {
    { "id", "text", default = "" },
    { "kind", "text", default = "none" },
} }

local NEW = { table = "events", columns = {
    { "id", "text", default = "" },
    { "kind", "text", default = "none" },
    { "size", "bigint", default = 7 },
    { "body", "jsonb" },
    { "note", "text" },
} }

local TEXT = { table = "texts", columns = {
    { "id", "bigint", default = 0 },
    { "v", "text" },
} }

local NASTY = {
    empty = "",
    quotes = [['"''""'`]],
    backslashes = [[\ \\ \' \" \n \0 \x41 \u0041 \]],
    newlines = "a\nb\r\nc\rd\te\fg\v",
    controls = "\1\2\b\27[31m\127",
    comments = "-- a /* b */ # c ; DROP TABLE texts; --",
    openers = "/*",
    dollars = "$$ a $tag$ b $tag$ $1 $",
    placeholders = "? ?1 :a @b $c %s %d %I {t}",
    emoji = "\u{1F41D}\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}",
    rtl = "\u{202E}\u{5E9}\u{5DC}\u{5D5}\u{5DD} \u{645}\u{631}\u{62D}\u{628}",
    combining = "e\u{301} \u{FEFF}\u{FFFD}\u{10FFFF}",
    escape_prefix = "E'x' U&'\\0041' X'41' B'1'",
    number = "0123",
    json = [[{"a":"\u0041\\","b":[1,null]}]],
    long = ("0123456789\\'\"\n?$$--/*\u{1F41D}"):rep(40000),
}

local KEYWORDS = { "select", "from", "where", "order", "group", "table",
    "user", "default", "check", "values", "index", "null", "primary",
    "references", "limit", "offset", "case", "end", "all", "and" }

local function column_names(list)
    local names = {}
    for i, column in ipairs(list) do
        names[i] = type(column) == "table" and (column.name or column[1])
            or column
    end
    return names
end

local function suite(env, name, open, opts)
    local describe, it, assert = env.describe, env.it, env.assert
    local before_each, after_each = env.before_each, env.after_each
    opts = opts or {}
    local new_place = opts.place or counter(name)
    local suffix = opts.suffix or ""

    describe(name, function()
        local place, store

        before_each(function()
            place = new_place()
            store = assert(open(place))
        end)

        after_each(function() store:close() end)

        local function rows(sql) return assert(store:query(sql)) end

        local function exec(sql)
            if opts.prepare then opts.prepare(place) end
            assert(store:exec(sql))
        end

        -- store:plan(schema) as a list, whether it gives one or many
        local function plan_of(schema)
            local plan = assert(store:plan(schema))
            return plan.statements and { plan } or plan
        end

        local function by_kind(plan, kind)
            local found = {}
            for _, entry in ipairs(plan) do
                for _, d in ipairs(entry.drift) do
                    if d.kind == kind then found[#found + 1] = d end
                end
            end
            return found
        end

        it("stores a row and gives it back", function()
            assert(store:insert(NEW, { id = "a", size = 3 }))
            assert.same({ { id = "a", kind = "none", size = 3 } },
                rows('SELECT id, kind, size FROM "events"'))
        end)

        it("stores many rows with one call", function()
            assert(store:insert_many(NEW, {
                { id = "a", size = 1 },
                { id = "b", note = "x" },
                { id = "c", kind = "k", size = math.mininteger },
                { id = "d", size = math.maxinteger },
            }))
            assert.same({
                { id = "a", kind = "none", size = 1 },
                { id = "b", kind = "none", size = 7, note = "x" },
                { id = "c", kind = "k", size = math.mininteger },
                { id = "d", kind = "none", size = math.maxinteger },
            }, rows('SELECT id, kind, size, note FROM "events" ORDER BY id'))
        end)

        it("keeps the values of columns with equal names", function()
            local text = "SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a, "
                .. "NULL AS b, 5 AS b"
            local want = { a = 1, a_3 = 2, a_2 = 3, a_4 = 4, b_2 = 5 }
            local got, names = store:query(text)
            assert.same({ want }, got)
            assert.same({ "a", "a_3", "a_2", "a_4", "b", "b_2" }, names)
            for row in store:rows(text) do assert.same(want, row) end
        end)

        it("walks rows one by one", function()
            local list, seen = {}, {}
            for i = 1, 100 do list[i] = { id = ("%03d"):format(i) } end
            assert(store:insert_many(NEW, list))
            for row in store:rows('SELECT id FROM "events" ORDER BY id') do
                seen[#seen + 1] = row.id
            end
            assert.equal(100, #seen)
            assert.equal("001", seen[1])
            assert.equal("100", seen[100])
        end)

        it("runs other statements while rows are read", function()
            local list, seen = {}, {}
            for i = 1, 300 do list[i] = { id = ("%03d"):format(i) } end
            assert(store:insert_many(NEW, list))
            for row in store:rows('SELECT id FROM "events" ORDER BY id') do
                seen[#seen + 1] = row.id
                if #seen % 100 == 1 then
                    assert(store:insert(TEXT, { id = #seen, v = row.id }))
                    for other in store:rows('SELECT id FROM "events" '
                        .. "WHERE id <= '010'") do
                        assert.equal(3, #other.id)
                    end
                    local _, err = store:query("SELEKT 1")
                    assert.equal("sql", err.code)
                    assert.equal(300,
                        rows('SELECT count(*) AS n FROM "events"')[1].n)
                end
            end
            assert.equal(300, #seen)
            assert.equal("300", seen[300])
            assert.same({ { id = 1 }, { id = 101 }, { id = 201 } },
                rows('SELECT id FROM "texts" ORDER BY id'))
        end)

        it("goes on after a loop that was left early", function()
            local list = {}
            for i = 1, 3000 do list[i] = { id = ("%04d"):format(i) } end
            assert(store:insert_many(OLD, list))
            for _, kind in ipairs { "query", "read" } do
                for row in store:rows('SELECT id FROM "events"', nil, kind) do
                    if row.id then break end
                end
                assert.has_error(function()
                    for row in store:rows('SELECT id FROM "events"', nil,
                        kind) do
                        error(row.id)
                    end
                end)
                assert.equal(3000,
                    rows('SELECT count(*) AS n FROM "events"')[1].n)
            end
        end)

        if opts.session ~= false then
            it("gives the rows before an error, and then raises it", function()
                assert(store:insert_many(NEW, { { size = 1 }, { size = 2 },
                    { size = math.mininteger }, { size = 4 } }))
                for _, between in ipairs { false, true } do
                    local seen = {}
                    local ok, err = pcall(function()
                        for row in store:rows(
                            'SELECT abs(size) AS n FROM "events"') do
                            seen[#seen + 1] = row.n
                            if between then rows "SELECT 1 AS one" end
                        end
                    end)
                    assert.is_false(ok)
                    assert.same({ 1, 2 }, seen)
                    assert.equal("sql", err.code)
                    assert.is_nil((store:query(
                        'SELECT abs(size) AS n FROM "events"')))
                    assert.equal(4,
                        rows('SELECT count(*) AS n FROM "events"')[1].n)
                end
            end)

            it("does a write whole of which few rows are read", function()
                assert(store:ensure(TEXT))
                assert(store:exec('INSERT INTO "texts" ("id") WITH RECURSIVE '
                    .. "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                    .. "WHERE i < 3000) SELECT i FROM n"))
                for row in store:rows('UPDATE "texts" SET "v" = \'new\' '
                    .. 'RETURNING "id"') do
                    if row.id then break end
                end
                assert.same({ { n = 3000 } }, rows('SELECT count(*) AS n '
                    .. 'FROM "texts" WHERE "v" = \'new\''))
            end)

            it("begins and ends transactions while rows are read", function()
                assert(store:ensure(TEXT))
                local list, seen = {}, {}
                for i = 1, 300 do list[i] = { id = ("%03d"):format(i) } end
                assert(store:insert_many(OLD, list))
                for row in store:rows('SELECT id FROM "events" ORDER BY id') do
                    seen[#seen + 1] = row.id
                    assert.is_false(store:in_transaction())
                    store:transaction(function()
                        assert.is_true(store:in_transaction())
                        assert(store:insert(TEXT, { id = #seen }))
                        for one in store:rows('SELECT id FROM "events"') do
                            assert.is_true(store:in_transaction())
                            if one.id then break end
                        end
                        if #seen % 2 == 0 then return nil, "undone" end
                        return true
                    end)
                end
                assert.equal(300, #seen)
                assert.equal(150,
                    rows('SELECT count(*) AS n FROM "texts"')[1].n)
            end)

            it("reads on behind the end of the transaction", function()
                local list = {}
                for i = 1, 300 do list[i] = { id = ("%03d"):format(i) } end
                assert(store:insert_many(OLD, list))
                for _, finish in ipairs { "commit", "rollback" } do
                    local seen = 0
                    assert(store:begin())
                    for _ in store:rows('SELECT id FROM "events"') do
                        seen = seen + 1
                        if seen == 2 then assert(store[finish](store)) end
                    end
                    assert.equal(300, seen)
                end
            end)
        end

        it("never passes a part of the rows off as all", function()
            assert(store:insert_many(NEW, { { id = "a" }, { id = "b" } }))
            local other = assert(open(place))
            local seen = 0
            assert.has_error(function()
                for _ in other:rows('SELECT id FROM "events"') do
                    seen = seen + 1
                    other:close()
                end
            end, "the store was closed while it was read")
            assert.equal(1, seen)
        end)

        it("gives no rows as an empty list", function()
            assert(store:ensure(NEW))
            assert.same({}, rows('SELECT id FROM "events"'))
        end)

        it("raises on what the caller got wrong", function()
            assert.has_error(function() store:insert(NEW, { nope = 1 }) end)
            assert.has_error(function() store:insert(NEW, "row") end)
            assert.has_error(function() store:query(nil) end)
            local other = assert(open(new_place()))
            other:close()
            other:close()
            assert.has_error(function() other:query("SELECT 1") end)
        end)

        it("names the caller's line, whatever the caller got wrong", function()
            local gone = assert(open(new_place()))
            gone:close()
            for what, f in pairs {
                ["the store is closed"] = function()
                    gone:insert(NEW, { id = "a" })
                end,
                ["store is closed"] = function() gone:query("SELECT 1") end,
                ["values must be a table"] = function()
                    store:query("SELECT 1 WHERE 1 = ?", 5)
                end,
                ["2 values for 1 ?"] = function()
                    store:exec("SELECT 1 WHERE 1 = ?", { 1, 2 })
                end,
                ["more ? than the 0 values"] = function()
                    store:rows("SELECT 1 WHERE 1 = ?", {})
                end,
                ["only when it is a list"] = function()
                    store:query("SELECT 1 WHERE 1 = ?", { { x = 1 } })
                end,
                ["less than the values"] = function()
                    store:query("SELECT ?", { 1, 2, n = 1 })
                end,
                ["no name given for"] = function()
                    store:query("SELECT {x}", {})
                end,
                ["no kind of statement"] = function()
                    store:query("SELECT 1", nil, "nope")
                end,
                ["kind of a statement must"] = function()
                    store:query("SELECT 1", nil, {})
                end,
                ["statement must be a string"] = function()
                    store:query(nil, {})
                end,
                ["statement must be a string, not a nil"] = function()
                    store:exec(nil)
                end,
                ["has no column 'nope'"] = function()
                    store:insert(NEW, { nope = 1 })
                end,
                ["no column 'nope': add"] = function()
                    store:put(NEW, { nope = 1 })
                end,
                ["a row must be"] = function() store:insert(NEW, "row") end,
                ["rows must be"] = function()
                    store:insert_many(NEW, "rows")
                end,
                ["a schema is wanted"] = function()
                    store:insert("events", { id = "a" })
                end,
                ["schema is wanted"] = function()
                    store:put(nil, { id = "a" })
                end,
                ["schema is wanted here, not a string"] = function()
                    store:ensure("events")
                end,
                ["schema is wanted here, not a number"] = function()
                    store:plan({ 5 })
                end,
                ["has no SQL literal"] = function()
                    store:quote(print)
                end,
            } do
                local ok, err = pcall(f)
                assert.is_false(ok, what)
                assert.matches("store_suite.lua:%d+: ", tostring(err))
                assert.truthy(tostring(err):find(what, 1, true), err)
            end
            local _, err = store:query('SELECT id FROM "events"')
            assert.equal("no_table", err.code)
        end)

        describe("heals lazily:", function()
            it("a table that is not there", function()
                assert.is_true(store:insert(NEW, { id = "a" }))
                assert.equal(1, #rows('SELECT id FROM "events"'))
            end)

            it("columns that an older version did not have", function()
                assert(store:insert(OLD, { id = "old" }))
                assert(store:insert(NEW,
                    { id = "new", size = 9, note = "n", body = "[1]" }))
                assert.same({ { id = "new", size = 9, note = "n" },
                    { id = "old", size = 7 } },
                    rows('SELECT id, size, note FROM "events" ORDER BY id'))
            end)

            it("only when it must: other errors stand", function()
                local got, err = store:query('SELECT id FROM "events"')
                assert.is_nil(got)
                assert.equal("no_table", err.code)
                assert(store:insert(OLD, { id = "a" }))
                got, err = store:query('SELECT "nope" AS n, kind.x FROM '
                    .. '"events" AS kind')
                assert.is_nil(got)
                assert.equal("no_column", err.code)
                got, err = store:query("SELEKT 1")
                assert.is_nil(got)
                assert.equal("sql", err.code)
                assert.equal(err.message, tostring(err))
            end)
        end)

        describe("ensures", function()
            it("an absent table", function()
                local done = assert(store:ensure(NEW))
                assert.is_true(done.created)
                assert.same({}, done.altered)
                assert(store:insert(NEW, { id = "a" }))
            end)

            it("a legacy table, adding what is missing and no more", function()
                exec('CREATE TABLE "events" ("id" TEXT, "later" TEXT)'
                    .. suffix)
                exec("INSERT INTO \"events\" (\"id\", \"later\") "
                    .. "VALUES ('a', 'kept')")
                local done = assert(store:ensure(NEW))
                assert.is_false(done.created)
                local wanted = { "kind", "size", "body", "note" }
                assert.same(wanted, column_names(done.missing))
                assert.same(wanted, column_names(done.altered))
                assert.same({ { id = "a", later = "kept", kind = "none",
                    size = 7 } }, rows('SELECT * FROM "events"'))
            end)

            it("a complete table by doing nothing", function()
                assert(store:ensure(NEW))
                local done = assert(store:ensure(NEW))
                assert.is_false(done.created)
                assert.same({}, done.missing)
                assert.same({}, done.altered)
            end)

            it("names of mixed case", function()
                local mixed = { table = "MixedCase", columns = {
                    { "createdAt", "text", default = "" },
                    { "ID", "text" },
                } }
                exec('CREATE TABLE "MixedCase" ("createdAt" TEXT)' .. suffix)
                assert.same({ "ID" },
                    column_names(assert(store:ensure(mixed)).altered))
                assert(store:insert(mixed, { createdAt = "t", ID = "i" }))
                assert.same({ { createdAt = "t", ID = "i" } },
                    rows('SELECT "createdAt", "ID" FROM "MixedCase"'))
                assert.same({}, assert(store:ensure(mixed)).missing)
            end)

            it("columns named like keywords", function()
                local words, row = { table = "order", columns = {} }, {}
                for i, word in ipairs(KEYWORDS) do
                    words.columns[i] = { word, "text", default = "'" }
                    row[word] = word
                end
                exec('CREATE TABLE "order" ("select" TEXT)' .. suffix)
                assert(store:ensure(words))
                assert(store:insert(words, row))
                assert.same({ row }, rows('SELECT * FROM "order"'))
            end)
        end)

        describe("keeps text byte for byte:", function()
            for what, text in pairs(NASTY) do
                it(what, function()
                    assert(store:insert(TEXT, { id = 1, v = text }))
                    local got = rows('SELECT v FROM "texts"')
                    assert.equal(1, #got)
                    assert.is_true(got[1].v == text)
                    got = rows('SELECT id FROM "texts" WHERE v = '
                        .. store:quote(text))
                    assert.same({ { id = 1 } }, got)
                end)
            end

            it("as a column's default", function()
                local odd = { table = "texts", columns = {
                    { "id", "bigint", default = 0 },
                    { "v", "text", default = NASTY.quotes
                        .. NASTY.backslashes .. NASTY.newlines },
                } }
                exec('CREATE TABLE "texts" ("id" BIGINT)' .. suffix)
                exec('INSERT INTO "texts" ("id") VALUES (1)')
                assert(store:ensure(odd))
                assert.is_true(rows('SELECT v FROM "texts"')[1].v
                    == odd.columns[2].default)
            end)
        end)

        it("refuses text that SQL cannot hold", function()
            for _, bad in ipairs { "a\0b", "\0", "\xff", "\xc3", "\xed\xa0\x80",
                "\xc0\xaf", "\xf4\x90\x80\x80" } do
                local ok, err = store:insert(TEXT, { id = 1, v = bad })
                assert.is_nil(ok)
                assert.equal("arg", err.code)
            end
            local got, err = store:query('SELECT v FROM "texts"')
            assert.is_nil(got) -- not even the table was made
            assert.equal("no_table", err.code)
        end)

        it("refuses what a column does not take", function()
            for _, row in ipairs { { id = 0 / 0 }, { id = 1 / 0 }, { id = 1.5 },
                { id = "x" } } do
                local ok, err = store:insert(TEXT, row)
                assert.is_nil(ok)
                assert.equal("arg", err.code)
            end
        end)

        describe("lets versions mix:", function()
            it("an older schema writes into a newer table", function()
                assert(store:insert(NEW, { id = "new", size = 1 }))
                assert(store:insert(OLD, { id = "old" }))
                assert.same({ { id = "new", size = 1 },
                    { id = "old", size = 7 } },
                    rows('SELECT id, size FROM "events" ORDER BY id'))
                assert.same({}, assert(store:ensure(OLD)).missing)
                assert.same({}, assert(store:ensure(NEW)).missing)
            end)

            it("two that are open at once take turns", function()
                local other <close> = assert(open(place))
                assert(store:insert(OLD, { id = "1" }))
                assert(other:insert(NEW, { id = "2", note = "n" }))
                assert(store:insert(OLD, { id = "3" }))
                assert(other:insert(NEW, { id = "4" }))
                assert.same({ { id = "1" }, { id = "2", note = "n" },
                    { id = "3" }, { id = "4" } },
                    rows('SELECT id, note FROM "events" ORDER BY id'))
            end)
        end)

        describe("plans", function()
            it("nothing for a table that is whole", function()
                assert(store:ensure(NEW))
                local plan = plan_of(NEW)
                for _, entry in ipairs(plan) do
                    assert.same({}, entry.statements)
                    assert.same({}, entry.drift)
                end
            end)

            it("what heal would run, and runs none of it", function()
                assert(store:insert(OLD, { id = "a" }))
                local plan = plan_of(NEW)
                local all = table.concat(
                    plan[1].statements, "\n")
                assert.matches("ADD COLUMN [\"]?size", all)
                assert.matches("ADD COLUMN [\"]?note", all)
                local _, err = store:query('SELECT e.size FROM "events" AS e')
                assert.equal("no_column", err.code)
            end)

            it("unknown columns as drift, and leaves them", function()
                assert(store:ensure(NEW))
                assert.same({ "body", "note", "size" }, (function()
                    local names = {}
                    local found = by_kind(plan_of(OLD), "unknown")
                    for i, d in ipairs(found) do names[i] = d.column end
                    table.sort(names)
                    return names
                end)())
                assert(store:ensure(OLD))
                assert.same({}, assert(store:ensure(NEW)).missing)
            end)

            it("names that differ by case, and leaves them", function()
                exec('CREATE TABLE "texts" ("ID" BIGINT, "v" TEXT)' .. suffix)
                local found = by_kind(plan_of(TEXT), "case")
                assert.equal(1, #found)
                assert.equal("ID", found[1].column)
                assert.same({}, assert(store:ensure(TEXT)).altered)
                exec('INSERT INTO "texts" ("ID") VALUES (5)')
                assert.same({ { ID = 5 } }, rows('SELECT "ID" FROM "texts"'))
            end)

            if opts.types ~= false then
                it("other types, nullability and defaults", function()
                    exec('CREATE TABLE "events" ("id" BIGINT NOT NULL '
                        .. "DEFAULT 0, \"kind\" TEXT DEFAULT 'other')"
                        .. suffix)
                    local before = plan_of(OLD)
                    local seen = {}
                    for _, kind in ipairs { "type", "null", "default" } do
                        for _, d in ipairs(by_kind(before, kind)) do
                            seen[#seen + 1] = d.column .. " " .. kind
                            assert.is_string(d.sql)
                        end
                    end
                    table.sort(seen)
                    assert.same({ "id default", "id type", "kind default",
                        "kind null" }, seen)
                    assert(store:ensure(OLD))
                    assert.same(before, plan_of(OLD))
                end)
            end
        end)

        describe("in a transaction", function()
            local function ids()
                local list = {}
                local found = rows('SELECT id FROM "events" ORDER BY id')
                for i, row in ipairs(found) do list[i] = row.id end
                return list
            end

            if opts.session == false then
                it("refuses: each statement is kept by itself", function()
                    local ran
                    for _, f in ipairs {
                        function() return store:begin() end,
                        function() return store:commit() end,
                        function() return store:rollback() end,
                        function()
                            return store:transaction(function()
                                ran = true
                            end)
                        end,
                    } do
                        local ok, err = f()
                        assert.is_nil(ok)
                        assert.matches("has no transactions", err.message)
                    end
                    assert.is_nil(ran)
                end)
                return
            end

            before_each(function() assert(store:ensure(OLD)) end)

            it("keeps what returns, and gives it back", function()
                assert.same({ 1, nil, 3, n = 3 }, table.pack(
                    store:transaction(function(own)
                        assert.equal(store, own)
                        assert(own:insert(OLD, { id = "a" }))
                        return 1, nil, 3
                    end)))
                assert.same({ "a" }, ids())
                assert.is_false(store:in_transaction())
            end)

            it("undoes what raises, or returns nil and why", function()
                assert.has_error(function()
                    store:transaction(function()
                        assert(store:insert(OLD, { id = "a" }))
                        error({ own = true })
                    end)
                end, { own = true })
                assert.same({ nil, "why", n = 2 }, table.pack(
                    store:transaction(function()
                        assert(store:insert(OLD, { id = "b" }))
                        return nil, "why", "more"
                    end)))
                assert.same({}, ids())
                assert.is_false(store:in_transaction())
            end)

            it("nests: an inner one ends alone", function()
                assert(store:transaction(function()
                    assert(store:insert(OLD, { id = "a" }))
                    assert(store:transaction(function()
                        assert(store:insert(OLD, { id = "b" }))
                        assert.is_nil((store:transaction(function()
                            assert(store:insert(OLD, { id = "lost" }))
                            return nil, "no"
                        end)))
                        assert.is_false((pcall(store.transaction, store,
                            function()
                                assert(store:exec('DELETE FROM "events"'))
                                error("no")
                            end)))
                        return true
                    end))
                    assert.is_true(store:in_transaction())
                    assert(store:insert(OLD, { id = "c" }))
                    return true
                end))
                assert.same({ "a", "b", "c" }, ids())
            end)

            it("an outer one takes the inner ones with it", function()
                assert.is_nil((store:transaction(function()
                    assert(store:transaction(function()
                        return store:insert(OLD, { id = "a" })
                    end))
                    return nil, "no"
                end)))
                assert.same({}, ids())
            end)

            it("begins only once", function()
                assert(store:begin())
                assert(store:insert(OLD, { id = "a" }))
                local ok, err = store:begin()
                assert.is_nil(ok)
                assert.matches("open already", err.message)
                assert(store:rollback())
                assert.same({}, ids())
            end)

            it("tells the truth after a failure nobody minded", function()
                local ok = store:transaction(function()
                    assert(store:insert(OLD, { id = "a" }))
                    assert.is_nil((store:exec("SELEKT 1")))
                    return true
                end)
                assert.same(ok and { "a" } or {}, ids())
                ok = store:transaction(function()
                    assert(store:insert(OLD, { id = "b" }))
                    store:transaction(function()
                        store:exec("SELEKT 1")
                        return true
                    end)
                    return true
                end)
                assert.is_true(ok)
                assert.equal("b", ids()[#ids()])
                assert(store:begin())
                assert(store:insert(OLD, { id = "c" }))
                assert.is_nil((store:exec("SELEKT 1")))
                ok = store:commit()
                assert.equal(ok and "c" or "b", ids()[#ids()])
                assert.is_false(store:in_transaction())
            end)

            it("says when a statement ended it", function()
                for _, word in ipairs { "COMMIT", "ROLLBACK" } do
                    local ok, err = store:transaction(function()
                        assert(store:exec(word))
                        return true
                    end)
                    assert.is_nil(ok)
                    assert.matches("had ended before its commit", err.message)
                end
            end)

            it("heals: the row and what follows stand in it", function()
                local function put(more)
                    return store:transaction(function()
                        assert(store:insert(OLD, { id = "a" }))
                        assert(store:insert(NEW, { id = "b", note = "n" }))
                        assert(store:insert(TEXT, { id = 1, v = "new" }))
                        return store:insert(OLD, { id = more })
                    end)
                end
                assert.is_nil((store:transaction(function()
                    assert(put("c"))
                    return nil, "no"
                end)))
                assert.same({}, ids())
                local _, err = store:query('SELECT v FROM "texts"')
                assert.equal("no_table", err.code)
                assert(put("c"))
                assert.same({ "a", "b", "c" }, ids())
                assert.same({ { v = "new" } }, rows('SELECT v FROM "texts"'))
            end)

            it("ensures", function()
                assert(store:transaction(function()
                    assert(store:ensure(NEW))
                    return store:insert(NEW, { id = "a", note = "n" })
                end))
                assert.same({ "a" }, ids())
            end)
        end)

        describe("costs", function()
            if not opts.count then return end
            local spied, statements

            before_each(function()
                assert(store:ensure(NEW))
                assert(store:ensure(TEXT))
                spied, statements = opts.count(place, open)
            end)

            after_each(function() spied:close() end)

            it("one statement for an insert", function()
                local before = #statements()
                assert(spied:insert(NEW, { id = "a", note = "n" }))
                local after = statements()
                assert.equal(before + 1, #after)
                assert.matches("^INSERT INTO", after[#after])
            end)

            it("one statement for many rows", function()
                local before = #statements()
                assert(spied:insert_many(NEW, { { id = "a" }, { id = "b" } }))
                assert.equal(before + 1, #statements())
            end)

            it("one statement for a table that is whole", function()
                local before = #statements()
                assert(spied:ensure(NEW))
                assert.equal(before + 1, #statements())
            end)

            it("one statement for a query", function()
                local before = #statements()
                assert(spied:query('SELECT id FROM "events"'))
                assert.equal(before + 1, #statements())
            end)

            if opts.one_look ~= false then
                it("one statement to heal all tables", function()
                    assert(store:ensure())
                    local before = #statements()
                    assert(spied:ensure())
                    assert.equal(before + 1, #statements())
                end)
            end
        end)

        if opts.neighbour then
            it("keeps workspaces apart", function()
                local other <close> = assert(open(opts.neighbour(place)))
                assert(store:insert(NEW, { id = "mine" }))
                local got, err = other:query('SELECT id FROM "events"')
                assert.is_nil(got)
                assert.equal("no_table", err.code)
                assert(other:insert(OLD, { id = "theirs" }))
                assert.same({ { id = "mine" } },
                    rows('SELECT id FROM "events"'))
                assert.same({ { id = "theirs" } },
                    assert(other:query('SELECT id FROM "events"')))
                local done = assert(other:ensure(NEW))
                assert.same({ "size", "body", "note" },
                    column_names(done.altered))
            end)
        end
    end)
end

return function(env)
    return function(...) return suite(env, ...) end
end
