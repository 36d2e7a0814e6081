local propolis = require "propolis"
local suite = require "store_suite" (_ENV)
local tmp = require "tmp"

-- A store made of Lua functions over a real one: what a service is to us.
local function open(place)
    local real, why = propolis.open("sqlite:" .. place)
    if not real then return nil, why end
    real.heal_log = false
    local store = assert(propolis.open {
        dialect = "sqlite",
        query = function(sql) return real:query(sql) end,
        close = function() real:close() end,
    })
    store.heal_log = false
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
    store.heal_log = false
    return store, function() return seen end
end

local dir = tmp.dir()
local made = 0

suite("a store of Lua functions", open, {
    place = function()
        made = made + 1
        return ("%s/%d.db"):format(dir, made)
    end,
    count = count, session = false,
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

    local function of(query, close)
        return assert(propolis.open {
            dialect = "postgres", query = query, close = close })
    end

    it("never cuts a message inside a character", function()
        for _, text in ipairs { "", "x", "xx", "xxx" } do
            for _, char in ipairs { "\u{e9}", "\u{20ac}", "\u{1F41D}" } do
                local long = text .. char:rep(400)
                local err = require("engine.store").error("sql", long)
                assert.is_truthy(utf8.len(err.message))
                assert.is_true(#err.message > 479 - #char)
                assert.equal(long:sub(1, #err.message), err.message)
            end
        end
    end)

    it("wants a dialect that there is", function()
        for _, dialect in ipairs { false, "mysql" } do
            local ok, why = pcall(require("engine.store").from, {
                dialect = dialect or nil, query = print })
            assert.is_false(ok)
            assert.matches("sqlite, postgres or deeplake", why, 1, true)
        end
    end)

    it("may be used by its own function, also from a coroutine", function()
        local store
        store = of(function(sql)
            if sql == "inner" then return { { n = 2 } } end
            coroutine.wrap(function() store:query("inner") end)()
            collectgarbage()
            return { { n = 1 }, { n = 3 } }
        end)
        local seen = {}
        for row in store:rows("outer") do
            collectgarbage()
            seen[#seen + 1] = row.n
        end
        assert.same({ 1, 3 }, seen)
        assert.is_true((store:insert(
            { table = "t", columns = { { "a", "text" } } }, { a = "x" })))
    end)

    it("cannot be closed by its own function", function()
        local store, ok, why
        store = of(function()
            ok, why = pcall(store.close, store)
            return { { n = 1 } }
        end)
        assert.same({ { n = 1 } }, store:query("x"))
        assert.is_false(ok)
        assert.matches("closed by its own function", why)
        store:close()
    end)

    it("is closed to its own close function, which runs once", function()
        local closes, store, ok, why = 0, nil, nil, nil
        store = of(print, function()
            closes = closes + 1
            store:close()
            ok, why = pcall(store.query, store, "x")
        end)
        store:close()
        store:close()
        assert.equal(1, closes)
        assert.is_false(ok)
        assert.matches("the store is closed", why)
    end)

    it("calls what raises while it is described an error, too", function()
        local evil = setmetatable({}, { __index = function()
            error("worse")
        end })
        local rows, err = of(function() error(evil) end):query("x")
        assert.is_nil(rows)
        assert.equal("sql", err.code)
        assert.matches("worse", tostring(err))
    end)
end)
