--- The payloads in tests/fixtures, and the rows that they become.
local agents = require "propolis.agents"
local event = require "propolis.capture.event"
local json = require "propolis.json"
local redact = require "propolis.capture.redact"
local sys = require "engine.sys"

local payloads = {}

local ROOT = sys.root .. "/tests/fixtures/"
local redactor = redact.load()

--- Folders of payloads, and the agent whose they are: each agent has one, and
-- one in recorded/ when they come from the real program.
payloads.folders = {}
for _, name in ipairs(agents.names()) do
    payloads.folders[name] = name
    local recorded = "recorded/" .. name
    payloads.folders[recorded] = sys.stat(ROOT .. recorded) and name or nil
end

--- What event.row() needs, always the same.
function payloads.stamp()
    return {
        id = "ENTRY", row_id = "ROW", summary_id = "SUMMARY",
        time = "2026-01-02T03:04:05.006Z", sha256 = sys.sha256, version = "9",
        who = { user = "alice", org_name = "Acme's Org", workspace = "main" },
    }
end

--- The text of one payload.
function payloads.text(folder, name)
    return assert(sys.read(ROOT .. folder .. "/" .. name .. ".json"))
end

--- One payload, decoded.
function payloads.read(folder, name)
    return assert(json.decode(payloads.text(folder, name)))
end

--- The names of a folder's payloads, in order.
function payloads.names(folder)
    local names = {}
    for _, file in ipairs(assert(sys.list(ROOT .. folder))) do
        local name = file:match("^(.*)%.json$")
        if name and name ~= "expected" then
            names[#names + 1] = name
        end
    end
    return names
end

--- What a payload becomes: a list of { kind=, row= }; name is the event's.
function payloads.become(folder, name, payload)
    local owner, list = payloads.folders[folder], {}
    for _, e in ipairs(agents.part(owner, "events").read(name, payload) or {})
    do
        list[#list + 1] = {
            kind = e.kind,
            row = e.entry and event.row(agents.column(owner), e,
                payloads.stamp(), redactor),
        }
    end
    return list
end

--- The same as one golden file has it.
function payloads.golden(folder, name)
    local list = {}
    for i, e in ipairs(payloads.become(folder, name:match("^[^.]*"),
        payloads.read(folder, name))) do
        local row = e.row or {}
        list[i] = json.object {
            { "kind", e.kind }, { "description", row.description },
            { "path", row.path }, { "project", row.project },
            { "message", row.message },
        }
    end
    return list
end

--- The expectations of a folder: payload -> list.
function payloads.expected(folder)
    return assert(json.decode(assert(sys.read(ROOT .. folder
        .. "/expected.json"))))
end

--- Of an agent's payloads one that is stored and one whose output takes
-- context: their names.
function payloads.typical(name)
    local mapping = agents.part(name, "events")
    local expected, by_kind, answered = payloads.expected(name), {}, nil
    for _, one in ipairs(payloads.names(name)) do
        if not one:find(".", 1, true) then
            local kind = (expected[one][1] or {}).kind or ""
            by_kind[kind] = by_kind[kind] or one
            answered = answered or mapping.takes_context(one,
                payloads.read(name, one)) and one or nil
        end
    end
    return by_kind.tool or by_kind.prompt, answered
end

-- The events of which an agent's hooks tell.
local function events_of(name)
    local none = function() end
    local ctx = { home = "/", program = "/propolis", version = "1",
        env = none, agent_version = none }
    local agent = agents.get(name)
    for _, target in ipairs(agent.targets(ctx, "/")) do
        if target.wanted then return target.wanted end
    end
    return agents.part(name, "samples").events
end

--- An event of an agent that becomes one row with `text` in it, and its
-- payload, for a session `id`.
function payloads.sample(name, id, text)
    local mapping = agents.part(name, "events")
    for _, one in ipairs(events_of(name)) do
        local payload = agents.part(name, "samples").payload(one, id, "/w",
            text)
        local list = mapping.read(one, payload) or {}
        if #list == 1 and (list[1].kind == "prompt" or list[1].kind == "tool")
        then
            return one, payload
        end
    end
end

return payloads
