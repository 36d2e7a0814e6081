--- Rows for people (an aligned table) and for programs, from a list of them or
-- as a store sends them.
local cli = require "propolis.cli"
local json = require "propolis.json"
local sys = require "engine.sys"
local text = require "engine.text"

local grid = {}

local function encoded(value)
    return json.encode(value) or tostring(value)
end

-- The columns of the terminal, or nil, and whether a head is bold.
local function terminal()
    if not sys.isatty(1) then return nil end
    return sys.columns() or 80, cli.colour("", "bold") ~= ""
end

--- Rows as text.  "table": a head, a rule, one line per row; numbers to the
-- right, NULL, control characters and what is no UTF-8 visible.  On a terminal
-- cells are cut so that the lines fit.  Elsewhere nothing is cut: a column is
-- at most 100 wide, and a longer cell pushes what follows in its line.  "csv":
-- RFC 4180, a head first; NULL is an empty field, empty text is "".  "json":
-- one array of objects, on one line.  "line": name = value, whole, an empty
-- line between two rows.
-- @param format "table", "csv", "json" or "line"
-- @param list list of tables by column name
-- @param columns list of column names
-- @return the text
function grid.format(format, list, columns)
    return text.rows(format, list, columns, encoded, terminal())
end

--- The rows of a statement on stdout in such a format, as they come: a table's
-- columns are as wide as the first 100 rows (or 256 KiB) need.
-- @return true, or nil, err
function grid.print(store, statement, format)
    return store:print(statement, nil, format, terminal())
end

--- The columns of rows whose store does not tell their order: as the statement
-- names them, then as the schemas do, then by name.
-- @param rows list of tables by column name
-- @param statement its SQL
-- @param schemas list
-- @return list of names; a column that is NULL in every row is not seen
function grid.columns(rows, statement, schemas)
    local known, names = {}, {}
    for _, schema in ipairs(schemas) do
        for i, column in ipairs(schema.columns) do
            known[column.name] = known[column.name] or i
        end
    end
    local place = {}
    for _, row in ipairs(rows) do
        for name in pairs(row) do
            if not place[name] then
                local pattern = "%f[%w_]" .. name:gsub("%p", "%%%0")
                    .. "%f[^%w_]"
                place[name] = statement:find(pattern)
                    or 1e6 + (known[name] or 1e6)
                names[#names + 1] = name
            end
        end
    end
    table.sort(names, function(a, b)
        if place[a] ~= place[b] then return place[a] < place[b] end
        return a < b
    end)
    return names
end

return grid
