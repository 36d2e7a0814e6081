--- 10,000 rows of the outbox to PostgreSQL, to serve on loopback, and to serve
-- with 50 ms added to every round trip, each against the same batches sent
-- back to back on one connection by a bare client that knows their SQL.
local figure = require "figure"
local http = require "engine.http"
local json = require "propolis.json"
local machine = require "machine"
local partitions = require "propolis.sync.partitions"
local pg = require "postgres"
local propolis = require "propolis"
local relay = require "relay"
local serving = require "serving"
local sql = require "engine.sql"
local sys = require "engine.sys"

local EVENTS, SESSIONS, ROUNDS = 10000, 50, 9

local db = pg.url(true)
pg.psql(([[ALTER DATABASE "%s" SET log_statement = 'none']])
    :format(db:match("/([^/]*)$")), db)
local home = figure.path("serve")
assert(sys.mkdir(home))
local server <close> = serving.start { home = home, db = db }
local token = server:token("bench", "--workspace", "ws")
local far <close> = relay.start { port = server.port, delay = 0.025 }

local model = machine.new {}
model:events(EVENTS, SESSIONS)

-- The same batches as SQL, in the order in which they would go.
local function batches(dialect)
    local store <close> = model:store()
    local schemas = require("propolis.schemas").synced()
    local texts, after = {}, 0
    while true do
        local refs = partitions.page(store, schemas, after)
        if #refs == 0 then return texts end
        after = refs[#refs].seq
        for _, part in ipairs(partitions.split(refs)) do
            while #part > 0 do
                local batch = partitions.batch(part)
                texts[#texts + 1] = assert(sql.insert(batch.schema,
                    batch.rows, dialect))
                partitions.drop(part, batch)
            end
        end
    end
end

local function bare_postgres(texts)
    local store <close> = assert(propolis.open(db, { workspace = "ws" }))
    local started = sys.monotonic()
    for _, text in ipairs(texts) do
        assert(store:exec(text))
    end
    return sys.monotonic() - started
end

local function bare_http(port)
    return function(texts)
        local client <close> = assert(http.client { timeout_ms = 60000 })
        local request = server:asking(token, "ws", "SELECT 1")
        request.url = ("http://127.0.0.1:%d/workspaces/ws/tables/query")
            :format(port)
        assert(client:request(request))
        local started = sys.monotonic()
        for _, text in ipairs(texts) do
            request.body = json.encode { query = text }
            local answer = assert(client:request(request))
            assert(answer.status == 200, answer.body)
        end
        return sys.monotonic() - started
    end
end

local function ours(opts)
    opts.like, opts.workspace = model, "ws"
    local m = machine.new(opts)
    local started = sys.monotonic()
    local result = assert(m:sync { push_only = true })
    assert(not result.error and result.push.sent == EVENTS,
        tostring(result.error))
    return sys.monotonic() - started
end

local function through(port)
    return function()
        return ours { remote = "deeplake:http://127.0.0.1:" .. port,
            token = token, org_id = "team" }
    end
end

-- Takes turns; each from an empty table to all rows.
local function measure(what, bare, texts, push, most)
    local taken = { {}, {} }
    for _ = 1, ROUNDS do
        for i, run in ipairs { bare, push } do
            pg.psql([[TRUNCATE "ws".sessions]], db)
            table.insert(taken[i], run(texts))
            assert(pg.psql([[SELECT COUNT(*) FROM "ws".sessions]], db)
                == tostring(EVENTS))
        end
    end
    figure.title("%d rows to %s, %d statements", EVENTS, what, #texts)
    for i, name in ipairs { "bare client", "propolis sync" } do
        table.sort(taken[i])
        figure.say("%-14s median %8.1f ms   p99 %8.1f ms", name,
            figure.at(taken[i], 0.5) * 1e3, figure.at(taken[i], 0.99) * 1e3)
    end
    local ratio = figure.at(taken[2], 0.5) / figure.at(taken[1], 0.5)
    figure.say("ratio          median %8.2f      p99 %8.2f%s", ratio,
        figure.at(taken[2], 0.99) / figure.at(taken[1], 0.99),
        most and ("      to reach: at most %.1f: %s"):format(most,
            ratio <= most and "reached" or "MISSED") or "")
end

through(server.port)() -- makes the tables
local texts = batches "postgres"
measure("PostgreSQL", bare_postgres, texts, function()
    return ours { remote = db }
end)
texts = batches "deeplake"
measure("serve on loopback", bare_http(server.port), texts,
    through(server.port))
measure("serve, 50 ms away", bare_http(far.port), texts, through(far.port), 3)
