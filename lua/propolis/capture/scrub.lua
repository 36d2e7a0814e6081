--- capture.scrub: masks by today's rules what is in a store already.
local json = require "propolis.json"
local pages = require "propolis.forget.pages"

local scrub = {}

--- Called after rows of a table were changed, each function in turn, so that
-- what is made from rows, such as a search index beside the store, follows:
--   function(store, schema, ids) -> true, or nil and an error
-- ids is the list of the changed rows' ids, at most 200 at a time.
scrub.after_change = {}

-- A column's value masked: JSON as a hook would mask it, text as text; or nil
-- when nothing in it changes.
local function masked(redactor, column, value)
    if type(value) == "table" then
        value = assert(json.encode(value))
    elseif type(value) ~= "string" then
        return nil
    end
    local clean
    local decoded = column.type == "jsonb" and json.decode(value)
    if decoded then
        local before = assert(json.encode(decoded))
        clean = assert(json.encode(redactor:value(decoded)))
        return clean ~= before and clean or nil
    end
    clean = redactor:text(value)
    return clean ~= value and clean or nil
end

local function text_columns(schema)
    local columns = {}
    for _, column in ipairs(schema.columns) do
        if (column.type == "text" or column.type == "jsonb")
            and column.name ~= "id" then
            columns[#columns + 1] = column
        end
    end
    return columns
end

-- The columns of a row that change, by name, or nil.
local function changes(redactor, columns, row)
    local out
    for _, column in ipairs(columns) do
        local clean = masked(redactor, column, row[column.name])
        if clean then
            out = out or {}
            out[column.name] = clean
        end
    end
    return out
end

local function update(store, table_name, id, changed)
    local sets, values = {}, { t = table_name }
    for name, value in pairs(changed) do
        sets[#sets + 1] = ('"%s" = ?'):format(name)
        values[#values + 1] = value
    end
    values[#values + 1] = id
    return store:exec(("UPDATE {t} SET %s WHERE id = ?"):format(
        table.concat(sets, ", ")), values, "idempotent")
end

-- Masks the rows that need it; the ids of those, or nil, err.
local function portion_changed(store, schema, redactor, rows, write)
    local columns, ids = text_columns(schema), {}
    for _, row in ipairs(rows) do
        local changed = changes(redactor, columns, row)
        if changed then
            local ok, err = true, nil
            if write then
                ok, err = update(store, schema.table, row.id, changed)
            end
            if not ok then return nil, err end
            ids[#ids + 1] = row.id
        end
    end
    for _, follow in ipairs(write and #ids > 0 and scrub.after_change or {}) do
        local ok, err = follow(store, schema, ids)
        if not ok then return nil, err end
    end
    return ids
end

--- Masks the rows of one table; those without an id are passed over.
-- @param options { write = true to change them; else they are only counted,
-- progress = function(rows read) or nil }
-- @return { rows = read, changed = rows }, or nil, err
function scrub.table(store, schema, redactor, options)
    local done = { rows = 0, changed = 0 }
    local names, err = pages.columns(store, schema)
    if not names then return not err and done or nil, err end
    local ok, why = require("engine.sys").pcall(function()
        for rows in pages.each(store, schema, { columns = names,
            where = "id <> ''" }) do
            local ids = assert(portion_changed(store, schema, redactor, rows,
                options.write))
            done.rows, done.changed = done.rows + #rows, done.changed + #ids
            if options.progress then options.progress(#rows) end
        end
    end)
    if not ok then return require("propolis.sync").failure(why) end
    return done
end

return scrub
