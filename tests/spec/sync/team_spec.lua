--- A push of 1,000 events to a real PostgreSQL, with one fault at every turn
-- of the line in between.
local pg = require "postgres"
local relay = require "relay"
local tmp = require "tmp"
local turns = require "push_turns"

describe("a push of 1,000 events to PostgreSQL, on a line", function()
    local db, line, model, opts

    setup(function()
        db = pg.url(true)
        turns.prepare(db, { workspace = "ws" })
        line = relay.start { port = pg.port(db), postgres = true }
        opts = { workspace = "ws", remote = pg.url_with(db,
            { port = line.port }) .. "?connect_timeout=1" }
        model = turns.model()
    end)

    teardown(function()
        line:stop()
        tmp.clean()
    end)

    for what, how in pairs(turns.faults) do
        it(what, function()
            turns.each(line, how, model, opts, db)
        end)
    end
end)
