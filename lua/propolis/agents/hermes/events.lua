--- hermes.events: what Hermes' shell hooks mean; see propolis.agents.
-- on_session_end ends a turn, not the session, and what on_session_start
-- answers is ignored: the first pre_llm_call carries the context.
local entry = require "propolis.capture.entry"
local note = entry.note

local agent = {}

local HEAD = { "id", "session_id", "cwd", "hook_event_name", "timestamp" }

-- The first of some values that has text.
local function first_text(...)
    for i = 1, select("#", ...) do
        local text = entry.joined((select(i, ...)))
        if text then return text end
    end
end

local function first_present(...)
    for i = 1, select("#", ...) do
        local value = select(i, ...)
        if value ~= nil then return value end
    end
end

-- Event -> kind, and a function that gives type and body, or nil.
local EVENTS = {
    on_session_start = { "session_start",
        note("session_start", "model", "platform") },
    pre_llm_call = { "prompt", function(x)
        local text = first_text(x.prompt, x.user_message,
            entry.table(x.message).content)
        return text and "user_message", { { "content", text } }
    end },
    post_tool_call = { "tool", function(x, p)
        local result = first_present(x.result, x.tool_result, x.tool_output,
            x.output)
        return "tool_call", {
            { "tool_name", p.tool_name },
            { "tool_input", entry.json(p.tool_input) },
            { "tool_response", result == nil and "null"
                or entry.response(result) },
            { "is_error", x.error ~= nil and true or nil },
        }
    end },
    post_llm_call = { "reply", function(x)
        local text = first_text(x.assistant_response, x.response,
            x.assistant_message, entry.table(x.message).content)
        return text and "assistant_message", { { "content", text } }
    end },
    subagent_stop = { "note", note("subagent_stop", "child_role",
        "child_status", "child_summary", "duration_ms") },
    on_session_end = { "turn_end", note("stop", "completed", "interrupted") },
    on_session_finalize = { "session_end", note("session_end", "reason") },
}

function agent.read(name, p)
    name = entry.text(p.hook_event_name) or name
    local kind, word, body = entry.find(EVENTS, name, entry.table(p.extra), p)
    return kind and { {
        kind = kind, name = name, session = entry.text(p.session_id),
        cwd = entry.text(p.cwd), entry = entry.build(p, HEAD, word, body),
    } }
end

function agent.takes_context(name, p)
    return name == "pre_llm_call"
        and (not p or entry.table(p.extra).is_first_turn == true)
end

-- Hermes has no place for a notice.
function agent.output(_, context)
    return { context = context }
end

return agent
