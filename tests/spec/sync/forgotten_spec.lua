--- What stands as forgotten in a local store stays out of it by every way.
local forgotten = require "propolis.sync.forgotten"
local machine = require "machine"
local marks = require "propolis.sync.marks"
local outbox = require "propolis.sync.outbox"
local propolis = require "propolis"
local tmp = require "tmp"

describe("a row that was forgotten", function()
    local m, store
    local sessions, memory = propolis.schemas.sessions,
        propolis.schemas.memory

    before_each(function()
        m = machine.new {}
        store = m:store()
    end)
    after_each(function()
        store:close()
        tmp.clean()
    end)

    local function bury(...)
        local add = forgotten.adder(store)
        for _, one in ipairs { ... } do add(table.unpack(one)) end
        add()
    end

    local function ids(of)
        local list = {}
        for i, row in ipairs(assert(store:query(
            "SELECT id FROM {t} ORDER BY id", { t = of.table }))) do
            list[i] = row.id
        end
        return table.concat(list, " ")
    end

    it("is not put again by its id", function()
        bury { "sessions", "a", "" }
        assert.equal(2, store:put_many(sessions, { { id = "a", message = "1" },
            { id = "b", message = "2" }, { id = "c", message = "3" } }))
        assert.is_false(store:put(sessions, { id = "a", message = "1" }))
        assert.equal("b c", ids(sessions))
    end)

    it("of a path is refused up to the date, and taken behind it", function()
        local path = "/sessions/u/u_o_w_s1.jsonl"
        bury { "sessions", forgotten.path_key(path), "2026-01-02" }
        assert.equal(2, store:put_many(sessions, {
            { id = "a", path = path, creation_date = "2026-01-01" },
            { id = "b", path = path, creation_date = "2026-01-02" },
            { id = "c", path = path, creation_date = "2026-01-03" },
            { id = "d", path = path .. "x", creation_date = "2026-01-01" } }))
        assert.equal("c d", ids(sessions))
    end)

    it("is a document: one that is written here is wanted", function()
        local path = "/notes/a"
        bury({ "memory", "a", "" },
            { "memory", forgotten.path_key(path), forgotten.FOR_EVER })
        local row = { id = "a", path = path, last_update_date = "2026-01-01" }
        assert.same({}, forgotten.admitted(store, memory, { row }))
        assert.is_false(store:put(memory, { id = "a", path = path },
            { once = true }))
        assert.is_true(store:put(memory, row))
        assert.same({ row }, forgotten.admitted(store, memory, { row }))
    end)

    it("is not adopted, though its store still has it", function()
        local other = machine.new {}
        other.conf.local_store = "sqlite:" .. m.home .. "/local@default.db"
        do
            local source <close> = other:store()
            assert(source:insert(memory, { path = "/notes/a",
                summary = "old", last_update_date = "2026-01-01" }))
            assert(source:insert(memory, { path = "/notes/b",
                last_update_date = "2026-01-01" }))
        end
        bury { "memory", forgotten.path_key "/notes/a", forgotten.FOR_EVER }
        require("engine.sys").mkdir(m.conf.paths.state)
        local done = assert(require("propolis.sync.adopt").run(m.conf))
        assert.equal(1, done.rows.memory)
    end)
end)

describe("marks", function()
    after_each(tmp.clean)

    it("do not stand behind rows that went with others", function()
        local m = machine.new {}
        local store <close> = m:store()
        for i = 1, 4 do
            assert(store:insert(propolis.schemas.sessions, { id = "e" .. i,
                path = "/p", author = i > 2 and "x" or "y" }))
        end
        assert(outbox.set(store, { ["adopted/x.db/sessions"] = 4 }))
        local found = require("propolis.forget.find").rows(store,
            { author = "x" }, {})
        assert.same({ sessions = 2, memory = 0 },
            require("propolis.forget.erase").rows(store, found, {
                elsewhere = require("propolis.forget.find").none(),
                quotes = function() return false end }))
        assert.equal("2", outbox.get(store, "adopted/x.db/sessions"))
    end)

    it("stand for the same rows when those have other numbers", function()
        local m = machine.new {}
        local store <close> = m:store()
        local memory = propolis.schemas.memory
        for i = 1, 6 do
            assert(store:insert(memory, { id = "m" .. i, path = "/" .. i }))
        end
        assert(outbox.set(store, { ["queued.memory"] = "5 m5",
            ["adopted/x.db/memory"] = 4 }))
        assert(store:exec("DELETE FROM memory WHERE rowid IN (1, 4)"))
        local list = assert(marks.note(store))
        assert(marks.reset(store, list))
        assert.equal("0", outbox.get(store, "adopted/x.db/memory"))
        assert.equal("5 m5", outbox.get(store, "queued.memory"))
        assert(store:exec("VACUUM"))
        assert(marks.set(store, list))
        local function id_at(n)
            return store:query("SELECT id FROM memory WHERE rowid = ?",
                { n })[1].id
        end
        assert.equal("m3", id_at(math.tointeger(
            outbox.get(store, "adopted/x.db/memory"))))
        local n, id = outbox.get(store, "queued.memory"):match("(%d+) (.*)")
        assert.equal("m5", id)
        assert.equal("m5", id_at(math.tointeger(n)))
    end)
end)
