--- fetch: the events of one session come into the local store on request.
local deadline = require "propolis.sync.deadline"
local rows_of = require "propolis.sync.rows"
local schemas = require "propolis.schemas"

local fetch = {}

local PAGE = 500 -- events in one listing

-- References to rows, for rows.by_id.
local function refs_of(list)
    local refs = {}
    for i, row in ipairs(list) do
        refs[i] = { row_id = row.id }
    end
    return refs
end

-- % and _ in an id stand for themselves.
local function like(text)
    return (text:gsub("[\\%%_]", "\\%0"))
end

-- Events that the local store lacks, in one transaction; how many.
local function keep_events(store, page)
    local schema, got = schemas.sessions, 0
    return store:transaction(function(tx)
        local have, err = rows_of.by_id(tx, schema, refs_of(page))
        if not have then
            return nil, err
        end
        for _, row in ipairs(rows_of.portable(schema, page)) do
            if not have[row.id] then
                local ok
                ok, err = tx:insert(schema, row)
                if not ok then
                    return nil, err
                end
                got = got + 1
            end
        end
        return got
    end)
end

--- Fetches the events of one session of anybody, by its id, until at.
-- @return { found = at the remote, got = new here }, and err when it stopped
-- early
function fetch.session(store, remote, id, at)
    local schema = schemas.sessions
    local result, date, last = { got = 0, found = 0 }, "", ""
    repeat
        local page, err = remote:query([[SELECT {c} FROM {t}
            WHERE path LIKE ? ESCAPE '\' AND (creation_date > ?
            OR (creation_date = ? AND id > ?))
            ORDER BY creation_date, id LIMIT ?]], {
                c = rows_of.columns(schema), t = schema.table,
                "/sessions/%\\_" .. like(id) .. ".jsonl", date, date, last,
                PAGE }, "read")
        local got
        if page then
            got, err = keep_events(store, page)
        end
        if not got then
            return result, err
        end
        result.found = result.found + #page
        result.got = result.got + got
        if #page > 0 then
            date, last = page[#page].creation_date, page[#page].id
        end
        local ok, late = deadline.holds(at)
        if not ok then
            return result, late
        end
    until #page < PAGE
    return result
end

return fetch
