--- cursor.samples: test events of Cursor; see propolis.agents.
local samples = {}

-- What an event carries beside the fields that all events share.
local function fields_of(text)
    local tool = {
        tool_name = "Shell", tool_use_id = "propolis-doctor",
        tool_input = { command = "true" }, tool_output = text,
        error_message = text,
    }
    local subagent = { subagent_id = "propolis-doctor", subagent_type = "test",
        summary = text }
    return {
        beforeSubmitPrompt = { prompt = text }, postToolUse = tool,
        postToolUseFailure = tool, afterAgentResponse = { text = text },
        afterAgentThought = { text = text }, subagentStart = subagent,
        subagentStop = subagent, preCompact = { trigger = "manual" },
        stop = { status = "completed", loop_count = 0 },
        sessionEnd = { reason = "other" },
    }
end

function samples.payload(event, id, cwd, text)
    local payload = fields_of(text)[event] or {}
    payload.hook_event_name, payload.model = event, "propolis-doctor"
    payload.conversation_id, payload.session_id = id, id
    payload.generation_id = "propolis-doctor"
    payload.workspace_roots = { cwd }
    return payload
end

return samples
