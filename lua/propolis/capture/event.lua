--- event: what an agent did becomes a row of the sessions table.  Pure: the
-- clock, ids and the redactor come with the call.
local entry = require "propolis.capture.entry"
local json = require "propolis.json"
local places = require "propolis.config.places"

local event = {}

--- A session's id as part of a file name or virtual path.  Ids of ordinary
-- form stay as they are; of any other (../, quotes, thousands of characters)
-- a readable rest stays, and a hash keeps different ones apart.
function event.safe(session, sha256)
    if #session <= 128 and session:find("^%w[%w._:@+=-]*$") then
        return session
    end
    local rest = session:sub(1, 60):gsub("[^%w._-]", "_"):gsub("%.%.+", "_")
        :gsub("^%.", "_")
    return rest .. "~" .. sha256(session):sub(1, 12)
end

--- The session of an event.  When the agent names none: one per transcript
-- file, or one per agent, folder and day (UTC), so that events without an id
-- stay together.
-- @param agent the agent's name as in the column `agent`
function event.session(agent, e, stamp)
    if e.session then return e.session end
    local name = agent:gsub("_", "-") .. "-"
    if e.transcript then
        return name .. stamp.sha256(e.transcript):sub(1, 12)
    end
    return ("%s%s-%s"):format(name, stamp.sha256(e.cwd or ""):sub(1, 12),
        stamp.time:sub(1, 10))
end

--- The last part of a folder's path; propolis.capture.project says of which.
function event.project(cwd)
    return entry.text(places.last(places.trimmed(cwd or ""))) or "unknown"
end

-- User, organisation and workspace stand in a path as they are; only what
-- would make another path of it is replaced.
local function part(text)
    text = text:gsub("[/%c]", "_")
    return text:find("^%.+$") and "_" or text
end

--- The virtual path of a session's events, the same in every product that
-- shares the table.
function event.path(who, session)
    local user = part(who.user)
    return ("/sessions/%s/%s_%s_%s_%s.jsonl"):format(user, user,
        part(who.org_name), part(who.workspace), session)
end

--- The virtual path of a session's summary.
function event.summary_path(who, session)
    return ("/summaries/%s/%s.md"):format(part(who.user), session)
end

-- A key's UUID: the same for the same session and key.
local function keyed_id(session, key, sha256)
    local h = sha256(session .. "\0" .. key)
    return ("%s-%s-5%s-8%s-%s"):format(h:sub(1, 8), h:sub(9, 12),
        h:sub(14, 16), h:sub(18, 20), h:sub(21, 32))
end

-- The message as JSON text, every value fit to be stored.
local function message(e, fixed, redactor)
    local list = {}
    for i, item in ipairs(e.entry) do
        local key, value = item, fixed[item]
        if type(item) == "table" then
            key, value = item[1], item[2]
            if entry.is_json(value) then
                value = assert(json.encode(redactor:value(value.value)))
            elseif value ~= nil then
                value = redactor:value(value)
            end
        end
        list[i] = { key, value }
    end
    return assert(json.encode(json.object(list)))
end

--- The row of an event.
-- @param agent the agent's name as in the column `agent`
-- @param e one event of its mapping's read()
-- @param stamp { id=, row_id=, time=, sha256=, version=, who=, folder= }; who
-- has user, org_name and workspace; folder is the one that the project goes
-- by, when it is not the event's cwd
-- @param redactor from propolis.capture.redact
-- @return the row, and its session as it stands in paths
function event.row(agent, e, stamp, redactor)
    local id = redactor:text(event.session(agent, e, stamp))
    local session = event.safe(id, stamp.sha256)
    local path = event.path(stamp.who, session)
    local text = message(e, {
        id = stamp.id, session_id = id, timestamp = stamp.time,
    }, redactor)
    return {
        id = e.key and keyed_id(id, e.key, stamp.sha256) or stamp.row_id,
        path = path,
        filename = places.last(path),
        message = text,
        author = stamp.who.user,
        size_bytes = #text,
        project = event.project(redactor:text(stamp.folder or e.cwd or "")),
        description = e.name,
        agent = agent,
        plugin_version = stamp.version,
        creation_date = stamp.time,
        last_update_date = stamp.time,
    }, session
end

--- The summary row that says that a session has begun; a summary takes its
-- place later.
-- @param row, session what event.row() gave for the session's first event
function event.placeholder(row, session, stamp)
    local path = event.summary_path(stamp.who, session)
    local text = ("# Session %s\n- **Source**: %s\n- **Started**: %s\n"
        .. "- **Project**: %s\n- **Status**: in-progress\n"):format(session,
        row.path, stamp.time, row.project)
    return {
        id = stamp.summary_id, path = path, filename = session .. ".md",
        summary = text, author = stamp.who.user, mime_type = "text/markdown",
        size_bytes = #text, project = row.project,
        description = "in progress", agent = row.agent,
        plugin_version = stamp.version, creation_date = stamp.time,
        last_update_date = stamp.time,
    }
end

return event
