--- store:put, the one writer: the row and its place in the outbox are there
-- together or not at all.
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local pg = require "postgres"
local propolis = require "propolis"
local tmp = require "tmp"

local schemas = propolis.schemas

local function queued(store)
    local list = {}
    for i, row in ipairs(store:query([[SELECT tbl, row_id FROM propolis_outbox
        ORDER BY rowid]]) or {}) do
        list[i] = row.tbl .. " " .. row.row_id
    end
    return list
end

describe("store:put", function()
    local m, store

    before_each(function()
        m = machine.new { remote = "postgres://127.0.0.1:9/x",
            workspace = "ws" }
        store = m:store()
    end)
    after_each(function()
        store:close()
        tmp.clean()
    end)

    it("stores a row and queues it", function()
        local row = { path = "/p", message = { text = "hi" } }
        assert.is_true(store:put(schemas.sessions, row))
        assert.is_string(row.id)
        assert.same({ "sessions " .. row.id }, queued(store))
        assert.equal('{"text":"hi"}',
            store:query("SELECT message FROM sessions")[1].message)
    end)

    it("queues nothing when the row is refused", function()
        assert.has_error(function()
            store:put(schemas.sessions, { nonsense = 1 })
        end)
        assert(store:exec "DROP TABLE propolis_outbox")
        assert(store:exec "CREATE VIEW propolis_outbox AS SELECT 1 AS tbl")
        local ok, err = store:put(schemas.sessions, { path = "/p" })
        assert.is_nil(ok)
        assert.is_string(err.message)
        assert.equal(0, #store:query("SELECT id FROM sessions"))
        assert.is_false(store:in_transaction())
    end)

    it("goes with the caller's transaction", function()
        store:transaction(function()
            assert.is_true(store:put(schemas.sessions, { path = "/p" }))
            return nil, "no"
        end)
        assert.equal(0, #store:query("SELECT id FROM sessions"))
        assert.same({}, queued(store))
    end)

    it("leaves what is there when each is wanted once", function()
        local once = { once = true }
        assert.is_true(store:put(schemas.sessions, { id = "a", path = "/p" }))
        assert.is_false(store:put(schemas.sessions, { id = "a",
            path = "/p" }, once))
        assert.equal(2, store:put_many(schemas.sessions, {
            { id = "b" }, { id = "a", path = "/p" }, { id = "c" },
            { id = "b" } }, once))
        assert.is_true(store:put(schemas.memory, { id = "m", path = "/m",
            summary = "first" }))
        assert.is_false(store:put(schemas.memory, { id = "n", path = "/m",
            summary = "second" }, once))
        assert.same({ "sessions a", "sessions b", "sessions c", "memory m" },
            queued(store))
        assert.equal("first", store:query("SELECT summary FROM memory")[1]
            .summary)
    end)

    it("goes over a row whose writer's clock was ahead", function()
        for i, date in ipairs { "2999-01-01T00:00:00.000Z", false } do
            assert.is_true(store:put(schemas.memory, { path = "/ahead",
                summary = tostring(i), last_update_date = date or nil }))
        end
        assert.equal("2", store:query([[SELECT summary FROM memory
            WHERE path = '/ahead']])[1].summary)
    end)

    it("lets the newest of a key win, under the id that is there", function()
        assert.is_true(store:put(schemas.memory, { id = "old", path = "/m",
            summary = "1", last_update_date = "2026-01-02" }))
        assert.is_false(store:put(schemas.memory, { path = "/m",
            summary = "0", last_update_date = "2026-01-01" }))
        assert.is_true(store:put(schemas.memory, { id = "new", path = "/m",
            summary = "2" })) -- no date is now
        local ok, err = pcall(function()
            store:put(schemas.memory, { path = "/m", nonsense = 1 })
        end)
        assert.is_false(ok)
        assert.matches("put_spec.lua:%d+: memory has no column 'nonsense'",
            err)
        local rows = store:query("SELECT * FROM memory")
        assert.equal(1, #rows)
        assert.equal("old", rows[1].id)
        assert.equal("2", rows[1].summary)
        assert.matches("^%d+%-%d+%-%d+T", rows[1].last_update_date)
        assert.same({ "memory old", "memory old" }, queued(store))
    end)

    it("keeps rows that do not travel out of the outbox", function()
        local notes = { table = "notes", columns = { { "n", "bigint" } } }
        assert.is_true(store:put(notes, { n = 1 }))
        assert.equal(1, #store:query("SELECT n FROM notes"))
        assert.same({}, queued(store))
    end)

    it("queues nothing without a remote", function()
        local alone = machine.new { workspace = "ws" }
        local own <close> = alone:store()
        assert.is_true(own:put(schemas.sessions, { path = "/p" }))
        assert.same({}, queued(own))
    end)

    it("works on any store", function()
        local remote <close> = assert(propolis.open(pg.url(true),
            { workspace = "ws" }))
        for n, want in ipairs { true, false } do
            assert.equal(want, remote:put(schemas.memory, { path = "/m",
                summary = "s" .. n, last_update_date = "2026-01-01" }))
        end
        assert.is_true(remote:put(schemas.sessions, { id = "a", path = "/p",
            message = { n = 1 } }, { once = true }))
        assert.is_false(remote:put(schemas.sessions, { id = "a",
            path = "/p" }, { once = true }))
        assert.equal("s1", remote:query("SELECT summary FROM memory")[1]
            .summary)
    end)
end)

-- The program's own local store, opened by a script with nothing but its URL.
describe("a script's store:put", function()
    after_each(tmp.clean)

    local PUT = [[
        local propolis = require "propolis"
        local conf = require("propolis.config").load()
        local store <close> = assert(propolis.open(%s))
        assert(store:put(propolis.schemas.skills, { id = "k", name = "x" }))]]

    local function after(url, opts)
        opts.workspace = "ws"
        local m = machine.real(opts)
        local r = m:run { "-e", PUT:format(url) }
        assert.equal(0, r.code, r.stderr)
        local store <close> = m:store()
        return assert(outbox.counts(store)).waiting, m
    end

    it("reaches the team as a hook's row does", function()
        local url = pg.url(true)
        local waiting, m = after("conf.local_store", { remote = url })
        assert.equal(1, waiting)
        assert.equal("1 row sent, 0 rows fetched\n", m:run({ "sync" }).stdout)
        local remote <close> = assert(propolis.open(url,
            { workspace = "ws" }))
        assert.equal("x", remote:query("SELECT name FROM skills")[1].name)
    end)

    it("stays here when there is no team, or in another file", function()
        assert.equal(0, (after("conf.local_store", {})))
        assert.equal(0, (after("'sqlite:' .. conf.paths.data .. '/x.db'",
            { remote = "postgres://127.0.0.1:9/x" })))
    end)
end)
