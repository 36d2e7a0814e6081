--- digest: sessions in a line each, as prepared files have them.
--
-- What a row says stands in double quotes and is inert (engine.text.inert); all
-- else in a line is ours.  No line depends on the time of now, so that the same
-- rows give the same lines.
local event = require "propolis.capture.event"
local inert = require("engine.text").inert
local plain = require "propolis.summary.plain"
local prepared = require "propolis.capture.prepared"
local probe = require "propolis.capture.probe"
local summary = require "propolis.summary"

local digest = {}

-- Bytes of a prompt, a reply, an open end, a name, a session's id, a command or
-- path; a line with the least of context_bytes must have room for one of each.
local ASKED, ANSWERED, OPEN, NAME, ID, SHORT = 108, 118, 150, 24, 36, 120

-- Events that are looked at for a session's first prompts and last words, and
-- for what it did so far.
local FIRST, LAST, SO_FAR = 60, 40, 1000

-- So many lines of what a session did so far stand before those of decisions;
-- twice as many before those of open ends.
local MOST = 5

-- Words of ours in the column description of sessions without a summary, and
-- what stands in a list of open ends where there are none.
local NO_SUMMARY = { [""] = true, ["in progress"] = true, completed = true }
local NOTHING = { [""] = true, none = true, ["n/a"] = true, nothing = true }

local function quoted(text, bytes)
    return '"' .. inert(text, bytes) .. '"'
end

-- The agents that we know, by their names in the column `agent`.
local known = {}
for _, word in ipairs(require("propolis.agents").names()) do
    known[word:gsub("-", "_")] = word
end

-- The user and the agent of a row; only names that we know stand as they are.
local function who(conf, row)
    local user = row.author == conf.user and #row.author <= NAME
        and row.author:find("^[%w._@+-]+$") and row.author
    return ("%s, %s"):format(user or quoted(row.author, NAME),
        known[row.agent] or quoted(row.agent, NAME))
end

-- A session's id as a person types it; of a UUID what `propolis log` shows.
local function shown(id)
    return id:match("^%x%x%x%x%x%x%x%x%-%x%x%x%x%f[-\0]") or quoted(id, ID)
end

local function line(kind, when, id, sign, text)
    return table.concat({ kind, when, prepared.key(id), sign, text }, "\t")
end

-- One session's story ------------------------------------------------------

-- The types stand at a message's beginning; only messages of these are read.
local WORDS = [[SELECT type, substr(said, 1, 4000) AS said FROM (
    SELECT json_extract(message, '$.type') AS type, creation_date, n,
    json_extract(message, '$.agent_id') AS subagent,
    coalesce(json_extract(message, '$.content'),
    json_extract(message, '$.error')) AS said FROM (
    SELECT message, creation_date, rowid AS n FROM {t} WHERE path = ?
    ORDER BY creation_date %s, rowid %s LIMIT ?)
    WHERE (instr(substr(message, 1, 4000), ?) > 0
    OR instr(substr(message, 1, 4000), ?) > 0) AND json_valid(message))
    WHERE subagent IS NULL AND said <> '' AND type IN (?, ?)
    ORDER BY creation_date %s, n %s LIMIT 4]]

-- The first (order "ASC") or last things that were said in a session.
local function words(store, conf, path, order, limit, one, other)
    local list, err = store:query(WORDS:format(order, order, order, order),
        { path, limit, '"' .. one .. '"', '"' .. other .. '"', one, other,
            t = conf.tables.sessions }, "read")
    if not list and err.code ~= "no_table" then error(err, 0) end
    return list or {}
end

-- True for a prompt that says what somebody wants: no command of the agent's
-- own, nothing that a program put there.
local function tells(text)
    return text:find("%S%s+%S") and not text:find("^%s*[/<]")
        and not text:find("^Caveat:")
end

local function asked(store, conf, path)
    local list = words(store, conf, path, "ASC", FIRST, "user_message",
        "user_message")
    for _, row in ipairs(list) do
        local text = plain.said(row.said)
        if tells(text) then return text end
    end
    return list[1] and list[1].said
end

-- How a session ended: its last reply, or the error that it ended with.
local function answered(store, conf, path)
    local row = words(store, conf, path, "DESC", LAST, "assistant_message",
        "stop_failure")[1]
    if not row then return nil end
    return (row.type == "stop_failure" and "failed with " or "answered ")
        .. quoted(row.said, ANSWERED)
end

-- What a summary by rule says (propolis.summary.page), in words as for own
-- sessions; else what the description says; nil when nothing is known.
local function described(row)
    if NO_SUMMARY[row.description] then return nil end
    local what = (row.summary or "")
        :match("\n## What Happened[^\n]*\n([^\n]+)") or ""
    local prompt, rest =
        what:match("^Asked: (.-%p) %d+ prompts?, %d+ tool calls?,(.*)$")
    if not prompt then
        return "did " .. quoted(row.description, ASKED + ANSWERED)
    end
    local reply = rest:match(" Last answer: (.*)$")
    return "asked " .. quoted(prompt, ASKED)
        .. (reply and ", answered " .. quoted(reply, ANSWERED) or "")
end

-- What a session is about, or nil when nothing is known.
local function story(store, conf, row, id)
    local own = row.author == conf.user and event.path(conf, id) or nil
    local prompt = own and asked(store, conf, own)
    if not prompt then return described(row) end
    local reply = answered(store, conf, own)
    return "asked " .. quoted(prompt, ASKED) .. (reply and ", " .. reply or "")
end

