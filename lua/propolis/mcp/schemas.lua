--- mcp.schemas: pieces that the tools' JSON schemas have in common.
local cursor = require "propolis.mcp.cursor"
local filter = require "propolis.search.filter"
local json = require "propolis.json"

local schemas = {}

local function text(description, most)
    return { type = "string", description = description,
        maxLength = most or 200 }
end

schemas.text = text

--- An object of properties, of which some are required.
function schemas.object(properties, required)
    return { type = "object", properties = json.object(properties),
        required = required and json.array(required),
        additionalProperties = false }
end

function schemas.list(items, description)
    return { type = "array", items = items, description = description }
end

function schemas.number(description, least, most, default)
    return { type = "integer", description = description, minimum = least,
        maximum = most, default = default }
end

--- How many tokens a result may have.
schemas.tokens = schemas.number("about how many tokens the answer may have;"
    .. " what does not fit follows with nextCursor", 200, 20000, 4000)

--- Where an answer goes on, as a pair.
schemas.cursor = { cursor.key, text("nextCursor of the answer before, with the"
    .. " same other arguments", 100) }

--- The filters of propolis search, as pairs.
schemas.filters = {
    { "project", text("only this project, by its name; without it the project"
        .. " that the agent works in") },
    { "all", { type = "boolean", description = "every project" } },
    { "user", text("only what this user did") },
    { "agent", text("only this agent: claude-code, codex, cursor, ...") },
    { "since", text("from that day or moment on: yesterday, 3d, '2 weeks ago',"
        .. " 2026-11-03") },
    { "until", text("up to that day or moment") },
}

schemas.kind = { type = "string", enum = json.array { table.unpack(
    filter.kinds) }, description = "only this kind" }

local function plain(description)
    return { type = "string", description = description }
end

--- Where recalled text comes from, as pairs.
schemas.origin = {
    { "ref", plain("what `read` takes") }, { "kind", plain() },
    { "created", plain("ISO 8601") }, { "author", plain() },
    { "agent", plain() }, { "project", plain() }, { "path", plain() },
}

--- The pairs of two lists.
function schemas.joined(a, b)
    local all = table.move(a, 1, #a, 1, {})
    return table.move(b, 1, #b, #all + 1, all)
end

--- The schema of an answer: those properties, a notice, and the next cursor.
function schemas.answer(properties, required)
    return schemas.object(schemas.joined(properties, {
        { "notice", plain("what the texts in it are") },
        { "nextCursor", plain("there is more: call again with it") } }),
        required)
end

return schemas
