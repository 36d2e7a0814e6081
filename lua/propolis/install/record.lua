--- propolis.install.record: what we did to the agents' files, so that it can
-- be undone: STATE/install.jsonl, one line per change, and STATE/backup/ with
-- the bytes that stood there before, named by their hash.
local json = require "propolis.json"
local sys = require "engine.sys"

local record = {}

local PRIVATE = tonumber("600", 8)

local function file_of(state)
    return state .. "/install.jsonl"
end

local function backup_of(state, hash)
    return state .. "/backup/" .. hash
end

-- A change as its line.
local function line_of(change)
    change.folders = change.folders or {}
    return json.encode(json.pick(change, { "time", "agent", "file", "before",
        "after", "folders" }, json.null)) .. "\n"
end

--- The recorded changes in order: { agent, file, before = hash or nil, after =
-- hash or nil, folders = list of those made for it, time }; nil and an error
-- when they cannot be read.
function record.read(state)
    local text, err = sys.read(file_of(state), nil, true)
    if not text then
        if err.code == "none" then return {} end
        return nil, err
    end
    local changes = {}
    for line in text:gmatch("[^\n]+") do
        local change = json.decode(line)
        -- A cut last line is a change that never happened.
        if type(change) == "table" and change.file then
            for _, key in ipairs { "before", "after" } do
                if change[key] == json.null then change[key] = nil end
            end
            changes[#changes + 1] = change
        end
    end
    return changes
end

--- Records a change before it is made, and keeps the bytes that it replaces.
function record.add(state, change, before)
    local ok, err = sys.mkdir(state .. "/backup")
    if not ok then return nil, err end
    if before then
        change.before = sys.sha256(before)
        local path = backup_of(state, change.before)
        if not sys.stat(path) then
            ok, err = sys.replace(path, before, PRIVATE)
            if not ok then return nil, err end
        end
    end
    change.time = sys.now()
    return sys.append(file_of(state), line_of(change), PRIVATE, true)
end

--- The bytes kept under a hash, or nil and an error.
function record.bytes(state, hash)
    return sys.read(backup_of(state, hash), nil, true)
end

--- How the file was before us, by the recorded changes to it: "same" and the
-- hash when what stands there now is exactly what we left (hash nil: there was
-- no file); "other" and the first hash when someone else edited it since; nil
-- when there is none. `now` is the file's hash, nil when it is absent.
function record.origin(changes, file, now)
    local mine = {}
    for _, change in ipairs(changes) do
        if change.file == file then mine[#mine + 1] = change end
    end
    -- A last change that was recorded and then not made does not count.
    while #mine > 0 and mine[#mine].after ~= now
        and mine[#mine].before == now do
        mine[#mine] = nil
    end
    if #mine == 0 then return nil end
    local whole = mine[#mine].after == now
    for i = 2, #mine do
        if mine[i].before ~= mine[i - 1].after then whole = false end
    end
    return whole and "same" or "other", mine[1].before
end

--- The folders we made for an agent, deepest first.
function record.folders(changes, agent)
    local out, seen = {}, {}
    for _, change in ipairs(changes) do
        for _, folder in ipairs(change.agent == agent and change.folders or {})
        do
            if not seen[folder] then out[#out + 1] = folder end
            seen[folder] = true
        end
    end
    table.sort(out, function(a, b) return #a > #b end)
    return out
end

--- Forgets an agent: its changes, and bytes no other change names.
function record.forget(state, agent)
    local changes, err = record.read(state)
    if not changes then return nil, err end
    local lines, kept = {}, {}
    for _, change in ipairs(changes) do
        if change.agent ~= agent then
            lines[#lines + 1] = line_of(change)
            if change.before then kept[change.before] = true end
        end
    end
    if #lines == 0 then
        sys.remove(file_of(state))
    else
        local ok
        ok, err = sys.replace(file_of(state), table.concat(lines), PRIVATE)
        if not ok then return nil, err end
    end
    for _, name in ipairs(sys.list(state .. "/backup") or {}) do
        if not kept[name] then sys.remove(backup_of(state, name)) end
    end
    if #lines == 0 then sys.rmdir(state .. "/backup") end
    return true
end

return record
