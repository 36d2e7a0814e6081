--- stores: the local stores in which rows are looked for.
local sync = require "propolis.sync"
local sys = require "engine.sys"

local stores = {}

--- The file of a configuration's local store.
function stores.file(conf)
    return conf.local_store:match("^sqlite:(.*)$")
end

--- The local stores in which rows may be: that of the configuration, and those
-- without an account from which they may have come.
function stores.all(conf)
    local list = { conf }
    for _, path in ipairs(conf.logged_in
        and require("propolis.sync.adopt").sources(conf) or {}) do
        local copy = {}
        for key, value in pairs(conf) do copy[key] = value end
        copy.local_store, copy.remote = "sqlite:" .. path, nil
        list[#list + 1] = copy
    end
    local there = {}
    for _, one in ipairs(list) do
        local file = stores.file(one)
        if sys.stat(file)
            or require("propolis.capture.journal").waits(file) then
            there[#there + 1] = one
        end
    end
    return there
end

--- A local store with all that hooks captured; raises why it cannot be had.
function stores.open(conf)
    local store = assert(sync.open_local(conf))
    local ok, err = require("propolis.capture.intake").take_in(conf, store)
    if ok then return store end
    store:close()
    error(require("engine.store").error(err.code or "io", "what hooks captured"
        .. " cannot be taken into the store: " .. tostring(err)), 0)
end

return stores
