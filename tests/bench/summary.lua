--- The summary of a session of 2,000 events, process start to exit, against
-- sqlite3 that only reads its rows; and the worker when a turn ended in one of
-- 10,000 sessions.
local config = require "propolis.config"
local figure = require "figure"
local propolis = require "propolis"
local session = require "session"
local summary = require "propolis.summary"
local sys = require "engine.sys"

local conf = assert(config.load())
local file = conf.local_store:match("^sqlite:(.*)$")

local OUTPUT = ("a line of what a command printed, as long as most\n"):rep(20)

-- A session of n events, as they come.
local function made(id, n)
    local s = session.new { id = id, author = conf.user }
    s:start_it()
    for i = 1, n do
        if #s.rows >= n then break end
        s:prompt(("make part %d faster. Let's use a table instead of a list. ")
            :format(i) .. ("It takes much too long now. "):rep(6))
        s:run("make test", OUTPUT .. "error: part is slow", i % 2 == 1 and 2)
        s:edit(("src/part%d.c"):format(i % 40))
        s:run("make test", OUTPUT)
        s:tool("Read", { file_path = "/home/alice/acme/src/x.c" }, OUTPUT)
        s:reply(("Part %d is faster now. The tests pass. "):format(i)
            .. ("It was the copy that cost the time. "):rep(8))
    end
    return s
end

local function put(store, rows)
    assert(store:put_many(propolis.schemas.sessions, rows))
end

local long = made("long", 2000)
do
    assert(sys.mkdir(conf.paths.data))
    local store <close> = assert(propolis.open(conf.local_store))
    assert(store:ensure())
    assert(store:transaction(function()
        put(store, long.rows)
        for i = 1, 10000 do
            put(store, made("s" .. i, 12).rows)
        end
        return true
    end))
end

figure.title("summary of a session of %d events, process start to exit",
    #long.rows)
local runs = figure.runs(20, {
    { "sqlite3", file, "SELECT message FROM sessions WHERE path = '"
        .. long.path .. "' ORDER BY creation_date" },
    { figure.program, "summarize", "long" },
})
figure.compare("sqlite3", runs[1], "propolis", runs[2])

summary.seconds = 600
assert(summary.catch_up(conf))
assert(require("propolis.search.index").catch_up(conf))
require("propolis.worker").prepare(conf)
figure.title("the worker beside 10,000 sessions")
runs = figure.runs(20, {
    { "sqlite3", file, "SELECT 1" },
    { figure.program, "sync", "--auto", "--local" },
})
figure.compare("sqlite3", runs[1], "worker, nothing new", runs[2])

-- One event is put again, as a new one, and the session is told of anew.
runs = figure.runs(20, {
    { "sqlite3", file, "SELECT 1" },
    { figure.program, figure.file("turn.lua", [[
        local propolis = require "propolis"
        local conf = assert(require("propolis.config").load())
        do
            local store <close> = assert(propolis.open(conf.local_store))
            local row = assert(store:query("SELECT * FROM sessions WHERE path"
                .. " = ? ORDER BY creation_date LIMIT 1 OFFSET 2", { arg[1] }
                ))[1]
            row.id, row.message_embedding = nil, nil
            assert(store:put(propolis.schemas.sessions, row))
        end
        assert(require("propolis.summary").catch_up(conf))]]),
        (long.path:gsub("_long", "_s77")) },
})
figure.compare("sqlite3", runs[1], "one turn", runs[2])
