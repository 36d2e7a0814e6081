--- openclaw.samples: test events of OpenClaw; see propolis.agents.
local samples = {
    events = { "session_start", "before_prompt_build", "after_tool_call",
        "agent_end", "session_end" },
}

function samples.payload(event, id, cwd, text)
    local parts = { { type = "text", text = text } }
    local data = ({
        before_prompt_build = { prompt = text, messages = {} },
        agent_end = { success = true, messages = {
            { role = "user", content = text },
            { role = "assistant", content = parts },
        } },
        after_tool_call = { toolName = "exec", toolCallId = "propolis-doctor",
            params = { command = "true" }, result = text },
    })[event] or {}
    data.sessionId = id
    return { hook = event, event = data, ctx = { sessionId = id,
        sessionKey = id, agentId = "main", workspaceDir = cwd } }
end

return samples
