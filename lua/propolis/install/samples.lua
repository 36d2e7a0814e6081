--- propolis.install.samples: the smallest payload of each agent's events, in
-- the shape the agent sends, for a session that never was. Pure.
local samples = {}

local TEXT = "propolis doctor: a test event, removed again at once"

-- What an event carries beside the fields all events of the agent share.
local extra = {
    prompt = { prompt = TEXT },
    text = { text = TEXT },
    tool = {
        tool_name = "Bash", tool_use_id = "propolis-doctor",
        tool_input = { command = "true" },
        tool_response = { stdout = TEXT, stderr = "" },
        tool_output = TEXT, error = TEXT, error_message = TEXT,
    },
    said = { last_assistant_message = TEXT, stop_hook_active = false },
    subagent = { agent_id = "propolis-doctor", agent_type = "test",
        last_assistant_message = TEXT },
    note = { message = TEXT, title = "propolis doctor" },
    start = { source = "startup" },
    finish = { reason = "other" },
    compact = { trigger = "manual", custom_instructions = TEXT },
    status = { status = "completed", loop_count = 0 },
}

local kinds = {
    SessionStart = "start", sessionStart = "start", SessionEnd = "finish",
    sessionEnd = "finish", UserPromptSubmit = "prompt",
    beforeSubmitPrompt = "prompt", PostToolUse = "tool",
    PostToolUseFailure = "tool", PermissionRequest = "tool",
    postToolUse = "tool", postToolUseFailure = "tool", Stop = "said",
    StopFailure = "said", stop = "status", Interrupt = "said",
    SubagentStart = "subagent", SubagentStop = "subagent",
    subagentStart = "subagent", subagentStop = "subagent",
    PreCompact = "compact", PostCompact = "compact", preCompact = "compact",
    Notification = "note", afterAgentResponse = "text",
    afterAgentThought = "text",
}

local function with(base, more)
    for key, value in pairs(more or {}) do base[key] = value end
    return base
end

local function shell_agent(event, id, cwd)
    return with({
        session_id = id, cwd = cwd, hook_event_name = event,
        permission_mode = "default", model = "propolis-doctor",
    }, extra[kinds[event]])
end

local hermes = {
    pre_llm_call = { user_message = TEXT, is_first_turn = true },
    post_llm_call = { assistant_response = TEXT, user_message = TEXT },
    post_tool_call = { result = TEXT, tool_call_id = "propolis-doctor" },
    on_session_end = { completed = true, interrupted = false },
    subagent_stop = { child_summary = TEXT },
}

local pi = {
    input = { text = TEXT, source = "interactive" },
    message_end = { message = { role = "assistant",
        content = { { type = "text", text = TEXT } } } },
    tool_result = { toolCallId = "propolis-doctor", toolName = "bash",
        input = { command = "true" }, isError = false,
        content = { { type = "text", text = TEXT } } },
    before_agent_start = { prompt = TEXT, systemPrompt = "" },
    session_start = { reason = "startup" },
}

local openclaw = {
    before_prompt_build = { prompt = TEXT, messages = {} },
    agent_end = { success = true, messages = {
        { role = "user", content = TEXT },
        { role = "assistant", content = { { type = "text", text = TEXT } } },
    } },
    after_tool_call = { toolName = "exec", toolCallId = "propolis-doctor",
        params = { command = "true" }, result = TEXT },
}

local makers = {
    ["claude-code"] = shell_agent,
    codex = function(event, id, cwd)
        return with(shell_agent(event, id, cwd),
            { turn_id = "propolis-doctor" })
    end,
    cursor = function(event, id, cwd)
        return with(shell_agent(event, id, cwd), { conversation_id = id,
            generation_id = "propolis-doctor", workspace_roots = { cwd } })
    end,
    hermes = function(event, id, cwd)
        local tool = event == "post_tool_call"
        return {
            hook_event_name = event, session_id = id, cwd = cwd,
            tool_name = tool and "terminal" or nil,
            tool_input = tool and { command = "true" } or nil,
            extra = hermes[event] or { platform = "cli" },
        }
    end,
    pi = function(event, id, cwd)
        return { event = with({ type = event }, pi[event]),
            ctx = { cwd = cwd, sessionId = id, hasUI = false } }
    end,
    openclaw = function(event, id, cwd)
        return { hook = event, event = with({ sessionId = id },
            openclaw[event]), ctx = { sessionId = id, sessionKey = id,
            agentId = "main", workspaceDir = cwd } }
    end,
}

--- The events that go through a shim, in the order of a session.
samples.shim_events = {
    pi = { "session_start", "before_agent_start", "input", "tool_result",
        "message_end", "session_shutdown" },
    openclaw = { "session_start", "before_prompt_build", "after_tool_call",
        "agent_end", "session_end" },
}

--- A payload for one event of one agent's session `id`, as a table.
function samples.payload(agent, event, id, cwd)
    return makers[agent](event, id, cwd)
end

return samples
