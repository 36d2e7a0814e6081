--- propolis query: one SQL statement, its rows on stdout.
local cli = require "propolis.cli"
local grid = require "propolis.cli.grid"
local target = require "propolis.cli.target"

local command = {
    name = "query",
    summary = "run one SQL statement and print its rows",
    usage = function() return [[
propolis query "SELECT path, author FROM memory ORDER BY path LIMIT 5"

usage: propolis query [--write] [--json|--csv|--line]
                      [--store URL|--remote] SQL
       propolis query [...] -          reads the SQL from stdin

  --write       the statement may change something; without it the store is
                open for reading only (a deeplake: store has no such mode:
                there only statements that start like one that reads are sent)
  --json        one array of objects, keys in the order of the columns
  --csv         RFC 4180; NULL is an empty field, empty text is ""
  --line        column = value on a line each, an empty line between two rows
]] .. target.help() .. [[

  Rows are printed as they come.  Without one of the three they are a table, as
  wide as the first 100 rows (or 256 KiB) need: on a terminal longer cells are
  cut so that lines fit; elsewhere nothing is cut, a column is at most 100
  wide and a longer cell pushes what follows in its line.
]] end,
    options = { write = "flag", json = "flag", csv = "flag", line = "flag",
        store = "value", remote = "flag" },
    args = { 0, 1 },
}

-- The format that was asked for, or nil and what is wrong.
local function format_of(opts)
    local format
    for _, name in ipairs { "json", "csv", "line" } do
        if opts[name] and format then
            return nil, ("say --%s or --%s, not both"):format(format, name)
        end
        format = opts[name] and name or format
    end
    return format or "table"
end

-- Rows that come in one piece from a service have no order of columns.
local function print_rows(store, statement, format)
    if store.session then return grid.print(store, statement, format) end
    local rows, columns = store:query(statement)
    if not rows then return nil, columns end
    columns = columns or grid.columns(rows, statement,
        (require("propolis.schemas").list()))
    return cli.write(grid.format(format, rows, columns)) or true
end

function command.main(opts)
    local format, wrong = format_of(opts)
    if not format then return cli.usage(command, wrong) end
    local text = opts[1]
    if text == "-" then
        text = io.read("a") or ""
    end
    if not text or not text:find("%S") then
        return cli.usage(command, "the SQL is missing")
    end
    local store <close> = cli.check(target.open(opts,
        opts.write and "open" or "read"))
    local ok, err = print_rows(store, text, format)
    if not ok and err.code == "readonly" then
        return cli.fail(("%s: say --write to change something"):format(err))
    end
    cli.check(ok, err)
end

return cli.command(command)
