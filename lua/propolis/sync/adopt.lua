--- adopt: memory captured before a login comes into the account's store.
--
-- Rows of the `local` stores are copied, never moved, each with its outbox
-- row, one transaction per batch.  A row that is there already (by its id; a
-- document by its path) is not copied again, so a run that was cut short is
-- simply run again.
local outbox = require "propolis.sync.outbox"
local rows_of = require "propolis.sync.rows"
local schemas = require "propolis.schemas"
local sys = require "engine.sys"

local adopt = {}

local BATCH = 200

local function file_of(url)
    return (url:gsub("^sqlite:", ""))
end

--- The files of the stores without an account, but for the one in use.
function adopt.sources(conf)
    local list = {}
    for _, name in ipairs(sys.list(conf.paths.data) or {}) do
        local path = conf.paths.data .. "/" .. name
        if name:find("^local@.*%.db$") and path ~= file_of(conf.local_store)
        then
            list[#list + 1] = path
        end
    end
    return list
end

-- Where the copying into a store stands is noted in the source, so that what
-- lies there is not offered again.  Documents change in place and are always
-- looked at.
local function mark_key(conf, name)
    return ("adopted/%s/%s"):format(conf.local_store:match("[^/]*$"), name)
end

local function mark(source, conf, name)
    return math.tointeger(outbox.get(source, mark_key(conf, name))) or 0
end

--- How many rows of a schema lie in stores without an account that this
-- account's store has not adopted.
-- @return the number, or nil, err
function adopt.pending(conf, schema)
    local count = 0
    for _, path in ipairs(adopt.sources(conf)) do
        local source <close>, err = require("propolis").open("sqlite:" .. path)
        local found
        if source then
            found, err = source:query(
                "SELECT COUNT(*) AS n FROM {t} WHERE rowid > ?", {
                    t = schema.table, mark(source, conf, schema.name),
                })
        end
        if found then
            count = count + found[1].n
        elseif err.code ~= "no_table" then
            return nil, err
        end
    end
    return count
end

-- Copying -------------------------------------------------------------------

-- The next rows of a source behind a place, and the place of the last.
local function read(source, schema, after)
    local columns = rows_of.columns(schema)
    columns[#columns + 1] = "rowid"
    local found, err = source:query([[SELECT {c} FROM {t} WHERE rowid > ?
        ORDER BY rowid LIMIT ?]],
        { c = columns, t = schema.table, after, BATCH })
    if not found then
        return nil, err
    end
    local last = #found > 0 and found[#found].rowid or nil
    for _, row in ipairs(found) do
        row.rowid = nil
    end
    return rows_of.portable(schema, found), last
end

-- One table of one source into the target: how many rows were new.
local function copy_table(self, source, schema)
    local merges = schema.sync and schema.sync.merge
    local after = merges and 0 or mark(source, self.conf, schema.name)
    local count = 0
    while true do
        local rows, last = read(source, schema, after)
        if not rows then
            return nil, last
        elseif #rows == 0 then
            return count
        end
        local n, err = self.target:put_many(schema, rows,
            { once = not merges })
        local ok = n
        if ok and not merges then
            ok, err = source:transaction(function()
                return outbox.set(source,
                    { [mark_key(self.conf, schema.name)] = last })
            end)
        end
        if not ok then
            return nil, err
        end
        after, count = last, count + n
        self.progress(n)
    end
end

-- A configuration's local store with all its tables, all of its spool taken in.
local function open_whole(conf)
    local store, err = require("propolis.sync").open_local(conf)
    if not store then
        return nil, err
    end
    local intake = require "propolis.capture.intake"
    local log = require "propolis.log"
    local spool = require "propolis.capture.spool"
    repeat
        local count = spool.ingest(conf, function(records)
            return intake.put(store, records)
        end, log.warn)
    until not count or count == 0
    return store
end

--- The schemas whose rows are copied: a row without an id cannot be known
-- again.
function adopt.schemas()
    local rules = require "propolis.schemas.sync"
    local list = {}
    for _, schema in ipairs((schemas.list())) do
        list[#list + 1] = not rules.stays(schema) and schema or nil
    end
    return list
end

local function copy_file(self, path, done)
    local source <close>, err = open_whole {
        paths = self.conf.paths, local_store = "sqlite:" .. path,
    }
    if not source then
        return nil, err
    end
    for _, schema in ipairs(adopt.schemas()) do
        local n
        n, err = copy_table(self, source, schema)
        if not n then
            return nil, err
        end
        done.rows[schema.name] = (done.rows[schema.name] or 0) + n
    end
    return true
end

--- Copies what the stores without an account hold into the account's store.
-- @param progress nil, or a function told how many rows each batch brought
-- @return { rows = { [schema's name] = how many were new }, files = paths }; or
-- nil, err
function adopt.run(conf, progress)
    local held <close>, busy = sys.lock(conf.paths.state .. "/adopt.lock")
    if not held then
        return nil, busy.code == "busy" and "another adopt is at work" or busy
    end
    local target <close>, err = open_whole(conf)
    if not target then
        return nil, err
    end
    local self = {
        conf = conf, target = target, progress = progress or function() end,
    }
    local done = { rows = {}, files = {} }
    for _, path in ipairs(adopt.sources(conf)) do
        local ok, why = copy_file(self, path, done)
        if not ok then
            return nil, why
        end
        table.insert(done.files, path)
    end
    return done
end

return adopt
