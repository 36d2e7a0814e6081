--- Tries one fault at every turn of one line; see push_lines.lua.
--
-- push_worker.lua LINE FAULT DATABASE: prints how many turns there were, or
-- what went wrong.
local sys = require "engine.sys"

package.path = sys.root .. "/tests/support/?.lua;" .. package.path
local pg = require "postgres"
local relay = require "relay"
local serving = require "serving"
local tmp = require "tmp"
local turns = require "push_turns"

local where, how, db = table.unpack(arg)

local function to_postgres(back)
    turns.prepare(db, { workspace = "ws" })
    return turns.each(back, how, turns.model(), { workspace = "ws",
        remote = pg.url_with(db, { port = back.port })
            .. "?connect_timeout=1" }, db)
end

local function to_serve(back)
    local server <close> = serving.start { home = tmp.dir(),
        db = pg.url_with(db, { port = back.port }),
        args = { "--statement-timeout", "0.5" } }
    local front <close> = relay.start { port = server.port }
    local opts = { token = server:token("team", "--workspace", "ws"),
        org_id = "team", workspace = "ws",
        remote = "deeplake:http://127.0.0.1:" .. front.port }
    turns.prepare("deeplake:" .. server.url, opts)
    local line = where == "front" and front or back
    return turns.each(line, how, turns.model(), opts, db)
end

local function main()
    local back <close> = relay.start { port = pg.port(db), postgres = true }
    return (where == "direct" and to_postgres or to_serve)(back)
end

local ok, said = xpcall(main, debug.traceback)
tmp.clean()
print(ok and math.tointeger(said) .. " turns" or said)
os.exit(ok)
