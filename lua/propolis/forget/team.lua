--- team: what is forgotten leaves the team's store.
local exchange = require "propolis.sync.exchange"
local forgotten = require "propolis.sync.forgotten"
local outbox = require "propolis.sync.outbox"
local purge = require "propolis.forget.purge"
local rows_of = require "propolis.sync.rows"
local sync = require "propolis.sync"
local sys = require "engine.sys"

local team = {}

local function for_ever() return true end

-- The ids of a table's rows that are still there, and how many rows have none.
local function left(remote, one)
    local ids = {}
    for _, id in ipairs(one.ids) do
        ids[#ids + 1] = id ~= "" and id or nil
    end
    local rows = assert(rows_of.with_ids(remote, one.schema, ids, { "id" }))
    return rows, #one.ids - #ids
end

-- Why rows are still there, in words.
local function why(remote, one, rows)
    local ok, err = exchange.delete(remote, one.schema, { rows[1].id },
        sys.now())
    return ok and "it was written again meanwhile" or tostring(err)
end

local function check(remote, one, tell)
    local rows, nameless = left(remote, one)
    if nameless > 0 then
        tell("%d rows of %s have no id and stay at the team's store", nameless,
            one.schema.table)
    end
    if #rows > 0 then
        tell("%d of %d rows of %s stay at the team's store: %s", #rows,
            #one.ids, one.schema.table, why(remote, one, rows))
    end
    return #one.ids - nameless - #rows
end

-- Whether tombstones wait here that the team's store did not take.
local function untold(store)
    local rows = store:query("SELECT 1 AS n FROM {o} WHERE tbl = ? LIMIT 1",
        { o = outbox.schema.table, forgotten.shared.name })
    return rows ~= nil and rows[1] ~= nil
end

--- Removes what was found there, after the tombstones went there; raises what
-- stops it.
-- @param found by propolis.forget.find, in the remote
-- @param result gets what went, and what is left
function team.remove(conf, remote, found, opts, result)
    local store <close> = assert(sync.open_local(conf))
    opts.step("removing %d rows at the team's store", found.count)
    sync.prepare_for(conf, store, remote)
    exchange.run(store, remote, for_ever, { send = true })
    local rows = {}
    if untold(store) then
        table.insert(result.left, ("other machines of the team do not learn of"
            .. " it and may send the rows again: the account may not write to"
            .. " the table %s there"):format(forgotten.shared.table))
    end
    for _, one in ipairs(found.tables) do
        rows[one.schema.table] = check(remote, one, function(fmt, ...)
            table.insert(result.left, fmt:format(...))
        end)
    end
    table.insert(result.stores, { where = remote.url, rows = rows })
    local ok, err = purge.run(remote)
    if not ok then table.insert(result.left, tostring(err)) end
end

return team
