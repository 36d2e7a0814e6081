--- search.filter: the options of search and log that say which rows are meant.
local date = require "propolis.search.date"

local filter = {}

--- The options, and the lines of a usage text that explain them.
filter.options = { project = "value", all = "flag", user = "value",
    agent = "value", since = "value", ["until"] = "value" }

filter.help = [[
  --project P   only this project, not the one you stand in: the repository
                around the working folder, or else that folder, by its name;
                a worktree is its repository's
  --all         every project
  --user U      only what this user did
  --agent A     only this agent: claude-code, codex, cursor, ...
  --since D     from that day or moment on
  --until D     up to then.  A day, month or year counts whole, also as the
                end; a moment (with a time, or ago in hours or minutes) is left
                out, and all after it.  D is 'yesterday', 'last friday', '2
                weeks ago', 3d, 90m, 2026-11, 2026-11-03, '2026-11-03 14:00',
                'nov 3', in local time, or ISO 8601 with its zone]]

filter.kinds = { "prompt", "reply", "thought", "tool", "start", "end", "stop",
    "note", "raw", "summary", "skill" }

-- The set of a kind's name, or nil and a sentence.
local function checked_kind(kind)
    for _, known in ipairs(filter.kinds) do
        if known == kind then return kind end
    end
    return nil, ("there is no kind '%s', only %s"):format(kind,
        table.concat(filter.kinds, ", "))
end

-- The project that a command without --project is about: all its names, and
-- the one that it goes by.
local function standing_in()
    local cwd = require("engine.sys").getcwd()
    if not cwd then return nil end
    local project = require "propolis.capture.project"
    local names = project.names(cwd)
    return next(names) and names, project.folder(cwd):match("([^/]*)/*$")
end

local function set_dates(f, opts)
    local before, err
    if opts.since then
        f.since, err = date.span(opts.since)
        if not f.since then return nil, "--since: " .. err end
    end
    if opts["until"] then
        before, err = date.span(opts["until"])
        if not before then return nil, "--until: " .. err end
        f.before = err
    end
    if f.since and f.before and f.since >= f.before then
        return nil, ("nothing is since %s and until %s"):format(opts.since,
            opts["until"])
    end
    return f
end

--- The filter that options ask for.
-- @param opts what cli.parse gave
-- @return { projects = set of names or nil for all, called = the name that
-- they go by, user =, agent =, kind =,
-- since =, before = }, or nil and a sentence: what was asked for has no sense
function filter.of(opts)
    if opts.project and opts.all then
        return nil, "say --project or --all, not both"
    end
    local f = { user = opts.user, agent = opts.agent
        and opts.agent:gsub("-", "_") or nil }
    if opts.kind then
        local kind, err = checked_kind(opts.kind)
        if not kind then return nil, err end
        f.kind = kind
    end
    if opts.project then
        f.projects, f.called = { [opts.project] = true }, opts.project
    elseif not opts.all and not opts.session then
        f.projects, f.called = standing_in()
    end
    return set_dates(f, opts)
end

--- The names of a set, sorted.
function filter.names(set)
    local names = {}
    for name in pairs(set) do names[#names + 1] = name end
    table.sort(names)
    return names
end

--- A filter in words: " in project nest, by ada", or nothing.
function filter.words(f, opts)
    local parts = {}
    local function add(format, value)
        if value then parts[#parts + 1] = format:format(value) end
    end
    add("in project %s", f.called)
    add("in session %s", opts.session)
    add("by %s", f.user)
    add("with %s", opts.agent)
    add("of kind %s", f.kind)
    add("since %s", opts.since)
    add("until %s", opts["until"])
    local text = table.concat(parts, ", ")
    return text ~= "" and " " .. require("engine.text").printable(text) or ""
end

-- The columns of each table that a filter is about.
local COLUMNS = {
    sessions = { date = "creation_date", agent = "agent", path = "path" },
    memory = { date = "last_update_date", agent = "agent", path = "path" },
    skills = { date = "updated_at", agent = "source_agent" },
}

--- The column of a table that says when.
function filter.date(name)
    return COLUMNS[name].date
end

--- The condition of a filter in SQL.
-- @param name sessions (the default), memory or skills
-- @return text with a ? for each value, and the list of these
function filter.sql(f, name)
    local columns = COLUMNS[name or "sessions"]
    local parts, values = { "1 = 1" }, {}
    local function add(value, text, ...)
        if not value then return end
        parts[#parts + 1] = text:format(...)
        values[#values + 1] = value
    end
    if f.projects then
        local names = filter.names(f.projects)
        parts[2] = ("project IN (%s)"):format(("?, "):rep(#names - 1) .. "?")
        table.move(names, 1, #names, 1, values)
    end
    add(f.user, "author = ?")
    add(f.agent, "%s = ?", columns.agent)
    if columns.path then
        add(f.session, "path = ?")
        add(f.except_session, "path <> ?")
    end
    add(f.since, "%s >= ?", columns.date)
    add(f.before, "%s < ?", columns.date)
    return table.concat(parts, " AND "), values
end

return filter
