local propolis = require "propolis"
local sqlite = require "engine.sqlite"
local suite = require "store_suite" (_ENV)
local sys = require "engine.sys"
local tmp = require "tmp"

local dir = tmp.dir()
local made = 0

local function new_path()
    made = made + 1
    return ("%s/%d.db"):format(dir, made)
end

local function open(path, options)
    local store, err = propolis.open("sqlite:" .. path, options)
    if store then store.heal_log = false end
    return store, err
end

suite("an SQLite store", open, { place = new_path })

local EVENTS = { table = "events", columns = {
    { "id", "text", default = "" },
    { "note", "text" },
} }
local OLD = { table = "events", columns = { { "id", "text", default = "" } } }

local function sh(script)
    local result = assert(sys.run({ "sh", "-c", script }, { timeout = 60 }))
    assert(result.code == 0, result.stderr)
    return result.stdout
end

-- Runs Lua in another process of ours, as the user and under the limits that
-- the shell words before it set.
local function elsewhere(before, script)
    local path = tmp.write(dir .. "/elsewhere.lua", script)
    local program = assert(os.getenv("PROPOLIS_BIN")
        or arg[-1] or "build/release/propolis")
    return sh(("%s '%s' '%s' 2>&1"):format(before, program, path))
end

local function integrity(path)
    local store <close> = assert(open(path))
    return store:query("PRAGMA integrity_check")[1].integrity_check
end

