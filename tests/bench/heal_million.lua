--- The heal of a legacy store: three tables with a million rows in total,
-- each without its last columns, SQLite and PostgreSQL.
local figure = require "figure"
local pg = require "postgres"
local propolis = require "propolis"

local ROWS = 1000000
local LACK = {
    memory = { "summary_embedding", "agent", "plugin_version" },
    sessions = { "message_embedding", "agent", "plugin_version" },
    skills = { "contributors", "trigger_text", "updated_at" },
}

local NUMBERS = {
    sqlite = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        .. " WHERE i < ?) SELECT i FROM n",
    postgres = "SELECT generate_series(1, ?)",
}

local HEAL = [[
local propolis = require "propolis"
local store <close> = assert(propolis.open(arg[1]))
local added = 0
for _, done in ipairs(assert(store:heal())) do
    added = added + #done.altered
end
assert(added == 9, added)
]]

-- The tables as an old version left them, and a third of the rows in each.
local function legacy(url)
    local store <close> = assert(propolis.open(url))
    local names = {}
    for name, lack in pairs(LACK) do
        names[#names + 1] = name
        assert(store:ensure(propolis.schemas[name]))
        for _, column in ipairs(lack) do
            assert(store:exec("ALTER TABLE {t} DROP COLUMN {c}",
                { t = name, c = column }))
        end
        assert(store:exec("INSERT INTO {t} (id) "
            .. NUMBERS[store.dialect], { t = name, ROWS // 3 }))
    end
    return #names
end

figure.title("heal of a legacy store, %d tables, %d rows, 9 columns lacking",
    3, ROWS // 3 * 3)
local script = figure.file("heal.lua", HEAL)
for _, url in ipairs { "sqlite:" .. figure.path("million.db"), pg.url(true) } do
    legacy(url)
    local run = figure.runs(1, { { figure.program, script, url } })[1]
    figure.say("%-10s %8.1f ms   cpu %7.1f ms   memory %5.1f MiB",
        url:match("^%a+"), run.wall[1] * 1e3, run.cpu[1] * 1e3,
        run.memory[1] / 1024)
end
