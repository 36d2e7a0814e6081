local double = require "httpdouble"
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local tmp = require "tmp"

describe("a push to a store without unique indexes that cannot ask", function()
    after_each(tmp.clean)

    it("says so, and keeps the rows", function()
        local server <close> = double.start { dir = tmp.dir(), token = "t",
            org = "org1" }
        local m = machine.new { remote = "deeplake:" .. server.url,
            token = "t", workspace = "ws", backoff_ms = 1 }
        m:events(3, 1)
        local store = m:store()
        assert(store:exec "UPDATE propolis_outbox SET sent_at = '2026'")
        store:close()
        server:script {
            { times = -1, match = { sql = "ON CONFLICT" }, status = 400,
                body = "no" },
            { times = -1, match = { sql = "UNIQUE" }, status = 400,
                body = "no" },
            { times = -1, match = { sql = "SELECT id FROM" }, status = 401,
                body = "no" },
        }
        local result = assert(m:sync { push_only = true })
        assert.matches("401", tostring(result.error))
        store = m:store()
        assert.equal(3, assert(outbox.counts(store)).waiting)
        store:close()
    end)
end)
