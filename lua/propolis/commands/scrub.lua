--- propolis scrub: secrets that were stored before today's rules knew them.
local cli = require "propolis.cli"
local json = require "propolis.json"
local schemas = require "propolis.schemas"
local scrub = require "propolis.capture.scrub"
local target = require "propolis.cli.target"

local command = {
    name = "scrub",
    summary = "mask secrets in what is stored already",
    usage = function() return [[
propolis scrub
propolis scrub --all --write

usage: propolis scrub [--write] [--json] [--all|--store URL|--remote]

Reads every row and counts those in which the rules of today, shipped and your
own, find a secret; for the local store also what this machine keeps beside it:
events that wait in the journal, the log, the REPL's history.  With --write they
are masked in place, and a SQLite file keeps no page that held them.

  --write       change the rows; without it nothing is changed
  --all         the local store, and the team's if there is one
  --json        one object on stdout
]] .. target.help() end,
    options = { write = "flag", json = "flag", all = "flag", store = "value",
        remote = "flag" },
    args = { 0, 0 },
}

-- What is to be looked at: a list of { what the output calls it, options }.
local function targets(opts)
    if opts.store then return { { opts.store, opts } } end
    if opts.remote then return { { "team", opts } } end
    local list = { { "local", {} } }
    if opts.all and cli.check(require("propolis.config").load()).remote then
        list[2] = { "team", { remote = true } }
    end
    return list
end

-- What was overwritten leaves a SQLite file, and what was made of the rows of
-- the local store is made anew.
local function clean_up(store)
    local purge = require "propolis.forget.purge"
    local conf = cli.check(require("propolis.config").load(true))
    if store.url ~= conf.local_store then return purge.run(store) end
    local held <close> = cli.check(require("propolis.forget.locks").take(conf))
    local ok, err = purge.run(store)
    if ok then ok, err = require("propolis.forget.derived").renew(conf) end
    return held and ok, err
end

local function scrub_store(name, where, work)
    local store <close> = cli.check(target.open(where,
        work.write and "open" or "read"))
    for _, schema in ipairs((schemas.list())) do
        local done = cli.check(scrub.table(store, schema, work.redactor, work))
        done.store, done.table = name, schema.table
        work.tables[#work.tables + 1] = done
    end
    if work.write then cli.check(clean_up(store)) end
end

local function scrub_files(paths, work)
    local files = require "propolis.capture.scrub_files"
    for _, path in ipairs(cli.check(files.list(paths))) do
        local found = cli.check(files.file(path, work.redactor, work))
        if found > 0 then
            work.files[#work.files + 1] = { file = path, secrets = found }
        end
    end
end

local function print_json(work)
    for _, list in ipairs { { work.tables, "store", "table", "rows",
        "changed" }, { work.files, "file", "secrets" } } do
        for i, one in ipairs(list[1]) do
            local fields = {}
            for k = 2, #list do
                fields[k - 1] = { list[k], one[list[k]] }
            end
            list[1][i] = json.object(fields)
        end
    end
    return cli.json(json.object { { "written", work.write },
        { "tables", json.array(work.tables) },
        { "files", json.array(work.files) } })
end

local function report(opts, work)
    if opts.json then return print_json(work) end
    local changed = 0
    for _, done in ipairs(work.tables) do changed = changed + done.changed end
    cli.write(cli.table(work.tables, opts.all
        and { "store", "table", "rows", "changed" }
        or { "table", "rows", "changed" }))
    if #work.files > 0 then
        cli.write("\n", cli.table(work.files, { "file", "secrets" }))
    end
    if changed + #work.files > 0 and not work.write then
        cli.say("%d rows%s hold what is a secret today: 'propolis scrub%s"
            .. " --write' masks them", changed, #work.files > 0
            and (" and %d files"):format(#work.files) or "",
            opts.all and " --all" or opts.remote and " --remote" or "")
    end
end

function command.main(opts)
    if opts.all and (opts.store or opts.remote) then
        return cli.usage(command, "--all is the local store and the team's:"
            .. " say it alone")
    end
    local paths = cli.check(require("propolis.config.places").paths())
    local redactor, err = require("propolis.capture.redact").load(paths.config)
    if err then return cli.fail(err) end
    local progress <close> = require("propolis.cli.progress").start()
    local count = 0
    local work = { redactor = redactor, write = opts.write or false,
        tables = {}, files = {}, progress = function(n)
            count = count + n
            progress:count("%d rows", count)
        end }
    for _, where in ipairs(targets(opts)) do
        scrub_store(where[1], where[2], work)
    end
    if not opts.store and not opts.remote then scrub_files(paths, work) end
    progress:close()
    return report(opts, work)
end

return cli.command(command)
