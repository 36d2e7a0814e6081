--- The REPL's dot-commands.
local cli = require "propolis.cli"
local help = require "propolis.repl.help"
local session = require "propolis.repl.session"
local sql = require "propolis.repl.sql"

local dot = {}

local function say(fmt, ...)
    io.write(fmt:format(...), "\n")
end

local function tables()
    local _, known = session.schemas()
    local names = sql.catalogue(session.store())
    if #names == 0 then return say("no tables yet; .heal makes them") end
    for _, name in ipairs(names) do
        say("%s%s", name, known[name] and "" or "  (no schema)")
    end
end

local function schema_of(name)
    local _, known = session.schemas()
    if known[name] then
        local dialect = session.store().dialect
        return say("%s;", assert(require("engine.sql").create(known[name],
            dialect)))
    end
    local _, found = sql.catalogue(session.store())
    if not found[name] then return say("no table '%s'; see .tables", name) end
    io.write(cli.table(found[name], { "column", "type" }))
end

local function schema(name)
    if name ~= "" then return schema_of(name) end
    for _, s in ipairs((session.schemas())) do
        local columns = {}
        for i, column in ipairs(s.columns) do
            columns[i] = column.name
        end
        say("%s: %s", s.table, table.concat(columns, ", "))
    end
end

local function plan()
    local store = session.store()
    local entries = assert(store:plan())
    local pending = false
    for _, entry in ipairs(entries) do
        for _, statement in ipairs(entry.statements) do
            pending = true
            say("%s;", statement)
        end
        for _, drift in ipairs(entry.drift) do
            say("-- %s.%s: %s (has %s, schema says %s)%s", entry.table,
                drift.column, drift.kind, drift.have or "nothing",
                drift.want or "nothing",
                drift.sql and "\n-- " .. drift.sql or "")
        end
    end
    if not pending then
        say("-- nothing to add")
    end
end

local function heal()
    local changed = false
    for _, done in ipairs(assert(session.store():ensure())) do
        if done.created then
            changed = true
            say("%s: created", done.table)
        elseif #done.altered > 0 then
            changed = true
            say("%s: added %s", done.table, table.concat(done.altered, ", "))
        end
    end
    sql.forget()
    if not changed then
        say("every table has what its schema names")
    end
end

local function use_store(url)
    local store
    if url == "" then
        store = session.store()
    else
        store = session.use(url)
        sql.forget()
    end
    say("%s (%s)", store.url or tostring(store), store.dialect)
end

--- Each with its arguments, what it does, and the function; one that returns
-- true ends the session.
dot.commands = {
    tables = { "", "the store's tables", tables },
    schema = { "[TABLE]", "the schemas, or the SQL of one table", schema },
    plan = { "", "the SQL that heal would run, and drift", plan },
    heal = { "", "add what the store's tables lack", heal },
    store = { "[URL]", "show the store, or go on with another", use_store },
    help = { "[NAME]", "this, a command, or a function", function(name)
        io.write(help.about(name, dot.commands))
    end },
    quit = { "", "leave, as Ctrl-D does", function() return true end },
}

--- The function of a typed line, with its argument bound; or nil and a
-- sentence.
function dot.find(line)
    local name, argument = line:match("^%s*%.(%a+)%s*(.-)%s*;?%s*$")
    local found = name and dot.commands[name]
    if not found then
        return nil, ("no command '%s'; try .help"):format(
            line:match("^%s*(%S+)"))
    end
    return function() return found[3](argument) end
end

return dot
