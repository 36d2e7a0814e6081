--- propolis schema: shows and checks the schemas of the tables.
local cli = require "propolis.cli"
local json = require "propolis.json"
local schemas = require "propolis.schemas"

local command = {
    name = "schema",
    summary = "show and check the schemas of the tables",
    usage = [=[
propolis schema show memory --sql --dialect postgres

usage: propolis schema list [--json]
       propolis schema show [--json] [--sql [--dialect D]] [TABLE]
       propolis schema lint [--json] [FILE...]

  --sql         the statements that create the table and its indexes
  --dialect D   sqlite (default), postgres or deeplake

show without TABLE shows all; lint without FILE checks every file that is in
force, the shipped ones and yours in 'propolis config path config'/schemas.
]=],
    options = { json = "flag", sql = "flag", dialect = "value" },
}

local DIALECTS = { sqlite = true, postgres = true, deeplake = true }

-- The statements heal would run on a store without that table.
local function statements(schema, dialect)
    local store <close> = require("engine.store").from {
        dialect = dialect, workspace = "default",
        query = function() return {} end,
    }
    return cli.check(require("engine.heal").plan {
        store = store, schemas = { schema },
    })[1].statements
end

local function indexes_json(schema)
    local list = {}
    for i, index in ipairs(schema.indexes) do
        list[i] = json.object {
            { "name", index.name },
            { "columns", json.array(table.move(index, 1, #index, 1, {})) },
        }
    end
    return json.array(list)
end

-- Ends with 1 after saying which files were refused, else as usual.
local function ended(code, refused)
    for _, err in ipairs(refused) do
        cli.fail(err)
    end
    return #refused > 0 and cli.FAILED or code
end

local actions = {}

function actions.list(opts)
    local rows = {}
    for _, name in ipairs(schemas.names()) do
        local schema = schemas.get(name)
        if schema then
            rows[#rows + 1] = json.object {
                { "name", name },
                { "table", schema.table },
                { "columns", #schema.columns },
                { "indexes", #schema.indexes },
                { "files", json.array(schemas.files(name)) },
            }
        end
    end
    local _, refused = schemas.list()
    if opts.json then return ended(cli.json(json.array(rows)), refused) end
    for _, row in ipairs(rows) do
        row.files = table.concat(row.files, ", ")
    end
    cli.write(cli.table(rows, { "name", "table", "columns", "indexes",
        "files" }))
    return ended(nil, refused)
end

local function show_json(list, dialect)
    local out = {}
    for i, schema in ipairs(list) do
        out[i] = json.object {
            { "table", schema.table },
            { "columns", json.pick_all(schema.columns,
                { "name", "type", "not_null", "default" }, json.null) },
            { "indexes", indexes_json(schema) },
            { "sql", dialect and json.array(statements(schema, dialect)) },
        }
    end
    return cli.json(json.array(out))
end

local function show_sql(list, dialect)
    for _, schema in ipairs(list) do
        cli.write(table.concat(statements(schema, dialect), ";\n"), ";\n")
    end
end

local function show_text(list)
    for i, schema in ipairs(list) do
        local rows = {}
        for r, column in ipairs(schema.columns) do
            local default = column.default
            if type(default) == "string" then
                default = "'" .. default .. "'"
            end
            rows[r] = {
                column = column.name, type = column.type,
                null = column.not_null and "no" or "yes",
                default = default == nil and "-" or tostring(default),
            }
        end
        cli.write(i > 1 and "\n" or "", cli.colour(schema.table, "bold"), "\n",
            cli.table(rows, { "column", "type", "null", "default" }))
        for _, index in ipairs(schema.indexes) do
            cli.write(("index %s (%s)\n"):format(index.name,
                table.concat(index, ", ")))
        end
    end
end

function actions.show(opts)
    if #opts > 2 then
        return cli.usage(command, ("'%s' is one argument too many")
            :format(opts[3]))
    elseif opts.dialect and not DIALECTS[opts.dialect] then
        return cli.usage(command, ("there is no dialect '%s': say sqlite,"
            .. " postgres or deeplake"):format(opts.dialect))
    elseif opts.dialect and not opts.sql then
        return cli.usage(command, "--dialect goes with --sql")
    end
    local list, refused
    if opts[2] then
        local found, err, unknown = schemas.find(opts[2])
        if not found then
            return unknown and cli.usage(command, err) or cli.fail(err)
        end
        list, refused = { found }, {}
    else
        list, refused = schemas.list()
    end
    local dialect = opts.sql and (opts.dialect or "sqlite") or nil
    if opts.json then
        return ended(show_json(list, dialect), refused)
    elseif dialect then
        return ended(show_sql(list, dialect), refused)
    end
    return ended(show_text(list), refused)
end

-- Every file in force, in the order of the tables.
local function files_in_force()
    local files, seen = {}, {}
    for _, name in ipairs(schemas.names()) do
        for _, file in ipairs(schemas.files(name)) do
            files[#files + 1] = not seen[file] and file or nil
            seen[file] = true
        end
    end
    return files, select(2, schemas.list())
end

local function say_lint(rows, refused)
    local said = {}
    for _, row in ipairs(rows) do
        if row.ok then
            cli.write(("%s: ok (%s, %d columns)%s\n"):format(row.file,
                row.table, row.columns, row.note and "; " .. row.note or ""))
        else
            said[row.error] = true
            cli.fail(row.error)
        end
    end
    for _, err in ipairs(refused) do
        if not said[err] then
            cli.fail(err)
        end
    end
end

function actions.lint(opts)
    local files, refused = table.move(opts, 2, #opts, 1, {}), {}
    if #files == 0 then
        files, refused = files_in_force()
    end
    local rows, failed = {}, #refused > 0
    for i, file in ipairs(files) do
        local schema, err = schemas.lint(file)
        rows[i] = json.object {
            { "file", file },
            { "ok", schema ~= nil },
            { "table", schema and schema.table },
            { "columns", schema and #schema.columns },
            { "note", schema and err },
            { "error", not schema and err or nil },
        }
        failed = failed or not schema
    end
    if not opts.json then
        say_lint(rows, refused)
        return cli.done(failed and cli.FAILED or cli.OK)
    end
    for _, err in ipairs(refused) do
        rows[#rows + 1] = json.object { { "ok", false }, { "error", err } }
    end
    local code = cli.json(json.array(rows))
    return failed and cli.FAILED or code
end

function command.main(opts)
    local action = actions[opts[1] or ""]
    if not action then
        return cli.usage(command, "say list, show or lint")
    elseif opts[1] == "list" and #opts > 1 then
        return cli.usage(command, ("'%s' is one argument too many")
            :format(opts[2]))
    end
    local excess = opts[1] ~= "show"
        and cli.misplaced(opts, "schema " .. opts[1], "json")
    if excess then return cli.usage(command, excess) end
    return action(opts)
end

return cli.command(command)
