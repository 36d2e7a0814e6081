--- pi.samples: test events of pi; see propolis.agents.
local samples = {
    events = { "session_start", "before_agent_start", "input", "tool_result",
        "message_end", "session_shutdown" },
}

function samples.payload(event, id, cwd, text)
    local parts = { { type = "text", text = text } }
    local data = ({
        session_start = { reason = "startup" },
        before_agent_start = { prompt = text },
        input = { text = text, source = "interactive" },
        tool_result = { toolCallId = "propolis-doctor", toolName = "bash",
            input = { command = "true" }, isError = false, content = parts },
        message_end = { message = { role = "assistant", content = parts } },
    })[event] or {}
    data.type = event
    return { event = data, ctx = { cwd = cwd, sessionId = id, hasUI = false } }
end

return samples
