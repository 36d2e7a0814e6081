--- The tool `search`: what propolis search finds.
local json = require "propolis.json"
local recalled = require "propolis.mcp.recalled"
local schemas = require "propolis.mcp.schemas"

local ROOM = 300 -- bytes of a snippet

local tool = {
    list = "hits",
    title = "Search the shared memory",
    description = "Finds what was asked, answered, done and decided in earlier"
        .. " sessions of this and other coding agents, and their summaries,"
        .. " notes and skills: by any of the words, best first. A question, an"
        .. " error message or a line of code can stand as it is; \"two words\""
        .. " must stand together, -word excludes, word* is a beginning. `read`"
        .. " opens a hit by its ref.",
    input = schemas.object(schemas.joined({ { "query",
        { type = "string", minLength = 1, maxLength = 4000,
            description = "what to look for" } } },
        schemas.joined(schemas.filters, {
        { "kind", schemas.kind },
        { "session", schemas.text("only this session: its id, the beginning of"
            .. " it, or a ref in it") },
        { "by", { type = "string", enum = json.array { "session" },
            description = "sessions, each with its best event" } },
        { "limit", schemas.number("at most so many", 1, 50, 10) },
        { "tokens", schemas.tokens }, schemas.cursor })),
        { "query" }),
    output = schemas.answer({ { "hits", schemas.list(schemas.object(
        schemas.joined(schemas.origin, {
            { "score", { type = "number" } },
            { "snippet", { type = "string" } } }))) },
        { "behind", { type = "integer", description = "events that are not"
            .. " indexed yet" } } }, { "hits" }),
}

-- One hit as fields.
local function hit_of(e, terms)
    local snippets = require "propolis.search.snippets"
    local hit = recalled.origin(e)
    hit.score = e.score
    hit.snippet = recalled.short((snippets.plain(snippets.of(e, terms, ROOM))),
        4 * ROOM)
    return hit
end

-- The hits of a page, as many as there is room for, and their text.
local function page(list, place, ask, terms)
    local hits, parts, left = json.array(), { recalled.notice }, ask.args.tokens
        or 4000
    for i = place + 1, math.min(#list, place + (ask.args.limit or 10)) do
        local hit = hit_of(list[i], terms)
        local text = recalled.head(list[i]) .. "\n| " .. hit.snippet
        left = left - recalled.tokens(text) - 2
        if left < 0 and #hits > 0 then break end
        hits[#hits + 1], parts[#parts + 1] = hit, text
    end
    return hits, parts
end

local function nothing(ask, f)
    return ("Nothing found for '%s'%s.%s"):format(
        recalled.short(ask.args.query, 200),
        require("propolis.search.filter").words(f, ask.args),
        f.called and not ask.args.project
        and " all = true looks in every project; other or fewer words may help."
        or " Other or fewer words may help.")
end

function tool.run(ask)
    local args, place = ask.args, ask:place()
    local f, why = ask:filter()
    if not f then return nil, why end
    local query = require("propolis.search.query").parse(args.query)
    local most = math.min(place + (args.limit or 10) + 1, 1000)
    ask:progress(0, 2, "searching")
    ask.opts.session = args.session
    local found <close>, err = require("propolis.search.find")(ask.conf,
        ask.opts, { q = query, f = f, how = { limit = most, by = args.by } })
    if not found then return nil, err end
    ask:progress(1, 2, "reading what was found")
    local terms = require("propolis.search.snippets").terms(query)
    local hits, parts = page(found.list, place, ask, terms)
    local data = { hits = hits, notice = recalled.notice,
        behind = math.type(found.behind) == "integer" and found.behind or nil }
    if place + #hits < #found.list then
        data.nextCursor = ask:cursor(place + #hits)
        parts[#parts + 1] = "More with cursor = \"" .. data.nextCursor .. "\"."
    end
    if #hits == 0 then parts = { nothing(ask, f) } end
    return { text = table.concat(parts, "\n"), data = data }
end

return tool
