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

-- The user whose notes these are; nobody where that cannot be told.
local function uid()
    return (sys.stat("/proc/self") or { uid = -1 }).uid
end

-- The files that may hold notes for a state folder: its own; others name it,
-- as their folders serve all homes.
-- @param state its path, or nil where there is no home
local function files(state)
    local name = ("/propolis-%d-%s.lost"):format(uid(),
        sys.sha256(state or ""):sub(1, 12))
    local list = { state and state .. "/lost" }
    for _, folder in ipairs { places.env("XDG_RUNTIME_DIR") or "",
        places.env("TMPDIR") or "", "/tmp" } do
        if folder:sub(1, 1) == "/" then list[#list + 1] = folder .. name end
    end
    return list
end

local function state_folder()
    local paths = places.paths()
    return paths and paths.state
end

-- Whether a file is one that nobody else can have written or can read.
local function is_ours(stat)
    return stat ~= nil and stat.type == "file" and stat.mode & OTHERS == 0
        and stat.uid == uid()
end

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

--- Why an event of this configuration could be kept nowhere at this moment, as
-- a sentence; or nil.
function lost.trouble(conf)
    local folder = conf.local_store:match("^sqlite:(.*)/")
    local path, ok, err = folder .. "/.probe", sys.mkdir(folder)
    if ok then
        ok, err = sys.append(path, ("x"):rep(2048), MODE)
        sys.remove(path)
    end
    return not ok and tostring(err) or nil
end

return lost
