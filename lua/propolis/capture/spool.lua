--- spool: what hooks of versions up to 0.2 could not store.
--
-- They left one file per event in state/spool, named so that names sort in the
-- order of the events.  The records move into the journal, which this version
-- takes in; one that a crash leaves in both is stored once, by its row's id.
local journal = require "propolis.capture.journal"
local json = require "propolis.json"
local log = require "propolis.log"
local sys = require "engine.sys"

local spool = {}

local NAME = "^%d+%-%d+%-%d+%.json$"

-- One file's record; nil and true when there is none in it.  A file that the
-- disk does not give now may be there for the next one.
local function read(path)
    local text = sys.read(path, nil, true)
    if not text then return nil end
    local record = json.decode(text)
    if type(record) ~= "table" or type(record.row) ~= "table"
        or type(record.table) ~= "string" then
        return nil, true
    end
    return record
end

-- One file's record into the journal, if it is for that store.
local function move_file(path, file)
    local record, bad = read(path)
    if bad then
        log.error("spool: %s cannot be read, moved aside", path)
        sys.rename(path, path .. ".bad")
    elseif record and record.store == file:match("[^/]*$") then
        local size, err = journal.append(file, { record })
        if not size then return nil, err end
        sys.remove(path)
    end
    return true
end

local function names(state)
    local list = {}
    for _, name in ipairs(sys.list(state .. "/spool") or {}) do
        list[#list + 1] = name:find(NAME) and name or nil
    end
    return list
end

--- Whether anything is there.
function spool.waits(state)
    return #names(state) > 0
end

--- Moves what waits for a store's file, one process at a time.
-- @param state the state folder
-- @return true, or nil, err
function spool.move(state, file)
    local dir = state .. "/spool/"
    local lock <close> = spool.waits(state) and sys.lock(dir .. ".lock") or nil
    for _, name in ipairs(lock and names(state) or {}) do
        local ok, err = move_file(dir .. name, file)
        if not ok then return nil, err end
    end
    return true
end

return spool
