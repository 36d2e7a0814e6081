--- The tool `hivemind_search`: `search` under the name, and with the arguments
-- and the shape of answer, that some agents already know.
local json = require "propolis.json"
local recalled = require "propolis.mcp.recalled"
local rows = require "propolis.search.rows"
local schemas = require "propolis.mcp.schemas"

local ROOM = 600 -- bytes of each

local tool = {
    list = "matches",
    title = "Search the shared memory (hivemind)",
    description = "Searches summaries and sessions of every project; answers"
        .. " with blocks of [path] and the beginning of the text. `search` has"
        .. " filters.",
    input = schemas.object({
        { "query", { type = "string", minLength = 1, maxLength = 4000,
            description = "what to look for" } },
        { "limit", schemas.number("at most so many", 1, 50, 10) } },
        { "query" }),
    output = schemas.answer({ { "matches", schemas.list(schemas.object {
        { "path", { type = "string" } }, { "text", { type = "string" } } }) } },
        { "matches" }),
}

function tool.run(ask)
    local query = require("propolis.search.query").parse(ask.args.query)
    local found <close>, err = require("propolis.search.find")(ask.conf,
        ask.opts, { q = query, f = {}, how = { limit = ask.args.limit or 10 } })
    if not found then return nil, err end
    local parts, matches = {}, json.array()
    for i, e in ipairs(found.list) do
        local path = recalled.path(e.path)
        local text = recalled.lines(require("propolis.search.message").cut(
            rows.text(e, ROOM), ROOM), 0, ROOM)
        matches[i] = { path = path, text = text }
        parts[i] = ("[%s]\n%s"):format(path, recalled.quote(text))
    end
    local none = ("No matches for \"%s\"."):format(recalled.short(
        ask.args.query, 200))
    return { data = { matches = matches, notice = recalled.notice },
        text = #parts == 0 and none or recalled.notice .. "\n"
            .. table.concat(parts, "\n---\n") }
end

return tool
