--- rows: whole rows between stores of different dialects.
local json = require "propolis.json"

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

--- The column names of a schema, in order.
function rows.columns(schema)
    local names = {}
    for i, column in ipairs(schema.columns) do
        names[i] = column.name
    end
    return names
end

--- Makes a row that came back fit to be inserted elsewhere: vectors become
-- lists, and what the schema does not name is left out.
function rows.portable(schema, row)
    local out = {}
    for _, column in ipairs(schema.columns) do
        local value = row[column.name]
        if value ~= nil and column.type == "float4[]" then
            value = to_list(value)
        end
        out[column.name] = value
    end
    return out
end

--- The rows that the references name, by id; a missing one is not in it.
-- @param refs list of { row_id = }
-- @return a table, or nil, err
function rows.by_id(store, schema, refs)
    local found, columns = {}, rows.columns(schema)
    for from = 1, #refs, 500 do
        local ids = {}
        for i = from, math.min(from + 499, #refs) do
            ids[#ids + 1] = refs[i].row_id
        end
        local list, err = store:query(
            "SELECT {c} FROM {t} WHERE id IN (??)",
            { c = columns, t = schema.table, ids })
        if not list then
            return nil, err
        end
        for _, row in ipairs(list) do
            found[row.id] = rows.portable(schema, row)
        end
    end
    return found
end

return rows
