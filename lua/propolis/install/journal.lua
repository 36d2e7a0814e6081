--- propolis.install.journal: what we did to the agents' files, so that it can
-- be undone: STATE/install.jsonl, one line per change, and STATE/backup/ with
-- the bytes that stood there before, named by their hash.
local json = require "propolis.json"
local sys = require "engine.sys"

local journal = {}

local PRIVATE = tonumber("600", 8)

local function file_of(state)
    return state .. "/install.jsonl"
end

local function backup_of(state, hash)
    return state .. "/backup/" .. hash
end

-- A record as its line.
local function line_of(record)
    return json.encode(json.object {
        { "time", record.time }, { "agent", record.agent },
        { "file", record.file }, { "before", record.before or json.null },
        { "after", record.after or json.null },
        { "folders", json.array(record.folders or {}) },
    }) .. "\n"
end

--- The records in order: { agent, file, before = hash or nil, after = hash or
-- nil, folders = list, time }; nil and an error when they cannot be read.
function journal.read(state)
    local text, err = sys.read(file_of(state))
    if not text then
        if err.code == "none" then return {} end
        return nil, err
    end
    local records = {}
    for line in text:gmatch("[^\n]+") do
        local record = json.decode(line)
        -- A cut last line is a change that never happened.
        if type(record) == "table" and record.file then
            for _, key in ipairs { "before", "after" } do
                if record[key] == json.null then record[key] = nil end
            end
            records[#records + 1] = record
        end
    end
    return records
end

--- Keeps the bytes and notes the change, before it is made.
function journal.note(state, record, before)
    local ok, err = sys.mkdir(state .. "/backup")
    if not ok then return nil, err end
    if before then
        record.before = sys.sha256(before)
        local path = backup_of(state, record.before)
        if not sys.stat(path) then
            ok, err = sys.replace(path, before, PRIVATE)
            if not ok then return nil, err end
        end
    end
    record.time = sys.now()
    return sys.append(file_of(state), line_of(record), PRIVATE, true)
end

--- The bytes kept under a hash, or nil and an error.
function journal.bytes(state, hash)
    return sys.read(backup_of(state, hash))
end

--- How the file was before us, by the agent's records for it: "same" and the
-- hash when what stands there now is exactly what we left (hash nil: there was
-- no file); "other" and the first hash when someone else edited it since; nil
-- when we have no record. `now` is the file's hash, nil when it is absent.
function journal.origin(records, file, now)
    local mine = {}
    for _, record in ipairs(records) do
        if record.file == file then mine[#mine + 1] = record end
    end
    -- A last record whose change was never made does not count.
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
function journal.folders(records, agent)
    local out, seen = {}, {}
    for _, record in ipairs(records) do
        for _, folder in ipairs(record.agent == agent and record.folders or {})
        do
            if not seen[folder] then out[#out + 1] = folder end
            seen[folder] = true
        end
    end
    table.sort(out, function(a, b) return #a > #b end)
    return out
end

--- Forgets an agent: its records, and bytes no other record names.
function journal.forget(state, agent)
    local records, err = journal.read(state)
    if not records then return nil, err end
    local lines, kept = {}, {}
    for _, record in ipairs(records) do
        if record.agent ~= agent then
            lines[#lines + 1] = line_of(record)
            if record.before then kept[record.before] = true end
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

return journal
