--- propolis config: what is set, and from where.
local cli = require "propolis.cli"
local config = require "propolis.config"
local json = require "propolis.json"

local command = {
    name = "config",
    summary = "show and change settings",
    usage = [[
propolis config set store postgres://memory.example.org/team

usage: propolis config list [--json]        every setting, its value and origin
       propolis config get NAME [--json]    one value as it is in force
       propolis config set NAME VALUE       write it into the settings file
       propolis config unset NAME           remove it from there
       propolis config path [WORD]          where the settings file is; WORD is
                                            data, state, config, memory,
                                            credentials or settings

An environment variable wins over the account file, that over the settings
file.  get also knows org_id, org_name, logged_in, remote and local_store.
]],
    options = { json = "flag" },
    args = { 0, 3 },
}

local DERIVED = { "org_id", "org_name", "logged_in", "remote", "local_store" }

local function is_derived(name)
    for _, known in ipairs(DERIVED) do
        if known == name then return true end
    end
    return false
end

-- The sentence for a name that is none of ours.
local function unknown(name)
    local names = {}
    for _, key in ipairs(config.keys) do
        names[#names + 1] = key.name
    end
    return ("there is no setting '%s'; known are %s"):format(name,
        table.concat(names, ", "))
end

-- A value for the eyes: a URL without its password.
local function masked(value)
    if type(value) == "string" then
        return require("propolis.stores").shown(value)
    end
    return value
end

-- The same as text; a list as `set` takes it.
local function as_text(value)
    return type(value) == "table" and table.concat(value, ":")
        or tostring(value)
end

local actions = {}

function actions.list(opts)
    local conf = cli.check(config.load())
    local rows = {}
    for i, key in ipairs(config.keys) do
        rows[i] = json.object {
            { "setting", key.name },
            { "value", masked(conf[key.name]) },
            { "from", conf.origin[key.name] },
            { "env", key.env },
            { "help", key.help },
        }
    end
    if opts.json then return cli.json(json.array(rows)) end
    for _, row in ipairs(rows) do
        row.value = row.value == nil and "-" or as_text(row.value)
        row.env = row.env or "-"
    end
    cli.write(cli.table(rows, { "setting", "value", "from", "env", "help" }))
end

function actions.get(opts)
    local name = opts[2]
    if not name then
        return cli.usage(command, "get needs the name of a setting")
    elseif not config.key(name) and not is_derived(name) then
        return cli.usage(command, unknown(name))
    end
    local conf = cli.check(config.load())
    local value = conf[name]
    if opts.json then
        return cli.json(value == nil and json.null or value)
    elseif value == nil then
        return cli.fail(("'%s' is not set"):format(name))
    end
    cli.write(as_text(value), "\n")
end

-- Says so when a setting is not what is in force.
local function warn_hidden(name)
    local conf, err = config.load()
    if not conf then return cli.say("propolis: " .. err) end
    local origin = conf.origin[name]
    if origin ~= "default" and not origin:find(conf.paths.settings, 1, true)
    then
        cli.say("propolis: %s wins over this setting", origin)
    end
end

local function change(name, value)
    if not config.key(name) then return cli.usage(command, unknown(name)) end
    cli.check(config.set(name, value))
    warn_hidden(name)
end

function actions.set(opts)
    if not opts[3] then
        return cli.usage(command, "set needs a name and a value")
    end
    return change(opts[2], opts[3])
end

function actions.unset(opts)
    if not opts[2] then
        return cli.usage(command, "unset needs the name of a setting")
    end
    return change(opts[2], nil)
end

function actions.path(opts)
    local paths = cli.check(config.paths())
    local word = opts[2] or "settings"
    if not paths[word] then
        return cli.usage(command, ("there is no path '%s'"):format(word))
    elseif opts.json then
        return cli.json(opts[2] and paths[word] or paths)
    end
    cli.write(paths[word], "\n")
end

local MOST = { list = 1, get = 2, set = 3, unset = 2, path = 2 }

function command.main(opts)
    local action = opts[1]
    if not actions[action or ""] then
        return cli.usage(command, "say list, get, set, unset or path")
    elseif #opts > MOST[action] then
        return cli.usage(command, ("'%s' is one argument too many")
            :format(opts[#opts]))
    elseif MOST[action] > 1 and action:find("set$") then
        local err = cli.misplaced(opts, action)
        if err then return cli.usage(command, err) end
    end
    return actions[action](opts)
end

return cli.command(command)
