--- entry: what the agents' mappings build a row's message from.  Pure.
--
-- A mapping's read(name, payload) returns nil for what is not stored, or a
-- list of events:
--   { kind=,        what happened: session_start, prompt, tool, reply, note,
--                   turn_end, session_end, context (nothing to store)
--     session=,     the agent's id of the session, or nil
--     cwd=,         the folder it works in, or nil
--     roots=,       more folders of the same project, or nil
--     transcript=,  the agent's own record of the session, or nil
--     source=,      why a session begins, "resume" or "compact" when it was
--                   there before, or nil
--     name=,        the event's name, as the row's description
--     key=,         the same event seen again has the same key, or nil
--     entry= }      the message, in order: { key, value } pairs and the words
--                   "id", "session_id", "timestamp", which event.lua fills in;
--                   absent when there is nothing to store
-- A value wrapped by entry.json() is stored as JSON text inside a string.
local entry = {}

local TEXT = {}

--- The value as JSON text; an absent one is left out.
function entry.json(value)
    if value == nil then return nil end
    return setmetatable({ value = value }, TEXT)
end

--- True when a value came from entry.json().
function entry.is_json(value)
    return getmetatable(value) == TEXT
end

--- Text that says something, or nil.
function entry.text(value)
    return type(value) == "string" and value ~= "" and value or nil
end

--- A table, or an empty one for what is none.
function entry.table(value)
    return type(value) == "table" and value or {}
end

--- Appends { key, payload[key] } for each key that the payload has; pairs, and
-- the words that event.lua fills in, as they are.
function entry.take(list, payload, keys)
    for _, key in ipairs(keys) do
        if type(key) == "table" or key == "id" or key == "session_id"
            or key == "timestamp" then
            list[#list + 1] = key
        elseif payload[key] ~= nil then
            list[#list + 1] = { key, payload[key] }
        end
    end
    return list
end

--- The text of a message: a string, or the text parts of a list joined by
-- newlines; nil when there is none.
function entry.joined(content)
    if type(content) == "string" then return entry.text(content) end
    local parts = {}
    for _, part in ipairs(entry.table(content)) do
        local text = type(part) == "string" and part
            or type(part) == "table" and part.text
        if type(text) == "string" then
            parts[#parts + 1] = text
        end
    end
    return entry.text(table.concat(parts, "\n"))
end

--- What a tool answered, as reference readers expect it: a string as it is,
-- anything else as JSON text.
function entry.response(value)
    if type(value) == "string" then return value end
    return entry.json(value)
end

--- The message of a mapping with one shape for all its events: head, then
-- type, then pairs of body.
function entry.build(payload, head, kind, body)
    local list = entry.take({}, payload, head)
    list[#list + 1] = { "type", kind }
    return table.move(body, 1, #body, #list + 1, list)
end

--- A function that gives a type and those of the keys that a payload has: for
-- events which are noted with a few fields of their own.
function entry.note(kind, ...)
    local keys = { ... }
    return function(payload) return kind, entry.take({}, payload, keys) end
end

--- What a mapping says of an event.
-- @param events name -> { kind, function(...) that gives the message's type
-- and body, or nil when this one is not stored }
-- @return kind, type and body; nil for what is not stored
function entry.find(events, name, ...)
    local known = events[name]
    if not known then return nil end
    local word, body = known[2](...)
    if word then return known[1], word, body end
end

--- The body of a tool call.
-- @param response as it is to stand there: text or entry.json()
-- @param failed true when the tool failed, or nil
function entry.tool(payload, response, failed)
    return {
        { "tool_name", payload.tool_name },
        { "tool_use_id", payload.tool_use_id },
        { "tool_input", entry.json(payload.tool_input) },
        { "tool_response", response }, { "is_error", failed },
    }
end

--- Type and body of a prompt in the field `prompt`.
function entry.prompt(payload)
    return payload.prompt and "user_message", { { "content", payload.prompt } }
end

--- Type and body of a tool call whose outcome is in the field `tool_response`.
function entry.tool_call(payload)
    return "tool_call",
        entry.tool(payload, entry.json(payload.tool_response))
end

--- The mapping of an agent with command hooks that go by a common contract:
-- the payload's fields are named as below, the context is given at
-- SessionStart, and the output has `hookSpecificOutput` and `systemMessage`
-- and, since some agents refuse any other key, nothing else.
-- @param head the message's first words, see entry.build
-- @param events see entry.find; its functions get the payload
function entry.command_hooks(head, events)
    local agent = { shows_notice = true }

    function agent.read(name, p)
        name = entry.text(p.hook_event_name) or name
        local kind, word, body = entry.find(events, name, p)
        return kind and { {
            kind = kind, name = name, session = entry.text(p.session_id),
            cwd = entry.text(p.cwd),
            transcript = entry.text(p.transcript_path),
            source = entry.text(p.source),
            entry = entry.build(p, head, word, body),
        } }
    end

    function agent.takes_context(name)
        return name == "SessionStart"
    end

    function agent.output(name, context, notice)
        return {
            hookSpecificOutput = {
                hookEventName = name, additionalContext = context,
            },
            systemMessage = notice,
        }
    end

    return agent
end

--- The message of the agents that run us in process: type first, then the
-- body, the time last.
function entry.plain(kind, body)
    local list = { "id", { "type", kind }, "session_id" }
    table.move(body, 1, #body, #list + 1, list)
    list[#list + 1] = "timestamp"
    return list
end

return entry
