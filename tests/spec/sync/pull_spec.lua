--- What a pull finds, whatever the writers' clocks said.
local double = require "httpdouble"
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local pg = require "postgres"
local propolis = require "propolis"
local tmp = require "tmp"

describe("a pull", function()
    after_each(tmp.clean)

    -- Changes that a remote may see between two pulls; each must arrive.
    local function check(opts)
        local m = machine.new(opts)
        local store <close> = assert(propolis.open(opts.remote, opts))
        assert(store:ensure())
        for i, date in ipairs { "2026-01-01T10:00:00.000Z",
            "2026-01-01T12:00:00.000Z", "2026-02-20T10:00:00.000Z",
            "2999-01-01T00:00:00.000Z", "" } do
            assert(store:insert(require("propolis.schemas").memory, {
                id = "id" .. i, path = "/" .. i, summary = "old",
                last_update_date = date }))
        end
        local function pulled()
            local result = assert(m:sync { pull_only = true })
            assert.is_nil(result.error)
            return result.pull.got
        end
        assert.equal(5, pulled())
        assert.equal(0, pulled())
        for _, date in ipairs { "2026-01-01T11:00:00.000Z",
            "2026-01-05T00:00:00.000Z" } do
            assert(store:exec([[UPDATE memory SET summary = ?,
                last_update_date = ? WHERE path = '/1']], { date, date }))
            assert.equal(1, pulled())
            assert.equal(date, m:query([[SELECT summary FROM memory
                WHERE path = '/1']])[1].summary)
            assert.equal(0, pulled())
        end
        assert(store:exec "DELETE FROM memory WHERE path = '/2'")
        assert.equal(0, pulled())
        return pulled
    end

    it("finds updates dated in the past on PostgreSQL", function()
        check { remote = pg.url(true), workspace = "ws" }
    end)

    it("lists nothing any more once it knows of a deletion", function()
        local server <close> = double.start { dir = tmp.dir(), token = "t",
            org = "org1" }
        local pulled = check { remote = "deeplake:" .. server.url,
            token = "t", org_id = "org1", workspace = "ws" }
        server:reset()
        assert.equal(0, pulled())
        for _, request in ipairs(server:requests()) do
            assert.is_nil((request.sql or ""):find("LIMIT", 1, true))
        end
    end)

    it("does not wait for a time that only a wrong clock would name",
        function()
            local m = machine.new { remote = pg.url(true), workspace = "ws" }
            local store = m:store()
            assert(outbox.set(store, { next_try = os.time() + 86400 * 365 }))
            store:close()
            assert.is_nil(assert(m:sync { auto = true }).skipped)
        end)
end)
