--- fallback: journals in other folders, for events that the one beside the
-- store does not take (a full or read-only disk, a fault in one write).
--
-- They are files of the same form (see propolis.capture.journal).  Who takes
-- that one in takes these in as well, each record at its place in time.
local journal = require "propolis.capture.journal"
local lost = require "propolis.capture.lost"
local sys = require "engine.sys"

local fallback = {}

-- One of them grows no further from this size on (bytes): a disk that is full
-- for weeks fills no other one.
local MAX = 16 << 20

-- The folders that may hold them: of the home, then those for all homes.
local function folders(conf)
    local list, seen = {}, {}
    local function add(path)
        if path and not seen[path] then list[#list + 1] = path end
        seen[path or 1] = true
    end
    for _, name in ipairs { "state", "config" } do
        add(conf.paths[name] and conf.paths[name] .. "/journal")
    end
    for _, path in ipairs(lost.shelters(conf.paths.state)) do add(path) end
    return list
end

-- The name of a configuration's store, which its journals bear.
local function name_of(conf)
    return conf.local_store:match("^.*/(.*)$")
end

-- Whether nobody else can have made a folder, or can write to it.
local function is_safe(folder)
    return lost.is_ours(sys.stat(folder, true), "dir")
end

-- What stands for the store's file in a folder, when it takes a record.
local function usable(conf, folder)
    if not sys.mkdir(folder) or not is_safe(folder) then return nil end
    local file = folder .. "/" .. name_of(conf)
    local stat = sys.stat(journal.path(file), true)
    return (not stat or stat.size < MAX) and file or nil
end

--- Says where events are kept, and why.
function fallback.sentence(err, path)
    return ("%s; till that is mended events are kept in %s"):format(err, path)
end

--- Appends a record that the journal did not take: there once more, then to
-- the first other one that takes it.
-- @param conf its paths and local_store
-- @return as journal.append: the size of the journal; 0, 0 and a sentence for
-- people when it is another
function fallback.append(conf, list)
    local file = conf.local_store:match("^sqlite:(.*)$")
    local from, to = journal.append(file, list)
    if from then return from, to end
    for _, folder in ipairs(folders(conf)) do
        local other = usable(conf, folder)
        if other and journal.append(other, list) then
            local sentence = fallback.sentence(to, journal.path(other))
            require("propolis.log").warn("%s", sentence)
            return 0, 0, sentence
        end
    end
    return nil, to
end

--- The journal that would take what the one beside the store does not, or nil.
function fallback.place(conf)
    for _, folder in ipairs(folders(conf)) do
        local other = usable(conf, folder)
        local takes = other and lost.takes(other)
        sys.rmdir(folder) -- when it is empty
        if takes then return journal.path(other) end
    end
end

-- Taking in -----------------------------------------------------------------

-- The files of a folder that hold records: those to which hooks append, and
-- those that were taken away.
local function files_in(conf, folder)
    local list = {}
    local name = journal.path(name_of(conf))
    for _, found in ipairs(is_safe(folder) and sys.list(folder) or {}) do
        local path = folder .. "/" .. found
        if (found == name or found:find(name .. ".taken-", 1, true) == 1)
            and lost.is_ours(sys.stat(path, true), "file") then
            list[#list + 1] = path
        end
    end
    return list
end

--- The files that wait to be taken in.
function fallback.files(conf)
    local list = {}
    for _, folder in ipairs(folders(conf)) do
        for _, path in ipairs(files_in(conf, folder)) do
            list[#list + 1] = path
        end
    end
    return list
end

-- What was taken away: items = { at, nth, list, size } in the order of time,
-- of which those before `next` were given out; noise = bytes that are no
-- record; files, and their locks.
local Taken = {}
Taken.__index = Taken

-- Reads one file.  A record is never before the one that precedes it, whatever
-- the clock said.
function Taken:read(path, lock)
    local at, items, noise = "", {}, {}
    local ok = journal.read(path, function(list, size)
        local own = tostring(list[1].row.creation_date)
        if own > at then at = own end
        items[#items + 1] = { at = at, list = list, size = size }
        return true
    end, function(bytes) noise[#noise + 1] = bytes end)
    if not ok then return end -- another time
    self.files[#self.files + 1] = path
    self.locks[#self.locks + 1] = lock
    for _, item in ipairs(items) do
        item.nth = #self.items
        self.items[#self.items + 1] = item
    end
    table.move(noise, 1, #noise, #self.noise + 1, self.noise)
end

--- Gives out what was captured before a time; all the rest without one.
-- @param add function(list, size) -> true, or nil, err
function Taken:give(at, add)
    local item = self.items[self.next]
    while item and (not at or item.at < at) do
        local ok, err = add(item.list, item.size)
        if not ok then return nil, err end
        self.next = self.next + 1
        item = self.items[self.next]
    end
    return true
end

--- Removes the files: all that was in them is stored.
function Taken:remove()
    for _, path in ipairs(self.files) do
        local ok, err = sys.remove(path)
        if not ok then return nil, err end
        sys.rmdir(path:match("^(.*)/")) -- when it is empty
    end
    return true
end

function Taken:__close()
    for _, lock in ipairs(self.locks) do lock:release() end
end

--- Takes them away from the hooks, for the one who has the lock of the journal.
-- What a hook is just writing to stays for the next time.
-- @param wait_ms how long is waited for such a hook
-- @return what was taken, to be closed
function fallback.take(conf, wait_ms)
    local taken = setmetatable({ items = {}, next = 1, noise = {}, files = {},
        locks = {} }, Taken)
    for _, path in ipairs(fallback.files(conf)) do
        if not path:find("%.taken%-[%x-]+$") then
            local name = path .. ".taken-" .. sys.uuid()
            path = sys.rename(path, name) and name
        end
        local lock = path and sys.lock(path, wait_ms)
        if lock then taken:read(path, lock) end
    end
    table.sort(taken.items, function(a, b)
        if a.at ~= b.at then return a.at < b.at end
        return a.nth < b.nth
    end)
    return taken
end

return fallback
