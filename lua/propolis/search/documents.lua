--- search.documents: what of the store's rows is in the search index, as text.
--
--   sessions  each event, as a person would read it (search.message)
--   memory    each row: its description and its text
--   skills    the newest version of each: name, description, trigger and body
--
-- What asks for the past is left out: it would be found before what it found.
local date = require "propolis.date"
local message = require "propolis.search.message"

local documents = {}

--- The tables by their number in the index, from 0 on.
documents.tables = { [0] = "sessions", "memory", "skills" }

--- The kinds of events by their number: those of messages, and a summary, a
-- note of memory and a skill.
documents.kinds = { "prompt", "reply", "thought", "tool", "start", "end",
    "stop", "note", "raw", "summary", "skill" }

local NUMBER = {}
for i, kind in ipairs(documents.kinds) do NUMBER[kind] = i end

--- The number of a kind, or nil.
function documents.kind(name)
    return NUMBER[name]
end

local MONTHS = { "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december" }

-- Dates repeat: many events are of one day.
local last_day, last_words

--- The words of a date, or "": 2023-05-08T13:56:00.000Z is "2023 8 may".
function documents.day(created)
    local day = created:sub(1, 10)
    if day == last_day then return last_words end
    local y, m, d = day:match("^(%d%d%d%d)-(%d%d)-(%d%d)$")
    local month = MONTHS[tonumber(m)]
    last_day = day
    last_words = month and ("%s %d %s"):format(y, d, month) or ""
    return last_words
end

--- Milliseconds since 1970 of a row's date; 0 for what is none.
function documents.ms(created)
    local seconds = date.seconds(created)
    return seconds and math.floor(seconds * 1000 + 0.5) or 0
end

local function text_of(value)
    return type(value) == "string" and value or ""
end

-- The commands that show what was captured.
local ASKS = { search = true, show = true, log = true, query = true }

-- Whether a tool call looks into the past by propolis itself.
local function asks_for_past(m)
    if m.kind ~= "tool" then return false end
    if m.tool:lower():find("propolis", 1, true) then return true end
    for word in (m.command or ""):gmatch("propolis%S*%s+(%l+)") do
        if ASKS[word] then return true end
    end
    return false
end

local function session(row)
    local m = message.of(row)
    local body = asks_for_past(m) and "" or message.text(m)
    return NUMBER[m.kind] or NUMBER.raw, body, text_of(row.path),
        text_of(row.creation_date)
end

local function memory(row)
    local path = text_of(row.path)
    local changed = text_of(row.last_update_date)
    return path:find("^/?summaries/") and NUMBER.summary or NUMBER.note,
        text_of(row.description) .. "\n" .. text_of(row.summary), path,
        changed ~= "" and changed or text_of(row.creation_date)
end

local function skill(row)
    local changed = text_of(row.updated_at)
    local text = { text_of(row.name), text_of(row.description),
        text_of(row.trigger_text), text_of(row.body) }
    return NUMBER.skill, table.concat(text, "\n"),
        text_of(row.project_key) .. "/" .. text_of(row.name),
        changed ~= "" and changed or text_of(row.created_at)
end

local READ = { [0] = session, memory, skill }

--- A row of the store as the index takes it (engine.search.document).
-- @param number the table's, see documents.tables
-- @param row its columns, and its rowid as rowid
function documents.of(number, row)
    local kind, body, path, created = READ[number](row)
    return {
        table = number, kind = kind, path = path, body = body,
        project = text_of(row.project), author = text_of(row.author),
        agent = text_of(row.agent or row.source_agent),
        day = documents.day(created), ms = documents.ms(created),
        rowid = row.rowid,
    }
end

--- The columns that documents.of reads.
documents.columns = {
    [0] = { "path", "author", "project", "agent", "creation_date", "message",
        "description" },
    { "path", "author", "project", "agent", "creation_date",
        "last_update_date", "description", "summary" },
    { "name", "author", "project", "project_key", "source_agent",
        "created_at", "updated_at", "description", "trigger_text", "body",
        "version" },
}

return documents
