--- The sessions in tests/fixtures/sessions, each of a real program, as rows.
local agents = require "propolis.agents"
local event = require "propolis.capture.event"
local json = require "propolis.json"
local redact = require "propolis.capture.redact"
local sys = require "engine.sys"

local recorded = {}

local ROOT = sys.root .. "/tests/fixtures/sessions/"

--- The agents of which there is a session.
function recorded.agents()
    local list = {}
    for _, name in ipairs(assert(sys.list(ROOT))) do
        if sys.stat(ROOT .. name).type == "dir" then
            list[#list + 1] = name
        end
    end
    return list
end

--- The payloads of one, in order: { event =, text = }.
function recorded.payloads(agent)
    local list = {}
    for _, file in ipairs(assert(sys.list(ROOT .. agent))) do
        local name = file:match("^%d%d%-(.*)%.json$")
        if name then
            list[#list + 1] = { event = name,
                text = assert(sys.read(ROOT .. agent .. "/" .. file)) }
        end
    end
    return list
end

--- The rows of one, a second apart.
-- @param change nil or function(payload) that may change a decoded payload
function recorded.rows(agent, change)
    local rows, redactor = {}, redact.load()
    for i, item in ipairs(recorded.payloads(agent)) do
        local payload = assert(json.decode(item.text))
        if change then change(payload) end
        for _, e in ipairs(agents.part(agent, "events").read(item.event,
            payload) or {}) do
            if e.entry then
                rows[#rows + 1] = event.row(agents.column(agent), e, {
                    id = sys.uuid(), row_id = sys.uuid(), sha256 = sys.sha256,
                    time = ("2026-11-24T10:00:%02d.000Z"):format(i),
                    version = "9", who = { user = "alice", org_name = "Acme",
                        workspace = "main" },
                }, redactor)
            end
        end
    end
    return rows
end

return recorded
