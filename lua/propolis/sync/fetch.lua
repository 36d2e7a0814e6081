--- fetch: the events of one session come into the local store on request.
local rows_of = require "propolis.sync.rows"

local fetch = {}

local PAGE = 500 -- events in one listing

-- % and _ in an id stand for themselves.
local function like(text)
    return (text:gsub("[\\%%_]", "\\%0"))
end

-- Events that the local store lacks, in one transaction; how many.
local function keep_events(store, schema, page)
    local got = 0
    return store:transaction(function(tx)
        local have, err = rows_of.present(tx, schema, page)
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

-- One table's events of a session; true, or nil, err.
local function fetch_table(store, remote, schema, id, in_time, result)
    local date, last = "", ""
    repeat
        local page, err = remote:query([[SELECT {c} FROM {t}
            WHERE path LIKE ? ESCAPE '\' AND ({d} > ?
            OR ({d} = ? AND id > ?)) ORDER BY {d}, id LIMIT ?]], {
                c = rows_of.columns(schema), t = schema.table,
                d = schema.sync.fetch,
                "/sessions/%\\_" .. like(id) .. ".jsonl", date, date, last,
                PAGE })
        local got
        if page then
            got, err = keep_events(store, schema, page)
        end
        if not got then
            return nil, err
        end
        result.found = result.found + #page
        result.got = result.got + got
        if #page > 0 then
            date, last = page[#page][schema.sync.fetch], page[#page].id
        end
        local ok, late = in_time()
        if not ok then
            return nil, late
        end
    until #page < PAGE
    return true
end

--- Fetches the events of one session of anybody, by its id, from the tables
-- whose schemas say so, as long as in_time() returns true.
-- @return { found = at the remote, got = new here }, and err when it stopped
-- early
function fetch.session(store, remote, schemas, id, in_time)
    local result = { got = 0, found = 0 }
    for _, schema in ipairs(schemas) do
        local ok, err = true, nil
        if schema.sync.fetch then
            ok, err = fetch_table(store, remote, schema, id, in_time, result)
        end
        if not ok then
            return result, err
        end
    end
    return result
end

return fetch
