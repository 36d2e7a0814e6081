--- adopt: memory captured before a login comes into the account's store.
--
-- Rows of the `local` stores are copied, never moved, each with its outbox
-- row, one transaction per batch.  A row that is there already (by its id; a
-- document by its path) is not copied again, so a run that was cut short is
-- simply run again; one that was forgotten is not copied at all.
local forgotten = require "propolis.sync.forgotten"
local outbox = require "propolis.sync.outbox"
local rows_of = require "propolis.sync.rows"
local schemas = require "propolis.schemas"
local sync = require "propolis.sync"
local sys = require "engine.sys"

local adopt = {}

local BATCH = 200

local function file_of(url)
    return (url:gsub("^sqlite:", ""))
end

--- The files of the stores without an account, but for the one in use.
function adopt.sources(conf)
    local list, seen = {}, { [file_of(conf.local_store)] = true }
    for _, name in ipairs(sys.list(conf.paths.data) or {}) do
        local store = name:match("^(local@.*)%.db$")
            or name:match("^(local@.*)%.journal$")
            or name:match("^(local@.*)%.journal%.taken$")
        local path = store and ("%s/%s.db"):format(conf.paths.data, store)
        if path and not seen[path] then
            seen[path], list[#list + 1] = true, path
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
    local found, last = assert(source:query([[SELECT {c} FROM {t}
        WHERE rowid > ? ORDER BY rowid LIMIT ?]],
        { c = columns, t = schema.table, after, BATCH })), nil
    for _, row in ipairs(found) do
        last, row.rowid = row.rowid, nil
    end
    return rows_of.portable(schema, found), last
end

-- One table of one source into the target: how many rows were new.
local function copy_table(self, source, schema)
    local merges = schema.sync and schema.sync.merge
    local after = merges and 0 or mark(source, self.conf, schema.name)
    local count = 0
    local rows, last = read(source, schema, after)
    while #rows > 0 do
        local n = assert(self.target:put_many(schema,
            assert(forgotten.admitted(self.target, schema, rows)),
            { once = not merges }))
        assert(merges or source:transaction(function()
            return outbox.set(source,
                { [mark_key(self.conf, schema.name)] = last })
        end))
        count = count + n
        self.progress(n)
        rows, last = read(source, schema, last)
    end
    return count
end

-- Every table whose rows can be known again: those with an id.
local function copy_file(self, path, done)
    local rules = require "propolis.schemas.sync"
    local source <close> = assert(sync.open_local {
        paths = self.conf.paths, local_store = "sqlite:" .. path,
    })
    for _, schema in ipairs((schemas.list())) do
        local name = schema.name
        if not rules.stays(schema) then
            done.rows[name] = (done.rows[name] or 0)
                + copy_table(self, source, schema)
        end
    end
    table.insert(done.files, path)
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
    local done = { rows = {}, files = {} }
    local ok, err = pcall(function()
        local target <close> = assert(sync.open_local(conf))
        local self = { conf = conf, target = target,
            progress = progress or function() end }
        for _, path in ipairs(adopt.sources(conf)) do
            copy_file(self, path, done)
        end
    end)
    if not ok then return sync.failure(err) end
    return done
end

return adopt
