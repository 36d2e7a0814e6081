--- What the REPL works with: its store, opened when first needed, and the
-- globals that are there already.
local session = {}

local url -- where the next store is; nil: the local store
local store

local function open()
    local where = url
    if not where then
        local config = require "propolis.config"
        local settings, err = config.load()
        if not settings then error(err, 0) end
        where = settings.local_store
        local made
        made, err = require("engine.sys").mkdir(config.paths().data)
        if not made then error(err, 0) end
    end
    local opened, err = require("propolis").open(where)
    if not opened then error(("cannot open %s: %s"):format(where, err), 0) end
    return opened
end

local LAZY = {
    store = function() return session.store() end,
    schemas = function() return require("propolis").schemas end,
    propolis = function() return require "propolis" end,
}

--- Names the store to work with and makes the globals; _G gets no new key
-- before one is used.
-- @param where a store's URL, or nil for the local store
function session.start(where)
    url = where
    setmetatable(_G, {
        __index = function(t, name)
            local make = LAZY[name]
            if not make then return nil end
            local value = make()
            rawset(t, name, value)
            return value
        end,
    })
end

--- The store, opened now if it was not, with what hooks captured until now;
-- raises when it cannot be opened.
function session.store()
    local file = store and (store.url or ""):match("^sqlite:(.+)$")
    if file and not store:in_transaction() then
        require("propolis.capture.intake").before(file)
    end
    store = store or open()
    return store
end

--- The store if it is open.
function session.current()
    return store
end

--- The dialect of what is typed: that of the open store, or what the URL of
-- the next one says.
function session.dialect()
    if store then return store.dialect end
    return (url or "sqlite:"):find("^sqlite:") and "sqlite" or "postgres"
end

--- The names the REPL offers before they are there.
function session.globals()
    return LAZY
end

--- The schemas as a list, and by table name; empty when they cannot be loaded.
function session.schemas()
    local ok, list = pcall(function()
        return require("propolis.schemas").list()
    end)
    local named = {}
    for _, schema in ipairs(ok and list or {}) do
        named[schema.table] = schema
    end
    return ok and list or {}, named
end

--- Closes the store and forgets it; the next use opens it again.
function session.close()
    local _ <close> = store
    store = nil
    rawset(_G, "store", nil)
end

--- Goes on with another store; raises, and keeps the old one, when it cannot
-- be opened.
function session.use(where)
    local before = url
    url = where
    local ok, opened = pcall(open)
    if not ok then
        url = before
        error(opened, 0)
    end
    session.close()
    store = opened
    return opened
end

return session
