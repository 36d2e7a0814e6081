--- cursor.events: what Cursor's hooks mean; see propolis.agents.
-- User hooks run in ~/.cursor, so the folder is cwd or the first workspace
-- root, never the process's own.  preToolUse and the before/after hooks of
-- shell, MCP and files are not stored: postToolUse tells the same once.
local entry = require "propolis.capture.entry"
local note, tool = entry.note, entry.tool

local agent = {}

-- Event -> kind, and a function that gives type and body, or nil.
local EVENTS = {
    sessionStart = { "session_start", note("session_start", "composer_mode",
        "is_background_agent", "workspace_roots") },
    beforeSubmitPrompt = { "prompt", function(p)
        local some = next(entry.table(p.attachments)) ~= nil
        return p.prompt and "user_message", {
            { "content", p.prompt }, { "attachments", some and p.attachments
                or nil },
        }
    end },
    postToolUse = { "tool", function(p)
        return "tool_call", tool(p, entry.response(p.tool_output))
    end },
    postToolUseFailure = { "tool", function(p)
        return "tool_call", tool(p, entry.json {
            error = p.error_message, failure_type = p.failure_type,
            is_interrupt = p.is_interrupt,
        }, true)
    end },
    afterAgentResponse = { "reply", function(p)
        return p.text and "assistant_message", { { "content", p.text } }
    end },
    afterAgentThought = { "note", function(p)
        return "assistant_thought", {
            { "content", p.text }, { "duration_ms", p.duration_ms },
        }
    end },
    subagentStart = { "note", note("subagent_start", "subagent_id",
        "subagent_type", "task", "description") },
    subagentStop = { "note", note("subagent_stop", "subagent_type", "status",
        "task", "description", "summary", "duration_ms", "modified_files",
        "agent_transcript_path", "error_message") },
    preCompact = { "note", note("compaction", "trigger", "context_tokens",
        "context_usage_percent", "message_count", "messages_to_compact") },
    stop = { "turn_end", note("stop", "status", "loop_count") },
    sessionEnd = { "session_end", note("session_end", "reason",
        "final_status", "duration_ms", "error_message") },
}

function agent.read(name, p)
    name = entry.text(p.hook_event_name) or name
    local kind, word, body = entry.find(EVENTS, name, p)
    if not kind then return nil end
    local roots = entry.table(p.workspace_roots)
    local cwd = entry.text(p.cwd) or entry.text(roots[1])
    local head = { "id", "session_id", "transcript_path", { "cwd", cwd or "" },
        "hook_event_name", "model", "timestamp" }
    return { {
        kind = kind, name = name, cwd = cwd, roots = roots,
        session = entry.text(p.conversation_id) or entry.text(p.session_id),
        transcript = entry.text(p.transcript_path),
        entry = entry.build(p, head, word, body),
    } }
end

function agent.takes_context(name)
    return name == "sessionStart"
end

-- Cursor has no place for a notice.
function agent.output(_, context)
    return { additional_context = context }
end

return agent
