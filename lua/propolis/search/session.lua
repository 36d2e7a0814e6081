--- search.session: sessions by the names that people give them, and lists.
local filter = require "propolis.search.filter"
local rows = require "propolis.search.rows"

local session = {}

local CANDIDATES = 200 -- paths that are looked at for a name

-- % and _ in a name stand for themselves.
local function like(text)
    return (text:gsub("[\\%%_]", "\\%0"))
end

local function name_of(path)
    return (path:match("([^/]*)$"):gsub("%.jsonl$", ""))
end

--- A session's id as its path has it: USER_ORG_WORKSPACE_ID, of which the
-- first three may hold a "_" as well.
function session.id(path)
    local user, name = path:match("^/sessions/([^/]*)/([^/]*)$")
    name = (name or name_of(path)):gsub("%.jsonl$", "")
    if user and name:sub(1, #user + 1) == user .. "_" then
        name = name:sub(#user + 2)
        return name:match("^[^_]*_[^_]*_(.+)$") or name
    end
    return name
end

-- Paths whose session a text names, and those whose it begins.
local function sort_out(list, text)
    local whole, begun = {}, {}
    for _, row in ipairs(list) do
        local path, name = row.path, name_of(row.path)
        if path == text or name == text
            or name:sub(-#text - 1) == "_" .. text then
            whole[#whole + 1] = path
        elseif session.id(path):sub(1, #text) == text then
            begun[#begun + 1] = path
        end
    end
    return whole, begun
end

-- The path of the row that a reference names, or nil.
local function by_ref(store, conf, text)
    local list = rows.by_ref(store, conf, text)
    local e = list and #list == 1 and list[1]
    return e and e.table == "sessions" and e.path or nil
end

--- The path of a session.
-- @param text its id, the beginning of it, its path, or a reference of an event
-- @return the path, or nil, err (a sentence)
function session.find(store, conf, text)
    local list, err = rows.query(store, conf, "sessions", [[SELECT path
        FROM {t} AS t WHERE path LIKE ? ESCAPE '\' GROUP BY path LIMIT ?]],
        { "%" .. like(text) .. "%", CANDIDATES })
    if not list then return nil, err end
    local whole, begun = sort_out(list, text)
    local found = #whole > 0 and whole or begun
    if #found == 1 then return found[1] end
    local shown = require("engine.text").printable(text:sub(1, 200))
    if #found == 0 then
        local path = by_ref(store, conf, text)
        if path then return path end
        return nil, ("there is no session '%s'"):format(shown)
    end
    table.sort(found)
    local names = {}
    for i = 1, math.min(#found, 3) do names[i] = session.id(found[i]) end
    return nil, ("'%s' is the beginning of %d sessions (%s%s): write more of"
        .. " it"):format(shown, #found, require("engine.text").printable(
        table.concat(names, ", ")), #found > 3 and ", ..." or "")
end

-- In SQLite an index answers for the first prompt of each session; elsewhere
-- those of all come, within bounds.
local PROMPTS = {
    sqlite = [[path IN (%s) AND message LIKE '%%"user_message"%%'
        AND creation_date = (SELECT min(creation_date) FROM {t} AS first
            WHERE first.path = t.path
            AND first.message LIKE '%%"user_message"%%')
        ORDER BY creation_date, rowid]],
    other = [[path IN (%s) AND message::text LIKE '%%"user_message"%%'
        ORDER BY creation_date LIMIT 500]],
}

-- The first prompt of each of a list of sessions.
local function add_prompts(store, conf, list)
    local by_path, paths = {}, {}
    for i, one in ipairs(list) do
        by_path[one.path], paths[i] = one, one.path
    end
    if #paths == 0 then return list end
    local found, err = rows.find(store, conf, "sessions",
        (PROMPTS[store.dialect] or PROMPTS.other):format(
        ("?, "):rep(#paths - 1) .. "?"), paths)
    if not found then return nil, err end
    for _, e in ipairs(found) do
        local one = by_path[e.path]
        if e.kind == "prompt" and not one.prompt then
            one.prompt = e.m.text
        end
    end
    return list
end

-- All sessions, newest first, come from the index alone; then one by one it is
-- looked whether they have what is asked for, until there are enough.
local IN_ORDER = [[SELECT g.path AS path, first, last, events,
        (SELECT author %s) AS author, (SELECT agent %s) AS agent,
        (SELECT project %s) AS project
    FROM (SELECT path, min(creation_date) AS first, max(creation_date) AS last,
            count(*) AS events FROM {t} AS t WHERE %s
        GROUP BY path ORDER BY max(creation_date) DESC, path LIMIT -1) AS g
    WHERE EXISTS (SELECT 1 FROM {t} AS t WHERE t.path = g.path AND %s)
    LIMIT ?]]
local FIRST = "FROM {t} AS t WHERE t.path = g.path ORDER BY creation_date,"
    .. " rowid LIMIT 1"

-- The same as plain SQL, which every service has.
local GROUPED = [[SELECT path, min(creation_date) AS first,
        max(creation_date) AS last, max(author) AS author, max(agent) AS agent,
        max(project) AS project, count(*) AS events FROM {t} AS t WHERE %s
    GROUP BY path ORDER BY last DESC, path LIMIT ?]]

local function listing(store, f, limit)
    local where, values = filter.sql(f)
    if store.dialect ~= "sqlite" then
        values[#values + 1] = limit
        return GROUPED:format(where), values
    end
    local dates, given = filter.sql { since = f.since, before = f.before }
    table.move(values, 1, #values, #given + 1, given)
    given[#given + 1] = limit
    return IN_ORDER:format(FIRST, FIRST, FIRST, dates, where), given
end

local function newest_first(a, b)
    if a.last ~= b.last then return a.last > b.last end
    return a.path < b.path
end

--- The newest sessions that have events which a filter lets pass.
-- @param f see propolis.search.filter
-- @return list of { path, session, first, last, author, agent, project, events,
-- prompt = text or nil }, newest first; or nil, err
function session.list(store, conf, f, limit)
    local text, values = listing(store, f, limit)
    local list, err = rows.query(store, conf, "sessions", text, values)
    if not list then return nil, err end
    table.sort(list, newest_first)
    for _, one in ipairs(list) do
        one.session = session.id(one.path)
        one.events = math.tointeger(tonumber(one.events))
    end
    return add_prompts(store, conf, list)
end

return session
