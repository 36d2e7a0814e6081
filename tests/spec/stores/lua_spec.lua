local propolis = require "propolis"
local suite = require "store_suite" (_ENV)
local tmp = require "tmp"

-- A store made of Lua functions over a real one: what a service is to us.
local function open(place)
    local real, why = propolis.open("sqlite:" .. place)
    if not real then return nil, why end
    real.journal = false
    local store = assert(propolis.open {
        dialect = "sqlite",
        query = function(sql) return real:query(sql) end,
        close = function() real:close() end,
    })
    store.journal = false
    return store
end

-- The same, noting what it is asked.
local function count(place)
    local real = assert(propolis.open("sqlite:" .. place))
    local seen = {}
    local store = assert(propolis.open {
        dialect = "sqlite",
        query = function(sql)
            seen[#seen + 1] = sql
            return real:query(sql)
        end,
        close = function() real:close() end,
    })
    store.journal = false
    return store, function() return seen end
end

local dir = tmp.dir()
local made = 0

suite("a store of Lua functions", open, {
    place = function()
        made = made + 1
        return ("%s/%d.db"):format(dir, made)
    end,
    count = count,
})

describe("the folder of these stores", function()
    it("is removed", tmp.clean)
end)

describe("a store of Lua functions", function()
    local function failing(err)
        return assert(propolis.open {
            dialect = "postgres",
            query = function() return nil, err end,
        })
    end

    it("hands errors on, classified by their text", function()
        for text, code in pairs {
            ['relation "t" does not exist'] = "no_table",
            ['column "c" of relation "t" does not exist'] = "no_column",
            ["permission denied for table t"] = "denied",
            ["anything else"] = "sql",
        } do
            local store <close> = failing(text)
            local got, err = store:query("SELECT 1")
            assert.is_nil(got)
            assert.equal(code, err.code)
            assert.equal(text, err.message)
        end
    end)

    it("hands error tables on as they are", function()
        local store <close> = failing { code = "io", message = "cut",
            status = 503, unclear = true }
        local _, err = store:query("SELECT 1")
        assert.same({ "io", "cut", 503, true },
            { err.code, err.message, err.status, err.unclear })
    end)

    it("turns a raise into an error", function()
        local store <close> = assert(propolis.open { dialect = "sqlite",
            query = function() error({ code = "io", message = "oops" }) end })
        local got, err = store:query("SELECT 1")
        assert.is_nil(got)
        assert.equal("oops", err.message)
    end)
end)
