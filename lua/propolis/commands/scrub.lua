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
propolis scrub --write

usage: propolis scrub [--write] [--json] [--store URL|--remote]

Reads every row and counts those in which the rules of today, shipped and your
own, find a secret.  With --write they are masked in place, and a SQLite file
keeps no page that held them.  The local store and the team's are two stores:
run it for each.

  --write       change the rows; without it nothing is changed
  --json        one object on stdout
]] .. target.help() end,
    options = { write = "flag", json = "flag", store = "value",
        remote = "flag" },
    args = { 0, 0 },
}

local function report(opts, list)
    local changed = 0
    for _, done in ipairs(list) do changed = changed + done.changed end
    if opts.json then
        for i, done in ipairs(list) do
            list[i] = json.object { { "table", done.table },
                { "rows", done.rows }, { "changed", done.changed } }
        end
        return cli.json(json.object { { "written", opts.write or false },
            { "tables", json.array(list) } })
    end
    cli.write(cli.table(list, { "table", "rows", "changed" }))
    if changed > 0 and not opts.write then
        cli.say("%d rows hold what is a secret today: 'propolis scrub --write'"
            .. " masks them", changed)
    end
end

function command.main(opts)
    local redactor, err = require("propolis.capture.redact").load(
        cli.check(require("propolis.config.places").paths()).config)
    if err then return cli.fail(err) end
    local store <close> = cli.check(target.open(opts,
        opts.write and "open" or "read"))
    local progress = require("propolis.cli.progress").start()
    local list, count = {}, 0
    for _, schema in ipairs((schemas.list())) do
        local done, why = scrub.table(store, schema, redactor, {
            write = opts.write, progress = function(n)
                count = count + n
                progress:count("%d rows", count)
            end })
        if not done then
            progress:close()
            return cli.fail(why)
        end
        done.table = schema.table
        list[#list + 1] = done
    end
    progress:close()
    if opts.write then cli.check(scrub.purge(store)) end
    if opts.write then
        cli.check(require("propolis.worker").prepare(
            cli.check(require("propolis.config").load(true)), true))
    end
    return report(opts, list)
end

return cli.command(command)
