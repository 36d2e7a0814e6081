--- The files of events that older versions left come in, once, in order.
local intake = require "propolis.capture.intake"
local json = require "propolis.json"
local spool = require "propolis.capture.spool"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("the spool of an older version", function()
    local conf, dir

    before_each(function()
        local home = tmp.dir()
        conf = {
            paths = { state = home .. "/state" },
            local_store = "sqlite:" .. home .. "/data/x.db",
        }
        dir = home .. "/state/spool"
    end)
    after_each(tmp.clean)

    local function leave(n, more)
        local record = { table = "sessions", queue = true, store = "x.db",
            row = { id = "id" .. n, path = "/p", message = "{}" } }
        for key, value in pairs(more or {}) do
            record[key] = value
        end
        return tmp.write(("%s/%014d-%07d-%04d.json"):format(dir, 1000 + n, 7,
            n), assert(json.encode(record)))
    end

    local function stored()
        local store <close> = assert(sqlite.open(conf.local_store:sub(8)))
        local ids = {}
        for i, row in ipairs(store:query(
            "SELECT id FROM sessions ORDER BY rowid") or {}) do
            ids[i] = row.id
        end
        return table.concat(ids, " "), store:query(
            "SELECT * FROM propolis_outbox")
    end

    it("costs nothing where there is none", function()
        assert(intake.take_in(conf))
        assert.is_nil(sys.stat(conf.local_store:sub(8)))
    end)

    it("comes in order, each event with its outbox row", function()
        for n = 1, 12 do leave(n) end
        assert(intake.take_in(conf))
        local ids, queued = stored()
        assert.equal("id1 id2 id3 id4 id5 id6 id7 id8 id9 id10 id11 id12", ids)
        assert.equal(12, #queued)
        assert.is_false(spool.waits(conf.paths.state))
    end)

    it("is stored once though a process died on the way", function()
        local path = leave(1)
        local bytes = sys.read(path)
        assert(intake.take_in(conf))
        assert(sys.replace(path, bytes))
        leave(2)
        assert(intake.take_in(conf))
        local ids, queued = stored()
        assert.equal("id1 id2", ids)
        assert.equal(2, #queued)
    end)

    it("loses nothing that cannot be read, and goes on", function()
        leave(1)
        local torn = dir .. "/00000000000001-0000001-0001.json"
        assert(sys.replace(torn, '{"row":{'))
        leave(2, { row = 1 })
        leave(3, { table = "no_such_table" })
        leave(4)
        assert(intake.take_in(conf))
        assert.equal("id1 id4", (stored()))
        assert.equal('{"row":{', sys.read(torn .. ".bad"))
        assert.is_false(spool.waits(conf.paths.state))
    end)

    it("leaves alone what is for another store", function()
        leave(1, { store = "y.db" })
        leave(2)
        assert(intake.take_in(conf))
        assert.equal("id2", (stored()))
        assert.is_true(spool.waits(conf.paths.state))
    end)

    it("waits while a process of that version is at it", function()
        leave(1)
        local lock <close> = assert(sys.lock(dir .. "/.lock"))
        assert(intake.take_in(conf))
        assert.is_true(spool.waits(conf.paths.state))
        lock:release()
        assert(intake.take_in(conf))
        assert.equal("id1", (stored()))
    end)
end)
