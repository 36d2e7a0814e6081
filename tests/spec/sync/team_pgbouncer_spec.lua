--- The same as team_spec on a line to PgBouncer, which goes on with what a lost
-- client began.
local needs = require "needs"

local missing = needs.program "pgbouncer"
if missing then
    it("a push through PgBouncer", function() pending(missing) end)
    return
end

local pg = require "postgres"
local pgbouncer = require "pgbouncer"
local relay = require "relay"
local tmp = require "tmp"
local turns = require "push_turns"

describe("a push of 1,000 events through PgBouncer, on a line", function()
    teardown(function() tmp.clean() end)

    it("cut after the server has done it", function()
        local db = pg.url(true)
        turns.prepare(db, { workspace = "ws" })
        local url = pgbouncer.url(db, "refuse options")
        local line <close> = relay.start { port = pg.port(url),
            postgres = true }
        turns.each(line, "after", turns.model(), { workspace = "ws",
            remote = pg.url_with(url, { port = line.port })
                .. "?connect_timeout=1" }, db)
    end)
end)
