--- A postgres:// store through PgBouncer in transaction mode: each transaction
-- may get another session of the server, and no session takes options.
local needs = require "needs"

local missing = needs.program "pgbouncer"
if missing then
    it("reaches PostgreSQL through PgBouncer", function() pending(missing) end)
    return
end

local pg = require "postgres"
local pgbouncer = require "pgbouncer"
local propolis = require "propolis"
local relay = require "relay"
local suite = require "store_suite" (_ENV)

local EVENTS = { table = "events", columns = {
    { "id", "text", default = "" },
    { "note", "text" },
} }

for _, how in ipairs { "refuse options", "ignore options" } do
    local direct = pg.url(true)
    local url = pgbouncer.url(direct, how)
    local made = 0

    local function workspace()
        made = made + 1
        return ("w-%d 'x' \"y\" \\z \u{1F41D}"):format(made)
    end

    local function open(ws, options)
        options = options or {}
        options.workspace = ws
        local store, err = propolis.open(url, options)
        if store then store.journal = false end
        return store, err
    end

    local function quoted(ws) return '"' .. ws:gsub('"', '""') .. '"' end

    suite("a store behind a PgBouncer told to " .. how, open, {
        place = workspace,
        neighbour = workspace,
        prepare = function(ws)
            pg.psql("CREATE SCHEMA IF NOT EXISTS " .. quoted(ws), direct)
        end,
    })

    describe("behind a PgBouncer told to " .. how, function()
        local ws, store

        before_each(function()
            ws = workspace()
            store = assert(open(ws))
        end)

        after_each(function() store:close() end)

        local function one(sql) return assert(store:query(sql))[1] end

        it("has what it relies on, in whatever session", function()
            local seen = {}
            -- two transactions at once are two sessions, which then take turns
            local other <close> = assert(open(workspace()))
            assert(store:begin())
            assert(other:begin())
            assert(store:commit())
            assert(other:commit())
            for _ = 1, 6 do
                local row = one [[SELECT pg_backend_pid() AS pid,
                    current_setting('search_path') AS path,
                    current_setting('datestyle') AS dates,
                    current_setting('application_name') AS name]]
                assert.equal(quoted(ws), row.path)
                assert.matches("^ISO", row.dates)
                assert.equal("propolis", row.name)
                seen[row.pid] = true
            end
            assert.is_truthy(next(seen, next(seen)))
        end)

        it("keeps a workspace's settings out of the sessions", function()
            assert(store:ensure(EVENTS))
            local plain = pg.psql("SHOW search_path", direct)
            for _ = 1, 6 do
                assert.equal(plain, pg.psql("SHOW search_path", url))
            end
        end)

        it("asks in one round trip, as without one", function()
            local line <close> = relay.start { port = pg.port(url),
                postgres = true }
            local far <close> = assert(propolis.open(
                pg.url_with(url, { port = line.port }), { workspace = ws }))
            assert(far:ensure(EVENTS))
            for n, ask in ipairs {
                function() return far:insert(EVENTS, { id = "a" }) end,
                function() -- BEGIN, SAVEPOINT, INSERT, RELEASE, COMMIT
                    return far:transaction(function()
                        return far:insert(EVENTS, { id = "b" })
                    end)
                end,
            } do
                line:rule(nil)
                assert(ask())
                assert.equal(n == 1 and 1 or 5, (line:turns()))
            end
        end)

        it("knows a transaction that somebody typed", function()
            assert(store:ensure(EVENTS))
            for _, word in ipairs {
                "BEGIN", "/* now */ begin ISOLATION LEVEL SERIALIZABLE;",
                "START TRANSACTION READ WRITE",
            } do
                assert(store:exec(word))
                assert.is_true(store:in_transaction())
                local pid = one("SELECT pg_backend_pid() AS pid").pid
                assert(store:insert(EVENTS, { id = word }))
                assert(store:exec("COMMIT AND CHAIN"))
                assert.equal(pid, one("SELECT pg_backend_pid() AS pid").pid)
                assert(store:insert(EVENTS, { id = word .. " chained" }))
                assert(store:exec("ROLLBACK WORK AND CHAIN"))
                assert(store:insert(EVENTS, { id = word .. " again" }))
                assert(store:exec("COMMIT"))
                assert.is_false(store:in_transaction())
            end
            assert.equal(6, one("SELECT count(*) AS n FROM events").n)
        end)

        it("walks several results at once", function()
            local sums = {}
            for a in store:rows("SELECT generate_series(1, 3) AS n") do
                for b in store:rows("SELECT generate_series(1, 3) AS n") do
                    sums[#sums + 1] = a.n * 10 + b.n
                end
            end
            assert.same({ 11, 12, 13, 21, 22, 23, 31, 32, 33 }, sums)
        end)

        it("reads only when it is opened so", function()
            assert(store:insert(EVENTS, { id = "a" }))
            local reader <close> = assert(open(ws, { readonly = true }))
            for _ = 1, 3 do
                assert.same({ { id = "a" } },
                    reader:query("SELECT id FROM events"))
                local ok, err = reader:exec("DELETE FROM events")
                assert.is_nil(ok)
                assert.equal("readonly", err.code)
            end
        end)

        it("runs one statement per call", function()
            assert(store:insert(EVENTS, { id = "a" }))
            local got, err = store:query("SELECT 1; DROP TABLE events")
            assert.is_nil(got)
            assert.equal("sql", err.code)
            got, err = store:query("")
            assert.is_nil(got)
            assert.matches("empty", err.message)
            for _, text in ipairs { "COPY events FROM STDIN",
                "COPY events TO STDOUT" } do
                got, err = store:query(text)
                assert.is_nil(got)
                assert.matches("COPY", err.message)
                assert.same({ { id = "a" } },
                    store:query("SELECT id FROM events"))
            end
        end)

        it("names the cause where a statement must stand alone", function()
            assert(store:ensure(EVENTS))
            for _, text in ipairs { "VACUUM events",
                "CREATE INDEX CONCURRENTLY i ON events (id)",
                "CREATE DATABASE never" } do
                local ok, err = store:exec(text)
                assert.is_nil(ok)
                assert.equal("unsupported", err.code)
                assert.matches("leads to a pooler", err.message)
                assert.matches("connect to PostgreSQL itself", err.message)
            end
            assert.is_false(store:in_transaction())
        end)

        it("says that options do not get through", function()
            local got, err = propolis.open(url .. "?options=-c%20geqo%3Doff")
            assert.is_nil(got)
            assert.equal("arg", err.code)
            assert.matches("lets no options through", err.message)
        end)

        it("takes a name from the URL, and none from PGAPPNAME", function()
            local named <close> = assert(propolis.open(
                url .. "?application_name=caf%C3%A9"))
            assert.same({ { n = "caf??" } }, named:query(
                "SELECT current_setting('application_name') AS n"))
        end)

        it("gives up on a statement that gets no answer", function()
            local impatient <close> = assert(open(ws, { timeout_ms = 300 }))
            local got, err = impatient:query("SELECT pg_sleep(60)")
            assert.is_nil(got)
            assert.equal("io", err.code)
            assert.is_true(err.unclear)
            assert.same({ { n = 1 } }, impatient:query("SELECT 1 AS n"))
        end)

        it("goes on after its session has been ended", function()
            assert(store:insert(EVENTS, { id = "a" }))
            local ok, err = store:query(
                "SELECT pg_terminate_backend(pg_backend_pid())")
            assert.is_nil(ok)
            assert.equal("io", err.code)
            assert(store:insert(EVENTS, { id = "b" }))
            assert.equal(2, one("SELECT count(*) AS n FROM events").n)
        end)

        it("stops a statement on Ctrl-C, and goes on", function()
            local sys = require "engine.sys"
            local script = os.tmpname()
            local file <close> = assert(io.open(script, "w"))
            file:write(([[
                local store = assert(require "propolis".open("%s"))
                -- a child that sends the signal once the statement runs
                os.execute(([=[
                    ( until psql -XqAt '%s' -c "SELECT 1 FROM pg_stat_activity
                        WHERE query = 'SELECT pg_sleep(60)'
                        AND state = 'active'" | grep -q 1; do :; done
                      kill -INT ]=] .. require "engine.sys".pid()
                    .. [=[ ) >/dev/null 2>&1 &]=]))
                print(pcall(store.query, store, "SELECT pg_sleep(60)"))
                print(store:query("SELECT 1 AS n")[1].n)]])
                :format(url, direct))
            file:close()
            local ran = assert(sys.run(
                { sys.realpath("/proc/self/exe"), script }, { timeout = 60 }))
            os.remove(script)
            assert.is_nil(ran.timed_out or nil)
            assert.matches("interrupted!", ran.stdout)
            assert.matches("\n1\n$", ran.stdout)
        end)
    end)
end
