--- hermes.samples: test events of Hermes; see propolis.agents.
local samples = {}

function samples.payload(event, id, cwd, text)
    local tool = event == "post_tool_call"
    local extra = {
        pre_llm_call = { user_message = text, is_first_turn = true },
        post_llm_call = { assistant_response = text, user_message = text },
        post_tool_call = { result = text, tool_call_id = "propolis-doctor" },
        on_session_end = { completed = true, interrupted = false },
        subagent_stop = { child_summary = text },
    }
    return {
        hook_event_name = event, session_id = id, cwd = cwd,
        tool_name = tool and "terminal" or nil,
        tool_input = tool and { command = "true" } or nil,
        extra = extra[event] or { platform = "cli" },
    }
end

return samples
