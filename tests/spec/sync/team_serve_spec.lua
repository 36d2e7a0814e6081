--- A push of 1,000 events through propolis serve to a real PostgreSQL, with one
-- fault at every turn of either line in between.
local pg = require "postgres"
local relay = require "relay"
local serving = require "serving"
local tmp = require "tmp"
local turns = require "push_turns"

describe("a push of 1,000 events through serve, on a line", function()
    local db, server, front, back, model, opts

    setup(function()
        db = pg.url(true)
        back = relay.start { port = pg.port(db), postgres = true }
        server = serving.start { home = tmp.dir(),
            db = pg.url_with(db, { port = back.port }),
            args = { "--statement-timeout", "0.5" } }
        front = relay.start { port = server.port }
        opts = { token = server:token("team", "--workspace", "ws"),
            org_id = "team", workspace = "ws",
            remote = "deeplake:http://127.0.0.1:" .. front.port }
        turns.prepare("deeplake:" .. server.url, opts)
        model = turns.model()
    end)

    teardown(function()
        front:stop()
        server:stop()
        back:stop()
        tmp.clean()
    end)

    for what, how in pairs(turns.faults) do
        it("to serve " .. what, function()
            turns.each(front, how, model, opts, db)
        end)
        it("to the database " .. what, function()
            turns.each(back, how, model, opts, db)
        end)
    end
end)
