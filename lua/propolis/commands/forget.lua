--- propolis forget: what was captured and is not to be kept.
local cli = require "propolis.cli"
local json = require "propolis.json"

local command = {
    name = "forget",
    summary = "remove for good what was captured",
    usage = [[
propolis forget --text "Project Nightingale" --dry-run
propolis forget --session 0192f3c4-5d1a-7b3e-9c00-8f2b6a1d4e77
propolis forget --project acme --since 2026-11-01 --until yesterday --remote

usage: propolis forget [--session ID] [--author NAME] [--project NAME]
                       [--text WORDS] [--since DATE] [--until DATE] [REF...]
                       [--remote] [--from-now-on] [--dry-run] [--yes] [--json]

Removes rows for good, after it has shown what goes and was told to go on.  All
that is said must hold for a row; of several REFs (as 'propolis search' shows
them, ids, or paths) one.  Events and documents (summaries, notes) are found by
anything; skills and rows of your own tables only by --text or a REF.  The
summary of a session goes with any of its events, as it may tell of them.

What goes: the rows, what of them waits in the journal or for the team, damaged
records that hooks left, lines of logs that quote them; and the bytes that a
file keeps of what was in it.  A note without any text stays, by which no sync,
import or hook brings the rows back.

  --session ID   of this session (its id, how that begins, or its path), up to
                 now: it may go on
  --from-now-on  and nothing of the session is recorded from now on
  --author NAME  by this author
  --project NAME of this project
  --text WORDS   with this text, as it stands and whatever its case, as a person
                 reads a row or anywhere in its JSON
  --since DATE   not before, and
  --until DATE   not after this date, as in '2 weeks ago' or 2026-11-03
  --remote       at the team's store as well; --all says the same.  What other
                 machines have fetched stays there, and they do not send it
                 again
  --dry-run      only show what would go
  --yes          do not ask
  --json         one object on stdout]],
    options = { session = "value", author = "value", project = "value",
        text = "value", since = "value", ["until"] = "value",
        remote = "flag", all = "flag", from_now_on = "flag",
        dry_run = "flag", yes = "flag", json = "flag" },
}

-- The criteria, or nil and what is wrong.
local function criteria_of(opts)
    local spec = { session = opts.session, author = opts.author,
        project = opts.project, text = opts.text }
    for _, option in ipairs { "since", "until" } do
        if opts[option] then
            local first, last = require("propolis.search.date").span(
                opts[option])
            if not first then
                return nil, ("--%s: %s"):format(option, last)
            end
            spec[option == "since" and "since" or "before"] =
                option == "since" and first or last
        end
    end
    if #opts > 0 then
        spec.refs = table.move(opts, 1, #opts, 1, {})
    end
    if not next(spec) then
        return nil, "say what to forget: --session, --author, --project,"
            .. " --text, --since, --until or a REF"
    end
    return spec
end

-- What is wrong with what was said, or nil.
local function mistake(opts, spec)
    if opts.text and not opts.text:find("%S") then
        return "--text needs a text that is more than spaces"
    elseif opts.from_now_on and not opts.session then
        return "--from-now-on goes with --session"
    elseif opts.dry_run and opts.yes then
        return "say --dry-run or --yes, not both"
    elseif opts.json and not opts.yes and not opts.dry_run then
        return "--json asks nothing: say --yes or --dry-run with it"
    elseif spec.since and spec.before and spec.since >= spec.before then
        return "no time is since --since and until --until"
    end
    for _, word in ipairs(opts) do
        local ok, why = true, nil
        if word:sub(1, 1) ~= "/" then
            ok, why = require("propolis.search.ref").condition(word, "sqlite")
        end
        if not ok then return why end
    end
end

-- Whether the person says so.
local function agreed(found)
    io.stderr:write(("Remove %d row%s for good? [y/N] "):format(found.count,
        found.count == 1 and "" or "s"))
    local answer = (io.read("l") or ""):lower()
    return answer == "y" or answer == "yes"
end

-- What went, as text.
local function say(result)
    local list = {}
    for _, store in ipairs(result.stores) do
        for name, n in pairs(store.rows) do
            list[#list + 1] = n > 0 and { rows = n, table = name,
                store = store.where } or nil
        end
    end
    table.sort(list, function(a, b)
        return a.store .. "\0" .. a.table < b.store .. "\0" .. b.table
    end)
    local count = 0
    for _, one in ipairs(list) do
        count = count + one.rows
        cli.write(("removed %d row%s of %s from %s\n"):format(one.rows,
            one.rows == 1 and "" or "s", one.table, one.store))
    end
    for name, n in pairs(result.places) do
        if n > 0 then cli.write(("removed %d %s\n"):format(n, name)) end
        count = count + n
    end
    if count == 0 then cli.write("nothing was there to be removed\n") end
end

-- The end: exit code 1 when something is left.
local function report(opts, found, result)
    local err = result.error and tostring(result.error)
    if opts.json then
        local fields = require("propolis.forget.shown").fields(found)
        table.insert(fields, 1, { "removed", not err })
        fields[#fields + 1] = { "left", json.array(result.left) }
        fields[#fields + 1] = { "error", err or json.null }
        cli.json(json.object(fields))
    else
        say(result)
    end
    for _, sentence in ipairs(result.left) do
        cli.say("propolis: not removed: %s", cli.printable(sentence))
    end
    if err then
        return cli.fail(("%s; run it again to go on with what is left")
            :format(err))
    end
    return #result.left > 0 and cli.FAILED or cli.OK
end

local function show(opts, found)
    local shown = require "propolis.forget.shown"
    if opts.json and opts.dry_run then
        local fields = shown.fields(found)
        table.insert(fields, 1, { "removed", false })
        cli.json(json.object(fields))
    elseif not opts.json then
        shown.print(found)
    end
end

-- Looks, shows and asks; the finding when it is to go on, else the exit code.
local function prepare(opts, spec, conf, progress)
    local forget, count = require "propolis.forget", 0
    local found, err = forget.look(conf, spec, { remote = opts.remote,
        progress = function(n)
            count = count + n
            progress:count("%d rows read", count)
        end })
    progress:close()
    if not found then return nil, cli.fail(err) end
    if found.count > 0 or opts.json then show(opts, found) end
    if opts.dry_run then
        if found.count == 0 and not opts.json then
            cli.say("nothing of that kind is there")
        end
        return nil, cli.done()
    end
    if opts.yes or found.count == 0 then return found end
    if not require("engine.sys").isatty(0) then
        return nil, cli.fail("nothing was removed: there is no terminal to"
            .. " ask on; --yes removes it without asking")
    end
    cli.done()
    if agreed(found) then return found end
    return nil, cli.fail("nothing was removed")
end

function command.main(opts)
    local spec, wrong = criteria_of(opts)
    wrong = wrong or mistake(opts, spec)
    if wrong then return cli.usage(command, wrong) end
    opts.remote = opts.remote or opts.all
    local conf = cli.check(require("propolis.config").load())
    if opts.remote and not conf.remote then
        return cli.fail("there is no remote store: 'propolis config set store"
            .. " URL' names one, 'propolis login' gets an account")
    end
    local progress <close> = require("propolis.cli.progress").start()
    local found, code = prepare(opts, spec, conf, progress)
    if not found then return code end
    local result = require("propolis.forget").run(conf, spec, {
        remote = opts.remote, from_now_on = opts.from_now_on,
        step = function(...) progress:step(...) end,
    })
    progress:close()
    return report(opts, found, result)
end

return cli.command(command)
