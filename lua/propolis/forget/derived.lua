--- derived: what was made of the rows of a local store, and is made anew once
-- rows were changed or removed, so that nothing of them is left in it.
local sys = require "engine.sys"

local derived = {}

-- The search index: where there is none, none is made.
local function index(conf)
    local search = require "propolis.search.index"
    local _, path = require("propolis.search.file").paths(conf)
    return not sys.stat(path) or search.forget(conf)
end

-- What sessions are told of the past.
local function told(conf)
    local count, err = require("propolis.capture.prepared").clear(conf)
    if not count or count == 0 then return count, err end
    return require("propolis.search.prepare").run(conf)
end

--- One line each: { name =, renew = function(conf) that gives true; or nil,
-- err }.
derived.list = {
    { name = "the search index", renew = index },
    { name = "what sessions are told", renew = told },
}

--- Makes all of it anew; who calls holds the worker's lock, or needs none.
-- @param conf a configuration with a local store
-- @return true, or nil and the first error
function derived.renew(conf)
    local failed
    for _, one in ipairs(derived.list) do
        local fine, ok, err = sys.pcall(one.renew, conf)
        if not (fine and ok) then
            failed = failed or ("%s: %s"):format(one.name,
                tostring(fine and err or ok))
        end
    end
    return not failed or nil, failed
end

return derived
