--- propolis.install.sample_events: test events for the agents whose payloads
-- go by the contract of entry.command_hooks (propolis.capture.entry). Pure.
local sample_events = {}

-- What an event carries beside the fields that all events share.
local function fields_of(text)
    local tool = {
        tool_name = "Bash", tool_use_id = "propolis-doctor",
        tool_input = { command = "true" }, error = text,
        tool_response = { stdout = text, stderr = "" },
    }
    local reply = { last_assistant_message = text, stop_hook_active = false }
    local subagent = { agent_id = "propolis-doctor", agent_type = "test",
        last_assistant_message = text }
    local compact = { trigger = "manual", custom_instructions = text }
    return {
        SessionStart = { source = "startup" },
        UserPromptSubmit = { prompt = text },
        PermissionRequest = tool, PermissionDenied = tool, PostToolUse = tool,
        PostToolUseFailure = tool, Stop = reply, StopFailure = reply,
        SubagentStart = subagent, SubagentStop = subagent,
        PreCompact = compact, PostCompact = compact,
        Notification = { message = text, title = "propolis doctor" },
        SessionEnd = { reason = "other" },
    }
end

--- A payload as samples.payload of propolis.agents gives it.
function sample_events.payload(event, id, cwd, text)
    local payload = fields_of(text)[event] or {}
    payload.session_id, payload.cwd = id, cwd
    payload.hook_event_name = event
    payload.model, payload.turn_id = "propolis-doctor", "propolis-doctor"
    return payload
end

return sample_events
