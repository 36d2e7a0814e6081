--- propolis show REF: a stored row, and what happened around it.
local cli = require "propolis.cli"
local target = require "propolis.cli.target"

local command = {
    name = "show",
    summary = "show what a search found, and what happened around it",
    usage = function() return [[
propolis show 4f8cdc2a1ea5
propolis show --context 10 4f8c

usage: propolis show [--context N] [--json] [--store URL|--remote] REF

REF is a reference that search, log and show print, the beginning of one (4
characters or more), or a row's id.  What stands around an event in its session
is shown too, the event itself whole.  On a terminal a pager is used: $PAGER,
else less.

  --context N   how many events before and behind it (3, at most 1000)
  --json        one object on stdout: hit, and the lists before and after, each
                with id, ref, path, table, kind, created, author, agent,
                project, session, text; of a tool's call also tool, arguments,
                command, failed, exit
]] .. target.help() end,
    options = { context = "value", json = "flag", store = "value",
        remote = "flag" },
    args = { 1, 1 },
}

local CONTEXT = 3
local BOUND = 400 -- bytes of a neighbour's result
local LINES = 8 -- of a neighbour

-- The one row of a reference; ends the command when it is not one.
local function find(store, conf, text)
    local print_of = require "propolis.search.print"
    local shown = cli.printable(text:sub(1, 80))
    local found = cli.check(require("propolis.search.rows").by_ref(store, conf,
        text))
    if #found == 1 then return found[1] end
    if #found == 0 then
        cli.check(nil, ("there is no row '%s' in this store"):format(shown))
    end
    local names = {}
    for i = 1, math.min(#found, 3) do
        local e = found[i]
        names[i] = ("%s (%s, %s)"):format(cli.printable(e.id), e.kind,
            print_of.time(e.created))
    end
    cli.check(nil, ("'%s' is the beginning of %d rows, %s%s: write more of"
        .. " it"):format(shown, #found, table.concat(names, ", "),
        #found > 3 and ", ..." or ""))
end

local function print_json(e, before, behind)
    local as_json = require "propolis.search.json"
    local json = require "propolis.json"
    local function list_of(list)
        local all = {}
        for i, one in ipairs(list) do all[i] = as_json.entry(one) end
        return json.array(all)
    end
    return as_json.write(json.object {
        { "hit", as_json.entry(e, 1 << 20) }, { "before", list_of(before) },
        { "after", list_of(behind) } })
end

local function print_all(e, before, behind)
    local print_of = require "propolis.search.print"
    local out <close> = require("propolis.cli.pager").open()
    local function neighbours(list)
        for _, one in ipairs(list) do
            print_of.entry(out, one, { bound = BOUND, most = LINES })
        end
    end
    if e.table == "sessions" then
        out:write("session ", cli.printable(e.path), "\n\n")
    end
    neighbours(before)
    if #before > 0 then out:write("\n") end
    print_of.entry(out, e, { bound = 1 << 20, results = true })
    if #behind > 0 then out:write("\n") end
    neighbours(behind)
end

function command.main(opts)
    local n, wrong = require("propolis.search.limit").of("context",
        opts.context, CONTEXT, 0)
    if not n then return cli.usage(command, wrong) end
    local rows = require "propolis.search.rows"
    local conf = cli.check(require("propolis.config").load())
    local store <close> = cli.check(target.open(opts, "read"))
    local e = find(store, conf, opts[1])
    local before, behind = rows.around(store, conf, e, n)
    cli.check(before, behind)
    if opts.json then return print_json(e, before, behind) end
    print_all(e, before, behind)
end

return cli.command(command)
