--- writer: rows into a store, each queued for the team in the same
-- transaction; store:put and store:put_many say what for.  Hooks come here:
-- nothing is loaded before it is needed.
local writer = {}

-- Whether a file is the local store of a configuration with a remote, or was
-- synced with one that may be set again.  Who opens it for a configuration says
-- so; else the one in force is asked, once.
-- @return true or false; or nil, err
local function is_shared(store, file)
    if store.shared ~= nil or not file then return store.shared or false end
    local conf, err = require("propolis.config").load()
    if not conf then return nil, require("engine.store").error("arg", err) end
    local sys = require "engine.sys"
    local own = sys.realpath(conf.local_store:match("^sqlite:(.*)$"))
    file = sys.realpath(require("propolis.config.places").expand(file) or "")
    store.shared = own ~= nil and file == own and (conf.remote
        or require("propolis.sync.outbox").get(store, "remote")) ~= nil
    return store.shared
end

-- Rows that only ever appear, but for those that are there when each is wanted
-- once.  The new ones, or nil, err.
local function append(store, schema, rows, once)
    local new = rows
    if once then
        local there, err = require("propolis.sync.rows").present(store,
            schema, rows)
        if not there and err.code ~= "no_table" then return nil, err end
        new, there = {}, there or {}
        for _, row in ipairs(rows) do
            if not there[row.id] then
                there[row.id], new[#new + 1] = true, row
            end
        end
    end
    if #new == 0 then return new end
    local ok, err = store:insert_many(schema, new)
    return ok and new, err
end

-- The time of a change that is made now: behind the one that is there, though
-- that was made in the same millisecond, or by a clock that is ahead.
local function now_after(current)
    local now, utc = require("engine.sys").now(), require "propolis.date"
    local seconds = current and current.date >= now
        and utc.seconds(current.date)
    return seconds and utc.text(seconds + 1) .. ".000Z" or now
end

-- Rows of which the newest of a key wins, or the first when each is wanted
-- once.  What is new or changed, as { id = in this store }, or nil, err.
local function merged(store, schema, rows, once)
    local merge = require "propolis.sync.merge"
    local key, newest = schema.sync.merge, schema.sync.newest
    local current, err = merge.current(store, schema, rows)
    if not current and err.code ~= "no_table" then return nil, err end
    current = current or {}
    local changed = {}
    for _, row in ipairs(rows) do
        if not (once and current[row[key] or ""]) then
            row[newest] = row[newest]
                or now_after(current[row[key] or ""])
            local done, id = merge.put(store, schema, row, current)
            if not done then return nil, id end
            changed[#changed + 1] = done ~= "kept" and { id = id } or nil
        end
    end
    return changed
end

-- Rows without those that were forgotten here or by the team; a document that
-- is written anew is none.  A list, or nil, err.
local function admitted(store, schema, rows, once)
    local forgotten = require "propolis.sync.forgotten"
    if once or not (schema.sync and schema.sync.merge) then
        return forgotten.admitted(store, schema, rows)
    end
    local ok, err = forgotten.lift(store, schema, rows)
    return ok and rows, err
end

--- Puts prepared rows (see propolis.store) into a store, all or none; on a
-- remote one, merged rows are put one by one, and putting them again is safe.
-- What was forgotten (propolis.sync.forgotten) stays out of a local one.
-- @param opts { once = leave what is there, queue = queue them in any case, or
-- (false) in none }
-- @return how many are new or changed, or nil, err
function writer.put(store, schema, rows, opts)
    local file = (store.url or ""):match("^sqlite:(.+)$")
    local sync, shared, err = schema.sync, is_shared(store, file)
    if shared == nil then return nil, err end
    local queued = sync and opts.queue ~= false and (shared or opts.queue)
    local write = sync and sync.merge and merged or append
    local function put()
        local new, why = rows, nil
        if file then
            new, why = admitted(store, schema, rows, opts.once)
        end
        if new and #new > 0 then
            new, why = write(store, schema, new, opts.once)
        end
        local ok = new
        if new and queued then
            ok, why = require("propolis.sync.outbox").add(store, schema, new)
        end
        return ok and #new, why
    end
    if store:in_transaction() or not queued and (not file
        or write == append and not opts.once) then
        return put()
    end
    return store:transaction(put)
end

return writer
