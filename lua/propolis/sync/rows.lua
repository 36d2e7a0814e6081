--- rows: whole rows between stores of different dialects.
local json = require "propolis.json"
local log = require "propolis.log"

local rows = {}

-- A vector as SQLite keeps it is JSON text; everywhere else a list goes in.
local function to_list(value)
    if type(value) == "string" then
        local text = value:gsub("^{", "["):gsub("}$", "]")
        local list = json.decode(text)
        return type(list) == "table" and list or nil
    end
    return value
end

--- The values of one field of rows or references, in order; "" for none.
function rows.field(list, name)
    local values = {}
    for i, row in ipairs(list) do
        values[i] = row[name] == nil and "" or row[name]
    end
    return values
end

--- The column names of a schema, in order.
function rows.columns(schema)
    local names = {}
    for i, column in ipairs(schema.columns) do
        names[i] = column.name
    end
    return names
end

--- Makes rows with a schema's columns that came back fit to be inserted
-- elsewhere, in place: vectors become lists.
-- @return the list
function rows.portable(schema, list)
    for _, column in ipairs(schema.columns) do
        local vector = column.type == "float4[]"
        for _, row in ipairs(vector and list or {}) do
            row[column.name] = to_list(row[column.name])
        end
    end
    return list
end

--- Which of these rows a store has: a set of ids, or nil, err.  Not every
-- store has an index on ids; the schema's first one leads to them.
function rows.present(store, schema, list)
    local index, leads = schema.indexes[1], {}
    for i, row in ipairs(list) do
        leads[i] = index and row[index[1]]
    end
    local found, err
    if index and #leads == #list then
        found, err = store:query(
            "SELECT id FROM {t} WHERE {l} IN (??) AND id IN (??)",
            { t = schema.table, l = index[1], leads, rows.field(list, "id") },
            "read")
    else
        found, err = store:query("SELECT id FROM {t} WHERE id IN (??)",
            { t = schema.table, rows.field(list, "id") }, "read")
    end
    local ids = {}
    for _, row in ipairs(found or {}) do
        ids[row.id] = true
    end
    return found and ids, err
end

--- The rows with these ids, in any order; a missing one is not among them.
-- @param columns those to ask for; nil: all of the schema
-- @return a list, or nil, err
function rows.with_ids(store, schema, ids, columns)
    local found = {}
    for from = 1, #ids, 500 do
        local list, err = store:query("SELECT {c} FROM {t} WHERE id IN (??)", {
            c = columns or rows.columns(schema), t = schema.table,
            table.move(ids, from, math.min(from + 499, #ids), 1, {}) }, "read")
        if not list then return nil, err end
        table.move(list, 1, #list, #found + 1, found)
    end
    return rows.portable(schema, found)
end

--- For schemas whose rows come here, by a date: schema, that column, and those
-- columns of the schema that the remote has.  A table that it lacks, or that is
-- without id or date, is passed over, with a line in the log.
-- @param date function that gives the name of the column from a schema's sync,
-- or nil when its rows do not come
-- @param whole the remote is known to have all tables and columns
-- @return an iterator; raises what the remote fails with
function rows.offered(remote, schemas, date, whole)
    local wanted, at = {}, 0
    for _, schema in ipairs(schemas) do
        wanted[#wanted + 1] = date(schema.sync) and schema or nil
    end
    local plans = not whole and #wanted > 0 and assert(remote:plan(wanted))
    return function()
        while at < #wanted do
            at = at + 1
            local schema, there = wanted[at], {}
            local columns = plans and plans[at].columns or rows.columns(schema)
            for _, name in ipairs(columns) do
                there[name] = true
            end
            if there.id and there[date(schema.sync)] then
                return schema, date(schema.sync), columns
            end
            log.info("sync: %s is not fetched: the remote %s", schema.table,
                plans[at].present and "has no ids or dates in it"
                or "has no such table")
        end
    end
end

return rows
