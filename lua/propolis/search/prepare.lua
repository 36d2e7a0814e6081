--- prepare: the worker's step that writes what sessions are told at their start
-- (propolis.capture.prepared).
--
-- Which projects changed is seen by the memory table's rows of each: how many,
-- and their dates; which sessions went on, by the new rows of sessions.  What
-- was done is kept in the file "seen" beside the others, so that a refresh
-- reads what changed and little more.
local digest = require "propolis.search.digest"
local prepared = require "propolis.capture.prepared"
local sys = require "engine.sys"
require "propolis.store"

local prepare = {}

--- A run ends after so many seconds; the next one goes on.
prepare.seconds = 5

--- So many sessions of a project are looked at (by either date), and told of at
-- most.
prepare.rows, prepare.sessions = 24, 16

--- So many files of sessions are kept, the newest.
prepare.kept = 200

--- So many events at the end of the table are looked at when it is not known
-- where the last run ended.
prepare.back = 2000

local INDEX = "CREATE INDEX IF NOT EXISTS propolis_memory_of_project"
    .. " ON {t} (project, creation_date, last_update_date)"

-- Rows of a statement; none when the table is not there yet.
local function rows(store, text, values)
    local list, err = store:query(text, values, "read")
    if list or err.code == "no_table" then return list or {} end
    error(err, 0)
end

-- The file "seen" ---------------------------------------------------------

-- What the last run has seen: { mark = the last event's place, id = its id,
-- projects = { key = sign } }.
local function read_seen(folder)
    local text = sys.read(folder .. "/seen") or ""
    local seen = { projects = {} }
    seen.mark, seen.id = text:match("^1 (%d+) (%S*)\n")
    seen.mark = math.tointeger(seen.mark)
    for key, sign in (seen.mark and text or "")
        :gmatch("\n(%x+) ([^\n]*)%f[\n]") do
        seen.projects[key] = sign
    end
    return seen
end

