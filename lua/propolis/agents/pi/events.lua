--- pi.events: what the events mean that our extension forwards; see
-- propolis.agents.
-- A payload is { event = {...}, ctx = { cwd=, sessionId=, source= } }.  What
-- becomes of the output is the extension's part: before_agent_start takes
-- context.
local entry = require "propolis.capture.entry"
local note, plain = entry.note, entry.plain

local agent = { shows_notice = true }

-- Images and the like have no text: their parts as JSON text.
local function result_text(content)
    return entry.joined(content) or entry.json(content)
end

-- Event -> kind, and a function that gives type and body, or nil.
local EVENTS = {
    session_start = { "session_start",
        note("session_start", "reason", "previousSessionFile") },
    input = { "prompt", function(e)
        local text = entry.text(e.text)
        return text and e.source ~= "extension" and "user_message" or nil,
            { { "content", text } }
    end },
    tool_result = { "tool", function(e)
        return "tool_call", {
            { "tool_call_id", e.toolCallId }, { "tool_name", e.toolName },
            { "tool_input", entry.json(e.input) },
            { "tool_response", result_text(e.content) },
            { "is_error", e.isError },
        }
    end },
    message_end = { "reply", function(e)
        local m = entry.table(e.message)
        if m.role ~= "assistant" then return nil end
        local text = entry.joined(m.content)
        if entry.text(m.errorMessage) then
            return "stop_failure", {
                { "error", m.errorMessage }, { "content", text },
            }
        end
        return text and "assistant_message", { { "content", text } }
    end },
    session_compact = { "note", note("compaction", "reason", "fromExtension") },
    session_switch = { "note", note("session_switch", "reason",
        "previousSessionFile") },
    session_fork = { "note", note("session_fork", "previousSessionFile") },
    before_agent_start = { "context" }, -- its prompt came as input
    agent_end = { "turn_end" }, -- message_end has told it all
    session_shutdown = { "session_end", note("session_end", "reason") },
}

function agent.read(name, p)
    local event, ctx = entry.table(p.event), entry.table(p.ctx)
    name = entry.text(event.type) or name
    local known = EVENTS[name]
    if not known then return nil end
    local kind, body
    if known[2] then
        kind, body = known[2](event)
        if not kind then return nil end
    end
    return { {
        kind = known[1], name = name, session = entry.text(ctx.sessionId),
        cwd = entry.text(ctx.cwd), transcript = entry.text(ctx.sessionFile),
        source = entry.text(ctx.source),
        entry = kind and plain(kind, body),
    } }
end

function agent.takes_context(name)
    return name == "before_agent_start"
end

-- The extension adds the context to the system prompt and shows the notice.
function agent.output(_, context, notice)
    return { context = context, notice = notice }
end

return agent
