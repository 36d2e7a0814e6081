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

-- The columns of a schema that hold vectors.
local function vectors(schema)
    local names = {}
    for _, column in ipairs(schema.columns) do
        if column.type == "float4[]" then
            names[#names + 1] = column.name
        end
    end
    return names
end

--- Makes rows with a schema's columns that came back fit to be inserted
-- elsewhere, in place: vectors become lists.
-- @return the list
function rows.portable(schema, list)
    for _, name in ipairs(vectors(schema)) do
        for _, row in ipairs(list) do
            if row[name] ~= nil then
                row[name] = to_list(row[name])
            end
        end
    end
    return list
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
            { c = columns, t = schema.table, ids }, "read")
        if not list then
            return nil, err
        end
        for _, row in ipairs(rows.portable(schema, list)) do
            found[row.id] = row
        end
    end
    return found
end

return rows
