--- gemini.samples: test events of Gemini CLI; see propolis.agents.
local samples = {}

function samples.payload(event, id, cwd, text)
    local payload = ({
        SessionStart = { source = "startup" },
        BeforeAgent = { prompt = text },
        AfterTool = { tool_name = "run_shell_command",
            tool_input = { command = "true" },
            tool_response = { llmContent = text, returnDisplay = text } },
        AfterAgent = { prompt = text, prompt_response = text,
            stop_hook_active = false },
        PreCompress = { trigger = "manual" },
        Notification = { notification_type = "ToolPermission", message = text,
            details = { type = "info", title = "propolis doctor" } },
        SessionEnd = { reason = "exit" },
    })[event] or {}
    payload.session_id, payload.cwd = id, cwd
    payload.hook_event_name = event
    return payload
end

return samples
