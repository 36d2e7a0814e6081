--- propolis serve on loopback against pgbench, which runs the same statement
-- on the same database without HTTP: requests per second and the 99th
-- percentile at 1, 16 and 64 clients, in turns.
local figure = require "figure"
local json = require "propolis.json"
local pg = require "postgres"
local serving = require "serving"
local sys = require "engine.sys"

local ROUNDS, SECONDS = 3, 2
local SQL = "SELECT id, path, size_bytes FROM memory "
    .. "WHERE path = '/summaries/77.md' LIMIT 1"
local LOAD = arg[1] .. "/bench/http_load"

local function median(list)
    table.sort(list)
    return list[(#list + 1) // 2]
end

local url = pg.url(true)
pg.psql(([[ALTER DATABASE "%s" SET log_statement = 'none']])
    :format(url:match("/([^/]*)$")), url)
local home = figure.path("serve")
assert(sys.mkdir(home))
local server <close> = serving.start { home = home, db = url }
local token = server:token("bench", "--workspace", "a")

local function must(sql)
    local answer = server:query(token, "a", sql)
    assert(answer.status == 200, answer.body)
end

must "CREATE TABLE memory (id text, path text, size_bytes bigint)"
must("INSERT INTO memory SELECT 'id' || i, '/summaries/' || i || '.md', i "
    .. "FROM generate_series(1, 10000) i")
must "CREATE INDEX ON memory (path)"
must "ANALYZE memory"

local script = figure.file("same.sql", SQL:gsub("memory", "a.memory", 1)
    .. ";\n")

local function ours(clients)
    local done = assert(sys.run { LOAD, tostring(server.port),
        tostring(clients), tostring(SECONDS), "/workspaces/a/tables/query",
        token, "team", json.encode { query = SQL } })
    local rate, p50, p99, bad = done.stdout:match("(%d+) (%d+) (%d+) (%d+)")
    assert(done.code == 0 and bad == "0", done.stderr .. done.stdout)
    return tonumber(rate), p50 / 1000, p99 / 1000
end

local function theirs(clients)
    local log = figure.path("log")
    local done = assert(sys.run { "pgbench", "-n", "-M", "extended", "-f",
        script, "-c", tostring(clients), "-j", "1", "-T", tostring(SECONDS),
        "-l", "--log-prefix=" .. log, url })
    assert(done.code == 0, done.stderr)
    local taken = {}
    local folder, prefix = log:match("^(.*)/([^/]*)$")
    for _, name in ipairs(sys.list(folder)) do
        if name:sub(1, #prefix) == prefix then
            for line in io.lines(folder .. "/" .. name) do
                taken[#taken + 1] = tonumber(line:match("^%d+ %d+ (%d+)"))
            end
            sys.remove(folder .. "/" .. name)
        end
    end
    table.sort(taken)
    return tonumber(done.stdout:match("tps = ([%d.]+)")),
        figure.at(taken, 0.5) / 1000, figure.at(taken, 0.99) / 1000
end

local function measure(clients)
    local all = { { {}, {}, {} }, { {}, {}, {} } }
    for _ = 1, ROUNDS do
        for i, run in ipairs { theirs, ours } do
            for j, value in ipairs { run(clients) } do
                table.insert(all[i][j], value)
            end
        end
    end
    local rate = {}
    for i, name in ipairs { "pgbench", "serve" } do
        rate[i] = median(all[i][1])
        figure.say("%2d clients  %-8s %8.0f requests/s   median %7.3f ms   "
            .. "p99 %7.3f ms", clients, name, rate[i], median(all[i][2]),
            median(all[i][3]))
    end
    figure.say("%2d clients  serve does %.2f of what pgbench does", clients,
        rate[2] / rate[1])
end

figure.title("propolis serve on loopback against pgbench, the same statement")
for _, clients in ipairs { 1, 16, 64 } do
    measure(clients)
end
