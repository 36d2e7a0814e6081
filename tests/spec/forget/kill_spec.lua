--- A forget that is killed, or meets a full disk or a locked store: run again
-- it completes, and nothing else is lost on the way.
local forgetting = require "forgetting"
local hooks = require "hooks"
local json = require "propolis.json"
local machine = require "machine"
local needs = require "needs"
local pg = require "postgres"
local relay = require "relay"
local run = require "run"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))
local LINE = "2026-01-01T00:00:00.000Z error [1] the CANARY fell\n"
local WORDS = { "forget", "--text", "canary", "--yes" }

-- A home with a text in the store, its log, the journal, a damaged record and
-- the log; its files as path -> bytes.
local function template()
    local home = tmp.dir()
    forgetting.prompt(home, "s1", "the CANARY sings", { env = {
        PROPOLIS_STORE = "sqlite:/nowhere" } })
    for i = 1, 20 do
        forgetting.prompt(home, "s" .. i % 3, "a sparrow " .. i, { env = {
            PROPOLIS_STORE = "sqlite:/nowhere" } })
    end
    assert(sys.append(home .. "/data/local@default.journal",
        "\x1E1 99 abc [{\"CANARY\n\x1E1 99 abc [{\"wren\n"))
    hooks.take_in(home)
    assert.equal(0, run({ "sync", "--auto" }, { home = home }).code)
    assert.is_true(#forgetting.traces(home, "canary") > 2)
    forgetting.prompt(home, "s2", "the CANARY waits", { env = {
        PROPOLIS_STORE = "sqlite:/nowhere" } })
    assert(sys.append(home .. "/state/propolis.log", LINE))
    local files = {}
    for path, bytes in pairs(hooks.files(home)) do
        files[path:sub(#home + 1)] = bytes
    end
    return files
end

local function copy(files)
    local home = tmp.dir()
    for path, bytes in pairs(files) do tmp.write(home .. path, bytes, 384) end
    return home
end

-- What must hold after the run that completes it.
local function check(home)
    assert.same({}, forgetting.traces(home, "canary"))
    local n, queued = 0, {}
    for _, row in ipairs(hooks.rows(home, "propolis_outbox")) do
        queued[row.row_id] = true
    end
    for _, row in ipairs(hooks.rows(home)) do
        n = n + 1
        assert.is_true(queued[row.id], "a row without its outbox row")
    end
    assert.equal(20, n)
    assert.equal(1, #forgetting.traces(home, "wren"))
    local store <close> = assert(sqlite.open(hooks.store_path(home)))
    assert.equal("ok", store:query("PRAGMA integrity_check")[1]
        .integrity_check)
    assert.equal(2, store:query("SELECT COUNT(*) AS n"
        .. " FROM propolis_forgotten_here WHERE tbl = 'sessions'")[1].n)
end

local function again(home, words)
    local r = run(words or WORDS, { home = home,
        env = { PROPOLIS_AUTOSYNC = "false", PROPOLIS_STORE =
            "sqlite:/nowhere" } })
    assert.same({ 0, "" }, { r.code, r.stderr })
end

describe("a forget killed at every", function()
    local files

    setup(function() files = template() end)
    after_each(tmp.clean)

    local function killed(home, call, n)
        local argv = { "strace", "-f", "-o", "/dev/null", "-e", "trace="
            .. call, "-e", ("inject=%s:signal=KILL:when=%d"):format(call, n),
            PROGRAM, table.unpack(WORDS) }
        local r = assert(sys.run(argv, { timeout = 60, env = {
            PROPOLIS_HOME = home, HOME = home, PROPOLIS_AUTOSYNC = "false",
            PROPOLIS_STORE = "sqlite:/nowhere",
            ASAN_OPTIONS = "detect_leaks=0", -- none under strace
        } }))
        if r.signal or r.code == 137 then return true end
        assert.equal(0, r.code, r.stderr)
        return false
    end

    for _, call in ipairs { "pwrite64", "write", "fsync", "fdatasync",
        "ftruncate", "rename", "unlink", "flock" } do
        it(call, function()
            local missing = needs.strace()
            if missing then return pending(missing) end
            local n, step, died = 0, 1
            repeat
                n = n + step
                if n > 30 then step = 7 end -- a page as any other
                local home = copy(files)
                died = killed(home, call, n)
                again(home)
                check(home)
                tmp.clean()
                assert.is_true(n < 1000)
            until not died
        end)
    end
end)

describe("a forget", function()
    after_each(tmp.clean)

    it("says that the store is locked, and changes nothing", function()
        local home = copy(template())
        local before = #forgetting.traces(home, "canary")
        hooks.take_in(home)
        local other = assert(sqlite.open(hooks.store_path(home)))
        assert(other:exec("BEGIN IMMEDIATE"))
        local r = forgetting.try(home, { "--text", "canary", "--yes" },
            { PROPOLIS_STORE = "sqlite:/nowhere" })
        assert.equal(1, r.code)
        assert.matches("locked", r.stderr)
        assert(other:exec("ROLLBACK"))
        other:close()
        assert.is_true(before > 0)
        again(home)
        check(home)
    end)

    it("that a full disk stops is run again", function()
        local missing = needs.root()
        local disk = tmp.dir() .. "/disk"
        assert(sys.mkdir(disk))
        missing = missing or needs.mount(disk)
        if missing then return pending(missing) end
        assert.equal(0, sys.run({ "mount", "-t", "tmpfs", "-o", "size=2m",
            "tmpfs", disk }).code)
        finally(function() sys.run { "umount", disk } end)
        local files = template()
        for path, bytes in pairs(files) do
            tmp.write(disk .. path, bytes, 384)
        end
        local fill = assert(io.open(disk .. "/fill", "wb"))
        local block = ("x"):rep(4096)
        while fill:write(block) and fill:flush() do end
        fill:close()
        local r = run(WORDS, { home = disk, env = {
            PROPOLIS_AUTOSYNC = "false", PROPOLIS_STORE =
            "sqlite:/nowhere" } })
        assert.equal(1, r.code)
        assert.matches("\n$", r.stderr)
        assert(sys.remove(disk .. "/fill"))
        again(disk)
        check(disk)
    end)
end)

describe("a line that is cut while the team's store forgets", function()
    after_each(tmp.clean)

    it("leaves the rest to the next run or sync", function()
        local db = pg.url(true)
        local line <close> = relay.start { port = pg.port(db),
            postgres = true }
        local m = machine.real { workspace = "ws", query_timeout_ms = 2000,
            remote = pg.url_with(db, { port = line.port }), user = "ann" }
        m:events(600, 3)
        assert.equal(0, m:run({ "sync" }).code)
        -- The statement is carried out, its answer never comes.
        local function left()
            return tonumber(pg.psql([[SELECT COUNT(*) FROM ws.sessions]], db))
        end
        assert.equal(600, left())
        pg.psql([[CREATE FUNCTION slow() RETURNS trigger AS $$ BEGIN
            PERFORM pg_sleep(5); RETURN NULL; END $$ LANGUAGE plpgsql;
            CREATE TRIGGER slow BEFORE DELETE ON ws.sessions FOR EACH STATEMENT
            EXECUTE FUNCTION slow()]], db)
        local r = m:run { "forget", "--author", "ann", "--yes", "--remote" }
        assert.equal(1, r.code, r.stdout)
        assert.matches("run it again", r.stderr)
        assert.same({ { n = 0 } },
            m:query("SELECT COUNT(*) AS n FROM sessions"))
        pg.psql([[DROP TRIGGER slow ON ws.sessions]], db)
        assert.equal(0, m:run({ "sync" }).code)
        assert.equal(0, left())
        r = m:run { "forget", "--author", "ann", "--yes", "--remote",
            "--json" }
        assert.same({ 0, "" }, { r.code, r.stderr })
        assert.equal(0, json.decode(r.stdout).rows)
    end)
end)
