--- intake: what hooks captured goes into the local store.
--
-- A record is { table = a schema's name, row = {...}, once =, queue = }: once
-- says that the row may be there already (it was offered before, or its table
-- has one row per key) and then stays as it is; queue, that it was captured
-- for a team which the configuration may no longer name, or (false) for none.
--
-- They come from the journal: it is renamed, which hooks do not notice, stored,
-- and removed.  A process that dies on the way leaves the renamed file, and the
-- next one goes on with it: what the store has by then, it knows by the ids.
-- What the journal did not take comes from propolis.capture.fallback.
local fallback = require "propolis.capture.fallback"
local journal = require "propolis.capture.journal"
local log = require "propolis.log"
local spool = require "propolis.capture.spool"
local sys = require "engine.sys"
require "propolis.store"

local intake = {}

--- How long is waited for another process that writes (milliseconds).
intake.busy_ms = 2500

--- How long is waited for a hook that is just writing to a journal that was
-- taken away (milliseconds).
intake.hook_ms = 1000

--- What one transaction takes at most.
intake.rows, intake.bytes = 500, 4 << 20

-- Errors that say nothing about a record.
local ABOUT_STORE = { busy = true, io = true, denied = true, nomem = true,
    readonly = true, interrupted = true, schema = true }

--- Opens the local store of a configuration: the store, or nil, err.
function intake.open(conf)
    local sqlite = require "engine.sqlite"
    local path = conf.local_store:match("^sqlite:(.*)$")
    local ok, err = sys.mkdir(path:match("^(.*)/"))
    if not ok then return nil, err end
    local store
    store, err = sqlite.open(path, { busy_ms = intake.busy_ms })
    if not store then return nil, err end
    store.url, store.shared = conf.local_store, conf.remote ~= nil
    return store
end

-- Whether a record can go in one statement with the one before it.
local function alike(a, b)
    return b ~= nil and a.table == b.table and not a.once == not b.once
        and a.queue == b.queue
end

--- Stores all records in one transaction, all or none.
-- @return true, or nil, err
function intake.put(store, records)
    local schemas, runs = require "propolis.schemas", {}
    records = require("propolis.capture.own_calls").left_out(
        require("propolis.capture.probe").admitted(records))
    for i, record in ipairs(records) do
        local schema = assert(schemas[record.table], "no such table")
        if not alike(record, records[i - 1]) then
            runs[#runs + 1] = { schema = schema, rows = {},
                once = record.once, queue = record.queue }
        end
        table.insert(runs[#runs].rows, record.row)
    end
    return store:transaction(function()
        for _, run in ipairs(runs) do
            local n, err = store:put_many(run.schema, run.rows,
                { once = run.once, queue = run.queue })
            if not n then return nil, err end
        end
        return true
    end)
end

-- Taking in -----------------------------------------------------------------

-- Stores records, first all at once, then one by one, so that one which can
-- never be stored does not hold up the others: that is told to bad.
local function put_each(store, records, bad)
    local fine, ok, err = sys.pcall(intake.put, store, records)
    if fine and ok then return true end
    if fine and ABOUT_STORE[err.code] then return nil, err end
    if #records == 1 then
        bad(journal.record(records), tostring(fine and err or ok))
        return true
    end
    for _, record in ipairs(records) do
        ok, err = put_each(store, { record }, bad)
        if not ok then return nil, err end
    end
    return true
end

-- Stores what is in a file of the journal, each row once by its id, and before
-- each record what other journals took earlier.
-- @param path nil for all that they still have
-- @param early what they took (see propolis.capture.fallback)
local function put_file(store, path, early, bad)
    local batch, bytes = {}, 0
    local function flush()
        local records = batch
        batch, bytes = {}, 0
        if #records == 0 then return true end
        return put_each(store, records, bad)
    end
    local function add(list, size)
        for _, record in ipairs(list) do
            record.once = record.once or "id"
            batch[#batch + 1] = record
        end
        bytes = bytes + size
        if #batch < intake.rows and bytes < intake.bytes then return true end
        return flush()
    end
    local ok, err
    if path then
        ok, err = journal.read(path, function(list, size)
            local given, why = early:give(list[1].row.creation_date or "", add)
            if not given then return nil, why end
            return add(list, size)
        end, bad)
    else
        ok, err = early:give(nil, add)
    end
    if not ok then return nil, err end
    return flush()
end

-- Keeps bytes that could not be stored in a file whose name says what they are,
-- so that it is written once.
local function set_aside(path, pieces, why)
    if #pieces == 0 then return true end
    local bytes = table.concat(pieces)
    local name = ("%s.bad-%s"):format(path, sys.sha256(bytes):sub(1, 12))
    local ok, err = sys.replace(name, bytes, 384)
    if ok then
        log.error("journal: %d bytes could not be stored and are kept in %s: "
            .. "%s", #bytes, name, why)
    end
    return ok, err
end

-- Stores one file of the journal, all that can be; true, or nil, err.
local function take_file(store, path, name, early)
    local pieces, first = {}, nil
    local function bad(bytes, why)
        pieces[#pieces + 1], first = bytes, first or why
    end
    local ok, err = put_file(store, path, early, bad)
    if not ok then return nil, err end
    if not path then
        for _, bytes in ipairs(early.noise) do bad(bytes, "no record") end
    end
    return set_aside(name, pieces, first)
end

-- Takes the journal away from the hooks; one that was taken comes first.
-- @return its name now; nil when there is none that is a file; nil, err
local function take_away(file)
    local taken = journal.taken(file)
    local there = sys.stat(taken, true)
    if not there then
        local stat = sys.stat(journal.path(file), true)
        if stat and stat.type ~= "file" then return nil end
        local ok, err = sys.rename(journal.path(file), taken)
        if not ok then return nil, err.code ~= "none" and err or nil end
        there = sys.stat(taken, true)
    end
    if there.type == "file" then
        -- To be locked it must be writable.
        if there.mode & 384 ~= 384 then sys.chmod(taken, 384) end
        return taken
    end
    return nil, require("engine.store").error("io", taken .. " is no file")
end

-- Stores what is whole in a journal to which a hook that was stopped may go on
-- to write, and behind it, and leaves both.
local function copy_whole(store, file, early)
    for _, path in ipairs { journal.taken(file), journal.path(file) } do
        if sys.stat(path) then
            local ok, err = put_file(store, path, early, function() end)
            if not ok then return nil, err end
        end
    end
    return true
end

-- Stores the journal that was taken away, what came meanwhile, and what other
-- journals took.
local function take_all(store, file, taken, early)
    local err
    while taken do
        local alone <close> = sys.lock(taken, intake.hook_ms)
        if not alone then return copy_whole(store, file, early) end
        local ok, why = take_file(store, taken, journal.path(file), early)
        if ok then
            ok, why = sys.remove(taken)
        end
        if not ok then return nil, why end
        taken, err = take_away(file)
    end
    if err then return nil, err end
    local ok, why = take_file(store, nil, journal.path(file), early)
    if ok then return early:remove() end
    return nil, why
end

-- The local store with all its tables, as far as they can be had.
local function open_whole(conf)
    local store, err = intake.open(conf)
    if not store then return nil, err end
    store.shared = false -- each record says whether it is
    local fine, why = sys.pcall(function()
        require("propolis.sync.legacy").adopt(store)
        assert(store:ensure())
    end)
    for _, refused in ipairs(require("propolis.schemas").refused()) do
        log.error("%s", refused)
    end
    if fine then return store end
    if ABOUT_STORE[why.code] and why.code ~= "schema" then
        store:close()
        return nil, why
    end
    log.warn("tables not ensured: %s", why)
    return store
end

local function take_in(conf, file, store)
    local ok, err = sys.mkdir(file:match("^(.*)/"))
    if not ok then return nil, err end
    local lock <close>, busy = sys.lock(journal.path(file) .. ".lock",
        intake.busy_ms)
    if not lock then return nil, busy end
    ok, err = spool.move(conf.paths.state, file)
    if not ok then return nil, err end
    local early <close> = fallback.take(conf, intake.hook_ms)
    local taken, why = take_away(file)
    if why then return nil, why end
    if not taken and not early.files[1] then return true end
    if store then return take_all(store, file, taken, early) end
    local own <close>, unopened = open_whole(conf)
    if not own then return nil, unopened end
    return take_all(own, file, taken, early)
end

-- Says what keeps events waiting, for the next session's start; nil forgets it.
local function note(file, err)
    local path = journal.why(file)
    if err then
        sys.replace(path, tostring(err), 384)
    elseif sys.stat(path) then
        sys.remove(path)
    end
end

--- Whether anything waits to be taken in.
function intake.waits(conf)
    return journal.waits(conf.local_store:match("^sqlite:(.*)$"))
        or spool.waits(conf.paths.state) or #fallback.files(conf) > 0
end

--- Takes in what hooks captured for the local store of a configuration, in
-- order and once; says in the log what keeps it waiting.
-- @param conf its paths and local_store
-- @param store the local store when it is open, with all its tables
-- @return true, or nil, err
function intake.take_in(conf, store)
    local file = conf.local_store:match("^sqlite:(.*)$")
    if not intake.waits(conf) then return true end
    local fine, ok, err = sys.pcall(take_in, conf, file, store)
    if fine and ok then
        note(file)
        return true
    end
    err = fine and err or ok
    if err.code ~= "busy" then note(file, err) end
    log.warn("captured events wait to be stored: %s", err)
    return nil, err
end

--- The same for the file of a local store that is about to be read; no other
-- file has a journal.
function intake.before(file)
    local paths = require("propolis.config.places").paths()
    if not paths or file:match("^(.*)/") ~= paths.data then return true end
    return intake.take_in { paths = paths, local_store = "sqlite:" .. file }
end

return intake
