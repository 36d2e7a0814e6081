--- search.snippets: the piece of each hit that shows why it was found.
local rows = require "propolis.search.rows"
local search = require "engine.search"
local text_of = require "engine.text"

local snippets = {}

-- What a word weighs when nothing better is known: longer ones are rarer.
local function weight(word)
    return 1 + math.min(#word, 12) / 6
end

--- The terms of a query that are marked.
-- @param weigh function(word) or nil
-- @return list for engine.search.snippet
function snippets.terms(q, weigh)
    local terms, seen = {}, {}
    local function add(word, prefix)
        for _, token in ipairs(prefix and { { term = word:lower() } }
            or search.tokens(word)) do
            if not seen[token.term] then
                seen[token.term] = true
                terms[#terms + 1] = { term = token.term, prefix = prefix,
                    weight = (weigh or weight)(word) }
            end
        end
    end
    for _, word in ipairs(q.prefixes) do add(word, true) end
    for _, list in ipairs(q.phrases) do
        for _, word in ipairs(list) do add(word) end
    end
    for _, word in ipairs(q.words) do add(word) end
    return terms
end

--- A hit's snippet, on one line, with nothing in it that steers a terminal.
-- @param terms what snippets.terms() gave
-- @param room bytes
-- @return { pieces = list, the 2nd, 4th, ... to be marked, before =, behind =
-- whether the text goes on }
function snippets.of(e, terms, room)
    local text = rows.text(e, rows.most):gsub("%s+", " "):gsub("^ ", "")
        :gsub(" $", "")
    local pieces, before, behind = search.snippet(text, terms, room)
    for i, piece in ipairs(pieces) do
        pieces[i] = text_of.printable(piece)
    end
    return { pieces = pieces, before = before, behind = behind }
end

--- The snippet as plain text, and what is marked in it: pairs of where it
-- begins, from 0, and how long it is, in characters.
function snippets.plain(s)
    local marks, at = {}, s.before and 1 or 0
    for i, piece in ipairs(s.pieces) do
        local n = utf8.len(piece)
        if i % 2 == 0 then marks[#marks + 1] = { at, n } end
        at = at + n
    end
    return (s.before and "\u{2026}" or "") .. table.concat(s.pieces)
        .. (s.behind and "\u{2026}" or ""), marks
end

return snippets
