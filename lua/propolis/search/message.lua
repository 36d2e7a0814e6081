--- message: a stored event as a person would read it.  Pure.
--
-- For the search index, for summaries and for stories: all that they read of a
-- row's message goes through here.  Whatever is in a row, text comes of it.
--
--   local m = message.of(row)
--   io.write(m.kind, " ", message.text(m), "\n")
local json = require "propolis.json"
local outcome = require "propolis.search.outcome"
local tool = require "propolis.search.tool"

local message = {}

local byte, find, sub = string.byte, string.find, string.sub

--- Bytes that message.text keeps of a tool's result, and of what a call writes,
-- when nothing else is said: three quarters from the start, the rest from the
-- end, where commands say how it went.
message.bound = 2000

--- Bytes that message.text keeps of any other text.
message.longest = 64 * 1024

local KINDS = {
    user_message = "prompt", assistant_message = "reply",
    assistant_thought = "thought", tool_call = "tool", session_start = "start",
    session_end = "end", stop = "stop", assistant_stop = "stop",
    stop_failure = "stop", interrupt = "stop", raw_message = "raw",
}
local ROLES = { user = "prompt", human = "prompt", assistant = "reply",
    tool = "raw", system = "note" }

-- What a start, an end or a stop says of itself, and a note.
local WORDS = { "source", "reason", "trigger", "status", "error",
    "error_details", "error_message", "final_status", "outcome" }
local NOTES = { "subagent_type", "agent_type", "child_role", "title",
    "message", "notification_type", "tool_name", "task", "description",
    "label", "summary", "child_summary", "compact_summary", "content" }

local function text_of(value)
    return type(value) == "string" and value ~= "" and value or nil
end

-- Without what a memory put in front of it; a text that is nothing else stays.
local function without_recalled(text)
    local first = find(text, "<recalled-memories>", 1, true)
    if not first then return text end
    local close, last = "</recalled-memories>", nil
    local at = find(text, close, first, true)
    while at do
        last = at + #close
        at = find(text, close, last, true)
    end
    if not last then return text end
    local rest = sub(text, 1, first - 1) .. sub(text, last)
    return find(rest, "%S") and rest:match("^%s*(.*)$") or text
end