local function write_seen(folder, seen)
    local list = {}
    for key, sign in pairs(seen.projects) do
        list[#list + 1] = key .. " " .. sign .. "\n"
    end
    table.sort(list)
    return sys.replace(folder .. "/seen", ("1 %d %s\n"):format(seen.mark,
        seen.id) .. table.concat(list), 384)
end

-- Writes a file of prepared lines, or removes it when there are none.
local function write(folder, name, lines)
    local path = folder .. "/" .. name
    if #lines == 0 then
        sys.remove(path)
        return
    end
    local text = table.concat(lines, "\n") .. "\n"
    if sys.read(path) ~= text then
        assert(sys.replace(path, text, 384))
    end
end

-- Projects ------------------------------------------------------------------

-- The projects whose rows changed since they were written: { name, key, sign }
-- each, those with the newest rows first; and the keys of all there are.
local function changed_projects(store, conf, seen)
    local list, keys = {}, {}
    for _, row in ipairs(rows(store, [[SELECT project, count(*) AS n,
        max(last_update_date) AS last,
        total(unixepoch(last_update_date)) AS dates FROM {t}
        GROUP BY project ORDER BY last DESC]], { t = conf.tables.memory })) do
        local key = prepared.key(row.project)
        local sign = ("%d %.0f %s"):format(row.n, row.dates, row.last)
            :gsub("%s+", " ")
        keys[key] = true
        if seen.projects[key] ~= sign then
            list[#list + 1] = { name = row.project, key = key, sign = sign }
        end
    end
    return list, keys
end

-- The rows of a project's sessions that may be its last ones: those that began
-- last, for summaries may be written long after; and those that were written
-- last, for a session may go on for days.
local CANDIDATES = [[SELECT path, author, agent, description,
    substr(summary, 1, 8000) AS summary, last_update_date FROM {t}
    WHERE rowid IN (SELECT rowid FROM (SELECT rowid FROM {t} WHERE project = ?
    ORDER BY creation_date DESC LIMIT ?) UNION SELECT rowid FROM (SELECT rowid
    FROM {t} WHERE project = ? ORDER BY last_update_date DESC LIMIT ?))
    AND path LIKE '/summaries/%']]

-- The rows of a project's last sessions, with when they ended, the last first.
local function sessions_of(store, conf, project)
    local list = rows(store, CANDIDATES, { project, prepare.rows, project,
        prepare.rows, t = conf.tables.memory })
    for _, row in ipairs(list) do
        row.ended = digest.ended(store, conf, row)
    end
    table.sort(list, function(a, b)
        if a.ended ~= b.ended then return a.ended > b.ended end
        return a.path < b.path
    end)
    return list
end

-- The lines that a project's file has: { session's key = { sign =, lines } };
-- those of the sessions in moved are not taken.
local function lines_before(folder, project, moved)
    local found = {}
    for text in (sys.read(folder .. "/" .. prepared.file("project",
        project.key)) or ""):gmatch("[^\n]+") do
        local key, sign = text:match("^%l\t[^\t]*\t(%x+)\t(%x*)\t")
        if key and not moved[key] then
            found[key] = found[key] or { sign = sign }
            table.insert(found[key], text)
        end
    end
    return found
end

local function write_project(store, conf, folder, project, before)
    local lines, told = {}, 0
    for _, row in ipairs(sessions_of(store, conf, project.name)) do
        if told == prepare.sessions then break end
        local found = before[digest.key(row) or ""]
        if not found or found.sign ~= digest.sign(row) then
            found = digest.session(store, conf, row)
        end
        table.move(found, 1, #found, #lines + 1, lines)
        told = told + (#found > 0 and 1 or 0)
    end
    write(folder, prepared.file("project", project.key), lines)
end

-- Sessions ------------------------------------------------------------------

-- Where new events begin: behind the last one seen, while it still is there.
local function first_new(store, conf, seen)
    local tables = { t = conf.tables.sessions, seen.mark or 0 }
    local known = seen.mark
        and rows(store, "SELECT id FROM {t} WHERE rowid = ?", tables)[1]
    local last = rows(store, "SELECT rowid AS n, id FROM {t}"
        .. " ORDER BY rowid DESC LIMIT 1", { t = conf.tables.sessions })[1]
    last = last or { n = 0, id = "" }
    local from = known and known.id == seen.id and seen.mark
        or math.max(0, last.n - prepare.back)
    seen.mark, seen.id = last.n, (last.id:gsub("%s", ""))
    return from
end

-- The own sessions that went on behind a place, and their projects.  Grouped by
-- what is no column, the index by path is not gone through from its start.
local function went_on(store, conf, from)
    return rows(store, [[SELECT path, project FROM {t} WHERE rowid > ?
        AND author = ? GROUP BY +path, +project]],
        { from, conf.user, t = conf.tables.sessions })
end

-- Removes the oldest files of sessions, and what a worker that was killed has
-- left of one it wrote.
local function prune(folder)
    local list = {}
    for _, name in ipairs(sys.list(folder) or {}) do
        if name:find("%.session$") then list[#list + 1] = name end
        if name:find("^%.propolis") then sys.remove(folder .. "/" .. name) end
    end
    if #list <= prepare.kept then return end
    for i, name in ipairs(list) do
        local stat = sys.stat(folder .. "/" .. name)
        list[i] = { name = name, time = stat and stat.mtime or 0 }
    end
    table.sort(list, function(a, b) return a.time > b.time end)
    for i = prepare.kept * 3 // 4 + 1, #list do
        sys.remove(folder .. "/" .. list[i].name)
    end
end

-- Writes the files of sessions; the set of their keys.
local function write_sessions(store, conf, folder, list)
    local keys = {}
    for _, row in ipairs(list) do
        local key, lines = digest.so_far(store, conf, row.path)
        if key then
            write(folder, prepared.file("session", key), lines)
            keys[key] = true
        end
    end
    if #list > 0 then prune(folder) end
    return keys
end

-- A run ---------------------------------------------------------------------

-- Of projects that are gone nothing stays: whether there were any.
local function drop_gone(folder, seen, keys)
    local any = false
    for key in pairs(seen.projects) do
        if not keys[key] then
            sys.remove(folder .. "/" .. prepared.file("project", key))
            seen.projects[key], any = nil, true
        end
    end
    return any
end

local function work(store, conf, folder)
    local seen, last = read_seen(folder), sys.monotonic() + prepare.seconds
    local mark, id = seen.mark, seen.id
    local moved = went_on(store, conf, first_new(store, conf, seen))
    for _, row in ipairs(moved) do -- also what no row of memory tells yet
        local key = prepared.key(row.project)
        seen.projects[key] = seen.projects[key] and ""
    end
    local list, keys = changed_projects(store, conf, seen)
    local gone = drop_gone(folder, seen, keys)
    if #list == 0 and #moved == 0 and seen.mark == mark and not gone then
        return
    end
    local went = write_sessions(store, conf, folder, moved)
    for _, project in ipairs(list) do
        if sys.monotonic() > last then -- these events count as new again
            seen.mark, seen.id = mark or seen.mark, id or seen.id
            break
        end
        write_project(store, conf, folder, project,
            mark and lines_before(folder, project, went) or {})
        seen.projects[project.key] = project.sign
    end
    assert(write_seen(folder, seen))
end

--- Brings the prepared files of a configuration's local store up to date;
-- removes them when they are not wanted.
-- @return true, or nil, err
function prepare.run(conf)
    local path, folder = conf.local_store:match("^sqlite:(.*)$"),
        prepared.folder(conf)
    if not conf.context or conf.context_bytes == 0 then
        local count, err = prepared.clear(conf)
        return count and true, err
    end
    if not sys.stat(path) then return true end
    local store <close>, err = require("engine.sqlite").open(path)
    if not store then return nil, err end
    local ok
    ok, err = store:exec(INDEX, { t = conf.tables.memory })
    if not ok and err.code ~= "no_table" then return nil, err end
    ok, err = sys.mkdir(folder)
    if not ok then return nil, err end
    ok, err = sys.pcall(work, store, conf, folder)
    return ok or nil, err
end

return prepare
