--- A push of 1,000 events to a real PostgreSQL, directly and through propolis
-- serve, with one fault at every turn of every line in between: at the end
-- each row once, in order per session.
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local pg = require "postgres"
local propolis = require "propolis"
local relay = require "relay"
local serving = require "serving"
local tmp = require "tmp"

local EVENTS, SESSIONS = 1000, 20

-- Lines and what becomes of them at one turn.
-- Runs until a push is through.  How soon a server notices a line that fell
-- silent is not what is tested; that every row arrives once is.
local PATIENCE = 20

local FAULTS = {
    ["cut before the server hears of it"] = { how = "before" },
    ["cut after the server has done it"] = { how = "after" },
    ["cut in the middle of the answer"] = { how = "half" },
    ["silent for good"] = { how = "hang" },
}

local function port_of(url)
    return tonumber(url:match(":(%d+)/?[^:]*$"))
end

-- A store of the workspace in which rows are counted as they arrive.
local function prepare(url, options)
    local store <close> = assert(propolis.open(url, options))
    assert(store:ensure())
    assert(store:exec("ALTER TABLE sessions ADD COLUMN arrived bigserial"))
end

describe("a push of 1,000 events", function()
    local closing = {}
    local model

    setup(function()
        model = machine.new {}
        model:events(EVENTS, SESSIONS)
    end)

    teardown(function()
        for i = #closing, 1, -1 do
            closing[i]:stop()
        end
        tmp.clean()
    end)

    -- Pushes once per turn of the line with the fault there; opts are the
    -- machine's, db the database and ws the schema where the rows end.
    local function every_turn(line, rule, opts, db, ws)
        local function clear()
            line:rule(nil)
            pg.psql(([[TRUNCATE "%s".sessions]]):format(ws), db)
        end
        local function check()
            local rows, i = {}, 0
            for id, path, date in pg.psql(([[SELECT id, path, creation_date
                FROM "%s".sessions ORDER BY arrived]]):format(ws), db)
                :gmatch("([^|\n]*)|([^|\n]*)|([^|\n]*)") do
                i = i + 1
                rows[i] = { id, path, date }
            end
            machine.check(rows, EVENTS)
        end
        local function new()
            local conf = { like = model, workspace = ws,
                query_timeout_ms = 1000, backoff_ms = 1,
                create_delays = { 0, 0, 0 } }
            for key, value in pairs(opts) do conf[key] = value end
            return machine.new(conf)
        end
        clear()
        new():sync_through(PATIENCE)
        check()
        local turns = line:turns()
        assert.is_true(turns >= 4)
        for n = 1, turns do
            clear()
            line:rule { turn = n, how = rule.how }
            local m = new()
            m:sync_through(PATIENCE)
            check()
            local store <close> = m:store()
            assert.same({ waiting = 0, rejected = 0 },
                assert(outbox.counts(store)))
        end
    end

    local function start(module, opts)
        local started = module.start(opts)
        closing[#closing + 1] = started
        return started
    end

    describe("to PostgreSQL, on a line", function()
        local db, line, url

        setup(function()
            db = pg.url(true)
            prepare(db, { workspace = "ws" })
            line = start(relay, { port = port_of(db), postgres = true })
            url = pg.url_with(db, { port = line.port })
        end)

        for what, rule in pairs(FAULTS) do
            it(what, function()
                every_turn(line, rule, { remote = url }, db, "ws")
            end)
        end
    end)

    describe("through serve, on a line", function()
        local db, front, back, opts

        setup(function()
            db = pg.url(true)
            back = start(relay, { port = port_of(db), postgres = true })
            local home = tmp.dir()
            local server = start(serving, { home = home,
                db = pg.url_with(db, { port = back.port }),
                args = { "--statement-timeout", "0.5" } })
            front = start(relay, { port = server.port })
            opts = { token = server:token("team", "--workspace", "ws"),
                org_id = "team",
                remote = "deeplake:http://127.0.0.1:" .. front.port }
            prepare("deeplake:" .. server.url, { token = opts.token,
                org_id = "team", workspace = "ws" })
        end)

        for what, rule in pairs(FAULTS) do
            it("to serve " .. what, function()
                every_turn(front, rule, opts, db, "ws")
            end)
            it("to the database " .. what, function()
                every_turn(back, rule, opts, db, "ws")
            end)
        end
    end)
end)
