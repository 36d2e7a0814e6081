--- search.asking: the session that asks.  An agent's tools run with its id in
-- the environment; what that session did it knows without searching.
local places = require "propolis.config.places"

local asking = {}

-- The variables in which agents tell their tools which session they are.
local VARIABLES = { "PROPOLIS_SESSION_ID", "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_SESSION_ID", "CODEX_THREAD_ID", "CODEX_SESSION_ID",
    "CURSOR_CONVERSATION_ID", "GEMINI_SESSION_ID", "HERMES_SESSION_ID",
    "OPENCLAW_SESSION_ID", "PI_SESSION_ID" }

--- The path of the session in which this process runs, or nil.
-- @param conf user, org_name and workspace
function asking.path(conf)
    for _, name in ipairs(VARIABLES) do
        local id = places.env(name)
        if id then
            local event = require "propolis.capture.event"
            return event.path(conf, event.safe(id,
                require("engine.sys").sha256))
        end
    end
end

--- Whether a message is a search of ours: what was found then is no news.
-- @param m from propolis.search.message
function asking.is_search(m)
    if m.kind ~= "tool" then return false end
    local command = m.command
    if command then
        return command:find("%f[%w_]propolis[\"']?%s+search%f[^%w_-]") ~= nil
            or command:find("%f[%w_]propolis[\"']?%s+show%f[^%w_-]") ~= nil
            or command:find("%f[%w_]propolis[\"']?%s+log%f[^%w_-]") ~= nil
    end
    return m.tool ~= nil and m.tool:find("propolis.*search") ~= nil
end

return asking
