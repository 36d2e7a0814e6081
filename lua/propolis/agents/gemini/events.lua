--- gemini.events: what Gemini CLI's hooks mean; see propolis.agents.
-- BeforeTool is not stored: AfterTool tells the same with its outcome. The
-- hooks around each request to the model are not wired.
local entry = require "propolis.capture.entry"
local note = entry.note

local HEAD = {
    "id", "session_id", "transcript_path", "cwd", "hook_event_name",
    "timestamp",
}

-- With `gemini -p` what hooks said at the session's start stands in front of
-- the person's prompt, angle brackets in it escaped.
local function prompt(p)
    local text = p.prompt
    if entry.text(text) then
        text = text:gsub("^<hook_context>.-</hook_context>%s*", "")
    end
    return text and "user_message", { { "content", text } }
end

-- Event -> kind, and a function that gives type and body, or nil.
local EVENTS = {
    SessionStart = { "session_start", note("session_start", "source") },
    BeforeAgent = { "prompt", prompt },
    AfterTool = { "tool", function(p)
        local response = p.tool_response
        local failed = entry.table(response).error ~= nil or nil
        return "tool_call", entry.tool(p, entry.json(response), failed)
    end },
    AfterAgent = { "turn_end", function(p)
        local text = entry.text(p.prompt_response)
        return text and "assistant_message" or "assistant_stop",
            { { "content", text or "" } }
    end },
    -- "auto" comes before each request and rarely compresses anything.
    PreCompress = { "note", function(p)
        return p.trigger ~= "auto" and "compaction",
            { { "trigger", p.trigger } }
    end },
    Notification = { "note", function(p)
        return p.notification_type == "ToolPermission"
            and "permission_request" or "notification",
            entry.take({}, p, { "notification_type", "message", "details" })
    end },
    SessionEnd = { "session_end", note("session_end", "reason") },
}

local agent = entry.command_hooks(HEAD, EVENTS)
local read = agent.read

-- One end of a session is told up to three times in the same second; a session
-- that was resumed ends again later.
function agent.read(name, p)
    local events = read(name, p)
    if events and events[1].kind == "session_end" then
        local minute = (entry.text(p.timestamp) or ""):sub(1, 16)
        events[1].key = "end\0" .. minute
    end
    return events
end

return agent
