--- search.results: what a search found, for people and for programs, and what
-- was tried when it found nothing.
local cli = require "propolis.cli"
local filter = require "propolis.search.filter"
local json = require "propolis.json"
local snippets = require "propolis.search.snippets"

local results = {}

local ROOM = 240 -- bytes of a snippet

-- What a score is made of, in the order of weight.
local function why_text(why)
    local parts = {}
    for name, value in pairs(why or {}) do
        if type(value) == "number" then
            parts[#parts + 1] = { name, value }
        end
    end
    table.sort(parts, function(a, b)
        if a[2] ~= b[2] then return a[2] > b[2] end
        return a[1] < b[1]
    end)
    for i, part in ipairs(parts) do
        parts[i] = ("%s %.3g"):format(part[1], part[2])
    end
    return table.concat(parts, ", ")
end

local function print_json(list, terms)
    local as_json = require "propolis.search.json"
    local out = {}
    for i, e in ipairs(list) do
        local text, marks = snippets.plain(snippets.of(e, terms, ROOM))
        local object = as_json.pairs(e)
        object[#object + 1] = { "snippet", text }
        object[#object + 1] = { "marks", json.array(marks) }
        object[#object + 1] = { "why", e.why }
        out[i] = json.object(object)
    end
    return as_json.write(json.array(out))
end

local function print_hit(out, e, terms, how)
    local print_of = require "propolis.search.print"
    local session = e.table == "sessions" and how.by
        and "  session " .. cli.printable(
            require("propolis.search.session").id(e.path)) or ""
    out:write(print_of.head(e), session, "\n")
    print_of.snippet(out, snippets.of(e, terms, ROOM))
    if how.explain then
        out:write(("    score %.3g: %s\n"):format(e.score, why_text(e.why)))
    end
end

-- Trying again ----------------------------------------------------------------

-- The words of a query as a person would type them.
local function shown_query(q)
    local parts = { table.unpack(q.words) }
    for _, list in ipairs(q.phrases) do
        parts[#parts + 1] = '"' .. table.concat(list, " ") .. '"'
    end
    for _, word in ipairs(q.prefixes) do parts[#parts + 1] = word .. "*" end
    for _, one in ipairs(q.without) do
        parts[#parts + 1] = type(one) == "string" and "-" .. one
            or '-"' .. table.concat(one, " ") .. '"'
    end
    local text = cli.printable(table.concat(parts, " "))
    return #text <= 300 and text or require("propolis.search.message").head(
        text, 300) .. "\u{2026}"
end

-- Words of the index that are near those of the query, with their counts.
local function near(index, q)
    local parts = {}
    for _, word in ipairs(q.words) do
        if #parts < 8 then
            for _, other in ipairs(index:near(word, 3) or {}) do
                parts[#parts + 1] = type(other) == "table"
                    and ("%s (%d)"):format(cli.printable(other.word
                        or other.term or other[1]), other.count or other.n
                        or other[2] or 0)
                    or cli.printable(tostring(other))
            end
        end
    end
    return table.concat(parts, ", ")
end

local function say_nothing(found, ask, opts)
    local q, f = ask.q, ask.f
    if require("propolis.search.query").is_empty(q) then
        return cli.say("propolis: there is no word in '%s'",
            cli.printable(q.text:sub(1, 200)))
    end
    cli.say("propolis: nothing found for %s%s%s%s", shown_query(q),
        filter.words(f, opts), found.index and found.index.rows
        and ("; %d events are indexed"):format(found.index.rows) or "",
        f.called and not opts.project
        and "; --all looks in every project" or "")
    local words = found.index and found.index.near and near(found.index, q)
    if words and words ~= "" then
        cli.say("propolis: words that are there: %s", words)
    end
end

--- Prints it; what is no hit goes to stderr.
-- @param found, ask see propolis.search.find
function results.print(found, ask, opts)
    local list = found.list
    if #list == 0 then say_nothing(found, ask, opts) end
    if found.loosened and #list > 0 then
        cli.say("propolis: nothing has these words side by side: looked for"
            .. " each of them")
    end
    local reason = found.index and found.index.reason
    if reason then
        cli.say("propolis: the search index could not be brought up to date:"
            .. " %s", cli.printable(tostring(reason)))
    elseif (found.behind or 0) > 0 then
        cli.say("propolis: %d events are not indexed yet: search again, each"
            .. " search indexes more", found.behind)
    end
    local terms = snippets.terms(ask.q)
    if opts.json then return print_json(list, terms) end
    local out = { write = function(_, ...) cli.write(...) return true end }
    for _, e in ipairs(list) do print_hit(out, e, terms, ask.how) end
end

return results
