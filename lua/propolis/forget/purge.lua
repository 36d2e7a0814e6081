--- purge: takes what was deleted or overwritten out of a SQLite file and its
-- log, where freed pages keep their bytes until then.
local marks = require "propolis.sync.marks"
local outbox = require "propolis.sync.outbox"

local purge = {}

local WORD = "purge" -- in the state, while bytes may be left in the file

--- Notes, in the caller's transaction, that the file is to be purged.
-- @return true, or nil, err
function purge.owe(store)
    return outbox.set(store, { [WORD] = "owed" })
end

--- Whether a purge was cut short, or never began.
function purge.owed(store)
    return outbox.get(store, WORD) == "owed"
end

--- Notes that nothing is left to be done.
-- @return true, or nil, err
function purge.settle(store)
    return outbox.set(store, { [WORD] = "" })
end

-- VACUUM writes every page anew; what is stored stays.
local function rewrite(store)
    local list, err = marks.note(store)
    local ok = list
    if ok and #list > 0 then
        ok, err = store:transaction(function()
            return marks.reset(store, list)
        end)
    end
    if ok then ok, err = store:exec("VACUUM") end
    if ok and #list > 0 then
        ok, err = store:transaction(function()
            return marks.set(store, list)
        end)
    end
    return ok, err
end

-- The log comes into the file and is cut off; who reads meanwhile forbids it.
local function empty_log(store)
    local rows, err = store:query("PRAGMA wal_checkpoint(TRUNCATE)")
    if not rows then return nil, err end
    if rows[1] and rows[1].busy ~= 0 then
        return nil, require("engine.store").error("busy", "what was removed is"
            .. " still in the store's log, as another process reads the store")
    end
    return true
end

--- Purges the file of a store; others have nothing to be purged.
-- @return true, or nil, err
function purge.run(store)
    if store.dialect ~= "sqlite" then return true end
    local ok, err = rewrite(store)
    if ok then ok, err = empty_log(store) end
    return ok, err
end

return purge
