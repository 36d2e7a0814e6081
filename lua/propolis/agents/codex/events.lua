--- codex.events: what Codex's hooks mean; see propolis.agents.
-- Stop ends a turn and carries the reply; SessionEnd ends the session.  The
-- transcript, whose form is unstable, is never read.
local entry = require "propolis.capture.entry"
local note, tool = entry.note, entry.tool

local HEAD = {
    "id", "session_id", "transcript_path", "cwd", "hook_event_name", "model",
    "turn_id", "timestamp",
}

local function reply(p)
    local text = entry.text(p.last_assistant_message)
    return text and "assistant_message" or "assistant_stop",
        entry.take({ { "content", text or "" } }, p,
            { "agent_id", "agent_type", "agent_transcript_path" })
end

-- Event -> kind, and a function that gives type and body.
local EVENTS = {
    SessionStart = { "session_start", note("session_start", "source") },
    UserPromptSubmit = { "prompt", entry.prompt },
    PostToolUse = { "tool", entry.tool_call },
    PermissionRequest = { "note", function(p)
        return "permission_request", tool(p)
    end },
    PreCompact = { "note", note("compaction", "trigger") },
    PostCompact = { "note", note("compaction", "trigger") },
    SubagentStart = { "note",
        note("subagent_start", "agent_id", "agent_type") },
    SubagentStop = { "reply", reply },
    Stop = { "turn_end", reply },
    Interrupt = { "turn_end", note("interrupt") },
    SessionEnd = { "session_end", note("session_end", "reason") },
}

return entry.command_hooks(HEAD, EVENTS)
