--- propolis: the public API.
--
--   local propolis = require "propolis"
--   local store = assert(propolis.open("sqlite:/path/x.db"))
--   store:ensure(propolis.schemas.memory)
--   store:insert(propolis.schemas.skills, { name = "x" })
--   for row in store:rows("SELECT name FROM skills") do print(row.name) end
local shown = require "propolis.stores.shown_url"
local sys = require "engine.sys"
local store = require "propolis.store"

local propolis = {
    version = sys.version,
}

local function open_sqlite(path, options)
    if path == "" then
        return nil, store.error("arg", "sqlite: needs a path, as in"
            .. " sqlite:/home/you/memory.db")
    end
    local file, why = require("propolis.config.places").expand(path)
    if not file then
        return nil, store.error("arg", why)
    end
    return require("engine.sqlite").open(file, options)
end

-- A workspace in the URL wins over the one of the options.
local function open_postgres(url, options)
    local workspace = options.workspace
    if url:find("[?&]workspace=") then
        workspace = nil
    end
    return require("engine.postgres").open(url, {
        workspace = workspace, connect_timeout = options.connect_timeout,
        timeout_ms = options.timeout_ms,
    })
end

-- deeplake: alone is the account in force; deeplake:https://HOST another API.
local function open_deeplake(url, options)
    local made, err = require("propolis.stores.deeplake").open(options, url)
    if not made then
        return nil, err
    end
    local opened = store.from(made)
    opened.query_all = made.query_all
    return opened
end

-- Scheme -> opener(rest of the URL or all of it, options).
local openers = {
    sqlite = function(url, options)
        return open_sqlite(url:sub(#"sqlite:" + 1), options)
    end,
    postgres = open_postgres,
    postgresql = open_postgres,
    deeplake = open_deeplake,
}

--- Opens a store.
--   "sqlite:PATH"       a file, made when it is not there
--   "postgres://..."    a schema of that database: options.workspace
--   "deeplake:[URL]"    the HTTP API, with the account in force
--   { dialect=, query= }  a store made of Lua functions: engine.store.from
-- @param options workspace, busy_ms, readonly, or a whole configuration
-- @return the store (close it, or declare it <close>), or nil, err
function propolis.open(url, options)
    if type(url) ~= "string" then
        return store.from(url)
    end
    local opener = openers[url:match("^(%a+):")]
    if not opener then
        return nil, store.error("arg", ("cannot open '%s': say sqlite:PATH,"
            .. " postgres://... or deeplake:"):format(shown(url)))
    end
    local opened, err = opener(url, options or {})
    if not opened then
        return nil, err
    end
    opened.url = shown(url)
    return opened
end

return setmetatable(propolis, {
    __index = function(_, name)
        if name == "schemas" then
            return require "propolis.schemas"
        end
    end,
})
