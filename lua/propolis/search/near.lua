--- search.near: the words of the index that are spelt most like one that is
-- not found.
--
-- One letter more, less, another one, or two in another order: what a slip of
-- the finger makes of a word; and what begins with the word.
local engine = require "engine.search"
local message = require "propolis.search.message"

local near = {}

-- Longer words are no words that anybody mistypes; shorter ones are like all.
local SHORTEST, LONGEST = 3, 24

-- So many words that begin with it are looked at.
local LONGER = 20

local LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"

-- The characters of a word.
local function characters(word)
    local list = {}
    for c in word:gmatch(utf8.charpattern) do list[#list + 1] = c end
    return list
end

-- Every spelling that is one step away.
local function spellings(word)
    local c, out = characters(word), {}
    local function add(...) out[#out + 1] = table.concat({ ... }) end
    for i = 1, #c + 1 do
        local before = table.concat(c, "", 1, i - 1)
        local at, behind = c[i] or "", table.concat(c, "", i + 1)
        if c[i] then add(before, behind) end
        if c[i + 1] then
            add(before, c[i + 1], at, table.concat(c, "", i + 2))
        end
        for letter in LETTERS:gmatch "." do
            if c[i] then add(before, letter, behind) end
            add(before, letter, at, behind)
        end
    end
    return out
end

-- The terms of spellings, each once: term -> true, and a list of them.
local function terms_of(list)
    local seen, terms = {}, {}
    for _, token in ipairs(engine.tokens(table.concat(list, " "))) do
        if not seen[token.term] then
            seen[token.term] = true
            terms[#terms + 1] = token.term
        end
    end
    return seen, terms
end

local function open_words(db)
    assert(db:exec("PRAGMA temp_store = MEMORY"))
    assert(db:exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.words"
        .. " USING fts5vocab('main', 'event', 'row')"))
end

local function quoted(db, terms)
    local list = {}
    for i, term in ipairs(terms) do list[i] = db:quote(term) end
    return table.concat(list, ", ")
end

-- The terms that there are, with their counts.
local function found(db, word, terms)
    local rows = assert(db:query("SELECT term, doc AS count FROM temp.words"
        .. " WHERE term IN (" .. quoted(db, terms) .. ")"))
    local stem = engine.tokens(word)[1].term
    for _, row in ipairs(assert(db:query("SELECT term, doc AS count"
        .. " FROM temp.words WHERE term > ? AND term < ? LIMIT ?",
        { stem, stem .. "\u{10FFFF}", LONGER }))) do
        rows[#rows + 1] = row
    end
    return rows
end

-- The word that a term stands for, as an event has it; nil when that is gone.
local function written(ix, term)
    local ranking <close> = assert(ix.it.index:rank { { text = term } })
    for _, hit in ipairs(assert(ranking:best(5))) do
        local rows = hit.table == 0 and assert(ix.store:query(
            "SELECT message, description FROM sessions WHERE rowid = ?",
            { hit.rowid })) or {}
        local text = rows[1] and message.text(message.of(rows[1])) or ""
        for _, token in ipairs(engine.tokens(text)) do
            if token.term == term then
                return text:sub(token.first, token.last):lower()
            end
        end
    end
    return nil
end

--- Words like one, the most frequent first.
-- @param ix an open index (search.index)
-- @return list of { word =, count = events that hold it }; or nil, err
function near.words(ix, word, n)
    local c = characters(word)
    if #c < SHORTEST or #c > LONGEST or #engine.tokens(word) ~= 1 then
        return {}
    end
    open_words(ix.it.db)
    local _, terms = terms_of(spellings(word:lower()))
    local rows, list, seen = found(ix.it.db, word, terms), {}, {}
    table.sort(rows, function(a, b)
        if a.count ~= b.count then return a.count > b.count end
        return a.term < b.term
    end)
    for _, row in ipairs(rows) do
        local name = #list < n and written(ix, row.term)
        if name and not seen[name] and name ~= word:lower() then
            seen[name] = true
            list[#list + 1] = { word = name, count = row.count }
        end
    end
    return list
end

return near