describe("engine.sqlite", function()
    local path, store

    before_each(function() path = new_path() end)

    after_each(function()
        if store then store:close() end
        store = nil
    end)

    local function fails(code, ...)
        local got, err = open(path, { busy_ms = 50 })
        assert.is_nil(got)
        assert.equal(code, err.code)
        for _, pattern in ipairs { path, ... } do
            assert.is_truthy(err.message:find(pattern, 1, true),
                err.message)
        end
    end

    it("makes a file that only its owner can read", function()
        store = assert(open(path))
        assert(store:insert(EVENTS, { id = "a" }))
        for _, suffix in ipairs { "", "-wal", "-shm" } do
            assert.equal(tonumber("600", 8),
                assert(sys.stat(path .. suffix)).mode & tonumber("777", 8))
        end
    end)

    it("is safe with many processes and against a power cut", function()
        store = assert(open(path))
        assert.equal("wal",
            store:query("PRAGMA journal_mode")[1].journal_mode)
        assert.equal(2, store:query("PRAGMA synchronous")[1].synchronous)
    end)

    it("says what to do about a folder that is not there", function()
        path = dir .. "/nowhere/x.db"
        fails("io", "it must be a file, in a folder")
    end)

    it("says what to do about a file that is none of its", function()
        tmp.write(path, ("This is not a database.\n"):rep(100))
        fails("io", "no SQLite database")
        path = dir
        fails("io")
    end)

    it("says what to do about a damaged file", function()
        store = assert(open(path))
        for i = 1, 200 do
            assert(store:insert(EVENTS, { id = ("x"):rep(500) .. i }))
        end
        assert(store:query("PRAGMA wal_checkpoint(TRUNCATE)"))
        store:close()
        local file <close> = assert(io.open(path, "r+b"))
        file:seek("set", 4096)
        file:write(("\xde\xad\xbe\xef"):rep(20000))
        file:close()
        store = assert(open(path))
        local got, err = store:query("SELECT id FROM events")
        assert.is_nil(got)
        assert.equal("io", err.code)
        assert.is_truthy(err.message:find(".recover", 1, true))
        got, err = store:insert(EVENTS, { id = "a" })
        assert.is_nil(got)
        assert.equal("io", err.code)
    end)

    it("refuses to write into a read-only file, and says so", function()
        assert(open(path)):close()
        store = assert(open(path, { readonly = true }))
        local got, err = store:insert(EVENTS, { id = "a" })
        assert.is_nil(got)
        assert.equal("readonly", err.code)
        assert.equal("the store is open for reading only", err.message)
        store:close()
        store = nil
        path = new_path()
        local opened, why = open(path, { readonly = true })
        assert.is_nil(opened) -- and never makes one
        assert.equal("io", why.code)
        assert.is_nil(sys.stat(path))
    end)

    it("says what to do about a file it has no right to change", function()
        assert(open(path)):close()
        sh(("cd '%s' && mkdir shut && mv %s* shut && chmod 400 shut/* && "
            .. "chmod 500 shut"):format(dir, path:match("[^/]*$")))
        local shut = dir .. "/shut/" .. path:match("[^/]*$")
        -- root may write everywhere, unless it gives that right up
        local before = sys.user() == "root"
            and "setpriv --bounding-set -dac_override" or ""
        local out = elsewhere(before, ([[
            local propolis = require "propolis"
            local store, err = propolis.open("sqlite:%s")
            if store then
                store.heal_log = false
                store, err = store:insert({ table = "events",
                    columns = { { "id", "text" } } }, { id = "a" })
            end
            print(store, err.code, (err.message:gsub("\n", " ")))]])
            :format(shut))
        sh(("chmod 700 '%s/shut'"):format(dir))
        assert.matches("^nil\t%a+\t", out)
        assert.is_truthy(out:find(shut, 1, true), out)
        assert.is_truthy(out:find("writable", 1, true)
            or out:find("denied", 1, true), out)
    end)

    it("waits for a lock, then says that it is held", function()
        store = assert(open(path, { busy_ms = 50 }))
        assert(store:insert(OLD, { id = "a" }))
        local other <close> = assert(open(path))
        assert(other:exec("BEGIN IMMEDIATE"))
        for _, schema in ipairs { OLD, EVENTS } do
            local got, err = store:insert(schema, { id = "b", note =
                schema == EVENTS and "n" or nil })
            assert.is_nil(got)
            assert.equal("busy", err.code)
            assert.is_truthy(err.message:find(path, 1, true))
            assert.is_false(store:in_transaction())
        end
        assert.same({ { id = "a" } }, store:query("SELECT id FROM events"))
        assert(other:exec("COMMIT"))
        assert(store:insert(EVENTS, { id = "b", note = "n" }))
    end)

    it("keeps what it had when the disk is full", function()
        store = assert(open(path))
        assert(store:insert(EVENTS, { id = "first" }))
        store:close()
        store = nil
        -- a file-size limit is a disk that ends; SIGXFSZ would end us, so it
        -- is ignored, as it is for a process on a full disk
        local out = elsewhere("trap '' XFSZ; ulimit -f 100;", ([[
            local propolis = require "propolis"
            local store = assert(propolis.open("sqlite:%s"))
            store.heal_log = false
            local events = { table = "events", columns = {
                { "id", "text", default = "" }, { "note", "text" } } }
            local done = 0
            for i = 1, 1000 do
                local ok, err = store:insert(events,
                    { id = "row" .. i, note = ("x"):rep(3000) })
                if not ok then
                    print(done, err.code, (err.message:gsub("\n", " ")))
                    break
                end
                done = done + 1
            end
            store:close()]]):format(path))
        local done, code, message = out:match("^(%d+)\t(%a+)\t(.*)\n$")
        assert.is_truthy(done, out)
        assert.equal("io", code)
        assert.is_truthy(message:find(path, 1, true))
        assert.equal("ok", integrity(path))
        store = assert(open(path))
        assert.same({ { n = tonumber(done) + 1 } },
            store:query("SELECT count(*) AS n FROM events"))
        assert(store:insert(EVENTS, { id = "later" }))
    end)

    it("lets the first error stand when nothing was missing", function()
        store = assert(open(path))
        assert(store:ensure(EVENTS))
        assert(store:exec("CREATE TRIGGER trip BEFORE INSERT ON events "
            .. "BEGIN INSERT INTO elsewhere VALUES (1); END"))
        local ok, err = store:insert(EVENTS, { id = "a" })
        assert.is_nil(ok)
        assert.equal("no_table", err.code)
        assert.matches("elsewhere", err.message)
    end)

    it("begins, commits and rolls back", function()
        local own <close> = assert(sqlite.open(":memory:"))
        assert(own:exec("CREATE TABLE t (a)"))
        assert(own:begin())
        assert.is_true(own:in_transaction())
        assert(own:exec("INSERT INTO t VALUES (1)", nil, "insert"))
        assert(own:commit())
        assert(own:begin())
        assert(own:exec("DELETE FROM t"))
        assert(own:rollback())
        assert.is_false(own:in_transaction())
        assert.same({ { a = 1 } }, (own:query("SELECT a FROM t")))
        assert.is_nil((own:commit()))
    end)

    it("names what holds a table or a commit", function()
        store = assert(open(path))
        assert(store:exec("CREATE TABLE t (a)"))
        assert(store:exec("INSERT INTO t VALUES (1), (2)"))
        local next_row, cursor = store:rows("SELECT a FROM t")
        next_row(cursor)
        local _, err = store:exec("DROP TABLE t")
        assert.equal("busy", err.code)
        assert.matches("a statement of this store", err.message)
        assert.not_matches("process", err.message)
        for _ in next_row, cursor do end
        assert(store:begin())
        next_row, cursor = store:rows(
            "INSERT INTO t VALUES (3), (4) RETURNING a")
        next_row(cursor)
        _, err = store:commit()
        assert.matches("a statement of this store", err.message)
        for _ in next_row, cursor do end
        assert(store:commit())
        local other <close> = assert(open(path, { busy_ms = 1 }))
        assert(store:begin())
        _, err = other:exec("DELETE FROM t")
        assert.matches("another connection", err.message)
        assert(other:exec("BEGIN"))
        assert(other:query("SELECT a FROM t"))
        assert(store:exec("DELETE FROM t"))
        assert(store:commit())
        _, err = other:exec("DELETE FROM t")
        assert.matches("begin anew", err.message)
    end)

    it("heals inside a transaction, undone with it", function()
        store = assert(open(path))
        assert(store:insert(OLD, { id = "a" }))
        local ok = store:transaction(function()
            assert(store:insert(EVENTS, { id = "b", note = "n" }))
            return nil, "no"
        end)
        assert.is_nil(ok)
        assert.same({ { id = "a" } }, store:query("SELECT * FROM events"))
        assert(store:insert(EVENTS, { id = "b", note = "n" }))
    end)

    it("sees what another process changed since its last statement", function()
        store = assert(open(path))
        assert(store:insert(OLD, { id = "a" }))
        local other <close> = assert(open(path))
        for _, name in ipairs { "one", "two", "three" } do
            assert(other:query("SELECT id FROM events"))
            assert(store:exec("ALTER TABLE events ADD COLUMN " .. name
                .. " TEXT DEFAULT 'd'"))
            local rows, names = other:query("SELECT * FROM events")
            assert.equal("d", rows[1][name])
            assert.equal(name, names[#names])
            local done = assert(other:ensure(OLD))
            assert.is_false(done.created)
        end
    end)

    it("takes one statement, and what is no statement behind it", function()
        store = assert(open(path))
        for _, tail in ipairs { "", ";", " ; ;\n", "; -- done", " /* x */ ;",
            ";;--\n--" } do
            assert.same({ { n = 1 } },
                store:query("SELECT 1 AS n" .. tail))
        end
        for _, tail in ipairs { "; SELECT 2", "; -- x\nSELECT 2",
            ";; nonsense" } do
            local rows, err = store:query("SELECT 1 AS n" .. tail)
            assert.is_nil(rows)
            assert.matches("one statement at a time", err.message)
        end
    end)

    it("reads text as UTF-8 from a file that keeps it as UTF-16", function()
        local wide <close> = assert(open(":memory:"))
        assert(wide:exec("PRAGMA encoding = 'UTF-16'"))
        assert(wide:exec("CREATE TABLE t (v TEXT)"))
        assert(wide:exec("INSERT INTO t VALUES ('h\u{e9}')"))
        assert.equal("UTF-16le",
            wide:query("PRAGMA encoding")[1].encoding)
        assert.same({ { v = "h\u{e9}" } }, wide:query("SELECT v FROM t"))
    end)

    it("keeps whole what a blob holds", function()
        store = assert(open(path))
        assert.same({ { b = "\0a\255\0" } },
            store:query("SELECT x'0061ff00' AS b"))
    end)

    it("says when a finalizer closed it under a reader", function()
        local caught = 0
        for _ = 1, 20 do
            local victim = assert(open(path))
            setmetatable({}, { __gc = function() victim:close() end })
            local ok, why = pcall(victim.query, victim, [[
                WITH RECURSIVE g(n) AS (
                    SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 9000)
                SELECT n, 'row ' || n AS a, 'again ' || n AS b FROM g]])
            if not ok then
                caught = caught + 1
                assert.matches("closed while it was read", why)
            end
        end
        assert.is_true(caught > 0)
    end)

    it("wants options that make sense", function()
        assert.is_false(pcall(sqlite.open, path .. "\0x"))
        assert.is_false(pcall(sqlite.open, path, { busy_ms = -1 }))
        assert.is_false(pcall(sqlite.open, path, { busy_ms = 1 << 40 }))
    end)

    it("keeps digits that look like numbers as text", function()
        store = assert(open(path))
        assert(store:insert(EVENTS, { id = "007", note = "1e3" }))
        assert.same({ { id = "007", note = "1e3", t = "text" } },
            store:query("SELECT id, note, typeof(id) AS t FROM events"))
    end)
end)

describe("the folder of these stores", function()
    it("is removed", tmp.clean)
end)
