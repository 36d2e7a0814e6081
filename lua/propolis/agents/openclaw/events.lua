--- openclaw.events: what the hooks mean that our plugin forwards; see
-- propolis.agents.
-- A payload is { hook=, event = {...}, ctx = {...} }; the session and its
-- channel are in ctx.  agent_end shows the whole conversation each time, so
-- each message has a key by which it is stored once: its own id or time when
-- it has one, else its text and which of the equal ones it is.
local entry = require "propolis.capture.entry"
local plain = entry.plain

local agent = {}

local TYPES = { user = "user_message", assistant = "assistant_message" }

-- The conversation, oldest first: one event per message with text.
local function conversation(event)
    local events, seen = {}, {}
    for _, m in ipairs(entry.table(event.messages)) do
        local kind = type(m) == "table" and TYPES[m.role]
        local text = kind and entry.joined(m.content)
        if text then
            local mark = m.id or m.timestamp
            local key = m.role .. "\0" .. text
            seen[key] = (seen[key] or 0) + 1
            if type(mark) ~= "string" and type(mark) ~= "number" then
                mark = "#" .. seen[key]
            end
            events[#events + 1] = {
                kind = m.role == "user" and "prompt" or "reply",
                name = m.role, key = key .. "\0" .. mark,
                entry = plain(kind, { { "content", text } }),
            }
        end
    end
    return events
end

local function simple(kind, name, ...)
    local keys = { ... }
    return function(event, hook)
        return { {
            kind = kind, name = hook,
            entry = plain(name, entry.take({}, event, keys)),
        } }
    end
end

local function context_only()
    return { { kind = "context" } }
end

-- Hook -> a function that gives the events.
local HOOKS = {
    before_prompt_build = context_only,
    before_agent_start = context_only,
    session_start = simple("session_start", "session_start", "resumedFrom"),
    agent_end = function(event, hook)
        local events = conversation(event)
        if event.success == false then
            events[#events + 1] = {
                kind = "note", name = hook,
                entry = plain("stop_failure", { { "error", event.error } }),
            }
        end
        events[#events + 1] = { kind = "turn_end" }
        return events
    end,
    after_tool_call = function(event, hook)
        local failed = entry.text(event.error)
        return { {
            kind = "tool", name = hook,
            entry = plain("tool_call", {
                { "tool_name", event.toolName },
                { "tool_use_id", event.toolCallId },
                { "tool_input", entry.json(event.params) },
                { "tool_response", entry.response(event.result)
                    or failed and entry.json { error = failed } },
                { "is_error", failed and true or nil },
            }),
        } }
    end,
    after_compaction = simple("note", "compaction", "messageCount",
        "compactedCount", "tokenCount"),
    subagent_spawned = simple("note", "subagent_start", "agentId", "label",
        "mode", "childSessionKey"),
    subagent_ended = simple("note", "subagent_stop", "outcome", "reason",
        "error", "targetSessionKey"),
    session_end = simple("session_end", "session_end", "reason", "messageCount",
        "durationMs"),
}

-- An event without an entry only tells its kind.
function agent.read(name, p)
    local event, ctx = entry.table(p.event), entry.table(p.ctx)
    name = entry.text(p.hook) or name
    local events = HOOKS[name] and HOOKS[name](event, name)
    for _, e in ipairs(events or {}) do
        e.session = entry.text(ctx.sessionId) or entry.text(event.sessionId)
            or entry.text(ctx.sessionKey)
        e.cwd = entry.text(ctx.workspaceDir)
        e.source = entry.text(ctx.source)
        e.name = e.name or name
    end
    return events
end

-- The plugin registers before_agent_start only with hosts that lack
-- before_prompt_build.
function agent.takes_context(name)
    return name == "before_prompt_build" or name == "before_agent_start"
end

-- What the plugin returns from its hook.
function agent.output(name, context)
    if name == "before_agent_start" then return { prependContext = context } end
    return { prependSystemContext = context }
end

return agent
