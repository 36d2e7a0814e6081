--- SQL typed into the REPL, and what is in the store's catalogue.
local cli = require "propolis.cli"
local grid = require "propolis.cli.grid"
local session = require "propolis.repl.session"

local sql = {}

--- Rows as an aligned table with their number, "ok" when there is no result.
function sql.format(rows, columns, text)
    columns = columns or grid.columns(rows, text, (session.schemas()))
    if #columns == 0 then
        return #rows == 0 and "ok\n" or ("(%d rows)\n"):format(#rows)
    end
    return cli.table(rows, columns)
        .. ("(%d row%s)\n"):format(#rows, #rows == 1 and "" or "s")
end

--- Runs a statement on the store and prints what came back; raises its error.
-- @return the rows
function sql.run(text)
    local rows, columns = session.store():query((text:gsub(";%s*$", "")))
    if not rows then error(columns, 0) end
    if type(columns) ~= "table" then
        columns = nil
    end
    sql.forget()
    io.write(sql.format(rows, columns, text))
    return rows
end

-- Catalogue -----------------------------------------------------------------

local SQLITE = [[
SELECT m.name AS "table", c.name AS "column", c.type AS "type"
FROM sqlite_master AS m, pragma_table_info(m.name) AS c
WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY m.name, c.cid]]

local STANDARD = [[
SELECT table_name AS "table", column_name AS "column", data_type AS "type"
FROM information_schema.columns WHERE table_schema = ?
ORDER BY table_name, ordinal_position]]

local cached

--- Forgets what is known of the catalogue.
function sql.forget()
    cached = nil
end

--- The tables of a store: a sorted list of names, and by name the list of
-- { column=, type= }.  Raises when the store does not tell.
function sql.catalogue(store)
    if cached and cached.store == store then
        return cached.names, cached.tables
    end
    local rows, err
    if store.dialect == "sqlite" then
        rows, err = store:query(SQLITE)
    else
        rows, err = store:query(STANDARD, { store.workspace or "public" },
            "read")
    end
    if not rows then error(err, 0) end
    local names, tables = {}, {}
    for _, row in ipairs(rows) do
        if not tables[row.table] then
            tables[row.table] = {}
            names[#names + 1] = row.table
        end
        table.insert(tables[row.table], row)
    end
    cached = { store = store, names = names, tables = tables }
    return names, tables
end

return sql
