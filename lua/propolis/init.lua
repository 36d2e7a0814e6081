--- propolis: the public API.
--
--   local propolis = require "propolis"
--   local store = assert(propolis.open("sqlite:/path/x.db"))
--   store:ensure(propolis.schemas.memory)
--   store:put(propolis.schemas.skills, { name = "x" })
--   for row in store:rows("SELECT name FROM skills") do print(row.name) end
local store = require "propolis.store"
local sys = require "engine.sys"

local propolis = {
    version = sys.version,
}

--- Opens a store; lua/propolis/stores/ has one file for each kind of URL.
--   "sqlite:PATH"       a file, made when it is not there; the local store
--                       with all that hooks captured
--   "postgres://..."    a schema of that database: options.workspace
--   "deeplake:[URL]"    the HTTP API, with the account in force
--   { dialect=, query= }  a store made of Lua functions: engine.store.from
-- @param options see stores.options; raises for a key that is none of them
-- @return the store (close it, or declare it <close>), or nil, err
function propolis.open(url, options)
    if type(url) ~= "string" then return store.from(url) end
    return require("propolis.stores").open(url, options)
end

return setmetatable(propolis, {
    __index = function(_, name)
        if name == "schemas" then return require "propolis.schemas" end
    end,
})
