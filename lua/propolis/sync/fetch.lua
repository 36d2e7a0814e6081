--- fetch: the events of one session come into the local store on request.
local forgotten = require "propolis.sync.forgotten"
local outbox = require "propolis.sync.outbox"
local rows_of = require "propolis.sync.rows"

local fetch = {}

local PAGE = 500 -- events in one listing

-- % and _ in an id stand for themselves.
local function like(text)
    return (text:gsub("[\\%%_]", "\\%0"))
end

-- Events that the local store lacks and nobody wanted forgotten, in one
-- transaction; how many.  The ledger
-- says that they are from the remote, so that they are not sent there.
local function keep_events(store, schema, page)
    return assert(store:transaction(function(tx)
        local got = 0
        local have = assert(rows_of.present(tx, schema, page))
        page = assert(forgotten.admitted(tx, schema, page))
        for _, row in ipairs(rows_of.portable(schema, page)) do
            if not have[row.id] then
                assert(tx:insert(schema, row))
                assert(tx:insert(outbox.ledger, { tbl = schema.name,
                    row_id = row.id, date = row[schema.sync.fetch] }))
                got = got + 1
            end
        end
        return got
    end))
end

-- One table's events of a session.
local function fetch_table(store, remote, schema, columns, id, in_time, result)
    local date, last = "", ""
    repeat
        assert(in_time())
        local page = assert(remote:query([[SELECT {c} FROM {t}
            WHERE path LIKE ? ESCAPE '\' AND ({d} > ?
            OR ({d} = ? AND id > ?)) ORDER BY {d}, id LIMIT ?]], {
                c = columns, t = schema.table,
                d = schema.sync.fetch,
                "/sessions/%\\_" .. like(id) .. ".jsonl", date, date, last,
                PAGE }, "read"))
        result.got = result.got + keep_events(store, schema, page)
        result.found = result.found + #page
        if #page > 0 then
            date, last = page[#page][schema.sync.fetch], page[#page].id
        end
    until #page < PAGE
end

--- Fetches the events of one session of anybody, by its id, from the tables
-- whose schemas say so; raises what stops it.
-- @param in_time function that returns true, or nil and why to stop
-- @param result counts: found = at the remote, got = new here
function fetch.session(store, remote, schemas, id, in_time, result)
    for schema, _, columns in rows_of.offered(remote, schemas,
        function(sync) return sync.fetch end) do
        fetch_table(store, remote, schema, columns, id, in_time, result)
    end
end

return fetch
