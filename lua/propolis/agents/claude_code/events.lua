--- claude_code.events: what Claude Code's hooks mean; see propolis.agents.
-- PreToolUse is not stored: PostToolUse or PostToolUseFailure tells the same
-- with its outcome, PermissionDenied tells of a refusal.
local entry = require "propolis.capture.entry"
local note, tool = entry.note, entry.tool

local HEAD = {
    "id", "session_id", "transcript_path", "cwd", "permission_mode",
    "hook_event_name", "agent_id", "agent_type", "timestamp",
}

local function reply(p)
    local text = entry.text(p.last_assistant_message)
    if not text then return "assistant_stop", { { "content", "" } } end
    return "assistant_message", {
        { "content", text },
        { "agent_transcript_path", entry.text(p.agent_transcript_path) },
    }
end

-- Event -> kind, and a function that gives type and body.
local EVENTS = {
    SessionStart = { "session_start",
        note("session_start", "source", "model") },
    UserPromptSubmit = { "prompt", entry.prompt },
    PostToolUse = { "tool", entry.tool_call },
    PostToolUseFailure = { "tool", function(p)
        return "tool_call", tool(p, entry.json {
            error = p.error, is_interrupt = p.is_interrupt,
        }, true)
    end },
    Stop = { "turn_end", reply },
    SubagentStop = { "reply", reply },
    SubagentStart = { "note", note("subagent_start") },
    StopFailure = { "turn_end", function(p)
        return "stop_failure", {
            { "error", p.error }, { "error_details", p.error_details },
            { "content", p.last_assistant_message },
        }
    end },
    PreCompact = { "note",
        note("compaction", "trigger", "custom_instructions") },
    PostCompact = { "note", note("compaction", "trigger", "compact_summary") },
    PermissionRequest = { "note", function(p)
        return "permission_request", tool(p)
    end },
    PermissionDenied = { "note", function(p)
        local body = tool(p)
        body[#body + 1] = { "reason", p.reason }
        return "permission_denied", body
    end },
    Notification = { "note",
        note("notification", "message", "title", "notification_type") },
    SessionEnd = { "session_end", note("session_end", "reason") },
}

return entry.command_hooks(HEAD, EVENTS)
