local date = require "propolis.date"
local deeplake = require "propolis.stores.deeplake"
local double = require "httpdouble"
local json = require "propolis.json"
local markers = require "propolis.stores.deeplake.markers"
local propolis = require "propolis"
local run = require "run"
local store = require "engine.store"
local suite = require "store_suite" (_ENV)
local sys = require "engine.sys"
local tmp = require "tmp"

local TOKEN = "very-secret-token"

local READ = { kind = "read" }
local SESSIONS = propolis.schemas.sessions
local EVENTS = { table = "events", columns = {
    { "id", "text", default = "" },
    { "note", "text" },
} }

local server, folder, number = nil, nil, 0

-- Each test has a workspace of its own, so nothing is cached for it.
local function workspace()
    number = number + 1
    return "ws/" .. number .. " \u{1F41D}"
end

local function open_spec(ws, extra)
    local config = { api_url = server.url, token = TOKEN, org_id = "org1",
        workspace = ws, backoff_ms = 2, create_delays = { 0, 0, 0 },
        marker_dir = folder .. "/markers" }
    for k, v in pairs(extra or {}) do config[k] = v end
    return assert(deeplake.open(config))
end

local function open(ws, extra) return store.from(open_spec(ws, extra)) end

local function statements()
    local list = {}
    for _, q in ipairs(server:requests()) do list[#list + 1] = q.sql end
    return list
end

setup(function()
    folder = tmp.dir()
    server = double.start { dir = folder, token = TOKEN, org = "org1" }
end)

teardown(function()
    server:stop()
    tmp.clean()
end)

before_each(function() server:reset() end)

suite("a Deeplake store", open, {
    place = workspace, neighbour = workspace, types = false, one_look = false,
    session = false,
    suffix = " USING deeplake",
    count = function(place) return assert(open(place)), statements end,
})

describe("propolis.stores.deeplake", function()
    local ws, spec

    before_each(function()
        ws = workspace()
        spec = open_spec(ws)
    end)
    after_each(function() spec.close() end)

    local function script(rules) server:script(rules) end
    local function count() return #server:requests() end
    local function again(extra)
        spec.close()
        spec = open_spec(ws, extra)
    end

    describe("a request", function()
        it("has the API's path, headers and body", function()
            script { { body = '{"columns":["a","b"],"rows":[[1,"x"]]}' } }
            assert.same({ { a = 1, b = "x" } },
                assert(spec.query("SELECT a, b FROM \"t/'\"")))
            local q = server:requests()[1]
            assert.equal("POST", q.method)
            assert.equal("/workspaces/ws%2F" .. number ..
                "%20%F0%9F%90%9D/tables/query", q.path)
            assert.equal("Bearer " .. TOKEN, q.headers.authorization)
            assert.equal("application/json", q.headers["content-type"])
            assert.equal("org1", q.headers["x-activeloop-org-id"])
            assert.equal("hivemind", q.headers["x-deeplake-client"])
            assert.same({ query = "SELECT a, b FROM \"t/'\"" },
                json.decode(q.body))
        end)

        it("goes to the account in force when none is given", function()
            local r = run({ "-e", [[
                local p = require "propolis"
                local s <close> = assert(p.open("deeplake:"))
                print(s:query("SELECT 1 AS one")[1].one)
            ]] }, { home = folder .. "/home", env = {
                HIVEMIND_TOKEN = TOKEN, HIVEMIND_ORG_ID = "org1",
                HIVEMIND_API_URL = server.url .. "/",
                HIVEMIND_WORKSPACE_ID = "mine",
            } })
            assert.equal("1\n", r.stdout, r.stderr)
            assert.equal("/workspaces/mine/tables/query",
                server:requests()[1].path)
        end)

        it("lets the caller's options and address win", function()
            local r = run({ "-e", ([[
                local p = require "propolis"
                local s <close> = assert(p.open("deeplake:%s",
                    { workspace = "other" }))
                print(s:query("SELECT 1 AS one")[1].one, s.workspace)
            ]]):format(server.url) }, { home = folder .. "/home", env = {
                HIVEMIND_TOKEN = TOKEN, HIVEMIND_ORG_ID = "org1",
                HIVEMIND_API_URL = "http://127.0.0.1:1",
                HIVEMIND_WORKSPACE_ID = "mine",
            } })
            assert.equal("1\tother\n", r.stdout, r.stderr)
            assert.equal("/workspaces/other/tables/query",
                server:requests()[1].path)
        end)

        it("is not made without an account", function()
            local r = run({ "-e", [[
                local p = require "propolis"
                print(p.open("deeplake:"))
            ]] }, { home = folder .. "/nobody" })
            assert.matches("propolis login", r.stdout)
            local got, err = deeplake.open { token = "", api_url = "http://x" }
            assert.is_nil(got)
            assert.equal("auth", err.code)
            got, err = deeplake.open { token = "t", org_id = "o",
                api_url = "http://x", workspace = ".." }
            assert.is_nil(got)
            assert.equal("arg", err.code)
            got, err = deeplake.open { token = "t", org_id = "o",
                api_url = "file:///x" }
            assert.is_nil(got)
            assert.equal("arg", err.code)
        end)
    end)

    describe("rows", function()
        it("are none for null, {} and an answer without content", function()
            for _, rule in ipairs { { body = "null" }, { body = "{}" },
                { body = '{"row_count":3}' }, { status = 204, body = "" } } do
                script { rule }
                assert.same({}, assert(spec.query("SELECT 1")))
            end
        end)

        it("keep numbers, skip null and write JSON as text", function()
            script { { body = '{"columns":["i","f","n","j","t"],"rows":' ..
                '[[9007199254740993,1.5,null,{"a":[]},true]]}' } }
            assert.same({ { i = 9007199254740993, f = 1.5, j = '{"a":[]}',
                t = true } }, assert(spec.query("SELECT 1")))
        end)

        it("come from nothing but the API's shape", function()
            for _, body in ipairs { "", "[]", "[1]", "1", '"x"', "<html>",
                '{"columns":["a"],"rows":[[1]', '{"columns":["a"],"rows":[1]}',
                '{"columns":[1],"rows":[[1]]}',
                ('{"rows":'):rep(200) .. "1" .. ("}"):rep(200) } do
                script { { body = body } }
                local rows, err = spec.query("INSERT INTO t VALUES (1)")
                assert.is_nil(rows)
                assert.equal("io", err.code)
                assert.is_true(err.unclear)
                assert.matches("cannot be read", err.message)
                script { { body = body } }
                rows, err = spec.query("SELECT 1", READ)
                assert.is_nil(rows)
                assert.is_nil(err.unclear)
            end
        end)

        it("of half a JSON are an error, rightly framed or not", function()
            local body = '{"columns":["a"],"rows":[["x"],["y"]]}'
            for _, rule in ipairs { { body = body, half = true },
                { body = body, length = #body - 4 } } do
                script { rule }
                assert.equal("io", select(2, spec.query("SELECT 1", READ)).code)
            end
            script { { body = body, length = #body + 9 } }
            assert.equal(2, #assert(spec.query("SELECT 1 AS again", READ)) + 1)
        end)
    end)

    describe("tries again", function()
        for _, status in ipairs { 429, 500, 502, 503, 504 } do
            it("a read after " .. status, function()
                script { { status = status } }
                assert(spec.query("SELECT 1", READ))
                assert.equal(2, count())
            end)
        end

        it("and gives up after four attempts", function()
            script { { status = 500, body = "boom", times = -1 } }
            local _, err = spec.query("SELECT 1", READ)
            assert.equal("Query failed: 500: boom", tostring(err))
            assert.equal(500, err.status)
            assert.equal(4, count())
        end)

        it("not after 400, and not after a timeout", function()
            script { { status = 400, body = "no" } }
            assert.equal("Query failed: 400: no",
                tostring(select(2, spec.query("SELECT 1"))))
            again { timeout_ms = 150 }
            script { { delay = 20 } }
            assert.equal("Query timeout after 150ms",
                tostring(select(2, spec.query("SELECT 1"))))
            assert.equal(2, count())
        end)

        it("an INSERT into sessions after 401 and a gateway's 403",
            function()
                local insert = 'INSERT INTO "sessions" (id, path, filename, ' ..
                    "message, author) VALUES ('1', '', '', '{}', '')"
                assert(store.from(open_spec(ws)):ensure(SESSIONS))
                for _, rule in ipairs { { status = 401 },
                    { status = 403, body = "<html>no</html>" },
                    { status = 403, body = "" } } do
                    script { rule }
                    assert(spec.query(insert, { kind = "insert",
                        table = "sessions" }))
                end
                assert.equal(3, server:sql(ws,
                    "SELECT count(*) FROM sessions")[1][1])
                server:reset()
                script { { status = 401, times = 2 } }
                local _, err = spec.query("SELECT 1")
                assert.equal("auth", err.code)
                assert.matches("propolis login", err.message)
                assert.equal(1, count())
            end)

        it("CREATE TABLE up to four times four", function()
            script { { cut = "read", times = 4 } }
            assert(spec.query('CREATE TABLE IF NOT EXISTS "a" (id TEXT) ' ..
                "USING deeplake", { kind = "create", table = "a" }))
            assert.is_true(count() >= 5)
            server:reset()
            script { { status = 500, body = "boom", times = -1 } }
            local _, err = spec.query('CREATE TABLE "b" (id TEXT)',
                { kind = "create", table = "b" })
            assert.equal(500, err.status)
            assert.equal(16, count())
        end)

        it("CREATE TABLE not when it is refused for good", function()
            for _, status in ipairs { 400, 401, 402, 403 } do
                server:reset()
                script { { status = status, times = -1 } }
                assert(select(2, spec.query('CREATE TABLE "b" (id TEXT)',
                    { kind = "create", table = "b" })))
                assert.equal(1, count())
            end
        end)
    end)

    describe("an unclear failure", function()
        local insert = "INSERT INTO \"t\" (id) VALUES ('1')"

        before_each(function()
            assert(spec.query('CREATE TABLE "t" (id TEXT)'))
            server:reset()
        end)

        local function stored()
            return server:sql(ws, 'SELECT count(*) FROM "t"')[1][1]
        end

        for name, rule in pairs {
            ["cut after the commit"] = { cut = "commit" },
            ["reset after the commit"] = { cut = "commit", reset = true },
            ["half an answer"] = { cut = "body" },
            ["half a head"] = { cut = "head" },
            ["502 after the commit"] = { status = 502, run = true },
            ["503 after the commit"] = { status = 503, run = true },
            ["half a JSON"] = { body = "{\"colu", run = true },
            ["a timeout after the commit"] = { hang = 20 },
        } do
            it("never repeats an INSERT: " .. name, function()
                again { timeout_ms = rule.hang and 1000 }
                script { rule }
                local _, err = spec.query(insert, { kind = "insert" })
                assert.is_true(err.unclear)
                assert.equal(1, count())
                assert.equal(1, stored())
            end)
        end

        it("repeats one whose rows have ids when told", function()
            script { { cut = "commit" } }
            assert(spec.query(insert, { kind = "insert", idempotent = true }))
            assert.equal(2, stored())
        end)

        it("repeats what its sender says may be, and nothing else", function()
            for kind, times in pairs { read = 2, catalog = 2, create = 2,
                alter = 2, idempotent = 2, insert = 1, query = 1,
                unknown = 1 } do
                for _, sql in ipairs { insert, "SELECT 1",
                    "UPDATE t SET id = id || 'x'" } do
                    server:reset()
                    script { { cut = "commit" } }
                    spec.query(sql, { kind = kind })
                    assert.equal(times, count(), kind .. ": " .. sql)
                end
            end
            server:reset()
            script { { cut = "commit" } }
            spec.query("SELECT 1")
            assert.equal(1, count())
        end)

        it("of a store is repeated by the kind its caller names", function()
            local s = assert(propolis.open("deeplake:" .. server.url,
                { token = TOKEN, org_id = "org1", workspace = ws,
                    backoff_ms = 2 }))
            for kind, times in pairs { read = 2, idempotent = 2, query = 1 } do
                server:reset()
                script { { cut = "commit" } }
                s:query("SELECT ? AS a", { 1 }, kind)
                assert.equal(times, count(), kind)
                server:reset()
                script { { cut = "commit" } }
                s:exec("SELECT ? AS a", { 1 }, kind)
                assert.equal(times, count(), kind)
            end
            s:close()
        end)

        describe("of an INSERT whose rows have ids", function()
            local ids = { table = "t", columns = { { "id", "text" } } }
            local s

            before_each(function()
                s = assert(propolis.open("deeplake:" .. server.url,
                    { token = TOKEN, org_id = "org1", workspace = ws,
                        backoff_ms = 2 }))
            end)

            after_each(function() s:close() end)

            local function unique()
                assert(s:exec([[CREATE UNIQUE INDEX once ON "t" (id)
                    WHERE id <> '']]))
                server:reset()
            end

            for name, rule in pairs {
                ["503"] = { status = 503 },
                ["503 after the commit"] = { status = 503, run = true },
            } do
                it("is mended where doubles are refused: " .. name, function()
                    unique()
                    script { rule, { status = 503 } }
                    assert(s:insert(ids, { id = "a" }))
                    assert.equal(3, count())
                    script { rule }
                    assert(s:insert_many(ids, { { id = "b" }, { id = "c" } }))
                    assert.equal(3, stored())
                end)

                it("stands where they are not: " .. name, function()
                    script { rule }
                    local ok, err = s:insert(ids, { id = "a" })
                    assert.is_nil(ok)
                    assert.equal(503, err.status)
                    assert.is_true(err.unclear)
                    assert.equal(rule.run and 1 or 0, stored())
                end)

                it("stands for a row without one: " .. name, function()
                    unique()
                    script { rule }
                    local ok, err = s:insert(ids, { id = "" })
                    assert.is_nil(ok)
                    assert.is_true(err.unclear)
                    assert.equal(1, count())
                end)
            end

            it("is none when the row was there: that is told", function()
                unique()
                assert(s:insert(ids, { id = "a" }))
                assert.is_nil((s:insert(ids, { id = "a" })))
            end)
        end)

        it("is none when nobody listens", function()
            local gone = double.start {}
            gone:stop()
            again { api_url = gone.url }
            local _, err = spec.query(insert, { kind = "insert" })
            assert.equal("io", err.code)
            assert.is_nil(err.unclear)
            assert.matches("connect", err.message)
        end)

        it("is none when the server says what is wrong", function()
            for body, code in pairs {
                ['relation "t" does not exist'] = "no_table",
                ['column "c" of relation "t" does not exist'] = "no_column",
                ["permission denied for table t"] = "denied",
                ['relation "t" already exists'] = "exists",
            } do
                script { { status = 500, body = body } }
                local _, err = spec.query(insert, { kind = "insert" })
                assert.equal(code, err.code)
                assert.is_nil(err.unclear)
            end
        end)
    end)

    describe("an error", function()
        it("is classified by the whole body and shows 200 characters",
            function()
                local lead = ("\u{1F41D}"):rep(250)
                script { { status = 400, body = lead ..
                    ' relation "t" does not exist' } }
                local _, err = spec.query("SELECT 1")
                assert.equal("no_table", err.code)
                assert.equal("Query failed: 400: " ..
                    ("\u{1F41D}"):rep(200), err.message)
            end)

        it("is one line and never shows the token", function()
            script { { status = 400, body = "bad\r\n\27[31m " .. TOKEN ..
                " and " .. TOKEN .. "\0!" } }
            local _, err = spec.query("SELECT 1")
            assert.equal("Query failed: 400: bad [31m *** and *** !",
                err.message)
        end)

        it("of an account says what to do", function()
            for _, status in ipairs { 401, 403 } do
                script { { status = status, body = '{"error":"x"}' } }
                local _, err = spec.query("SELECT 1")
                assert.equal("auth", err.code)
                assert.equal(status, err.status)
                assert.matches("propolis login", err.message)
            end
        end)

        it("of the database is no matter of a login", function()
            script { { status = 403, body =
                '{"error":"must be owner of table memory","code":"42501"}' } }
            local _, err = spec.query("SELECT 1")
            assert.equal("denied", err.code)
            assert.is_nil(err.message:find("propolis login", 1, true))
        end)

        it("is read by its code, whatever its text", function()
            for code, want in pairs { ["42P01"] = "no_table",
                ["42703"] = "no_column", ["42601"] = "sql",
                ["42P07"] = "exists", ["57014"] = "busy" } do
                script { { status = 400, body =
                    '{"error":"Spalte fehlt: already exists","code":"'
                    .. code .. '"}' } }
                local _, err = spec.query("SELECT 1")
                assert.equal(want, err.code)
            end
            script { { status = 400, body =
                '{"error":"no such table: t","code":"Oops!"}' } }
            local _, err = spec.query("SELECT 1")
            assert.equal("no_table", err.code)
        end)

        it("of another code stays one, though its text speaks of a table",
            function()
                script { { status = 400, body =
                    '{"error":"relation x does not exist","code":"42601"}' } }
                local s <close> = store.from(spec)
                local _, err = s:query("SELECT 1")
                assert.equal("sql", err.code)
            end)

        it("after a redirect is none of the API's, and takes no token along",
            function()
                local other = double.start { host = "127.0.0.2" }
                script { { redirect = other.url .. "/x", status = 307 } }
                local _, err = spec.query("SELECT 1")
                assert.equal("io", err.code)
                assert.same({}, other:requests())
                other:stop()
            end)

        it("402 tells of the balance", function()
            local told = {}
            again { on_balance = function(info)
                told[#told + 1] = info
                error("a bad callback")
            end }
            script { { status = 402, body = '{"balance_cents":-7}' },
                { status = 402, body = "pay" } }
            local _, err = spec.query("SELECT 1")
            assert.equal("balance", err.code)
            assert.equal(-7, err.balance_cents)
            assert.equal(-7, told[1].balance_cents)
            assert.equal(402, told[1].status)
            _, err = spec.query("SELECT 1")
            assert.equal("balance", err.code)
            assert.is_nil(told[2].balance_cents)
            script { { run = true, headers = {
                ["X-Activeloop-Balance-Cents"] = "123" } } }
            assert(spec.query("SELECT 1"))
            assert.equal(123, told[3].balance_cents)
            assert.equal(200, told[3].status)
        end)
    end)

    describe("the listing", function()
        local path = nil

        before_each(function()
            path = "/workspaces/ws%2F" .. number .. "%20%F0%9F%90%9D/tables"
        end)

        it("is asked for once per process", function()
            assert(spec.query('CREATE TABLE "there" (id TEXT)'))
            server:reset()
            assert.is_true(spec.listed("there"))
            assert.is_false(spec.listed("absent"))
            local other = open_spec(ws)
            assert.is_true(other.listed("there"))
            other.close()
            local seen = server:requests()
            assert.equal(1, #seen)
            assert.equal("GET", seen[1].method)
            assert.equal(path, seen[1].path)
            assert.is_nil(seen[1].headers["content-type"])
            assert.equal("hivemind", seen[1].headers["x-deeplake-client"])
        end)

        it("counts as empty without tables", function()
            script { { body = "{}" } }
            assert.is_false(spec.listed("x"))
            assert.is_false(spec.listed("y"))
            assert.equal(1, count())
        end)

        it("is tried again like a statement", function()
            script { { status = 500 }, { cut = "read" } }
            assert.is_false(spec.listed("x"))
            assert.equal(3, count())
            assert.is_false(spec.listed("x"))
            assert.equal(3, count())
        end)

        it("that fails says no, and is asked for again", function()
            for _, rule in ipairs { { status = 403, times = -1 },
                { status = 503, times = -1 }, { cut = "read", times = -1 },
                { body = "half {", times = -1 } } do
                server:reset()
                script { rule }
                assert.is_false(spec.listed("x"))
            end
            server:reset()
            assert(spec.query('CREATE TABLE "x" (id TEXT)'))
            assert.is_true(spec.listed("x"))
        end)

        it("knows a table that was just made", function()
            assert.is_false(spec.listed("new"))
            assert(spec.query('CREATE TABLE "new" (id TEXT)',
                { kind = "create", table = "new" }))
            server:reset()
            assert.is_true(spec.listed("new"))
            assert.equal(0, count())
        end)
    end)

    describe("ensure", function()
        local function lines()
            local list = {}
            for _, q in ipairs(server:requests()) do
                list[#list + 1] = q.sql and (q.sql:match("^%u+ [TI]%u+") or
                    q.sql:match("^%u+")) or "LIST"
            end
            return list
        end

        it("lists, creates, looks and makes the index, once", function()
            local s <close> = store.from(spec)
            assert(s:ensure(SESSIONS))
            assert.same({ "LIST", "CREATE TABLE", "SELECT", "CREATE INDEX" },
                lines())
            assert.matches('%("path", "creation_date"%)$',
                server:requests()[4].sql)
            assert(s:ensure(SESSIONS))
            assert.equal(5, count())
            assert.equal("SELECT", lines()[5])
        end)

        it("survives an index that is refused, and asks again", function()
            local s <close> = store.from(spec)
            local refused = { status = 403, match = { sql = "CREATE INDEX" } }
            script { refused, refused }
            assert(s:ensure(SESSIONS))
            assert(s:ensure(SESSIONS))
            assert.equal("CREATE INDEX", lines()[6])
        end)

        it("takes a duplicate index as made, with a marker", function()
            local s <close> = store.from(spec)
            script { { status = 400, match = { sql = "CREATE INDEX" },
                body = "duplicate key value violates unique constraint " ..
                    '"pg_class_relname_nsp_index"' } }
            assert(s:ensure(SESSIONS))
            server:reset()
            assert(s:ensure(SESSIONS))
            assert.same({ "SELECT" }, lines())
        end)

        it("stands when another was faster with a column", function()
            local s <close> = store.from(spec)
            assert(spec.query('CREATE TABLE "events" (id TEXT)'))
            script { { cut = "commit", match = { sql = "ALTER" } } }
            local done = assert(s:ensure(EVENTS))
            assert.equal(1, #done.missing)
            assert.same({}, done.altered)
        end)
    end)

    describe("several statements at once", function()
        it("are five in flight, in order, each with its own outcome",
            function()
                assert(spec.query('CREATE TABLE "t" (id BIGINT)'))
                server:reset()
                script { { gate = 5, times = 5, match = { sql = "INSERT" } } }
                local list = {}
                for i = 1, 12 do
                    list[i] = ('INSERT INTO "t" (id) VALUES (%d)'):format(i)
                end
                list[7] = "SELEKT"
                local told = {}
                local results = spec.query_all(list, { kind = "insert" },
                    function(i, r) told[i] = r end)
                assert.equal(5, server:stats().peak)
                for i = 1, 12 do assert.equal(results[i], told[i]) end
                assert.equal("sql", results[7].error.code)
                assert.same({}, results[8])
                assert.equal(11, server:sql(ws,
                    'SELECT count(*) FROM "t"')[1][1])
            end)

        it("are there for who opens the store by its URL", function()
            local s = assert(propolis.open("deeplake:" .. server.url,
                { token = TOKEN, org_id = "org1", workspace = ws }))
            assert.same({ { { a = 1 } }, { { b = 2 } } },
                s.query_all { "SELECT 1 AS a", "SELECT 2 AS b" })
            local query_all = s.query_all
            s:close()
            assert.equal("closed", query_all({ "SELECT 1" })[1].error.code)
        end)

        it("end with the store", function()
            spec.close()
            spec.close()
            assert.equal("closed", select(2, spec.query("SELECT 1")).code)
            assert.is_false(spec.listed("x"))
            assert.equal(0, count())
        end)

        it("share connections with everything else", function()
            local before = server:stats().accepted
            for _ = 1, 10 do
                local other = open_spec(ws)
                assert(other.query("SELECT 1"))
                other.close()
            end
            assert.is_true(server:stats().accepted - before <= 1)
        end)
    end)

    it("takes the timeout from the environment", function()
        script { { hang = 20 } }
        local r = run({ "-e", [[
            local p = require "propolis"
            local s <close> = assert(p.open("deeplake:"))
            print(select(2, s:query("SELECT 1")))
        ]] }, { home = folder .. "/home", env = {
            HIVEMIND_TOKEN = TOKEN, HIVEMIND_ORG_ID = "org1",
            HIVEMIND_API_URL = server.url, HIVEMIND_QUERY_TIMEOUT_MS = "250",
        } })
        assert.equal("Query timeout after 250ms\n", r.stdout, r.stderr)
    end)

    it("stands whatever bytes come back", function()
        local seed = os.time()
        math.randomseed(seed)
        local body = '{"columns":["a","b"],"rows":[[1,"x"],[null,{}]]}'
        local whole = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" ..
            "Retry-After: 0\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
        again { retries = 0, timeout_ms = 2000, max_bytes = 100000 }
        local rules = {}
        for i = 1, 300 do
            local bytes = whole
            for _ = 1, math.random(4) do
                local at = math.random(#bytes)
                local what = math.random(3)
                local new = what == 1 and string.char(math.random(0, 255)) or
                    what == 2 and bytes:sub(at, at + math.random(20)) or ""
                bytes = bytes:sub(1, at - 1) .. new ..
                    bytes:sub(at + (what == 1 and 1 or math.random(0, 5)))
            end
            rules[i] = { raw = bytes }
        end
        script(rules)
        for i = 1, #rules do
            local rows, err = spec.query("SELECT 1")
            local fine = type(rows) == "table" or type(err.message) ==
                "string" and type(err.code) == "string"
            assert.is_true(fine, ("seed %d: %q"):format(seed, rules[i].raw))
        end
        server:reset()
        again()
        assert.same({ { one = 1 } }, assert(spec.query("SELECT 1 AS one")))
    end)

    describe("the trace", function()
        local function traced(env)
            env.HIVEMIND_TOKEN, env.HIVEMIND_ORG_ID = TOKEN, "org1"
            env.HIVEMIND_API_URL = server.url
            return run({ "-e", [[
                local p = require "propolis"
                local s <close> = assert(p.open("deeplake:"))
                s:query("SELECT  1\n AS " .. ("a"):rep(300))
                s:query("SELECT nope FROM absent")
            ]] }, { home = folder .. "/home", env = env })
        end

        for _, name in ipairs { "HIVEMIND_TRACE_SQL", "HIVEMIND_DEBUG" } do
            it("goes to stderr with " .. name .. "=1", function()
                local r = traced { [name] = "1" }
                assert.equal("", r.stdout)
                local list = {}
                for line in r.stderr:gmatch("[^\n]+") do
                    list[#list + 1] = line
                    assert.matches("^%[deeplake%-sql%] ", line)
                    assert.is_true(#line < 220 + 200)
                end
                assert.equal(4, #list)
                assert.matches("start: SELECT 1 AS aaa", list[1])
                assert.equal(220, #list[1]:match("SELECT.*"))
                assert.matches("ok %d+ms 1 rows: SELECT 1", list[2])
                assert.matches("fail %d+ms .*does not exist", list[4])
                assert.is_nil(r.stderr:find(TOKEN, 1, true))
            end)
        end

        it("is silent without", function()
            assert.equal("", traced({}).stderr)
        end)
    end)
end)

describe("propolis.stores.deeplake.markers", function()
    local dir

    before_each(function() dir = tmp.dir() end)

    local function key(more)
        local k = { workspace = "ws1", org = "org1", table = "sessions",
            suffix = "path_creation_date", dir = dir .. "/m" }
        for name, value in pairs(more or {}) do k[name] = value end
        return k
    end

    local function ask(env, code)
        local r = run({ "-e",
            "local m = require 'propolis.stores.deeplake.markers' "
            .. code }, { home = dir, env = env })
        return r.stdout
    end

    it("have the reference's names", function()
        assert.equal("ws1__org1__sessions__path_creation_date.json",
            markers.path(key()):match("[^/]*$"))
        assert.equal("/m/a_b__o_x__t.1-2__s.json", markers.path { dir = "/m",
            workspace = "a/b", org = "o x", table = "t.1-2", suffix = "s" })
    end)

    it("are where the environment says", function()
        assert.equal("/x/y", ask({ HIVEMIND_INDEX_MARKER_DIR = "/x/y" },
            "io.write(m.dir())"))
        assert.equal("/t/hivemind-deeplake-indexes", ask({ TMPDIR = "/t/" },
            "io.write(m.dir())"))
        assert.equal("1000", ask({ HIVEMIND_INDEX_MARKER_TTL_MS = "1000" },
            "io.write(m.ttl_ms())"))
        for _, bad in ipairs { "", "x", "0", "-5" } do
            assert.equal("21600000", ask({
                HIVEMIND_INDEX_MARKER_TTL_MS = bad }, "io.write(m.ttl_ms())"))
        end
    end)

    it("are written for us alone, and read as fresh", function()
        assert.is_false(markers.fresh(key()))
        assert.is_true(markers.write(key()))
        assert.is_true(markers.fresh(key()))
        assert.equal(tonumber("700", 8), sys.stat(dir .. "/m").mode)
        local stat = sys.stat(markers.path(key()))
        assert.equal(tonumber("600", 8), stat.mode)
        local value = assert(json.decode(sys.read(markers.path(key()))))
        assert.is_near(sys.time(), date.seconds(value.updatedAt), 60)
        assert.is_true(markers.write(key()))
        assert.equal(1, #sys.list(dir .. "/m"))
    end)

    it("grow stale", function()
        assert.is_true(markers.write(key()))
        local now = sys.time()
        assert.is_true(markers.fresh(key(), now + 60))
        assert.is_true(markers.fresh(key(), now + 5 * 3600))
        assert.is_false(markers.fresh(key(), now + 7 * 3600))
        assert.is_false(markers.fresh(key { ttl_ms = 1000 }, now + 10))
    end)

    it("are stale when they cannot be read", function()
        for _, text in ipairs { "", "{", "[]", "null", "{}", "7",
            '{"updatedAt":1}', '{"updatedAt":"yesterday"}',
            '{"updatedAt":"2026-13-01T00:00:00.000Z"}' } do
            tmp.write(markers.path(key()), text)
            assert.is_false(markers.fresh(key()))
        end
    end)

    it("never write through a link that somebody planted", function()
        tmp.write(dir .. "/precious", "mine")
        sys.mkdir(dir .. "/m")
        assert(sys.symlink(dir .. "/precious", markers.path(key())))
        assert.is_true(markers.write(key()))
        assert.equal("mine", sys.read(dir .. "/precious"))
    end)

    it("that cannot be written are no disaster", function()
        tmp.write(dir .. "/file", "")
        local ok, err = markers.write(key { dir = dir .. "/file/m" })
        assert.is_nil(ok)
        assert.is_truthy(err)
    end)
end)
