--- The store that a command works on: --store URL, --remote, or the local one.
local target = {}

--- The lines of a usage text that explain the two options.
function target.help()
    return ([[
  --store URL   %s
  --remote      the team's store ('propolis config set store URL')
                without both: the local store]]):format(
        require("propolis.stores").forms())
end

-- URL and options by what was asked for, or nil and a sentence.
local function choose(opts)
    if opts.store and opts.remote then
        return nil, "say --store or --remote, not both"
    elseif opts.store then
        return opts.store, {}
    end
    local conf, err = require("propolis.config").load()
    if not conf then
        return nil, err
    elseif not opts.remote then
        return conf.local_store, {}, conf.paths.data
    elseif not conf.remote then
        return nil, "there is no remote store: 'propolis config set store"
            .. " URL' names one, 'propolis login' gets an account"
    end
    return conf.remote, require("propolis.stores").options(conf)
end

-- The store, when it was said that it lacks something.
local function complain(store, behind)
    behind = behind or store.behind
    if behind then
        require("propolis.cli").say("propolis: what hooks captured last is not"
            .. " in it yet: %s", behind)
    end
    return store
end

--- Opens it.
-- @param opts what cli.parse gave: store, remote
-- @param how "write" makes a SQLite file that is not there; "open" refuses to;
-- "read" too, and what it gives refuses to change anything;
-- "look" changes nothing and takes a file that is not there as empty
-- @param timeout_ms how long a statement on a PostgreSQL store may take, or nil
-- @return the store, or nil and a sentence
function target.open(opts, how, timeout_ms)
    local url, options, folder = choose(opts)
    if not url then return nil, options end
    local path, behind = url:match("^sqlite:(.*)$"), nil
    if path and how ~= "write" then
        local sys = require "engine.sys"
        local file, why = require("propolis.config.places").expand(path)
        if not file then return nil, why end
        if how == "read" then
            behind = select(2, require("propolis.capture.intake").before(file))
        end
        local there = path == ":memory:" or sys.stat(file) or how ~= "look"
            and require("propolis.capture.journal").waits(file)
        if not there and how ~= "look" then
            return nil, ("there is no store at %s%s"):format(path,
                folder and " yet: 'propolis heal' makes it" or "")
        elseif not there and path ~= "" then
            url = "sqlite::memory:"
        elseif how == "look" and path ~= ":memory:" then
            options = { readonly = true }
        end
    elseif folder then
        local sys = require "engine.sys"
        local ok, err = sys.mkdir(folder)
        if not ok then return nil, tostring(err) end
    end
    options.timeout_ms = timeout_ms
    if how == "read" then
        options.readonly = true
    end
    local store, err = require("propolis").open(url, options)
    if not store then return nil, tostring(err) end
    if path then
        store.url = "sqlite:" .. path
    end
    return complain(store, behind)
end

return target
