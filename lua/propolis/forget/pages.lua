--- pages: the rows of a table in portions: of a local store by the number of
-- the row, of others by id.
local pages = {}

local SIZE = 200 -- rows that are read at once

--- The columns of a schema that a store's table has, without vectors, which
-- nobody reads; nil where there is no such table; nil, err.
function pages.columns(store, of)
    local plans, err = store:plan { of }
    if not plans then return nil, err end
    if not plans[1].present then return nil end
    local list, there = {}, {}
    for _, name in ipairs(plans[1].columns) do there[name] = true end
    for _, column in ipairs(of.columns) do
        if there[column.name] and column.type ~= "float4[]" then
            list[#list + 1] = column.name
        end
    end
    return list
end

-- The next portion behind a place.
local function read(store, of, ask, last)
    local local_store = store.dialect == "sqlite"
    local values = table.move(ask.values or {}, 1, #(ask.values or {}), 1,
        { t = of.table, c = ask.columns })
    table.insert(values, last)
    table.insert(values, SIZE)
    local where = (ask.where or "") ~= "" and ask.where .. " AND " or ""
    return store:query(local_store
        and "SELECT rowid AS row_number, {c} FROM {t} WHERE " .. where
            .. "rowid > ? ORDER BY rowid LIMIT ?"
        or "SELECT {c} FROM {t} WHERE " .. where
            .. "id > ? ORDER BY id LIMIT ?", values, "read")
end

--- for rows in pages.each(store, of, ask) do ... end: rows of a local store
-- have their number as row_number.  Raises the error that ends it.
-- @param ask { columns =, where = a condition or nil, values = for each ? }
function pages.each(store, of, ask)
    local last = store.dialect == "sqlite" and 0 or ""
    return function()
        if not last then return nil end
        local rows = assert(read(store, of, ask, last))
        local final = #rows == SIZE and rows[SIZE]
        last = final and (final.row_number or final.id)
        return #rows > 0 and rows or nil
    end
end

return pages
