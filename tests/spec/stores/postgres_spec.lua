local pg = require "postgres"
local postgres = require "engine.postgres"
local propolis = require "propolis"
local suite = require "store_suite" (_ENV)

local url = pg.url(true)
local made = 0

-- Names of workspaces are not ours to choose.
local function workspace()
    made = made + 1
    return ("w-%d 'x' \"y\" \\z \u{1F41D}"):format(made)
end

local function open(ws, address)
    local store, err = propolis.open(address or url, { workspace = ws })
    if store then store.heal_log = false end
    return store, err
end

-- The name of a workspace's schema, as SQL text.
local function quoted(ws) return '"' .. ws:gsub('"', '""') .. '"' end

local function make_schema(ws)
    pg.psql("CREATE SCHEMA IF NOT EXISTS " .. quoted(ws), url)
end

suite("a PostgreSQL store", open, {
    place = workspace,
    prepare = make_schema,
    neighbour = workspace,
    count = function(place)
        return assert(open(place)), pg.log_statements(url)
    end,
})

local EVENTS = { table = "events", columns = {
    { "id", "text", default = "" },
    { "note", "text" },
} }
local OLD = { table = "events", columns = { { "id", "text", default = "" } } }

describe("engine.postgres", function()
    local ws, store, admin

    before_each(function()
        ws = workspace()
        store = assert(open(ws))
    end)

    after_each(function()
        store:close()
        if admin then admin:close() end
        admin = nil
    end)

    -- psql inside the workspace, in a session of its own
    local function session()
        admin = pg.session(url)
        admin:send(("SET search_path = %s;"):format(quoted(ws)))
        return admin
    end

    local function backends()
        return tonumber(pg.psql("SELECT count(*) FROM pg_stat_activity "
            .. "WHERE application_name = 'propolis' AND datname = "
            .. "current_database()", url))
    end

    -- Ends every session of ours and waits until none is left.
    local function kill_backends()
        pg.psql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            .. "WHERE application_name = 'propolis' AND datname = "
            .. "current_database()", url)
    end

    local function sentence(err, ...)
        for _, pattern in ipairs { ... } do
            assert.matches(pattern, err.message)
        end
        assert.is_nil(err.message:find("[\r\n]"))
    end

    it("makes a workspace's schema when it is first written to", function()
        local sql = "SELECT count(*) FROM pg_namespace WHERE nspname = "
            .. store:quote(ws)
        assert.equal("0", pg.psql(sql, url))
        assert.same({}, assert(store:plan(EVENTS)).drift or {})
        assert.equal("0", pg.psql(sql, url))
        assert(store:insert(EVENTS, { id = "a" }))
        assert.equal("1", pg.psql(sql, url))
    end)

    it("takes a default for what it is, however PostgreSQL shows it",
        function()
            local odd = { table = "odd", columns = {
                { "n", "bigint", default = -1 },
                { "big", "bigint", default = 5000000000 },
                { "least", "bigint", default = math.mininteger },
                { "t", "text", default = [[a\b'c]] },
                { "j", "jsonb", default = "[]" },
            } }
            assert(store:heal(odd))
            assert.same({}, assert(store:plan(odd)).drift)
            odd.columns[1].default = 1
            odd.columns[4].default = "other"
            local drift = assert(store:plan(odd)).drift
            assert.same({ "n", "t" }, { drift[1].column, drift[2].column })
        end)

    it("says that a schema may not be used", function()
        pg.psql("CREATE SCHEMA shut; CREATE ROLE outcast LOGIN PASSWORD 'x'; "
            .. "GRANT CREATE ON DATABASE " .. url:match("[^/]*$")
            .. " TO outcast", url)
        local guest <close> = assert(open("shut",
            pg.url_with(url, { user = "outcast", password = "x" })))
        local ok, err = guest:insert(EVENTS, { id = "a" })
        assert.is_nil(ok)
        assert.equal("denied", err.code)
        sentence(err, '"shut"', "GRANT USAGE, CREATE")
    end)

    it("opens with no statement of its own", function()
        local statements = pg.log_statements(url)
        local other <close> = assert(open(ws))
        assert.same({ { n = 1 } }, other:query("SELECT 1 AS n"))
        assert.equal(1, #statements())
    end)

    it("takes the workspace from the URL, or public", function()
        local a <close> = assert(postgres.open(
            url .. "?workspace=a%2Db&application_name=other"))
        assert.equal("a-b", a.workspace)
        assert.same({ { p = '"a-b"', n = "other" } }, a:query(
            "SELECT current_setting('search_path') AS p, "
            .. "current_setting('application_name') AS n"))
        local b <close> = assert(postgres.open(url))
        assert.equal("public", b.workspace)
    end)

    it("shows its URL without the password", function()
        local host = url:match("@(.*)$")
        assert.equal("postgres://propolis:***@" .. host, store.url)
        local other <close> = assert(propolis.open(
            "postgres://propolis@" .. host .. "?password=secret"))
        assert.equal("postgres://propolis@" .. host .. "?password=***",
            other.url)
        for _, address in ipairs {
            "mysql://u:s3cr3t@h/db", "mysql://u:p@s3cr3t@h/db",
            "mysql://u:p/s3cr3t@h/db", "host=h password='s3cr3t x'",
        } do
            local _, err = propolis.open(address)
            assert.is_nil(err.message:find("s3cr3t", 1, true))
        end
    end)

    it("refuses a workspace that PostgreSQL would cut", function()
        local got, err = open(("w"):rep(64))
        assert.is_nil(got)
        assert.equal("arg", err.code)
    end)

    it("gives values their type", function()
        local row = store:query([[SELECT 1::int2 AS a, 2::int4 AS b,
            9223372036854775807 AS c, 1.5::float4 AS d, 0.1::float8 AS e,
            5.00::numeric AS f, 0.25::numeric AS g, 100::numeric AS h,
            1234567890.1234567890::numeric AS i,
            9223372036854775808::numeric AS j, true AS k, false AS l,
            NULL AS m, '{1,2}'::float4[] AS n, '{"a": 1}'::jsonb AS o,
            date '2020-01-02' AS p]])[1]
        assert.same({ a = 1, b = 2, c = math.maxinteger, d = 1.5, e = 0.1,
            f = 5, g = 0.25, h = 100, i = "1234567890.1234567890",
            j = "9223372036854775808", k = true, l = false, n = "{1,2}",
            o = '{"a": 1}', p = "2020-01-02" }, row)
        assert.equal("integer", math.type(row.f))
        assert.equal("integer", math.type(row.a))
        assert.equal("float", math.type(row.d))
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

    it("brings a large result back whole", function()
        local n, bytes = 0, 0
        for row in store:rows("SELECT repeat('x', 1000) AS v "
            .. "FROM generate_series(1, 20000)") do
            n, bytes = n + 1, bytes + #row.v
        end
        assert.equal(20000, n)
        assert.equal(20000000, bytes)
    end)

    it("reads only when it is opened so, one statement after the other",
        function()
            assert(store:insert(EVENTS, { id = "a" }))
            local reader <close> = assert(propolis.open(url,
                { workspace = ws, readonly = true }))
            for _ = 1, 3 do
                assert.same({ { id = "a" } },
                    reader:query("SELECT id FROM events"))
                local ok, err = reader:exec("DELETE FROM events")
                assert.is_nil(ok)
                assert.equal("readonly", err.code)
            end
        end)

    it("runs one statement per call", function()
        assert(store:ensure(EVENTS))
        local got, err = store:query("SELECT 1; DROP TABLE events")
        assert.is_nil(got)
        assert.equal("sql", err.code)
        assert(store:query("SELECT id FROM events"))
        got, err = store:exec("COPY events FROM STDIN")
        assert.is_nil(got)
        sentence(err, "COPY")
        assert(store:insert(EVENTS, { id = "after" }))
        got = store:query("COPY events TO STDOUT")
        assert.is_nil(got)
        assert.same({ { id = "after" } }, store:query("SELECT id FROM events"))
    end)

    it("tells errors apart by their SQLSTATE", function()
        assert(store:ensure(EVENTS))
        local function code(sql)
            local got, err = store:query(sql)
            assert.is_nil(got)
            return err.code
        end
        assert.equal("no_table", code "SELECT 1 FROM nowhere")
        assert.equal("no_column", code "SELECT nothing FROM events")
        assert.equal("exists", code "CREATE TABLE events (id text)")
        assert.equal("exists", code "ALTER TABLE events ADD id text")
        assert.equal("exists", code("CREATE SCHEMA " .. quoted(ws)))
        assert.equal("no_schema", code "CREATE TABLE nowhere.t (id text)")
        assert.equal("sql", code "SELECT 1 / 0")
        assert(store:exec("SET statement_timeout = '1ms'"))
        assert.equal("busy", code "SELECT pg_sleep(10)")
        assert(store:exec("SET statement_timeout = 0"))
        assert(store:exec("CREATE UNIQUE INDEX one ON events (id)"))
        assert(store:insert(EVENTS, { id = "a" }))
        local ok, err = store:insert(EVENTS, { id = "a" })
        assert.is_nil(ok) -- a duplicate row is no "already exists"
        assert.equal("sql", err.code)
    end)

    it("reports what fails only when it is committed", function()
        assert(store:ensure(EVENTS))
        assert(store:exec("ALTER TABLE events ADD CONSTRAINT one "
            .. "UNIQUE (id) DEFERRABLE INITIALLY DEFERRED"))
        assert(store:insert(EVENTS, { id = "a" }))
        local ok, err = store:insert(EVENTS, { id = "a" })
        assert.is_nil(ok)
        assert.matches("duplicate key", err.message)
        assert.equal(1, #store:query("SELECT id FROM events"))
    end)

    it("never takes a missing right for a missing table", function()
        assert(store:insert(OLD, { id = "a" }))
        pg.psql("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN "
            .. "PASSWORD 'guest'")
        session():send(("GRANT USAGE ON SCHEMA %s TO guest; "
            .. "GRANT SELECT ON events TO guest;"):format(quoted(ws)))
        local statements = pg.log_statements(url)
        local guest <close> = assert(open(ws,
            pg.url_with(url, { user = "guest", password = "guest" })))
        local ok, err = guest:insert(OLD, { id = "b" })
        assert.is_nil(ok)
        assert.equal("denied", err.code)
        assert.equal(1, #statements()) -- no heal was tried
        ok, err = guest:insert(EVENTS, { id = "b", note = "n" })
        assert.is_nil(ok)
        assert.equal("denied", err.code)
        admin:send("REVOKE ALL ON events FROM guest; "
            .. ("REVOKE ALL ON SCHEMA %s FROM guest;"):format(quoted(ws))
            .. "DROP ROLE guest;")
    end)

    it("lets the first error stand when nothing was missing", function()
        assert(store:ensure(EVENTS))
        session():send([[
            CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN PERFORM 1 FROM elsewhere; RETURN NEW; END$$;
            CREATE TRIGGER trip BEFORE INSERT ON events
            FOR EACH ROW EXECUTE FUNCTION trip();]])
        local ok, err = store:insert(EVENTS, { id = "a" })
        assert.is_nil(ok)
        assert.equal("no_table", err.code)
        assert.matches("elsewhere", err.message)
    end)

    it("does not pass over a failure in a transaction; heals in one", function()
        assert(store:insert(OLD, { id = "kept" }))
        local ok, err = store:transaction(function()
            assert(store:insert(OLD, { id = "lost" }))
            return store:query("SELECT nothing FROM events")
        end)
        assert.is_nil(ok)
        assert.equal("no_column", err.code)
        ok, err = store:transaction(function()
            assert(store:insert(OLD, { id = "lost" }))
            assert.is_nil((store:query("SELECT nothing FROM events")))
            return true
        end)
        assert.is_nil(ok)
        assert.matches("nothing of the transaction was kept", err.message)
        assert(store:transaction(function()
            assert(store:exec("SET LOCAL lock_timeout = '7s'"))
            assert(store:insert(EVENTS, { id = "new", note = "n" }))
            assert.same({ { lock_timeout = "7s" } },
                store:query("SHOW lock_timeout"))
            return true
        end))
        assert.same({ { id = "kept" }, { id = "new" } },
            store:query("SELECT id FROM events ORDER BY id"))
    end)

    describe("when a table is held", function()
        it("gives up, and lets readers through meanwhile", function()
            assert(store:insert(OLD, { id = "a" }))
            session():send("BEGIN; SELECT id FROM events;")
            -- another reader works all the while that heal tries
            local done = os.tmpname()
            os.remove(done)
            local reader = assert(io.popen(([[
                export PGOPTIONS='-c statement_timeout=4s'
                until test -e '%s'; do
                    psql -XqAt -v ON_ERROR_STOP=1 '%s' -c '
                        SELECT count(*) FROM %s.events' || echo stuck
                done 2>&1]]):format(done, url,
                (quoted(ws):gsub("'", "'\\''")))))
            assert.equal("1", reader:read("l"))
            local ok, err = store:insert(EVENTS, { id = "b", note = "n" })
            assert(io.open(done, "w")):close()
            local answers = reader:read("a")
            reader:close()
            os.remove(done)
            assert.is_nil(ok)
            assert.equal("busy", err.code)
            sentence(err, "events")
            assert.is_nil(answers:find("[^1\n]"), answers)
            admin:send("COMMIT;")
            assert(store:insert(EVENTS, { id = "b", note = "n" }))
            assert.equal(2, #store:query("SELECT id FROM events"))
        end)

        it("does not queue writers behind an index either", function()
            local indexed = { table = "events", columns = EVENTS.columns,
                indexes = { { "id" } } }
            assert(store:ensure(EVENTS))
            session():send("BEGIN; INSERT INTO events VALUES ('held');")
            -- an index that cannot be made does not fail the heal
            assert(store:ensure(indexed))
            admin:send("COMMIT;")
            assert(store:ensure(indexed))
            assert.equal("1", pg.psql("SELECT count(*) FROM pg_indexes "
                .. "WHERE indexname = 'idx_events_id' AND schemaname = "
                .. store:quote(ws), url))
        end)

        it("waits for another heal on its advisory lock", function()
            assert(store:insert(OLD, { id = "a" }))
            session():send("BEGIN; SELECT pg_advisory_xact_lock(hashtext("
                .. "'propolis'), hashtext('events'));")
            local worker = assert(io.popen(
                ("psql -XqAt '%s' 2>&1"):format(url), "w"))
            -- ends the other heal's transaction once ours waits for it
            worker:write([[DO $$ BEGIN
                FOR i IN 1..2000 LOOP
                    PERFORM pg_sleep(0.005);
                    PERFORM pg_stat_clear_snapshot();
                    PERFORM 1 FROM pg_locks WHERE locktype = 'advisory'
                        AND NOT granted;
                    EXIT WHEN FOUND;
                END LOOP;
                PERFORM pg_terminate_backend(pid) FROM pg_locks
                    WHERE locktype = 'advisory' AND granted;
                END $$;]], "\n")
            worker:flush()
            assert(store:insert(EVENTS, { id = "b", note = "n" }))
            worker:close()
            assert.equal(2, #store:query("SELECT id FROM events"))
        end)
    end)

    describe("when it cannot connect", function()
        local function refused(address, ...)
            local got, err = postgres.open(address, { connect_timeout = 5 })
            assert.is_nil(got)
            sentence(err, ...)
            assert.is_nil(err.message:find("s3cr3t", 1, true))
            return err.code
        end

        it("says which password was wrong without showing it", function()
            assert.equal("auth", refused(
                pg.url_with(url, { password = "s3cr3t" }),
                "refused the login", "check user and password"))
            assert.equal("auth", refused(
                pg.url_with(url, { user = "who", password = "s3cr3t" }),
                '"who"'))
            assert.equal("auth", refused(
                (url:gsub(":[^:@/]*@", "@")), "wants a password"))
        end)

        it("names a database that is not there", function()
            assert.equal("sql", refused(pg.url_with(url, { name = "nowhere" }),
                "no database 'nowhere'", "createdb"))
        end)

        it("names a server that is not there", function()
            assert.equal("io", refused(
                "postgres://u:s3cr3t@127.0.0.1:1/db",
                "cannot reach PostgreSQL at 127.0.0.1:1", "server runs"))
            assert.equal("io", refused("postgres://u:s3cr3t@/db?host=/nowhere",
                "cannot reach PostgreSQL at /nowhere"))
        end)

        it("does not show a password that breaks the URL", function()
            for _, address in ipairs {
                "postgres://u:s3cr3t%zz@h/db",
                "postgres://u@h/db?s3cr3t", "host=h password='s3cr3t",
                "postgres://u@h/db?workspace=%00s3cr3t", "s3cr3t",
            } do
                assert.equal("arg", refused(address, "postgres://user:"))
            end
        end)

        it("gives up on a server that says nothing", function()
            -- a process that stopped takes connections and never answers
            local dir = io.popen("mktemp -d"):read("l")
            local pipe = assert(io.popen(("exec perl -MIO::Socket::INET -e '"
                .. "$s = IO::Socket::INET->new(Listen => 5, LocalAddr => "
                .. "\"127.0.0.1\") or die; open F, \">\", \"%s/port\"; "
                .. "print F $s->sockport, \"\\n\"; close F; "
                .. "rename \"%s/port\", \"%s/ready\"; <STDIN>'")
                :format(dir, dir, dir), "w"))
            os.execute(("until test -e %s/ready; do sleep 0.01; done")
                :format(dir))
            local port = io.open(dir .. "/ready"):read("l")
            local got, err = postgres.open(
                "postgres://u:s3cr3t@127.0.0.1:" .. port .. "/db",
                { connect_timeout = 1 })
            pipe:close()
            os.execute("rm -r " .. dir)
            assert.is_nil(got)
            assert.equal("io", err.code)
            sentence(err, "did not answer within 1 s")
        end)

        it("gives up on a statement that gets no answer", function()
            local impatient <close> = assert(postgres.open(
                pg.url("frozen"), { timeout_ms = 300 }))
            for _, sql in ipairs {
                "SELECT 1", -- and one that does not even fit on the line
                ("SELECT '%s'"):format(("x"):rep(16 << 20)),
            } do
                local pid = impatient:query(
                    "SELECT pg_backend_pid() AS pid")[1].pid
                assert(os.execute("kill -STOP " .. pid))
                local got, err = impatient:query(sql)
                os.execute("kill -CONT " .. pid)
                assert.is_nil(got)
                assert.equal("io", err.code)
                assert.is_true(err.unclear)
                sentence(err, "did not answer within 300 ms")
                assert.same({ { n = 1 } },
                    impatient:query("SELECT 1 AS n"))
            end
        end)

        it("raises on options of a wrong type", function()
            assert.has_error(function() postgres.open(1 == 1) end)
            assert.has_error(function() postgres.open("postgres://\0") end)
            assert.has_error(function() postgres.open(url, "ws") end)
            assert.has_error(function()
                postgres.open(url, { workspace = 5 })
            end)
            assert.has_error(function()
                postgres.open(url, { connect_timeout = 0 })
            end)
        end)
    end)

    it("stops a statement on Ctrl-C, and the session goes on", function()
        local script = os.tmpname()
        local file <close> = assert(io.open(script, "w"))
        file:write(([[
            local store = assert(require "propolis".open("%s"))
            local sys = require "engine.sys"
            -- a child that sends the signal once the statement runs
            os.execute(([=[
                ( until psql -XqAt '%s' -c "SELECT 1 FROM pg_stat_activity
                    WHERE query = 'SELECT pg_sleep(60)'
                    AND state = 'active'" | grep -q 1; do :; done
                  kill -INT ]=] .. sys.pid() .. [=[ ) >/dev/null 2>&1 &]=]))
            print(pcall(function()
                local rows, err = store:query("SELECT pg_sleep(60)")
                return rows, err.code
            end))
            print(store:query("SELECT 1 AS n")[1].n)]]):format(url, url))
        file:close()
        local sys = require "engine.sys"
        local ran = assert(sys.run({ sys.realpath("/proc/self/exe"), script },
            { timeout = 30 }))
        os.remove(script)
        assert.is_nil(ran.timed_out or nil)
        assert.matches("interrupted!", ran.stdout)
        assert.matches("\n1\n$", ran.stdout)
    end)

    describe("when its connection is cut", function()
        it("opens a new one for the next statement", function()
            assert(store:insert(EVENTS, { id = "a" }))
            kill_backends()
            assert(store:insert(EVENTS, { id = "b" }))
            kill_backends()
            assert.same({ { n = 2 } },
                store:query("SELECT count(*) AS n FROM events"))
            assert.equal(1, backends())
        end)

        it("says so when that cannot be: the server is gone", function()
            local name = "gone" .. made
            local gone <close> = assert(open(ws, pg.url(name)))
            pg.psql(('DROP DATABASE "%s" WITH (FORCE)'):format(name))
            local got, err = gone:query("SELECT 1")
            assert.is_nil(got)
            sentence(err, name)
        end)

        it("calls a statement under way unclear", function()
            local got, err = store:query(
                "SELECT pg_terminate_backend(pg_backend_pid())")
            assert.is_nil(got)
            assert.equal("io", err.code)
            assert.is_true(err.unclear)
            assert.matches("administrator command", err.message)
            assert.same({ { n = 1 } }, store:query("SELECT 1 AS n"))
        end)

        it("keeps nothing of the transaction it was in", function()
            assert(store:ensure(EVENTS))
            local ok, err = store:transaction(function()
                assert(store:insert(EVENTS, { id = "a" }))
                kill_backends()
                local done, why = store:insert(EVENTS, { id = "b" })
                assert.is_nil(done)
                assert.equal("io", why.code)
                -- a careless caller goes on: this must not be committed alone
                assert.is_nil((store:insert(EVENTS, { id = "c" })))
            end)
            assert.is_nil(ok)
            assert.equal("io", err.code)
            assert.same({}, store:query("SELECT id FROM events"))
            assert(store:insert(EVENTS, { id = "d" }))
        end)

        -- Each ends the transaction: what follows runs on a new connection.
        for how, commit in pairs {
            ["commit()"] = function() return store:commit() end,
            ["a typed COMMIT"] = function()
                return store:exec("/* all of it */ COMMIT work; -- done")
            end,
            ["a typed END"] = function() return store:query("END") end,
        } do
            it("commits nothing that was lost, by " .. how, function()
                assert(store:ensure(EVENTS))
                assert(store:begin())
                assert(store:insert(EVENTS, { id = "a" }))
                kill_backends()
                local ok, err = commit()
                assert.is_nil(ok)
                assert.equal("io", err.code)
                assert.same({}, store:query("SELECT id FROM events"))
            end)
        end

        it("ends a lost transaction by rollback()", function()
            assert(store:begin())
            kill_backends()
            assert.is_nil((store:query("SELECT 'ROLLBACK'")))
            assert(store:rollback())
            assert.same({ { n = 1 } }, store:query("SELECT 1 AS n"))
        end)
    end)
end)
