--- `propolis query` on 100,000 rows, 60 MB, in every format, against sqlite3 on
-- the same file; all of them write to /dev/null.
local figure = require "figure"
local propolis = require "propolis"

local ROWS = 100000
local SELECT = "SELECT * FROM events"

local path = figure.path("events.db")
do
    local store <close> = assert(propolis.open("sqlite:" .. path))
    assert(store:exec("CREATE TABLE events (id INTEGER PRIMARY KEY, path TEXT,"
        .. " author TEXT, size REAL, message TEXT)"))
    assert(store:exec([[
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
            SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO events SELECT i, '/sessions/ada/' || i || '.jsonl', 'ada',
            i * 0.25, '{"content":"' || ? || '"}' FROM n]],
        { ROWS, ("lorem ipsum "):rep(46) }))
end

for _, format in ipairs { "table", "json", "csv", "line" } do
    local theirs = format == "table" and "-column" or "-" .. format
    local runs = figure.runs(9, {
        { "sqlite3", theirs, path, SELECT },
        { figure.program, "query", "--store", "sqlite:" .. path, SELECT,
            format ~= "table" and "--" .. format or nil },
    })
    figure.title("%d rows, 60 MB, as %s", ROWS, format)
    figure.compare("sqlite3", runs[1], "propolis", runs[2], 3)
end
