--- propolis heal: makes tables match their schemas by adding what is missing.
local cli = require "propolis.cli"
local json = require "propolis.json"
local target = require "propolis.cli.target"

local command = {
    name = "heal",
    summary = "create tables and add missing columns, never more",
    usage = function() return [[
propolis heal --plan

usage: propolis heal [--plan] [--json] [--store URL|--remote] [TABLE...]
       propolis heal --log [--json]

  --plan        print what would be done and change nothing; exits 2 when
                something is to do
  --log         what was healed, when, by which version on which host
  --json        the same as one JSON document
]] .. target.help() .. [[

Tables and columns that differ in another way are reported with the statement
a person would run, and never touched.
]] end,
    options = { plan = "flag", json = "flag", log = "flag", store = "value",
        remote = "flag" },
}

-- Which schemas the words name (none: all), and sentences about files that
-- were refused; or nil and a sentence about a wrong word.
local function wanted(words)
    local schemas = require "propolis.schemas"
    local all, refused = schemas.list()
    if #words == 0 then return all, refused end
    local list, errors = {}, {}
    for _, word in ipairs(words) do
        local found, err, unknown = schemas.find(word)
        if unknown then return nil, err end
        list[#list + 1], errors[#errors + 1] = found, err
    end
    return list, errors
end

-- A drift as a sentence.
local function sentence(drift)
    local have = drift.have ~= "" and drift.have or "none"
    local column = cli.printable(drift.column)
    if drift.kind == "unknown" then
        return ("column %s (%s) is not in the schema"):format(column,
            cli.printable(have))
    end
    local what = { type = "type", null = "nullability", default = "default",
        case = "name" }
    return ("column %s: %s is %s, the schema says %s"):format(column,
        what[drift.kind] or drift.kind, cli.printable(have),
        cli.printable(drift.want ~= "" and drift.want or "none"))
end

-- What a person would run, as an SQL comment.
local function by_hand(drift)
    local sql = cli.printable(drift.sql or "")
    return sql:find("^%-%-") and sql or "-- by hand: " .. sql
end

local function drift_list(plan)
    local list = {}
    for i, drift in ipairs(plan.drift) do
        list[i] = json.object {
            { "column", cli.utf8(drift.column) },
            { "kind", drift.kind },
            { "have", cli.utf8(drift.have) },
            { "want", drift.want },
            { "sql", drift.sql and cli.utf8(drift.sql) or json.null },
        }
    end
    return json.array(list)
end

-- One document of both jobs: store, dialect, then what the job says.
local function document(store, errors, fields)
    local all = { { "store", store.url }, { "dialect", store.dialect } }
    table.move(fields, 1, #fields, #all + 1, all)
    all[#all + 1] = { "errors", json.array(errors) }
    return cli.json(json.object(all))
end

local function plan_json(store, plans, errors)
    for _, plan in ipairs(plans) do
        plan.drift = drift_list(plan)
    end
    return document(store, errors, {
        { "pending", #plans.statements > 0 },
        { "tables", json.pick_all(plans,
            { "table", "present", "statements", "drift" }) },
    })
end

-- An SQL script: what is to do as statements, all else as comments.
local function plan_text(plans)
    for _, plan in ipairs(plans) do
        local n = #plan.statements
        local state = not plan.present and "is to be created"
            or n == 0 and "nothing to do"
            or ("%d statement%s to run"):format(n, n == 1 and "" or "s")
        cli.write(("-- %s: %s\n"):format(plan.table, state))
        for _, statement in ipairs(plan.statements) do
            cli.write(statement, ";\n")
        end
        for _, drift in ipairs(plan.drift) do
            cli.write("-- ", sentence(drift), "\n", by_hand(drift), "\n")
        end
    end
    return cli.done()
end

local function show_plan(opts, store, plans, errors)
    local code = opts.json and plan_json(store, plans, errors)
        or plan_text(plans)
    if code == cli.OK and #plans.statements > 0 then return cli.PENDING end
    return code
end

local NOTHING = { created = false, missing = {}, altered = {}, indexed = 0 }

-- Heals the tables whose plan is not empty; one look is enough for the rest.
-- One after the other, so that a person sees which takes its time.  Returns
-- what was done by table, or nil and an error.
local function heal_pending(store, list, plans, progress)
    local pending, done = {}, {}
    for i, plan in ipairs(plans) do
        if #plan.statements > 0 then
            pending[#pending + 1] = list[i]
        end
    end
    for i, schema in ipairs(pending) do
        progress:step("healing %s (%d of %d) ...", schema.table, i, #pending)
        local entry, err = store:heal(schema)
        if not entry then return nil, err end
        done[entry.table] = entry
    end
    return done
end

local function heal_json(store, plans, done, errors)
    local tables = {}
    for i, plan in ipairs(plans) do
        local entry = done[plan.table] or NOTHING
        tables[i] = json.object {
            { "table", plan.table },
            { "created", entry.created },
            { "missing", json.array(entry.missing) },
            { "added", json.array(entry.altered) },
            { "indexed", entry.indexed },
            { "index_error", entry.index_error or json.null },
            { "drift", drift_list(plan) },
        }
    end
    return document(store, errors, { { "tables", json.array(tables) } })
end

-- What was done to one table, in words.
local function summary(entry)
    local words = {}
    if entry.created then
        words[1] = "created"
    end
    if #entry.altered > 0 then
        words[#words + 1] = "added " .. table.concat(entry.altered, ", ")
    end
    if entry.indexed > 0 then
        words[#words + 1] = entry.indexed == 1 and "made 1 index"
            or ("made %d indexes"):format(entry.indexed)
    end
    if #words == 0 and #entry.missing > 0 then
        words[1] = "another writer added " .. table.concat(entry.missing, ", ")
    end
    return #words > 0 and table.concat(words, "; ") or "nothing to do"
end

local function heal_text(plans, done)
    local width = 0
    for _, plan in ipairs(plans) do
        width = math.max(width, #plan.table)
    end
    for _, plan in ipairs(plans) do
        local entry = done[plan.table] or NOTHING
        local name = plan.table .. (" "):rep(width - #plan.table)
        cli.write(name, "  ", summary(entry), "\n")
        if entry.index_error then
            cli.say("propolis: %s: index not made: %s", plan.table,
                entry.index_error)
        end
        for _, drift in ipairs(plan.drift) do
            cli.write((" "):rep(width), "  differs: ", sentence(drift), "\n")
        end
    end
    if #plans.drift > 0 then
        cli.say("propolis: %d difference%s left alone; 'propolis heal --plan'"
            .. " says what a person would run", #plans.drift,
            #plans.drift == 1 and "" or "s")
    end
end

local function do_heal(opts, store, list, plans, errors)
    local progress = require("propolis.cli.progress").start()
    local done, err = heal_pending(store, list, plans, progress)
    progress:close()
    if not done then
        return cli.fail(("cannot heal %s: %s"):format(store.url,
            tostring(err)))
    elseif opts.json then
        return heal_json(store, plans, done, errors)
    end
    return heal_text(plans, done)
end

local function show_log(opts)
    local entries = cli.check(require("propolis.heal_log").read())
    if opts.json then return cli.json(json.array(entries)) end
    for _, entry in ipairs(entries) do
        local added = type(entry.added) == "table" and entry.added or {}
        entry.done = entry.created and "created" or nil
        if #added > 0 then
            entry.done = (entry.done and entry.done .. "; " or "") .. "added "
                .. table.concat(added, ", ")
        end
    end
    cli.write(cli.table(entries, { "when", "table", "done", "version", "host",
        "pid", "store" }))
end

local function run_on(opts, store, list, errors)
    local plans, err = store:plan(list)
    if not plans then
        return cli.fail(("cannot look at %s: %s"):format(store.url,
            tostring(err)))
    end
    if opts.plan then return show_plan(opts, store, plans, errors) end
    return do_heal(opts, store, list, plans, errors)
end

function command.main(opts)
    if opts.log then
        if opts.plan or opts[1] or opts.store or opts.remote then
            return cli.usage(command, "--log goes with --json only")
        end
        return show_log(opts)
    end
    local list, errors = wanted(opts)
    if not list then return cli.usage(command, errors) end
    for _, refused in ipairs(errors) do cli.fail(refused) end
    if #list == 0 then return cli.FAILED end
    local store <close> = cli.check(target.open(opts,
        opts.plan and "look" or "write"))
    local code = run_on(opts, store, list, errors)
    return #errors > 0 and cli.FAILED or code
end

return cli.command(command)
