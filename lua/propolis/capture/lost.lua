--- lost: events that could be kept nowhere, and how a person learns of it: at
-- once on stderr, at the next session's start, and by `propolis doctor`.
--
-- A note of each stands in the first of several folders that takes it, for what
-- keeps an event out often keeps our own folders from being written as well.
local places = require "propolis.config.places"
local sys = require "engine.sys"

local lost = {}

local MODE = tonumber("600", 8)
local OTHERS = tonumber("077", 8)

-- Notes are no longer than this (bytes); then they count no further.
local MAX = 1 << 16

-- Bytes that must have room, so that there is some for a record.
local PROBE = 2048

-- The user whose notes these are; nobody where that cannot be told.
local function uid()
    return (sys.stat("/proc/self") or { uid = -1 }).uid
end

-- Paths for a state folder in folders that serve all homes, which is why they
-- name it.
local function shared(state, ...)
    local list, name = {}, ("/propolis-%d-%s"):format(uid(),
        sys.sha256(state or ""):sub(1, 12))
    for _, folder in ipairs { ... } do
        if folder:sub(1, 1) == "/" then list[#list + 1] = folder .. name end
    end
    return list
end

--- Folders outside of the home that may be made for what belongs to it.
-- @param state the path of its state folder, or nil where there is no home
function lost.shelters(state)
    return shared(state, places.env("TMPDIR") or "/tmp",
        places.env("XDG_RUNTIME_DIR") or "")
end

-- The files that may hold notes: in the state folder, and in others.
local function files(state)
    local list = { state and state .. "/lost" }
    for _, path in ipairs(shared(state, places.env("XDG_RUNTIME_DIR") or "",
        places.env("TMPDIR") or "", "/tmp")) do
        list[#list + 1] = path .. ".lost"
    end
    return list
end

local function state_folder()
    local paths = places.paths()
    return paths and paths.state
end

--- Whether a file or folder is one that nobody else can have written, or can
-- read.
-- @param stat what is known of it, or nil
-- @param type as in there
function lost.is_ours(stat, type)
    return stat ~= nil and stat.type == type and stat.mode & OTHERS == 0
        and stat.uid == uid()
end

local function is_ours(stat) return lost.is_ours(stat, "file") end

-- Adds a line to a file of notes: whether that could be done.
local function add(path, line)
    local stat = sys.stat(path, true)
    if stat and not is_ours(stat) then return false end
    if stat and stat.size > MAX or sys.append(path, line, MODE) then
        return true
    end
    stat = sys.stat(path, true)
    if is_ours(stat) and stat.size == 0 then sys.remove(path) end
    return false
end

--- Says that an event is lost, and leaves a note of it.
-- @param what the event's name
-- @param why a sentence
function lost.tell(what, why)
    local line = ("%s could not be kept: %s"):format(what, why)
        :gsub("%c", "?")
    io.stderr:write("propolis: ", line, "\n")
    local state = state_folder()
    if state then sys.mkdir(state) end
    for _, path in ipairs(files(state)) do
        if add(path, sys.now() .. " " .. line .. "\n") then return end
    end
end

-- What the notes with these ends say, those without a home included, as a
-- sentence, and their files; nil without any.
local function summary(...)
    local found, seen, count, last = {}, {}, 0, ""
    local function read(path)
        local stat = not seen[path] and sys.stat(path, true) or nil
        local text = is_ours(stat) and sys.read(path, 2 * MAX) or nil
        seen[path] = true
        found[#found + 1] = text and path
        for line in (text or ""):gmatch("[^\n]+") do
            count = count + 1
            last = line > last and line or last
        end
    end
    for _, list in ipairs { files(nil), files(state_folder()) } do
        for _, path in ipairs(list) do
            for _, suffix in ipairs { ... } do read(path .. suffix) end
        end
    end
    if count == 0 then return nil end
    return ("%d event%s could not be kept; the last: %s"):format(count,
        count == 1 and "" or "s", last), found
end

--- What the person has not been told yet, as a sentence, once; or nil.
function lost.notice()
    local text, found = summary ""
    for _, path in ipairs(found or {}) do
        sys.rename(path, path .. ".told")
    end
    return text
end

--- The files with notes that are there.
function lost.files()
    return select(2, summary("", ".told")) or {}
end

--- All that is noted, as a sentence; or nil.
-- @return the sentence, and a function that forgets it
function lost.all()
    local text, found = summary("", ".told")
    return text, function()
        for _, path in ipairs(found or {}) do sys.remove(path) end
    end
end

-- The largest file that this process may write (bytes), or nil.
local function size_limit()
    local text = sys.read("/proc/self/limits") or ""
    return tonumber(text:match("Max file size%s+(%d+)"))
end

--- Whether the journal of a store's file takes a record at this moment; it is
-- not changed.
-- @return true; or nil, err
function lost.takes(file)
    local journal = require("propolis.capture.journal").path(file)
    local ok, err = sys.mkdir(file:match("^(.*)/"))
    local there = ok and sys.stat(journal, true)
    if there and there.type ~= "file" then
        return nil, journal .. " is no file: move it away"
    elseif there then
        ok, err = sys.append(journal, "", MODE)
    end
    if not ok then return nil, err end
    if there and there.size + PROBE > (size_limit() or math.huge) then
        return nil, journal .. " is as large as a file may be (ulimit -f)"
    end
    local probe = file:match("^(.*)/") .. "/.probe"
    ok, err = sys.append(probe, ("x"):rep(PROBE), MODE)
    sys.remove(probe)
    return ok and true, err
end

--- What keeps events of this configuration out of the journal at this moment.
-- @return why they could be kept nowhere, as a sentence, or nil; why they are
-- kept elsewhere, as a sentence, or nil
function lost.trouble(conf)
    local ok, err = lost.takes(conf.local_store:match("^sqlite:(.*)$"))
    if ok then return nil end
    local fallback = require "propolis.capture.fallback"
    local place = fallback.place(conf)
    if not place then return tostring(err) end
    return nil, fallback.sentence(err, place)
end

return lost
