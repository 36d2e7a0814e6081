--- The tool `skills`: recipes that were learnt from sessions.
local json = require "propolis.json"
local recalled = require "propolis.mcp.recalled"
local schemas = require "propolis.mcp.schemas"

local MOST = 1000 -- rows that are looked at; each version is one

local function text() return { type = "string" } end

local tool = {
    list = "skills",
    title = "List or open skills",
    description = "Lists the skills that were made from sessions, or, with"
        .. " name, opens the newest version of one.",
    input = schemas.object {
        { "name", schemas.text("open this one") },
        { "project", schemas.text("only this project's") },
        { "limit", schemas.number("at most so many", 1, 100, 20) },
        { "tokens", schemas.tokens }, schemas.cursor },
    output = schemas.answer({ { "skills", schemas.list(schemas.object {
        { "ref", text() }, { "name", text() }, { "description", text() },
        { "trigger", text() }, { "project", text() }, { "author", text() },
        { "version", { type = "integer" } }, { "updated", text() },
        { "body", text() } }) } }, { "skills" }),
}

-- The newest version of each skill, the newest first; or nil, err.
local function load_skills(ask, store)
    local where, values = "1 = 1", { t = ask.conf.tables.skills }
    for _, key in ipairs { "name", "project" } do
        if ask.args[key] then
            where = where .. (" AND %s = ?"):format(key)
            values[#values + 1] = ask.args[key]
        end
    end
    values[#values + 1] = MOST
    local list, err = store:query(([[SELECT id, name, description, trigger_text,
        project, project_key, author, version, updated_at, body FROM {t}
        WHERE %s ORDER BY updated_at DESC, id LIMIT ?]]):format(where), values,
        "read")
    if not list and err.code == "no_table" then return {} end
    if not list then return nil, err end
    local newest, seen = {}, {}
    for _, row in ipairs(list) do
        local key = row.project_key .. "\n" .. row.name
        if not seen[key] then
            seen[key], newest[#newest + 1] = true, row
        end
    end
    return newest
end

local function skill_of(row)
    local short = recalled.short
    return { ref = short(require("propolis.search.ref").of(row.id), 80),
        name = short(row.name, 110), description = short(row.description, 400),
        trigger = short(row.trigger_text, 400), project = short(row.project),
        author = short(row.author), updated = short(row.updated_at),
        version = math.tointeger(tonumber(row.version)) }
end

local function line_of(s)
    return ("[%s] \"%s\" by \"%s\" in \"%s\", version %d, %s\n| %s"):format(
        s.ref, s.name, s.author, s.project, s.version or 0, s.updated,
        s.description)
end

-- The text of the one that was asked for, from a byte on.
local function open_skill(ask, row, place, left)
    local s = skill_of(row)
    local body = row.body or ""
    if place > #body then return nil, "there is no more of it" end
    local lines, more = recalled.lines(body, place, left)
    s.body = lines
    local data = { skills = json.array { s }, notice = recalled.notice,
        nextCursor = more and ask:cursor(more) }
    return { data = data, text = table.concat({ recalled.notice, line_of(s),
        recalled.quote(lines), more and "More with cursor = \""
        .. data.nextCursor .. "\"." or nil }, "\n") }
end

function tool.run(ask)
    local place, left = ask:place(), ask.args.tokens or 4000
    local store <close>, err = ask:open()
    if not store then return nil, err end
    local list
    list, err = load_skills(ask, store)
    if not list then return nil, err end
    if ask.args.name then
        if list[1] then return open_skill(ask, list[1], place, left) end
        return nil, ("there is no skill '%s': without name they are listed")
            :format(recalled.short(ask.args.name, 80))
    end
    local out, parts = json.array(), { recalled.notice }
    for i = place + 1, math.min(#list, place + (ask.args.limit or 20)) do
        local s = skill_of(list[i])
        left = left - recalled.tokens(line_of(s)) - 2
        if left < 0 and #out > 0 then break end
        out[#out + 1], parts[#parts + 1] = s, line_of(s)
    end
    local data = { skills = out, notice = recalled.notice }
    if place + #out < #list then
        data.nextCursor = ask:cursor(place + #out)
        parts[#parts + 1] = "More with cursor = \"" .. data.nextCursor .. "\"."
    end
    if #out == 0 then parts = { "No skill is stored yet." } end
    return { text = table.concat(parts, "\n"), data = data }
end

return tool
