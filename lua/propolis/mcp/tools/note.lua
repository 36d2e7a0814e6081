--- The tool `note`: keeps a text; the only tool that writes.
local recalled = require "propolis.mcp.recalled"
local schemas = require "propolis.mcp.schemas"

local function text() return { type = "string" } end

local tool = {
    title = "Keep a note",
    description = "Keeps a fact, decision or recipe for later sessions of every"
        .. " agent: it is found by `search`. Secrets are masked. Say it so that"
        .. " it is understood without this session.",
    writes = true,
    input = schemas.object({
        { "text", { type = "string", minLength = 1, maxLength = 65536,
            description = "what to keep, as plain text or Markdown" } },
        { "title", schemas.text("a heading") },
        { "tags", { type = "array", maxItems = 20, description = "words to find"
            .. " it by", items = { type = "string", minLength = 1,
                maxLength = 60 } } } }, { "text" }),
    output = schemas.object({ { "ref", text() }, { "path", text() },
        { "uri", text() }, { "project", text() } }, { "ref", "path", "uri" }),
}

-- The client's name as the column `agent` has it: Claude-Code is claude_code.
local function agent_of(client)
    local name = (client or "mcp"):lower():gsub("[^%w]+", "_"):sub(1, 40)
    return name:find("%w") and name or "mcp"
end

function tool.run(ask)
    if ask.opts.remote or ask.opts.store then
        return nil, "this server only reads: notes go to the local store, which"
            .. " 'propolis mcp' without --store and --remote serves"
    end
    local args = ask.args
    local row, err = require("propolis.capture.note").save(ask.conf, {
        text = args.text, title = args.title, tags = args.tags,
        agent = agent_of(ask.client), cwd = require("engine.sys").getcwd() })
    if not row then return nil, err end
    local data = { ref = require("propolis.search.ref").of(row.id),
        path = row.path, project = recalled.short(row.project),
        uri = require("propolis.mcp.resources").uri(row.path) }
    return { data = data, text = ("Kept as [%s], %s, in project \"%s\".")
        :format(data.ref, recalled.path(row.path), data.project),
        links = { { uri = data.uri, name = row.filename,
            mimeType = "text/markdown" } } }
end

return tool
