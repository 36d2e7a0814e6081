--- adopt: memory captured before a login comes into the account's store.
--
-- Rows of the `local` stores are copied, never moved, each with its outbox
-- row, one transaction per batch.  A row that is there already (by its id; a
-- document by its path) is not copied again, so a run that was cut short is
-- simply run again.
local merge = require "propolis.sync.merge"
local outbox = require "propolis.sync.outbox"
local rows_of = require "propolis.sync.rows"
local schemas = require "propolis.schemas"
local sys = require "engine.sys"

local adopt = {}

local BATCH = 200
local TABLES = { "sessions", "memory", "skills" }

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

--- How many events lie in stores without an account that this account's store
-- has not adopted.
-- @return the number, or nil, err
function adopt.pending(conf)
    local count = 0
    for _, path in ipairs(adopt.sources(conf)) do
        local source <close>, err = require("propolis").open("sqlite:" .. path)
        local found
        if source then
            found, err = source:query(
                "SELECT COUNT(*) AS n FROM {t} WHERE rowid > ?", {
                    t = schemas.sessions.table, mark(source, conf, "sessions"),
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

local function field(rows, name)
    local list = {}
    for i, row in ipairs(rows) do
        list[i] = row[name] or ""
    end
    return list
end

-- Which of these rows are there: id -> true.  The index on path leads where
-- there is one.
local function present(target, schema, rows)
    local text = "SELECT id FROM {t} WHERE id IN (??)"
    local values = { t = schema.table, field(rows, "id") }
    if rows[1].path then
        text = "SELECT id FROM {t} WHERE path IN (??) AND id IN (??)"
        table.insert(values, 1, field(rows, "path"))
    end
    local found, err = target:query(text, values)
    if not found then
        return nil, err
    end
    local ids = {}
    for _, row in ipairs(found) do
        ids[row.id] = true
    end
    return ids
end

local function queue(self, name, id)
    if not self.conf.remote then
        return true
    end
    return outbox.add(self.target, name, id, sys.now())
end

-- Rows that only ever come: those that are not there.
local function put_new(self, name, schema, rows)
    local ids, err = present(self.target, schema, rows)
    if not ids then
        return nil, err
    end
    local new = {}
    for _, row in ipairs(rows) do
        if not ids[row.id] then
            ids[row.id] = true
            new[#new + 1] = row
        end
    end
    local ok = true
    if #new > 0 then
        ok, err = self.target:insert_many(schema, new)
    end
    for _, row in ipairs(ok and new or {}) do
        ok, err = queue(self, name, row.id)
        if not ok then
            break
        end
    end
    if not ok then
        return nil, err
    end
    return #new
end

-- Documents: the newest of a path wins, under the id that the store has.
local function put_document(self, name, schema, row, dates)
    local how, err = merge.put(self.target, row, dates[row.path])
    if not how or how == "kept" then
        return how and 0, err
    end
    dates[row.path] = row.last_update_date or ""
    local id = row.id
    if how == "updated" then
        local found
        found, err = self.target:query("SELECT id FROM {t} WHERE path = ?",
            { t = schema.table, row.path })
        if not found then
            return nil, err
        end
        id = found[1].id
    end
    local ok
    ok, err = queue(self, name, id)
    return ok and 1, err
end

local function put_documents(self, name, schema, rows)
    local dates, err = merge.dates(self.target, field(rows, "path"))
    if not dates then
        return nil, err
    end
    local count = 0
    for _, row in ipairs(rows) do
        local n
        n, err = put_document(self, name, schema, row, dates)
        if not n then
            return nil, err
        end
        count = count + n
    end
    return count
end

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
local function copy_table(self, source, name)
    local schema = schemas[name]
    local put = name == "memory" and put_documents or put_new
    local after = name == "memory" and 0 or mark(source, self.conf, name)
    local count = 0
    while true do
        local rows, last = read(source, schema, after)
        if not rows then
            return nil, last
        elseif #rows == 0 then
            return count
        end
        local n, err = self.target:transaction(function()
            return put(self, name, schema, rows)
        end)
        local ok = n
        if ok and name ~= "memory" then
            ok, err = source:transaction(function()
                return outbox.set(source,
                    { [mark_key(self.conf, name)] = last })
            end)
        end
        if not ok then
            return nil, err
        end
        after, count = last, count + n
        self.progress(n)
    end
end

-- A store of this machine with all its tables, all of its spool taken in.
local function open_whole(conf, url)
    local own = { paths = conf.paths, local_store = url }
    local store, err = require("propolis.sync").open_local(own)
    if not store then
        return nil, err
    end
    local intake = require "propolis.capture.intake"
    local log = require "propolis.log"
    local spool = require "propolis.capture.spool"
    repeat
        local count = spool.ingest(own, function(records)
            return intake.put(store, records, sys.now())
        end, log.warn)
    until not count or count == 0
    return store
end

local function copy_file(self, path, done)
    local source <close>, err = open_whole(self.conf, "sqlite:" .. path)
    if not source then
        return nil, err
    end
    for _, name in ipairs(TABLES) do
        local n
        n, err = copy_table(self, source, name)
        if not n then
            return nil, err
        end
        done[name] = done[name] + n
    end
    return true
end

--- Copies what the stores without an account hold into the account's store.
-- @param progress nil, or a function told how many rows each batch brought
-- @return { sessions=, memory=, skills=, files = paths }, rows that were new;
-- or nil, err
function adopt.run(conf, progress)
    local held <close>, busy = sys.lock(conf.paths.state .. "/adopt.lock")
    if not held then
        return nil, busy.code == "busy" and "another adopt is at work" or busy
    end
    local target <close>, err = open_whole(conf, conf.local_store)
    if not target then
        return nil, err
    end
    local self = {
        conf = conf, target = target, progress = progress or function() end,
    }
    local done = { sessions = 0, memory = 0, skills = 0, files = {} }
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
