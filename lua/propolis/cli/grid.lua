--- Rows for people (an aligned table) and for programs (CSV).
local cli = require "propolis.cli"
local json = require "propolis.json"
local sys = require "engine.sys"
local text = require "propolis.cli.text"

local grid = {}

-- A value as a person sees it in a cell.
local function shown(value)
    if value == nil or value == json.null then
        return "NULL"
    elseif type(value) == "table" then
        return text.printable(json.encode(value) or tostring(value))
    end
    return text.printable(tostring(value))
end

-- Takes width from the widest columns until everything fits.
local function shrink(widths, room)
    local total = 2 * (#widths - 1)
    for _, width in ipairs(widths) do
        total = total + width
    end
    while total > room do
        local widest = 1
        for i, width in ipairs(widths) do
            widest = width > widths[widest] and i or widest
        end
        if widths[widest] <= 4 then return end
        widths[widest] = widths[widest] - 1
        total = total - 1
    end
end

local function line(cells, widths, right, colour)
    local out = {}
    for i, cell in ipairs(cells) do
        cell = text.cut(cell, widths[i])
        local pad = (" "):rep(widths[i] - text.width(cell))
        cell = colour and cli.colour(cell, colour) or cell
        out[i] = right[i] and pad .. cell or cell .. pad
    end
    return (table.concat(out, "  "):gsub(" +$", ""))
end

--- Rows as aligned text: a head, a rule, one line per row; numbers to the
-- right, NULL visible.  Cut to the terminal's width only on a terminal.
-- @param list list of tables by column name
-- @param columns list of column names
-- @return the text, with a line end
function grid.table(list, columns)
    local widths, right, cells, rule = {}, {}, {}, {}
    local head = {}
    for i, name in ipairs(columns) do
        head[i] = text.printable(name)
        widths[i], right[i] = text.width(head[i]), #list > 0
    end
    for r, row in ipairs(list) do
        cells[r] = {}
        for i, name in ipairs(columns) do
            local value = row[name]
            local cell = shown(value)
            cells[r][i] = cell
            widths[i] = math.max(widths[i], text.width(cell))
            right[i] = right[i] and (value == nil or type(value) == "number")
        end
    end
    if sys.isatty(1) then
        shrink(widths, sys.columns() or 80)
    end
    for i, width in ipairs(widths) do
        rule[i] = ("-"):rep(width)
    end
    local out = { line(head, widths, right, "bold"), line(rule, widths, right) }
    for r, row in ipairs(cells) do
        out[r + 2] = line(row, widths, right)
    end
    return table.concat(out, "\n") .. "\n"
end

local function csv_field(value)
    if value == nil or value == json.null then
        return ""
    elseif type(value) == "table" then
        value = json.encode(value) or tostring(value)
    end
    local field = tostring(value)
    if field == "" or field:find('[",\r\n]') then
        return '"' .. field:gsub('"', '""') .. '"'
    end
    return field
end

--- Rows as CSV (RFC 4180, CRLF), a head first.  NULL is an empty field, empty
-- text is "".
-- @param list list of tables by column name
-- @param columns list of column names
-- @return the text
function grid.csv(list, columns)
    local out, fields = {}, {}
    for i, name in ipairs(columns) do
        fields[i] = csv_field(name)
    end
    out[1] = table.concat(fields, ",")
    for r, row in ipairs(list) do
        for i, name in ipairs(columns) do
            fields[i] = csv_field(row[name])
        end
        out[r + 1] = table.concat(fields, ",")
    end
    return table.concat(out, "\r\n") .. "\r\n"
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
