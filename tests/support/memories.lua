--- A local store with events of our making, for specs of recall.
--
--   local memories = require "memories"
--   memories.fill(home, { { session = "s1", prompt = "why?" },
--       { session = "s1", command = "make", result = "ok" } })
--   local r = memories.run(home, "search", "--all", "why")
local json = require "propolis.json"
local propolis = require "propolis"
local run = require "run"

local memories = {}

-- A message by the fields of an event that say what it is.
local function message(e)
    local body = { session_id = e.session, cwd = e.cwd }
    if e.prompt then
        body.type, body.content = "user_message", e.prompt
    elseif e.reply then
        body.type, body.content = "assistant_message", e.reply
    elseif e.command then
        body.type, body.tool_name = "tool_call", e.tool or "Bash"
        body.tool_input = json.encode { command = e.command }
        body.tool_response = json.encode { stdout = e.result or "" }
        body.is_error = e.failed
    else
        body = e.message
    end
    return body
end

-- The id of the n-th event.
function memories.id(n)
    return ("%08x-0000-4000-8000-%012x"):format(n * 0x01010101 & 0xffffffff, n)
end

--- A row of the sessions table: fields that are absent have values of their
-- own; the n-th event is a minute behind the one before.
function memories.row(e, n)
    local path = e.path or ("/sessions/%s/%s_local_default_%s.jsonl"):format(
        e.author or "ada", e.author or "ada", e.session or "s1")
    local created = e.created or ("2026-11-03T%02d:%02d:00.000Z"):format(
        n // 60, n % 60)
    return {
        id = e.id or memories.id(n), path = path,
        filename = path:match("[^/]*$"), message = message(e),
        author = e.author or "ada", project = e.project or "nest",
        agent = e.agent or "claude_code", description = "event",
        creation_date = created, last_update_date = created,
    }
end

--- The URL of the local store in a home.
function memories.url(home)
    return "sqlite:" .. home .. "/data/local@default.db"
end

--- Puts events, and rows of other tables, into a store.
-- @param home of a local store, made when it is not there; or a URL
-- @param events list, see memories.row
-- @param more nil or { memory = list of rows, skills = list of rows }
-- @param options nil or those of propolis.open
function memories.fill(home, events, more, options)
    local url = home:find("^%a+:") and home or memories.url(home)
    if url == memories.url(home) then
        assert(require("engine.sys").mkdir(home .. "/data"))
    end
    local store <close> = assert(propolis.open(url, options))
    assert(store:ensure())
    local rows = {}
    for n, e in ipairs(events) do rows[n] = memories.row(e, n) end
    if #rows > 0 then
        assert(store:insert_many(propolis.schemas.sessions, rows))
    end
    for name, list in pairs(more or {}) do
        assert(store:insert_many(propolis.schemas[name], list))
    end
end

--- Runs a command in UTC, in the folder home/nest.
-- @param home the home, or { home =, env = more variables }
function memories.run(home, ...)
    local env = { TZ = "UTC" }
    if type(home) == "table" then
        for name, value in pairs(home.env) do env[name] = value end
        home = home.home
    end
    assert(require("engine.sys").mkdir(home .. "/nest"))
    return run({ ... }, { home = home, cwd = home .. "/nest", env = env })
end

return memories
