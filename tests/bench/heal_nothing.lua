--- A heal of all tables with nothing to do, on PostgreSQL, against psql
-- running the same one statement; the server says how many there were.
local figure = require "figure"
local pg = require "postgres"
local propolis = require "propolis"

local HEAL = [[
local propolis = require "propolis"
local store <close> = assert(propolis.open(arg[1]))
for _, done in ipairs(assert(store:heal())) do
    assert(not done.created and #done.missing == 0)
end
]]

local url = pg.url(true)
do
    local store <close> = assert(propolis.open(url))
    assert(store:ensure())
end

local script = figure.file("heal.lua", HEAL)
local statements = pg.log_statements(url)
figure.runs(1, { { figure.program, script, url } })
local sent = statements()

figure.title("heal of all tables, nothing to do, PostgreSQL")
figure.say("statements counted at the server: %d, to reach: 1: %s", #sent,
    #sent == 1 and "reached" or "MISSED")
local same = figure.file("same.sql", table.concat(sent, ";\n") .. ";\n")
local runs = figure.runs(60, {
    { "psql", "-XqAt", "-f", same, url },
    { figure.program, script, url },
})
figure.compare("psql", runs[1], "propolis", runs[2], 1.5)
