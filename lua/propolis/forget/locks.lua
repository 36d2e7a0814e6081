--- locks: what must not be at work while rows leave a local store: a sync,
-- which knows references by numbers that VACUUM changes, and whoever reads rows
-- for an index, a summary, or another store.
local sys = require "engine.sys"

local locks = {}

--- How long is waited for each (milliseconds).
locks.wait_ms = 30000

local Locks = {}

-- Gives all of them up, the last first.
function Locks:__close()
    for i = #self, 1, -1 do self[i]:release() end
end

Locks.__index = Locks

--- Takes them all.
-- @return what gives them up when it is closed; or nil, err
function locks.take(conf)
    local state, wait_ms = conf.paths.state, locks.wait_ms
    local ok, err = sys.mkdir(state)
    if not ok then return nil, err end
    local held = setmetatable({}, Locks)
    local name = conf.local_store:match("[^/]*$")
    for _, take in ipairs {
        function() return require("propolis.worker").lock(conf, wait_ms) end,
        function() return sys.lock(("%s/summaries-%s.lock"):format(state,
            name), wait_ms) end,
        function() return require("propolis.sync").lock(conf, wait_ms) end,
        function() return sys.lock(state .. "/adopt.lock", wait_ms) end,
    } do
        local lock, why = take()
        if not lock then
            Locks.__close(held)
            return nil, why.code == "busy" and require("engine.store").error(
                "busy", "a sync or another job in the background is at work:"
                .. " run it again when that is done") or why
        end
        held[#held + 1] = lock
    end
    return held
end

return locks
