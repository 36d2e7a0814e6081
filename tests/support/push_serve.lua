--- A push of 1,000 events through propolis serve to a real PostgreSQL, with one
-- fault at every turn of a line; describes it for one of the two lines.
--
--   require "push_serve"(_ENV, "front")  -- from the machine to serve; or
--   require "push_serve"(_ENV, "back", { "before" })  -- from serve to the
--                                           -- database, only this fault
--
-- _ENV, for setup, teardown and it are there.
local pg = require "postgres"
local relay = require "relay"
local serving = require "serving"
local tmp = require "tmp"
local turns = require "push_turns"

return function(env, where, only)
    local wanted = only and "|" .. table.concat(only, "|") .. "|"
    local db, server, lines, model, opts

    env.setup(function()
        db = pg.url(true)
        lines = {}
        lines.back = relay.start { port = pg.port(db), postgres = true }
        server = serving.start { home = tmp.dir(),
            db = pg.url_with(db, { port = lines.back.port }),
            args = { "--statement-timeout", "0.5" } }
        lines.front = relay.start { port = server.port }
        opts = { token = server:token("team", "--workspace", "ws"),
            org_id = "team", workspace = "ws",
            remote = "deeplake:http://127.0.0.1:" .. lines.front.port }
        turns.prepare("deeplake:" .. server.url, opts)
        model = turns.model()
    end)

    env.teardown(function()
        lines.front:stop()
        server:stop()
        lines.back:stop()
        tmp.clean()
    end)

    for what, how in pairs(turns.faults) do
        if not wanted or wanted:find("|" .. how .. "|", 1, true) then
            env.it(what, function()
                turns.each(lines[where], how, model, opts, db)
            end)
        end
    end
end
