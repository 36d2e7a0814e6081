--- propolis query: one SQL statement, its rows on stdout.
local cli = require "propolis.cli"
local target = require "propolis.cli.target"

local command = {
    name = "query",
    summary = "run one SQL statement and print its rows",
    usage = function() return [[
propolis query "SELECT path, author FROM memory ORDER BY path LIMIT 5"

usage: propolis query [--json|--csv] [--store URL|--remote] SQL
       propolis query [...] -          reads the SQL from stdin

  --json        one array of objects, keys in the order of the columns
  --csv         RFC 4180; NULL is an empty field, empty text is ""
]] .. target.help() end,
    options = { json = "flag", csv = "flag", store = "value", remote = "flag" },
    args = { 0, 1 },
}

-- Rows with their keys in order and every column present; JSON is UTF-8, so
-- bytes that are none are replaced.
local function as_json(rows, columns)
    local json = require "propolis.json"
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
    elseif #columns == 0 then
        return cli.done()
    end
    cli.write((opts.csv and cli.csv or cli.table)(rows, columns))
    return cli.done()
end

function command.run(argv)
    local opts, code = cli.parse(argv, command)
    if not opts then
        return code
    elseif opts.json and opts.csv then
        return cli.usage(command, "say --json or --csv, not both")
    end
    local text = opts[1]
    if text == "-" then
        text = io.read("a") or ""
    end
    if not text or not text:find("%S") then
        return cli.usage(command, "the SQL is missing")
    end
    local store, err = target.open(opts, "open")
    if not store then
        return cli.fail(err)
    end
    local rows, columns = store:query(text)
    store:close()
    if not rows then
        return cli.fail(columns)
    elseif not columns then -- a service whose rows have no order
        columns = require "propolis.cli.guess_columns"(rows, text,
            (require("propolis.schemas").list()))
    end
    return print_rows(opts, rows, columns)
end

return command
