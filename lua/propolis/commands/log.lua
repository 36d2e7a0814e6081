--- propolis log: the sessions that are stored, or one of them as a story.
local cli = require "propolis.cli"
local filter = require "propolis.search.filter"
local target = require "propolis.cli.target"

local command = {
    name = "log",
    summary = "list sessions, or tell one as a story",
    usage = function() return [[
propolis log
propolis log --all --since 'last week'
propolis log 0f3b9a52

usage: propolis log [FILTER...] [--limit N] [--json] [--store URL|--remote]
       propolis log [--json] [--store URL|--remote] SESSION

Without SESSION it lists sessions of the project that you stand in, newest
first: when, who, with which agent, how many events, the first prompt.  With
SESSION (its id, the beginning of it, or a reference that search printed) it
tells that one: prompts, replies, tools with what they were called with, and
what failed.  On a terminal a pager is used: $PAGER, else less.

]] .. filter.help .. [[

  --limit N     at most so many sessions (20, at most 1000)
  --json        one array on stdout, of sessions (session, path, first, last,
                author, agent, project, events, prompt) or of one's events (id,
                ref, path, table, kind, created, author, agent, project,
                session, text; of a tool's call also tool, arguments, command,
                failed, exit)
]] .. target.help() end,
    options = { limit = "value", json = "flag", store = "value",
        remote = "flag" },
    args = { 0, 1 },
}
for name, kind in pairs(filter.options) do command.options[name] = kind end

local LIMIT = 20
local BOUND = 1500 -- bytes of a result that failed
local LINES = 60 -- of one event

-- Listing -------------------------------------------------------------------

local COLUMNS = { "when", "who", "agent", "project", "events", "session",
    "prompt" }

-- The part of a session's id that tells it apart.
local function short(id)
    return id:match("^%x%x%x%x%x%x%x%x%-%x%x%x%x%f[%-]") or id
end

local function list_json(list)
    local json = require "propolis.json"
    return require("propolis.search.json").write(json.pick_all(list, {
        "session", "path", "first", "last", "author", "agent", "project",
        "events", "prompt" }))
end

-- Says why there is nothing.
local function nothing(f, opts)
    cli.say("propolis: no session%s%s", filter.words(f, opts),
        f.projects and not opts.project and "; --all lists those of every"
        .. " project" or "")
end

local function list_sessions(store, conf, f, opts, limit)
    local print_of = require "propolis.search.print"
    local message = require "propolis.search.message"
    local list = cli.check(require("propolis.search.session").list(store, conf,
        f, limit))
    if #list == 0 then nothing(f, opts) end
    if opts.json then return list_json(list) end
    if #list == 0 then return end
    local lines = {}
    for i, one in ipairs(list) do
        lines[i] = { when = print_of.time(one.last), who = one.author,
            agent = one.agent, project = one.project, events = one.events,
            session = short(one.session),
            prompt = message.head((one.prompt or ""):gsub("%s+", " "), 200) }
    end
    local out <close> = require("propolis.cli.pager").open()
    out:write(cli.table(lines, COLUMNS))
end

-- A story -------------------------------------------------------------------

local WHO = { prompt = "author", reply = "agent", thought = "agent" }

-- The line above what an event says.
local function head(e)
    local print_of = require "propolis.search.print"
    local who = WHO[e.kind] and e[WHO[e.kind]]
    who = who and who ~= "" and cli.printable(who:sub(1, 80)) or e.kind
    if e.kind == "prompt" then
        who = cli.colour(who, "green")
    elseif e.kind == "thought" then
        who = who .. " (a thought)"
    elseif e.kind == "tool" then
        who = "tool"
    end
    if e.m.failed then who = who .. " " .. cli.colour("failed", "red") end
    return ("%s  %s  %s"):format(print_of.time(e.created, "%H:%M:%S"), who,
        cli.colour(cli.printable(e.ref), "dim"))
end

local function tell_event(out, e)
    local print_of = require "propolis.search.print"
    local message = require "propolis.search.message"
    if not out:write(head(e), "\n") then return false end
    local text = e.m.text
    if e.kind == "tool" then
        text = e.m.failed and message.text(e.m, BOUND)
            or e.m.tool .. ": " .. e.m.arguments
    end
    if not text:find("%S") then return true end
    return print_of.text(out, message.cut(text, message.longest), LINES)
end

-- The day above the first event of each.
local function tell(store, conf, path)
    local print_of = require "propolis.search.print"
    local out <close> = require("propolis.cli.pager").open()
    local day
    for e in require("propolis.search.rows").session(store, conf, "path = ?",
        { path }) do
        local today = print_of.time(e.created, "%Y-%m-%d, %A")
        if not day then
            out:write(("session %s by %s with %s in %s\n"):format(
                cli.printable(path), cli.printable(e.author),
                cli.printable(e.agent), cli.printable(e.project)))
        end
        if today ~= day then
            out:write("\n", cli.colour(today, "bold"), "\n")
        end
        day = today
        if not tell_event(out, e) then break end
    end
end

-- One array, written as the rows come.
local function tell_json(store, conf, path)
    local as_json = require "propolis.search.json"
    local json = require "propolis.json"
    local list = {}
    for e in require("propolis.search.rows").session(store, conf, "path = ?",
        { path }) do
        list[#list + 1] = as_json.entry(e)
    end
    return as_json.write(json.array(list))
end

function command.main(opts)
    local limit, wrong = require("propolis.search.limit").of("limit",
        opts.limit, LIMIT, 1)
    if not limit then return cli.usage(command, wrong) end
    local excess = opts[1] and cli.misplaced(opts, "a session", "json",
        "store", "remote")
    if excess then return cli.usage(command, excess) end
    local f, why = filter.of(opts)
    if not f then return cli.usage(command, why) end
    local conf = cli.check(require("propolis.config").load())
    local store <close> = cli.check(target.open(opts, "read"))
    if not opts[1] then return list_sessions(store, conf, f, opts, limit) end
    local path = cli.check(require("propolis.search.session").find(store, conf,
        opts[1]))
    return (opts.json and tell_json or tell)(store, conf, path)
end

return cli.command(command)
