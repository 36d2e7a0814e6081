local intake = require "propolis.capture.intake"
local spool = require "propolis.capture.spool"
local sys = require "engine.sys"
local tmp = require "tmp"

local TIME = "2026-01-02T03:04:05.006Z"

local function silent() end

describe("the spool", function()
    local conf, store

    before_each(function()
        local home = tmp.dir()
        conf = {
            paths = { state = home .. "/state" },
            local_store = "sqlite:" .. home .. "/data/x.db",
        }
        store = assert(intake.open(conf))
    end)
    after_each(function()
        store:close()
        tmp.clean()
    end)

    local function record(n, more)
        local r = { table = "sessions", queue = true, row = {
            id = "id" .. n, path = "/p", message = "{}", description = "" .. n,
        } }
        for key, value in pairs(more or {}) do
            r[key] = value
        end
        return r
    end

    local function ingest()
        return spool.ingest(conf, function(records)
            return intake.put(store, records, TIME)
        end, silent)
    end

    local function stored()
        local ids = {}
        for i, row in ipairs(store:query(
            "SELECT id FROM sessions ORDER BY rowid") or {}) do
            ids[i] = row.id
        end
        return table.concat(ids, " ")
    end

    it("costs nothing while it is empty", function()
        assert.equal(0, ingest())
        assert.is_nil(sys.stat(spool.dir(conf)))
    end)

    it("sweeps up what a killed hook left, once that is old", function()
        assert(spool.write(conf, record(1)))
        local old = spool.dir(conf) .. "/.propolis-abcdef"
        local new = spool.dir(conf) .. "/.propolis-ghijkl"
        tmp.write(old, "half")
        tmp.write(new, "half")
        assert(sys.run { "touch", "-d", "2 hours ago", old })
        assert.equal(1, ingest())
        assert.is_nil(sys.stat(old))
        assert.truthy(sys.stat(new))
    end)

    it("gives back in order, each with its outbox row", function()
        for n = 1, 12 do
            assert(spool.write(conf, record(n)))
        end
        assert.equal(12, #spool.list(conf))
        assert.equal(tonumber("600", 8), sys.stat(spool.dir(conf) .. "/"
            .. spool.list(conf)[1]).mode)
        assert.equal(12, ingest())
        assert.equal("id1 id2 id3 id4 id5 id6 id7 id8 id9 id10 id11 id12",
            stored())
        assert.equal(12, #store:query("SELECT * FROM propolis_outbox"))
        assert.same({}, spool.list(conf))
        assert.equal(0, ingest())
    end)

    it("stores nothing twice when a process died before the unlink",
        function()
            assert(spool.write(conf, record(1)))
            local name = spool.dir(conf) .. "/" .. spool.list(conf)[1]
            local bytes = sys.read(name)
            assert.equal(1, ingest())
            assert(sys.replace(name, bytes))
            assert(spool.write(conf, record(2)))
            assert.equal(2, ingest())
            assert.equal("id1 id2", stored())
            assert.equal(2, #store:query("SELECT * FROM propolis_outbox"))
        end)

    it("keeps everything when the store cannot take it", function()
        assert(spool.write(conf, record(1)))
        local other <close> = assert(require("engine.sqlite").open(
            conf.local_store:sub(8), { busy_ms = 1 }))
        assert(other:exec("BEGIN IMMEDIATE"))
        local quick <close> = assert(require("engine.sqlite").open(
            conf.local_store:sub(8), { busy_ms = 1 }))
        quick.session = true
        local n, err = spool.ingest(conf, function(records)
            return intake.put(quick, records, TIME)
        end, silent)
        assert.is_nil(n)
        assert.equal("busy", err.code)
        assert.equal(1, #spool.list(conf))
        assert(other:exec("ROLLBACK"))
        assert.equal(1, ingest())
    end)

    it("moves aside what can never be stored, and goes on", function()
        assert(spool.write(conf, record(1)))
        assert(spool.write(conf, record(2, { table = "no_such_table" })))
        assert(spool.write(conf, record(3, { row = { nonsense = 1 } })))
        assert(spool.write(conf, record(4)))
        local torn = spool.dir(conf) .. "/00000000000001-0000001-0001.json"
        assert(sys.replace(torn, '{"row":{'))
        assert.equal(2, ingest())
        assert.equal("id1 id4", stored())
        assert.same({}, spool.list(conf))
        local bad = 0
        for _, name in ipairs(sys.list(spool.dir(conf))) do
            bad = bad + (name:find("%.bad$") and 1 or 0)
        end
        assert.equal(3, bad)
    end)

    it("leaves alone what is for another store", function()
        local other = {
            paths = conf.paths, local_store = conf.local_store .. "2",
        }
        assert(spool.write(other, record(1)))
        assert(spool.write(conf, record(2)))
        assert.equal(1, ingest())
        assert.equal("id2", stored())
        assert.equal(1, #spool.list(conf))
    end)

    it("is worked off by one process at a time, in batches", function()
        for n = 1, spool.batch + 1 do
            assert(spool.write(conf, record(n)))
        end
        local lock <close> = assert(sys.lock(spool.dir(conf) .. "/.lock"))
        assert.equal(0, ingest())
        lock:release()
        assert.equal(spool.batch, ingest())
        assert.equal(1, ingest())
    end)
end)

describe("intake", function()
    after_each(tmp.clean)

    it("is all or nothing", function()
        local conf = { local_store = "sqlite:" .. tmp.dir() .. "/d/x.db" }
        local store <close> = assert(intake.open(conf))
        assert.has_error(function()
            intake.put(store, {
                { table = "sessions", row = { id = "a" } },
                { table = "sessions", row = { id = "b", nonsense = 1 } },
            }, TIME)
        end)
        local rows, err = store:query("SELECT * FROM sessions")
        assert.is_true(rows and #rows == 0 or err.code == "no_table")
        assert.is_false(store:in_transaction())
    end)

    it("stores one of two equal records in one go", function()
        local conf = { local_store = "sqlite:" .. tmp.dir() .. "/d/x.db" }
        local store <close> = assert(intake.open(conf))
        local twin = { table = "sessions", once = "id",
            row = { id = "a", path = "/p" } }
        assert(intake.put(store, { twin, twin }, TIME))
        assert(intake.put(store, { twin }, TIME))
        assert.equal(1, #store:query("SELECT * FROM sessions"))
    end)

    it("leaves a short log behind, however many processes came", function()
        local file = tmp.dir() .. "/d/x.db"
        local conf = { local_store = "sqlite:" .. file }
        local longest = 0
        for n = 1, 400 do
            local store <close> = assert(intake.open(conf))
            assert(intake.put(store, { { table = "sessions", row = {
                id = "a" .. n, path = "/p", message = '"'
                    .. ("x"):rep(3000) .. '"',
            } } }, TIME))
            store:close()
            longest = math.max(longest, sys.stat(file .. "-wal").size)
        end
        assert.is_true(longest < 300 * 4120, longest .. " bytes")
        local store <close> = assert(intake.open(conf))
        assert.equal(400, #store:query("SELECT id FROM sessions"))
    end)

    it("makes one row per path when told so", function()
        local conf = { local_store = "sqlite:" .. tmp.dir() .. "/d/x.db" }
        local store <close> = assert(intake.open(conf))
        for n = 1, 2 do
            assert(intake.put(store, { { table = "memory", once = "path",
                row = { id = "a" .. n, path = "/p" } } }, TIME))
        end
        assert.equal(1, #store:query("SELECT * FROM memory"))
    end)
end)
