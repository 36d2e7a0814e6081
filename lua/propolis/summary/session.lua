--- session: one session of the local store, read for its summary.
local event = require "propolis.capture.event"
local facts = require "propolis.summary.facts"
local json = require "propolis.json"
local schemas = require "propolis.schemas"
local stored = require "propolis.summary.stored"
local sys = require "engine.sys"

local session = {}

-- The session's id as it stands in paths: as its events name it when the path
-- bears that out, else what the path has behind the words that all share.
local function id_of(path, row, who)
    local stem = path:match("([^/]*)%.jsonl$") or path:match("[^/]*$")
    local body = type(row.message) == "string" and json.skim(row.message)
    local named = type(body) == "table" and type(body.session_id) == "string"
        and event.safe(body.session_id, sys.sha256)
    if named and stem:sub(-#named) == named then return named end
    local common = event.path(who, ""):match("([^/]*)%.jsonl$")
    return stem:sub(1, #common) == common and stem:sub(#common + 1) or stem
end

--- A session's events, oldest first, for a loop.
function session.rows(store, path)
    return store:rows([[SELECT message, creation_date, agent, project, author
        FROM {t} WHERE path = ? ORDER BY creation_date, rowid]],
        { t = schemas.sessions.table, path }, "read")
end

--- Reads a session.
-- @param path of its events
-- @param who a configuration's user, org_name, workspace
-- @return { facts =, path = of its summary, session =, source = path of its
-- events, offset = how many there are, author =, agent =, project =, started =,
-- by_whom = whose session it is, words = true when something was said or done
-- in it }; nil without events
function session.read(store, path, who)
    local first
    local collected = facts.collect()
    for row in session.rows(store, path) do
        first = first or row
        collected:add(row)
    end
    if not first then return nil end
    local f = collected:result()
    local id = id_of(path, first, who)
    return {
        facts = f, path = event.summary_path(who, id), session = id,
        source = path, offset = f.events, author = who.user,
        agent = f.agents[#f.agents] or "", project = f.project or "",
        started = f.started or "", by_whom = first.author,
        words = #f.prompts + f.replies + f.calls > 0,
    }
end

--- What session.read() gave, with a summary by rule as its text.
function session.by_rule(read)
    read.text = stored.by_rule(read.facts, { session = read.session,
        source = read.source, author = read.author, offset = read.offset })
    read.by = "rules"
    return read
end

return session
