--- capture.scrub: masks by today's rules what is in a store already.
local json = require "propolis.json"

local scrub = {}

local PORTION = 200 -- rows that are read at once

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

-- The rows behind an id, in its order; an older table lacks some columns.
local function portion(store, schema, last)
    local rows, err = store:query("SELECT * FROM {t} WHERE id > ? ORDER BY id"
        .. " LIMIT " .. PORTION, { last, t = schema.table }, "read")
    if rows then return rows end
    if err.code == "no_table" then return {} end
    return nil, err
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

--- Masks the rows of one table.
-- @param options { write = true to change them; else they are only counted,
-- progress = function(rows read) or nil }
-- @return { rows = read, changed = rows }, or nil, err
function scrub.table(store, schema, redactor, options)
    local done, last = { rows = 0, changed = 0 }, ""
    repeat
        local rows, err = portion(store, schema, last)
        if not rows then return nil, err end
        local ids
        ids, err = portion_changed(store, schema, redactor, rows, options.write)
        if not ids then return nil, err end
        done.rows = done.rows + #rows
        done.changed = done.changed + #ids
        last = #rows > 0 and rows[#rows].id or last
        if options.progress then options.progress(#rows) end
    until #rows < PORTION
    return done
end

--- Takes what was overwritten out of a SQLite file and its log, where freed
-- pages keep their bytes until then.
-- @return true, or nil, err
function scrub.purge(store)
    if store.dialect ~= "sqlite" then return true end
    for _, statement in ipairs { "VACUUM",
        "PRAGMA wal_checkpoint(TRUNCATE)" } do
        local ok, err = store:exec(statement)
        if not ok then return nil, err end
    end
    return true
end

return scrub
