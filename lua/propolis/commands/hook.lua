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

-- The texts of the notices that are due.  An agent that shows none to the
-- person gets only our own words, for the model to pass on.
local function due(conf, agent)
    if not require("engine.sys").stat(conf.paths.state .. "/notices.json") then
        return {} -- all that most sessions pay
    end
    local notices = require "propolis.account.notices"
    local ok, list, err = pcall(notices.take, not agent.shows_notice)
    if not ok or not list then
        log("warn", "notices: %s", tostring(ok and err or list))
        return {}
    end
    local texts = {}
    for i, item in ipairs(list) do
        texts[i] = notices.text(item)
    end
    return texts
end

-- The hook's output.
-- @param first the event that is answered, as its mapping reads it
-- @param kept what capture() says, or nil where nothing may be captured
-- @param rule why that is
-- @param earlier what was lost before this event, a sentence or nil
local function respond(conf, agent, event, first, kept, rule, earlier)
    local context = require "propolis.capture.context"
    local facts = {
        captured = kept and not kept.lost, rule = kept and kept.lost or rule,
        tables = conf.tables,
        program = require("propolis.install.program").word(),
        version = require("engine.sys").version, user = conf.user,
        org_name = conf.org_name, workspace = conf.workspace,
        logged_in = conf.logged_in, remote = conf.remote,
        warning = conf.warning,
        waiting = require("propolis.capture.journal").stuck(
            conf.local_store:match("^sqlite:(.*)$")),
        notices = due(conf, agent),
        recalled = require("propolis.capture.prepared").text(conf, first),
    }
    table.insert(facts.notices, earlier)
    table.insert(facts.notices, kept and kept.elsewhere)
    if not agent.shows_notice and #facts.notices > 0 then
        facts.tell = table.concat(facts.notices, "\n")
    end
    local text = conf.context and context.text(facts) or nil
    local notice = context.notice(facts)
    if not text and not notice then return end
    local output = agent.output(event, text, notice)
    require("engine.sys").survive_pipe() -- the agent may not wait for it
    io.stdout:write(assert(require("propolis.json").encode(output)), "\n")
    io.stdout:flush()
end

-- The settings in force, whatever is broken; what that is goes into the log.
local function settings(what)
    local config = require "propolis.config"
    local conf, err = config.load(true)
    if not conf then
        require("propolis.capture.lost").tell(what or "an event", err)
        error(err, 0)
    end
    config.keep(conf)
    if conf.warning then
        log("error", "%s", conf.warning)
    end
    return conf
end

-- Starts the worker when what happened asks for it.
-- @param large whether the journal has just become large
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
        kept, fault = { lost = "a fault of propolis: see its log" }, kept
    end
    if answers then
        respond(conf, agent, event, first, kept, rule, earlier)
    end
    if not fine then error(fault, 0) end
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