-- The points of a summary's section, by a word in its heading.
local function points(page, word)
    local list, inside = {}, false
    for text in page:gmatch("[^\n]+") do
        local heading = text:match("^#+%s*(.*)")
        if heading then
            inside = heading:lower():find(word, 1, true) ~= nil
        elseif inside then
            local point = text:match("^%s*[-*]%s+(.-)%s*$")
            if point and not point:find("^… and %d+ more$")
                and not NOTHING[point:lower():gsub("[%p%s]+$", "")] then
                list[#list + 1] = point
            end
        end
    end
    return list
end

--- The key of the session that a row of memory tells of; nil when it tells of
-- none, or of a test of `propolis doctor`.
function digest.key(row)
    local id = row.path:match("^/summaries/[^/]*/(.+)%.md$")
    if not id or id:sub(1, #probe.PREFIX) == probe.PREFIX then return nil end
    return prepared.key(id), id
end

--- The key of the session of this user whose events have a path, or nil.
function digest.key_of_events(conf, path)
    local before = event.path(conf, ""):sub(1, -#".jsonl" - 1)
    local id = path:sub(1, #before) == before
        and path:match("^(.+)%.jsonl$", #before + 1)
    if not id or id:sub(1, #probe.PREFIX) == probe.PREFIX then return nil end
    return prepared.key(id), id
end

--- What changes with a row of memory.
function digest.sign(row)
    return prepared.key(row.last_update_date)
end

--- When the session of a row of memory ended: its last event here, else what
-- its summary says, else when that was written; "" for no date.
function digest.ended(store, conf, row)
    local _, id = digest.key(row)
    if not id then return "" end
    local list, err = store:query([[SELECT max(creation_date) AS at FROM {t}
        WHERE path = ?]], { event.path(conf, id), t = conf.tables.sessions },
        "read")
    if not list and err.code ~= "no_table" then error(err, 0) end
    local own = row.author == conf.user and list and list[1].at
    local head = (row.summary or ""):gsub("\n## .*", "")
    local told = head:match("\n%- %*%*Ended%*%*: (%S+)")
    for _, date in ipairs { own or "", told or "", row.last_update_date } do
        local found = date:match("^%d%d%d%d%-%d%d%-%d%d[%dT:.Z]*")
        if found then return found end
    end
    return ""
end

-- Whether a line says what a text says, or begins with.
local function says(told, text)
    return told:find(inert(text, OPEN):gsub("…$", ""), 1, true) ~= nil
end

--- The prepared lines of a session: what was asked and came of it, and what it
-- left open; none when nothing is known.
-- @param row of memory: path, author, agent, description, summary,
-- last_update_date; ended from digest.ended()
function digest.session(store, conf, row)
    local _, id = digest.key(row)
    local what = id and story(store, conf, row, id)
    if not what then return {} end
    local when, sign = row.ended, digest.sign(row)
    local day, list = when ~= "" and when:sub(1, 10) or "undated", {}
    list[1] = line("s", when, id, sign, ("%s, %s, session %s: %s"):format(day,
        who(conf, row), shown(id), what))
    for _, point in ipairs(points(row.summary or "", "open")) do
        if #list > 2 then break end
        list[#list + 1] = not says(what, point) and line("o", when, id, sign,
            ("left open %s, session %s: %s"):format(day, shown(id),
                quoted(point, OPEN))) or nil
    end
    return list
end

-- A session so far ----------------------------------------------------------

-- The last events of a session, in order.
local function last_events(store, conf, path)
    local list, err = store:query([[SELECT message, creation_date, rowid AS n
        FROM {t} WHERE path = ? ORDER BY creation_date DESC, rowid DESC
        LIMIT ?]], { path, SO_FAR, t = conf.tables.sessions }, "read")
    if not list then error(err, 0) end
    local out = {}
    for i, row in ipairs(list) do out[#list + 1 - i] = row end
    return out
end

-- The latest values of a list, quoted, as many as fit.
local function latest(list, bytes)
    local text
    for i = #list, 1, -1 do
        local one = quoted(list[i], SHORT)
        local longer = text and text .. ", " .. one or one
        if text and #longer > bytes then break end
        text = longer
    end
    return text
end

local function paths_of(facts)
    local paths = {}
    for i, file in ipairs(facts.files) do paths[i] = file.path end
    return paths
end

--- What a session did so far, in prepared lines, the most useful first.
-- @param path of its events
-- @return the session's key and the lines; nil when it is none of this user's
function digest.so_far(store, conf, path)
    local key, id = digest.key_of_events(conf, path)
    if not key then return nil end
    local facts, lines = summary.facts(last_events(store, conf, path)), {}
    local function add(what, text)
        lines[#lines + 1] = text and line("n", "", id, "", what .. " "
            .. text) or nil
    end
    local goal = asked(store, conf, path) or facts.goal
    local prompt = facts.prompts[#facts.prompts]
    add("asked", goal and quoted(goal, 2 * ASKED))
    add("then asked", prompt and prompt ~= facts.goal
        and quoted(prompt, 2 * ASKED))
    for _, one in ipairs(facts.failed) do
        add("failing:", not one.looks and #lines < MOST and quoted(one.what,
            SHORT) .. " said " .. quoted(one.error or "", ANSWERED))
    end
    for i = #facts.decisions, 1, -1 do
        add("decided", #lines < 2 * MOST and quoted(facts.decisions[i], OPEN))
    end
    add("changed", latest(paths_of(facts), 3 * SHORT))
    local last = facts.last and quoted(facts.last, 2 * ANSWERED)
    for _, text in ipairs(facts.open) do
        add("open:", #lines < 3 * MOST and not says(last or "", text)
            and quoted(text, OPEN))
    end
    add("last answered", last)
    add("broken off:", facts.broken and quoted(facts.broken, ANSWERED))
    return key, lines
end

return digest
