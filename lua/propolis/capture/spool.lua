--- spool: where events wait that the local store could not take.
--
-- One file per event in state/spool, 0600, written with fsync, named by time,
-- process and a counter, so that names sort in the order of the events.  A file
-- is there as a whole or not at all.  Taking in is exactly once: the row's id
-- tells whether an earlier attempt got as far as the commit.
local json = require "propolis.json"
local sys = require "engine.sys"

local spool = {}

--- Files taken in by one process, so that no hook works off a long night.
spool.batch = 200

-- Errors that say nothing about the record.
local TRANSIENT = { busy = true, io = true, denied = true, nomem = true }

local NAME = "^%d+%-%d+%-%d+%.json$"

--- The folder of a configuration's spool.
function spool.dir(conf)
    return conf.paths.state .. "/spool"
end

-- Which store an event is for: a spool serves several organisations.  Not its
-- whole path, as homes are moved.
local function store_name(conf)
    return conf.local_store:match("[^/]*$")
end

local counter = 0

--- Keeps one record (see propolis.capture.intake) for later: true, or nil, err.
function spool.write(conf, record)
    local dir = spool.dir(conf)
    local text, err = json.encode {
        store = store_name(conf), table = record.table, row = record.row,
        queue = record.queue, once = record.once,
    }
    if not text then return nil, err end
    counter = counter + 1
    local name = ("%s/%014d-%07d-%04d.json"):format(dir,
        math.floor(sys.time() * 1000), sys.pid(), counter)
    local ok
    ok, err = sys.mkdir(dir)
    if not ok then return nil, err end
    return sys.replace(name, text, 384)
end

--- The names of waiting files in the order of their events.
function spool.list(conf)
    local names = {}
    for _, name in ipairs(sys.list(spool.dir(conf)) or {}) do
        if name:find(NAME) then
            names[#names + 1] = name
        end
    end
    return names
end

-- One file's record; nil and true when there is none in it.  A file that the
-- disk does not give now may be there for the next one.
local function read(path)
    local text = sys.read(path)
    if not text then return nil end
    local record = json.decode(text)
    if type(record) ~= "table" or type(record.row) ~= "table"
        or type(record.table) ~= "string" then
        return nil, true
    end
    return record
end

-- The next files of this store: their records and paths.
local function collect(conf, log)
    local records, paths = {}, {}
    for _, name in ipairs(spool.list(conf)) do
        local path = spool.dir(conf) .. "/" .. name
        local record, bad = read(path)
        if bad then
            log("spool: %s cannot be read, moved aside", path)
            sys.rename(path, path .. ".bad")
        elseif record and record.store == store_name(conf) then
            record.once = record.once or "id"
            records[#records + 1], paths[#paths + 1] = record, path
        end
        if #records == spool.batch then break end
    end
    return records, paths
end

-- Stores records, first all at once, then one by one, so that one which can
-- never be stored does not hold up the others: it is moved aside.
local function store(records, paths, put, log)
    local fine, ok, err = sys.pcall(put, records)
    if fine and ok then
        for _, path in ipairs(paths) do
            sys.remove(path)
        end
        return #records
    elseif fine and TRANSIENT[err.code] then
        return nil, err
    elseif #records == 1 then
        log("spool: %s cannot be stored, moved aside: %s", paths[1],
            tostring(fine and err or ok))
        sys.rename(paths[1], paths[1] .. ".bad")
        return 0
    end
    local count = 0
    for i, record in ipairs(records) do
        local n, why = store({ record }, { paths[i] }, put, log)
        if not n then return nil, why end
        count = count + n
    end
    return count
end

-- A hook that was killed while it wrote leaves its temporary file; none is
-- written for an hour.
local function sweep(dir)
    for _, name in ipairs(sys.list(dir) or {}) do
        local path = dir .. "/" .. name
        local stat = name:find("^%.propolis%-") and sys.stat(path, true)
        if stat and sys.time() - stat.mtime > 3600 then
            sys.remove(path)
        end
    end
end

--- Takes in what waits, oldest first, as long as put(records) returns true.
-- @return how many records, or nil, err of put
function spool.ingest(conf, put, log)
    if #spool.list(conf) == 0 then return 0 end
    local lock <close> = sys.lock(spool.dir(conf) .. "/.lock")
    if not lock then
        return 0 -- another process is at it
    end
    sweep(spool.dir(conf))
    local records, paths = collect(conf, log)
    if #records == 0 then return 0 end
    return store(records, paths, put, log)
end

return spool
