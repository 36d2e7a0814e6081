--- The tool `read`: what propolis show and propolis log SESSION tell.
local find = require "propolis.mcp.find"
local json = require "propolis.json"
local recalled = require "propolis.mcp.recalled"
local rows = require "propolis.search.rows"
local schemas = require "propolis.mcp.schemas"

local NEAR = 400       -- bytes of a neighbour's result
local RESULT = 1500    -- of a tool's result in a session's story
local WHOLE = 1 << 20  -- of the row that was asked for
local STEP = 100       -- events that are read at once

local tool = {
    title = "Read from the shared memory",
    description = "Opens what a ref, a path or a session's id names: an event"
        .. " with what stood around it in its session, a summary, note or skill"
        .. " whole, or a session as a story. What does not fit follows with"
        .. " nextCursor.",
    input = schemas.object({
        { "ref", { type = "string", minLength = 1, maxLength = 500, description
            = "a ref of `search`, a path (/sessions/..., /summaries/...,"
            .. " /notes/...), or a session's id" } },
        { "context", schemas.number("how many events before and behind an"
            .. " event", 0, 20, 2) },
        { "tokens", schemas.tokens }, schemas.cursor },
        { "ref" }),
    output = schemas.answer({ { "entries", schemas.list(schemas.object(
        schemas.joined(schemas.origin, {
            { "asked", { type = "boolean", description = "the one that was"
                .. " asked for, not a neighbour" } },
            { "text", { type = "string" } } }))) } }, { "entries" }),
}

-- The answer as it grows: entries, the parts of its text, the room left.
local function new_answer(ask)
    return { entries = json.array(), parts = { recalled.notice },
        left = ask.args.tokens or 4000 }
end

-- Adds an entry's text from a byte on.
-- @return where it goes on when there was no room for all, or nil
local function add(answer, e, text, from, asked)
    local lines, more = recalled.lines(text, from, answer.left)
    local entry = recalled.origin(e)
    entry.text, entry.asked = lines, asked
    answer.entries[#answer.entries + 1] = entry
    local part = recalled.head(e) .. "\n" .. recalled.quote(lines)
    answer.parts[#answer.parts + 1] = part
    answer.left = answer.left - recalled.tokens(part)
    return more
end

local function finish(ask, answer, place)
    local data = { entries = answer.entries, notice = recalled.notice }
    if place then
        data.nextCursor = ask:cursor(place)
        answer.parts[#answer.parts + 1] = "More with cursor = \""
            .. data.nextCursor .. "\"."
    end
    return { text = table.concat(answer.parts, "\n"), data = data }
end

-- The text of an entry of a list, and what there is room for.
local function add_near(answer, list)
    for _, one in ipairs(list) do
        if answer.left < 60 then return end
        local text = rows.text(one, NEAR)
        if #text > 4 * NEAR then
            text = require("propolis.search.message").cut(text, 4 * NEAR)
        end
        add(answer, one, text, 0, false)
    end
end

-- One row, with its neighbours on the first page.
local function read_row(ask, store, e, place)
    local answer = new_answer(ask)
    local before, behind = {}, {}
    if place == 0 and e.table == "sessions" then
        before, behind = rows.around(store, ask.conf, e, ask.args.context or 2)
        if not before then return nil, behind end
    end
    local room = answer.left
    answer.left = room // 4
    add_near(answer, before)
    answer.left = answer.left + room - room // 4
    local text = rows.text(e, WHOLE)
    if place > #text then return nil, "there is no more of it" end
    local more = add(answer, e, text, place, true)
    if not more then add_near(answer, behind) end
    return finish(ask, answer, more)
end

-- A session from its event number `place` on.
local function read_session(ask, store, path, place)
    local answer, at = new_answer(ask), place
    local order = store.dialect == "sqlite" and "rowid" or "id"
    while true do
        ask:progress(at, nil, "reading the session")
        local list, err = rows.find(store, ask.conf, "sessions",
            ("path = ? ORDER BY creation_date, %s LIMIT ? OFFSET ?"):format(
            order), { path, STEP, at })
        if not list then return nil, err end
        for _, e in ipairs(list) do
            local text = rows.text(e, RESULT)
            local need = recalled.tokens(text) + 40
            if need > answer.left and #answer.entries > 0 then
                return finish(ask, answer, at)
            end
            at = at + 1
            if text:find("%S") and add(answer, e, text, 0, false) then
                answer.parts[#answer.parts + 1] =
                    "(the event goes on: read it by its ref)"
            end
        end
        if #list < STEP then return finish(ask, answer) end
    end
end

function tool.run(ask)
    local place = ask:place()
    local store <close>, err = ask:open()
    if not store then return nil, err end
    local found
    found, err = find.any(store, ask.conf, ask.args.ref)
    if not found then return nil, err end
    if found.session then
        return read_session(ask, store, found.session, place)
    end
    return read_row(ask, store, found, place)
end

return tool
