--- One row kept, process start to exit, against the least that can cost.
local figure = require "figure"
local propolis = require "propolis"

local EVENT = [[{"session_id":"5b1e","hook_event_name":"PostToolUse",
"tool_name":"Bash","tool_input":{"command":"make test"},
"tool_response":{"stdout":"]] .. ("ok\\n"):rep(300) .. [["}}]]

local INSERT = [[
local propolis = require "propolis"
local store <close> = assert(propolis.open("sqlite:" .. arg[1]))
local text = io.read("a")
assert(store:insert(propolis.schemas.sessions, {
    path = "/sessions/ada/s1.jsonl", filename = "s1.jsonl", author = "ada",
    message = text, size_bytes = #text, agent = "claude_code",
    creation_date = "2026-01-01T00:00:00.000Z",
}))
]]

local path = figure.path("insert.db")
do
    local store <close> = assert(propolis.open("sqlite:" .. path))
    assert(store:ensure(propolis.schemas.sessions))
end

figure.title("one insert, process start to exit")
local runs = figure.runs(300, {
    { figure.floor, figure.path("floor") },
    { figure.program, figure.file("insert.lua", INSERT), path },
}, figure.file("event.json", EVENT))
figure.compare("floor", runs[1], "propolis", runs[2], 4)
local store <close> = assert(propolis.open("sqlite:" .. path))
assert(store:query("SELECT count(*) AS n FROM sessions")[1].n == 300)
