--- search.scan: a search without an index, by SQL LIKE, on any store: slower,
-- without stems, and ranked by how many of the words a row has.
--
-- Bounded: a statement per table, each ended by the store's time limit, so many
-- words, and no more rows than are asked for.
local rows = require "propolis.search.rows"

local scan = {}

-- Words that are looked for; rows that sessions are made of, for each of them
-- and in all.
local MOST_WORDS, PER_SESSION, MOST_ROWS = 16, 8, 400

-- What of a table is text.
local TEXT = {
    sessions = { sqlite = "message", other = "message::text" },
    memory = { sqlite = "summary", other = "summary" },
    skills = { sqlite = "name || ' ' || description || ' ' || trigger_text"
        .. " || ' ' || body" },
}
TEXT.skills.other = TEXT.skills.sqlite

-- What the message of a kind holds; others are told apart when they are read.
local TYPES = { prompt = "user_message", reply = "assistant_message",
    thought = "assistant_thought", tool = "tool_call",
    start = "session_start", ["end"] = "session_end" }

-- Letters, digits and nothing else, so no % or _ to escape.  A word's stem is
-- looked for where it begins the word: cach finds cache and caches.
local function piece(word)
    local token = require("engine.search").tokens(word)
    local stem = #token == 1 and token[1].term
    local lower = word:lower()
    if stem and #stem > 3 and lower:sub(1, #stem) == stem then return stem end
    return lower
end

-- Between two words of a phrase stands one character.
local function pattern(list)
    local parts = {}
    for i, word in ipairs(list) do
        parts[i] = type(list) == "table" and #list > 1 and word:lower()
            or piece(word)
    end
    return "%" .. table.concat(parts, "_") .. "%"
end

local function list_of(one)
    return type(one) == "table" and one or { one }
end

-- The patterns of what counts, of what must be there and of what must not.
local function patterns(q)
    local any, all, none = {}, {}, {}
    for _, name in ipairs { "words", "prefixes" } do
        for _, word in ipairs(q[name]) do
            if #any < MOST_WORDS then
                any[#any + 1] = name == "words" and pattern { word }
                    or "%" .. word:lower() .. "%"
            end
        end
    end
    for _, list in ipairs(q.phrases) do all[#all + 1] = pattern(list) end
    for _, one in ipairs(q.without) do
        local list = list_of(one)
        none[#none + 1] = #list > 1 and pattern(list)
            or "%" .. list[1]:lower() .. "%"
    end
    return any, all, none
end

-- Condition and score of a query in SQL, with their values.
local function conditions(q, text, like)
    local any, all, none = patterns(q)
    local score, where, values = {}, {}, {}
    local cases = {}
    for i, value in ipairs(any) do
        score[i] = ("CASE WHEN %s %s ? THEN 1 ELSE 0 END"):format(text, like)
        cases[i] = ("%s %s ?"):format(text, like)
        values[i] = value
    end
    local more = {}
    for _, value in ipairs(all) do
        where[#where + 1] = ("%s %s ?"):format(text, like)
        more[#more + 1] = value
    end
    for _, value in ipairs(none) do
        where[#where + 1] = ("%s NOT %s ?"):format(text, like)
        more[#more + 1] = value
    end
    if #all == 0 then
        where[#where + 1] = "(" .. table.concat(cases, " OR ") .. ")"
        table.move(any, 1, #any, #more + 1, more)
    end
    return #score > 0 and table.concat(score, " + ") or "0",
        table.concat(where, " AND "), values, more
end

-- The rows of one table, best first.
local function search_table(store, conf, name, q, f, limit)
    local filter = require "propolis.search.filter"
    local sqlite = store.dialect == "sqlite"
    local text = TEXT[name][sqlite and "sqlite" or "other"]
    local score, where, values, more = conditions(q, text,
        sqlite and "LIKE" or "ILIKE")
    local wanted, given = filter.sql(f, name)
    if TYPES[f.kind] then
        wanted = wanted .. (" AND %s LIKE '%%\"%s\"%%'"):format(text,
            TYPES[f.kind])
    end
    table.move(given, 1, #given, #values + 1, values)
    table.move(more, 1, #more, #values + 1, values)
    values[#values + 1] = limit
    local list, err = rows.query(store, conf, name, ([[SELECT %s, %s AS score
        FROM {t} AS t WHERE %s AND %s ORDER BY score DESC, %s DESC LIMIT ?]])
        :format(rows.columns(name, store.dialect), score, wanted, where,
        filter.date(name)), values)
    if not list then return nil, err end
    for i, row in ipairs(list) do
        local n = (tonumber(row.score) or 0) + #q.phrases
        list[i] = rows.entry(name, row)
        list[i].score = n / math.max(1, #q.words + #q.prefixes + #q.phrases)
    end
    return list
end

local TABLES_OF = { summary = { "memory" }, skill = { "skills" } }

local function best_first(list)
    table.sort(list, function(a, b)
        if a.score ~= b.score then return a.score > b.score end
        if a.created ~= b.created then return a.created > b.created end
        return a.id < b.id
    end)
    return list
end

-- Each session's best hit.
local function by_session(list)
    local seen, kept = {}, {}
    for _, e in ipairs(list) do
        if not seen[e.path] then
            seen[e.path] = true
            kept[#kept + 1] = e
        end
    end
    return kept
end

--- Searches a store.
-- @param q from search.query.parse(), not empty
-- @param f from search.filter.of()
-- @param how { limit =, by = "session" or nil }
-- @return entries with score (the share of the words that they have), best
-- first, the newest of equals; or nil, err
function scan.find(store, conf, q, f, how)
    local limit = how.limit
    if how.by then
        limit = math.max(limit, math.min(limit * PER_SESSION, MOST_ROWS))
    end
    local found = {}
    local tables = TABLES_OF[f.kind] or f.kind and { "sessions" }
        or f.session and { "sessions" } or rows.tables
    for _, name in ipairs(tables) do
        local list, err = search_table(store, conf, name, q, f, limit)
        if not list then return nil, err end
        for _, e in ipairs(list) do
            if not f.kind or e.kind == f.kind then found[#found + 1] = e end
        end
    end
    found = best_first(found)
    return how.by and by_session(found) or found
end

return scan