-- The named fields of a body that have text, on one line.
local function words_of(body, ...)
    local list = {}
    for _, keys in ipairs { ... } do
        for _, key in ipairs(keys) do
            local value = body[key]
            if type(value) == "table" then
                value = text_of(value.message) or outcome.fields(value)
            end
            if type(value) == "string" and value ~= "" then
                list[#list + 1] = tool.one_line(value)
            end
        end
    end
    return table.concat(list, " ")
end

-- A turn of a chat: [(when) ][[id] ]who: what
local function turn_line(turn)
    if type(turn) ~= "table" then return text_of(turn) end
    local when, id = text_of(turn.date_time), text_of(turn.dia_id)
    local who = text_of(turn.speaker) or text_of(turn.name) or "?"
    local what = outcome.joined(turn.text) or outcome.joined(turn.content) or ""
    return ("%s%s%s: %s"):format(when and "(" .. when .. ") " or "",
        id and "[" .. id .. "] " or "", who, tool.one_line(what))
end

-- The lines of a chat that is stored whole or by the turn; nil when it is none.
local function turns_of(body)
    if type(body.turn) == "table" then return turn_line(body.turn) end
    if type(body.turns) ~= "table" then return nil end
    local lines = { text_of(body.date_time) }
    for _, turn in ipairs(body.turns) do
        lines[#lines + 1] = turn_line(turn)
    end
    return text_of(table.concat(lines, "\n"))
end

-- Fills in the text of a note: what it is, then what it says.
local function read_note(m, body)
    local what = text_of(body.type) or text_of(body.hook_event_name) or "note"
    local words = words_of(body, NOTES, WORDS)
    if body.tool_input ~= nil then
        local call = {}
        tool.read(call, { tool_name = body.tool_name,
            tool_input = body.tool_input })
        words = words .. " " .. call.arguments
        m.tool, m.arguments = call.tool, call.arguments
    elseif type(body.details) == "table" then
        words = words .. " " .. (text_of(body.details.command) or "")
    end
    m.text = (what:gsub("_", " ") .. ": " .. words):gsub(":? *$", "")
end

-- A body of no known type: what it says.
local function read_other(m, body)
    local turns = turns_of(body)
    local text = turns or outcome.joined(body.content) or text_of(body.text)
        or text_of(body.message)
    if not turns and type(body.type) == "string" and not ROLES[body.role] then
        m.kind = "note"
        return read_note(m, body)
    end
    m.kind = not turns and ROLES[body.role] or "raw"
    m.text = text or outcome.fields(body) or ""
end

local READ = {
    tool = tool.read,
    start = function(m, body) m.text = words_of(body, WORDS) end,
    stop = function(m, body)
        local said = outcome.joined(body.content)
        m.text = words_of(body, WORDS)
        if body.type == "interrupt" or body.interrupted == true then
            m.text = m.text .. " interrupted"
        end
        m.text = (m.text .. (said and " " .. said or "")):gsub("^ ", "")
        m.failed = (body.type == "stop_failure" or body.status == "error")
            or nil
    end,
}
READ["end"] = READ.start

local function read_text(m, body)
    local text = outcome.joined(body.content) or text_of(body.text)
        or text_of(body.message)
    m.text = text and without_recalled(text) or ""
end

local function read_body(body)
    local m = { kind = KINDS[body.type] }
    if m.kind then
        (READ[m.kind] or read_text)(m, body)
    else
        read_other(m, body)
    end
    m.cwd = text_of(body.cwd) or type(body.workspace_roots) == "table"
        and text_of(body.workspace_roots[1]) or nil
    if text_of(body.agent_id) then
        m.subagent = text_of(body.agent_type) or body.agent_id
    end
    return m
end

--- A row of the sessions table as a person would read it.
-- @param row its message: JSON text, as stored, or what that decodes to
-- @return { kind = "prompt", "reply", "thought", "tool", "start", "end",
-- "stop" (a turn ended without words, or by an error or interrupt), "note" or
-- "raw" (not ours, or no JSON),
-- text = what was said (absent for a tool),
-- tool = its name, arguments = the telling ones on one line, detail = what the
-- call writes or says beside them or nil, command, path, paths = all the files
-- it names, pattern: as given or nil; changes = what it does to files, a list
-- of { path =, how = "new", "modified" or "deleted" }, or nil;
-- result = what came of it or nil, exit = its exit code or nil,
-- failed = true when the tool or the turn failed,
-- cwd = the folder it ran in or nil, subagent = the one that did it or nil }
function message.of(row)
    local body = row.message
    if type(body) == "string" then
        local first = byte(body)
        local value = (first == 123 or find(body, '^%s*[%[{"]'))
            and json.skim(body)
        if type(value) == "string" then body = value end
        if type(value) == "table" then body = value end
    end
    if type(body) == "table" then
        if body[1] ~= nil then body = { turns = body } end
        return read_body(body)
    end
    return { kind = "raw", text = type(body) == "string" and body
        or type(body) == "number" and tostring(body) or "" }
end

-- The last place up to which a text can be cut without splitting a character.
local function border(text, at)
    for back = at, math.max(at - 3, 0), -1 do
        local following = byte(text, back + 1)
        if not following or following < 128 or following > 191 then
            return back
        end
    end
    return at -- no UTF-8
end

--- A text's beginning of at most so many bytes; no character is split.
function message.head(text, bound)
    if #text <= bound then return text end
    return sub(text, 1, border(text, bound))
end

--- A text of at most so many bytes (and three): the beginning and the end of
-- one that is longer, "…" on a line between them; no character is split.
function message.cut(text, bound)
    if #text <= bound then return text end
    local first = border(text, bound * 3 // 4)
    local last = border(text, #text - bound // 4)
    return sub(text, 1, first) .. "\n…\n" .. sub(text, last + 1)
end

--- A message's text, for the index and for a story: what was said; of a tool
-- "NAME: ARGUMENTS", what the call writes, and its result, on lines of
-- their own.
-- @param m from message.of()
-- @param bound bytes of a result, and of what a call writes: message.bound
function message.text(m, bound)
    if m.kind ~= "tool" then return message.cut(m.text, message.longest) end
    bound = bound or message.bound
    local text = m.tool .. ": " .. m.arguments
    if m.detail then
        text = text .. "\n" .. message.cut(m.detail, bound)
    end
    if m.result and m.result ~= "" then
        text = text .. "\n" .. message.cut(m.result, bound)
    end
    return text
end

return message
