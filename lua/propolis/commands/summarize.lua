--- propolis summarize: the summary of a session, or of all that lack one.
local cli = require "propolis.cli"
local json = require "propolis.json"

local command = {
    name = "summarize",
    summary = "tell in short what came of a session",
    usage = [[
propolis summarize
propolis summarize 0a9fd714

usage: propolis summarize [SESSION] [--agent] [--force] [--json]

SESSION is a session's id, or its first characters.  Its summary is written into
the memory table and printed.  Without SESSION the sessions of this project (the
folder you stand in) that lack one get theirs.  A better summary is kept: one
that a model, a person or another product wrote, or that tells of more events.

  --agent   ask the session's own agent program for it, which asks a model
  --force   write it whatever is there
  --json    one object per session in an array]],
    options = { agent = "flag", force = "flag", json = "flag" },
    args = { 0, 1 },
}

-- A person's sessions of the project around the working folder, the last ones
-- first.
local function of_project(store, user)
    local names, paths = {}, {}
    for name in pairs(require("propolis.capture.project").names(
        cli.check(require("engine.sys").getcwd()))) do
        names[#names + 1] = name
    end
    if #names == 0 then return paths end
    for _, row in ipairs(cli.check(store:query([[SELECT path,
        MAX(creation_date) AS last FROM {t} WHERE author = ?
        AND project IN (??) GROUP BY path ORDER BY last DESC, path]],
        { t = require("propolis.schemas").sessions.table, user, names }))) do
        paths[#paths + 1] = row.path
    end
    return paths
end

-- Fills in the summary's text; true, or nil and a sentence.
local function write(store, conf, opts, made, before)
    local stored = require "propolis.summary.stored"
    if made.by_whom ~= conf.user then
        return nil, "it is a session of " .. cli.printable(made.by_whom)
    elseif not made.words then
        return nil, "nothing was said or done in it"
    end
    if opts.agent and not opts.force and stored.kind(before) == "other" then
        return nil, "it has one that was written elsewhere; --force"
            .. " overwrites it"
    end
    if not opts.agent then
        return require("propolis.summary.session").by_rule(made)
    end
    return require("propolis.summary.ask").write(store, conf, made, before)
end

-- One session: what session.read() gave, with .error or what stored.save()
-- says of it.
local function summarize(store, conf, opts, path, lacking)
    local stored = require "propolis.summary.stored"
    local made = require("propolis.summary.session").read(store, path, conf)
    if not made then return nil end
    made.before = cli.check(stored.load(store, { made.path }))[made.path]
    local kind = stored.kind(made.before)
    if lacking and kind ~= "none" and kind ~= "placeholder"
        and not opts.force then
        return nil
    end
    local ok, err = write(store, conf, opts, made, made.before)
    if ok then
        cli.check(stored.save(store, { made }, opts.force))
    else
        made.error = err
    end
    return made
end

local function as_json(list)
    local out = json.array()
    for i, made in ipairs(list) do
        out[i] = json.object {
            { "session", made.session }, { "path", made.path },
            { "events", made.offset }, { "by", made.by or json.null },
            { "written", not (made.error or made.kept or made.same) },
            { "why", made.error or made.kept or json.null },
            { "summary", made.kept and made.before.summary or made.text
                or json.null },
        }
    end
    return cli.json(out)
end

local function say(made)
    if made.error then
        cli.say("%s: %s", made.session, made.error)
    elseif made.kept then
        cli.say("%s keeps its summary: %s; --force overwrites it",
            made.session, made.kept)
    end
end

-- Prints the text of one, a line for each of many; the exit code.
local function report(opts, list, one)
    local failed = false
    for _, made in ipairs(list) do failed = failed or made.error ~= nil end
    if opts.json then
        local code = as_json(list)
        return failed and cli.FAILED or code
    end
    local rows = {}
    for _, made in ipairs(list) do
        say(made)
        local text = made.kept and made.before.summary or made.text
        if one and text then
            cli.write(text)
        elseif text then
            rows[#rows + 1] = { session = made.session, events = made.offset,
                summary = require("propolis.summary.page").description(text) }
        end
    end
    if #rows > 0 then
        cli.write(cli.table(rows, { "session", "events", "summary" }))
    elseif not one and not failed then
        cli.say("every session of this project has a summary")
    end
    return cli.done(failed and cli.FAILED or cli.OK)
end

function command.main(opts)
    local conf = cli.check(require("propolis.config").load())
    cli.check(require("propolis.capture.intake").take_in(conf))
    local file = conf.local_store:match("^sqlite:(.*)$")
    if not require("engine.sys").stat(file) then
        return cli.fail("no session was captured yet")
    end
    local store <close> = cli.check(require("propolis.sync").open_local(conf))
    local one = opts[1] ~= nil
    local paths = one and { cli.check(require("propolis.search.session").find(
        store, conf, opts[1])) } or of_project(store, conf.user)
    local progress, list = require("propolis.cli.progress").start(), {}
    for i, path in ipairs(paths) do
        progress:count("%d of " .. #paths .. " sessions", i)
        list[#list + 1] = summarize(store, conf, opts, path, not one)
    end
    progress:close()
    return report(opts, list, one)
end

return cli.command(command)
