--- The tool `hivemind_index`: the documents of the memory, newest first, under
-- the name that some agents already know.
local documents = require "propolis.mcp.documents"
local json = require "propolis.json"
local recalled = require "propolis.mcp.recalled"
local schemas = require "propolis.mcp.schemas"

local KEYS = { "path", "description", "project", "last_update_date" }

local function text() return { type = "string" } end

local tool = {
    list = "documents",
    title = "List summaries (hivemind)",
    description = "Lists the summaries of sessions, newest first: path,"
        .. " description, project and date, separated by tabs.",
    input = schemas.object {
        { "prefix", schemas.text("only paths that begin so; without it"
            .. " /summaries/", 500) },
        { "limit", schemas.number("at most so many", 1, 200, 50) } },
    output = schemas.answer({ { "documents", schemas.list(schemas.object {
        { "path", text() }, { "description", text() }, { "project", text() },
        { "last_update_date", text() } }) } }, { "documents" }),
}

function tool.run(ask)
    local store <close>, err = ask:open()
    if not store then return nil, err end
    local list
    list, err = documents.list(store, ask.conf, ask.args.prefix
        or "/summaries/", ask.args.limit or 50, 0)
    if not list then return nil, err end
    local out, lines = json.array(), { table.concat(KEYS, "\t") }
    for i, row in ipairs(list) do
        local one, cells = {}, {}
        for k, key in ipairs(KEYS) do
            one[key] = key == "path" and recalled.path(row.path)
                or recalled.short(row[key], 300)
            cells[k] = one[key]
        end
        out[i], lines[i + 1] = one, table.concat(cells, "\t")
    end
    return { data = { documents = out, notice = recalled.notice },
        text = #list == 0 and "No summaries found."
            or table.concat(lines, "\n") }
end

return tool
