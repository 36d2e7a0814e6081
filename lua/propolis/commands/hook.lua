--- propolis hook AGENT EVENT: what an agent's hook runs.
--
-- One JSON document on stdin; what happened goes into the journal beside the
-- local store, which a worker takes in (propolis.capture.intake); the output
-- for the agent, if there is any, on stdout.  No database, no network.  A hook
-- never breaks its agent: whatever goes wrong is logged and the exit code is 0,
-- and that promise is kept at the end of this file.  Modules are required where
-- they are used, inside of it.
--
-- What cannot be used (empty or truncated input, something that is no object,
-- an agent nobody knows) leaves a line in the log, without its content.
local command = {
    name = "hook",
    summary = "take an event from an agent (agents run this)",
    brief = true, -- a process of a few milliseconds, see boot.lua
}

--- The usage text; a hook that runs does not look for the agents' names.
function command.usage()
    return require("propolis.agents").usage [[
propolis hook {agent} EVENT <event.json

usage: propolis hook AGENT [EVENT]    one JSON document on stdin

AGENT is one of {agents};
EVENT is for payloads that do not name their event.  The exit code is always 0;
what went wrong is in propolis.log in the state folder.
]]()
end

-- Kinds of events after which the worker starts.
local ENDS = { turn_end = true, session_end = true }

-- True for a compaction: before the session goes on, the worker has time to
-- prepare what it is told then.
local function compacts(e)
    for _, item in ipairs(e.entry or {}) do
        if item[1] == "type" then return item[2] == "compaction" end
    end
    return false
end

local function log(level, ...)
    require("propolis.log")[level](...)
end

-- True inside the agents that our own and the reference's workers start.
local function in_worker()
    return os.getenv("HIVEMIND_WIKI_WORKER") == "1"
        or os.getenv("HIVEMIND_SKILLIFY_WORKER") == "1"
        or os.getenv("HIVEMIND_SKILLOPT_WORKER") == "1"
end

-- An agent's name as in the column `agent`, and what its events mean (see
-- propolis.agents, which is not loaded: each file costs time).
local function load_agent(word)
    if not word or not word:find("^[a-z][a-z0-9-]*$") then
        error(("there is no agent '%s'"):format(tostring(word)), 0)
    end
    local name = word:gsub("-", "_")
    return name, require("propolis.agents." .. name .. ".events")
end

-- Payloads of this many bytes make garbage that is worth collecting.
local BIG = 256 * 1024

local function read_payload()
    local text = io.read("a") or ""
    if #text >= BIG then
        collectgarbage("restart")
    end
    if text:find("^%s*$") then error("stdin was empty", 0) end
    local payload, err = require("propolis.json").decode_deep(text)
    if type(payload) ~= "table" then
        error(("%d bytes on stdin are not a JSON object: %s"):format(#text,
            err or "a value of another type"), 0)
    end
    return payload
end

-- The records (see propolis.capture.intake) of what happened.
local function records_of(conf, name, events)
    local event = require "propolis.capture.event"
    local project = require "propolis.capture.project"
    local sys = require "engine.sys"
    local redact = require "propolis.capture.redact"
    local redactor, err = redact.load(conf.paths.config)
    if err then
        log("error", "redact.lua is ignored: %s", err)
    end
    local stamp = {
        time = sys.now(), sha256 = sys.sha256, version = sys.version,
        who = conf,
    }
    local list = {}
    for _, e in ipairs(events) do
        if e.entry then
            stamp.id, stamp.row_id = sys.uuid(), sys.uuid()
            stamp.folder = project.folder(e.cwd)
            local row, session = event.row(name, e, stamp, redactor)
            list[#list + 1] = {
                table = "sessions", row = row, queue = conf.remote ~= nil,
            }
            if e.kind == "session_start" then
                stamp.summary_id = sys.uuid()
                list[#list + 1] = {
                    table = "memory", once = "path",
                    queue = conf.remote ~= nil,
                    row = event.placeholder(row, session, stamp),
                }
            end
        end
    end
    return list
end

-- What the log says of an error: a sentence, else with where it was raised.
local function told(e)
    return type(e) == "string" and not e:find("^[^\n]*:%d+:") and e
        or debug.traceback(tostring(e), 2)
end

-- What happened into the journal, or where that does not take it.
-- @return { large = the journal has just become large, elsewhere = a sentence
-- when the journal does not take it, lost = why nothing does }
local function capture(conf, name, events)
    local list = records_of(conf, name, events)
    if #list == 0 then
        local why, elsewhere = require("propolis.capture.lost").trouble(conf)
        return { lost = why, elsewhere = elsewhere }
    end
    local journal = require "propolis.capture.journal"
    local from, to = journal.append(conf.local_store:match("^sqlite:(.*)$"),
        list)
    local elsewhere
    if not from then
        from, to, elsewhere = require("propolis.capture.fallback").append(conf,
            list)
    end
    if not from then
        local what = list[1].row.description
        require("propolis.capture.lost").tell(what, tostring(to))
        log("error", "%s is lost: %s", what, to)
        return { lost = tostring(to) }
    end
    return { elsewhere = elsewhere,
        large = from // journal.large ~= to // journal.large }
end

-- The configuration, whatever is broken in it; raises when there is no home.
local function settings(event)
    local config = require "propolis.config"
    local conf, err = config.load(true)
    if not conf then
        require("propolis.capture.lost").tell(event or "an event", err)
        error(err, 0)
    end
    config.keep(conf)
    if conf.warning then
        log("error", "%s", conf.warning)
    end
    return conf
end

-- Starts the worker after events that end something, or a large journal; with
-- a team's store also at a session's start.
local function start_worker(conf, events, large)
    local ended, start = large, false
    for _, e in ipairs(events) do
        ended = ended or ENDS[e.kind] or compacts(e)
        start = start or e.kind == "session_start"
    end
    if not ended and not (start and conf.remote) then return end
    local started, why = require("propolis.sync.auto").start(conf, ended)
    if started == nil then
        log("warn", "nothing was started in the background: %s", why)
    end
end

local function hook(argv)
    if in_worker() then return end
    local name, agent = load_agent(argv[1])
    local conf = settings(argv[2])
    if conf.capture == false and not agent.takes_context(argv[2] or "") then
        return -- not even read
    end
    local payload = read_payload()
    local events = agent.read(argv[2], payload) or {}
    local first = events[1] or {}
    local captured, rule = require("propolis.capture.privacy").allows(conf,
        first.cwd, first.roots)
    local event = first.name or argv[2] or ""
    local answers = agent.takes_context(event, payload)
        and (conf.context or agent.shows_notice)
    local earlier = answers and require("propolis.capture.lost").notice()
    -- The event first: the answer says what became of it.
    local fine, kept, fault = true, nil, nil
    if captured then
        fine, kept = xpcall(capture, told, conf, name, events)
    end
    if not fine then
        fault, kept = kept, { lost = "a fault of propolis: see its log" }
    end
    if answers then
        require("propolis.capture.answer").write(conf, agent, event, first, {
            kept = kept, rule = rule, earlier = earlier,
        })
    end
    if fault then error(fault, 0) end
    if captured then start_worker(conf, events, kept.large) end
end

--- The one place that keeps the promise: always 0, whatever happens.
function command.run(argv)
    if argv[1] == "-h" or argv[1] == "--help" then
        io.stdout:write(command.usage())
        return 0
    end
    local ok, err = xpcall(hook, told, argv)
    if not ok then
        pcall(log, "error", "hook %s %s: %s", tostring(argv[1]),
            tostring(argv[2]), err)
    end
    return 0
end

return command
