--- The tool `sessions`: what propolis log lists.
local json = require "propolis.json"
local recalled = require "propolis.mcp.recalled"
local schemas = require "propolis.mcp.schemas"

local function text(description)
    return { type = "string", description = description }
end

local tool = {
    list = "sessions",
    title = "List sessions",
    description = "Lists sessions of coding agents, newest first: when, who,"
        .. " with which agent, in which project, how many events, and the first"
        .. " prompt. `read` tells one by its path.",
    input = schemas.object(schemas.joined(schemas.filters, {
        { "limit", schemas.number("at most so many", 1, 100, 20) },
        { "tokens", schemas.tokens }, schemas.cursor })),
    output = schemas.answer({ { "sessions", schemas.list(schemas.object {
        { "session", text("its id") }, { "path", text("what `read` takes") },
        { "first", text() }, { "last", text() }, { "author", text() },
        { "agent", text() }, { "project", text() },
        { "events", { type = "integer" } }, { "prompt", text() } }) } },
        { "sessions" }),
}

local function session_of(one)
    local s = { events = one.events, path = recalled.path(one.path),
        prompt = one.prompt and recalled.short(one.prompt, 300) or nil }
    for _, key in ipairs { "session", "first", "last", "author", "agent",
        "project" } do
        s[key] = recalled.short(one[key], 80)
    end
    return s
end

local function line_of(s)
    local line = ("%s to %s by \"%s\" with \"%s\" in \"%s\", %d events: %s")
        :format(s.first, s.last, s.author, s.agent, s.project, s.events, s.path)
    return s.prompt and line .. "\n| " .. s.prompt or line
end

function tool.run(ask)
    local place, limit = ask:place(), ask.args.limit or 20
    local f, why = ask:filter()
    if not f then return nil, why end
    local store <close>, err = ask:open()
    if not store then return nil, err end
    local list
    list, err = require("propolis.search.session").list(store, ask.conf, f,
        math.min(place + limit + 1, 1000))
    if not list then return nil, err end
    local out, parts, left = json.array(), { recalled.notice },
        ask.args.tokens or 4000
    for i = place + 1, math.min(#list, place + limit) do
        local s = session_of(list[i])
        local line = line_of(s)
        left = left - recalled.tokens(line) - 2
        if left < 0 and #out > 0 then break end
        out[#out + 1], parts[#parts + 1] = s, line
    end
    local data = { sessions = out, notice = recalled.notice }
    if place + #out < #list then
        data.nextCursor = ask:cursor(place + #out)
        parts[#parts + 1] = "More with cursor = \"" .. data.nextCursor .. "\"."
    end
    if #out == 0 then
        parts = { "No session" .. require("propolis.search.filter").words(f,
            ask.args) .. "." .. (f.called and not ask.args.project
            and " all = true lists those of every project." or "") }
    end
    return { text = table.concat(parts, "\n"), data = data }
end

return tool
