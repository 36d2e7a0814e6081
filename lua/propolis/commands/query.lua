--- propolis query: one SQL statement, its rows on stdout.
local cli = require "propolis.cli"
local json = require "propolis.json"
local target = require "propolis.cli.target"

local command = {
    name = "query",
    summary = "run one SQL statement and print its rows",
    usage = function() return [[
propolis query "SELECT path, author FROM memory ORDER BY path LIMIT 5"

usage: propolis query [--write] [--json|--csv] [--store URL|--remote] SQL
       propolis query [...] -          reads the SQL from stdin

  --write       the statement may change something; without it the store is
                open for reading only (a deeplake: store has no such mode:
                there only statements that start like one that reads are sent)
  --json        one array of objects, keys in the order of the columns
  --csv         RFC 4180; NULL is an empty field, empty text is ""
]] .. target.help() end,
    options = { write = "flag", json = "flag", csv = "flag",
        store = "value", remote = "flag" },
    args = { 0, 1 },
}

-- Rows with their keys in order and every column present; JSON is UTF-8, so
-- bytes that are none are replaced.
local function as_json(rows, columns)
    local list = {}
    for r, row in ipairs(rows) do
        local pairs_ = {}
        for c, name in ipairs(columns) do
            local value = row[name]
            if type(value) == "string" then
                value = cli.utf8(value)
            elseif value == nil then
                value = json.null
            end
            pairs_[c] = { name, value }
        end
        list[r] = json.object(pairs_)
    end
    return json.array(list)
end

local function print_rows(opts, rows, columns)
    if opts.json then
        return cli.json(as_json(rows, columns))
    elseif #columns > 0 then
        cli.write((opts.csv and cli.csv or cli.table)(rows, columns))
    end
end

function command.main(opts)
    if opts.json and opts.csv then
        return cli.usage(command, "say --json or --csv, not both")
    end
    local text = opts[1]
    if text == "-" then
        text = io.read("a") or ""
    end
    if not text or not text:find("%S") then
        return cli.usage(command, "the SQL is missing")
    end
    local store <close> = cli.check(target.open(opts,
        opts.write and "open" or "read"))
    local rows, columns = store:query(text)
    if not rows and columns.code == "readonly" then
        return cli.fail(("%s: say --write to change something"):format(columns))
    end
    cli.check(rows, columns)
    if not columns then -- a service whose rows have no order
        columns = require("propolis.cli.grid").columns(rows, text,
            (require("propolis.schemas").list()))
    end
    return print_rows(opts, rows, columns)
end

return cli.command(command)
