--- An INSERT that its remote carries out late, when a kill and a second sync
-- have gone by: each event is there once all the same.
local eventually = require "eventually"
local machine = require "machine"
local needs = require "needs"
local pgbouncer = require "pgbouncer"
local pg = require "postgres"
local propolis = require "propolis"
local stores = require "propolis.stores"
local serving = require "serving"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))

describe("an INSERT that arrives late", function()
    local db, server, number = nil, nil, 0

    setup(function()
        db = pg.url(true)
        server = serving.start { home = tmp.dir(), db = db }
    end)
    teardown(function()
        server:stop()
        tmp.clean()
    end)

    -- propolis sync in a process of its own.
    local function start(m)
        local words = { "env" }
        for name, value in pairs(m.env) do
            words[#words + 1] = value and ("%s='%s'"):format(name, value)
        end
        return serving.spawn(table.concat(words, " ") .. " '" .. PROGRAM
            .. "' sync --push >/dev/null 2>&1")
    end

    local function at_work(state)
        return tonumber(pg.psql([[SELECT COUNT(*) FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE 'INSERT%'
            AND ]] .. state, db))
    end

    -- Until more than so many INSERTs wait for a lock; how many.
    local function blocked(more_than)
        local n
        eventually(function()
            n = at_work "wait_event_type = 'Lock'"
            return n > more_than
        end, "no INSERT waits")
        return n
    end

    local remotes = {
        ["postgres://"] = function(ws)
            return { workspace = ws, remote = db }
        end,
        ["serve"] = function(ws)
            return { workspace = ws, org_id = "team",
                remote = "deeplake:http://127.0.0.1:" .. server.port,
                token = server:token(ws, "--workspace", ws) }
        end,
    }

    if not needs.program "pgbouncer" then
        remotes["PgBouncer"] = function(ws)
            return { workspace = ws,
                remote = pgbouncer.url(db, "ignore options") }
        end
    end

    local tables = {
        ["our own table"] = function() end,
        ["another client's table that holds rows twice"] = function(store)
            -- A pool may still hold sessions that the test before has ended.
            eventually(function()
                return store:ensure() and store:exec [[INSERT INTO sessions
                    (id, path) VALUES ('old', 'p'), ('old', 'p'), ('', 'p'),
                    ('', 'p')]]
            end, "the table cannot be filled")
        end,
    }

    for name, opts_for in pairs(remotes) do
        for what, prepare in pairs(tables) do
            it("through " .. name .. " into " .. what, function()
                number = number + 1
                local ws = "late" .. number
                local opts = opts_for(ws)
                local store <close> = assert(propolis.open(opts.remote,
                    stores.options(opts)))
                prepare(store)
                local m = machine.real(opts)
                m:events(1, 1)
                local r = m:run { "sync", "--push" }
                assert.equal(0, r.code, r.stderr)

                m:events(20, 3)
                local holder <close> = assert(propolis.open(db,
                    { workspace = ws }))
                assert(holder:begin())
                assert(holder:exec "LOCK TABLE sessions IN SHARE MODE")
                local pipe, pid = start(m)
                local n = blocked(0)
                assert(os.execute("kill -9 " .. pid))
                pipe:close()
                pipe = start(m)
                blocked(n)
                assert(holder:rollback())
                pipe:close()
                eventually(function()
                    return at_work "state <> 'idle'" == 0
                end, "an INSERT never ends")
                assert.equal("21|21", pg.psql(([[SELECT COUNT(*),
                    COUNT(DISTINCT id) FROM "%s".sessions
                    WHERE id NOT IN ('', 'old')]]):format(ws), db))
                local copies = pg.psql(([[SELECT COUNT(*) FROM "%s".sessions
                    WHERE id IN ('', 'old')]]):format(ws), db)
                assert.is_true(tonumber(copies) == 0 or tonumber(copies) == 4)
            end)
        end
    end

    for name, opts_for in pairs(remotes) do
        it("leaves one row of a document that two insert through " .. name,
            function()
                number = number + 1
                local ws = "late" .. number
                local opts, homes = opts_for(ws), {}
                for i = 1, 2 do
                    homes[i] = machine.real(opts)
                    homes[i]:document("/first" .. i, "x", "2026-01-01")
                    assert.equal(0, homes[i]:run({ "sync", "--push" }).code)
                    homes[i]:document("/both", "of " .. i, "2026-01-0" .. i)
                end
                local holder <close> = assert(propolis.open(db,
                    { workspace = ws }))
                assert(holder:begin())
                assert(holder:exec "LOCK TABLE memory IN SHARE MODE")
                local pipes = { (start(homes[2])) }
                local n = blocked(0)
                pipes[2] = (start(homes[1]))
                blocked(n)
                assert(holder:rollback())
                for i = 1, 2 do pipes[i]:close() end
                assert.same({ { summary = "of 2" } }, holder:query(
                    "SELECT summary FROM memory WHERE path = '/both'"))
            end)
    end
end)
