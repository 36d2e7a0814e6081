local intake = require "propolis.capture.intake"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("intake", function()
    after_each(tmp.clean)

    it("is all or nothing", function()
        local conf = { local_store = "sqlite:" .. tmp.dir() .. "/d/x.db" }
        local store <close> = assert(intake.open(conf))
        assert.has_error(function()
            intake.put(store, {
                { table = "sessions", row = { id = "a" } },
                { table = "sessions", row = { id = "b", nonsense = 1 } },
            })
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
        assert(intake.put(store, { twin, twin }))
        assert(intake.put(store, { twin }))
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
            } } }))
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
                row = { id = "a" .. n, path = "/p" } } }))
        end
        assert.equal(1, #store:query("SELECT * FROM memory"))
    end)
end)
