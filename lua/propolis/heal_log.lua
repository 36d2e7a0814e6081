--- What was healed, when, where and by whom: one JSON line each in the state
-- folder's heal.jsonl.
local json = require "propolis.json"
local places = require "propolis.config.places"
local sys = require "engine.sys"
local check = require("propolis.try").check

local heal_log = {}

--- Where the log is, or nil and a sentence when there is no home.
function heal_log.path()
    local paths, err = places.paths()
    return paths and paths.state .. "/heal.jsonl", err
end

local function append(entry)
    local path = check(heal_log.path())
    local added = table.move(entry.added or {}, 1, #(entry.added or {}), 1, {})
    local line = check(json.encode(json.object {
        { "when", entry.when or sys.now() },
        { "store", entry.store or json.null },
        { "table", entry.table },
        { "created", entry.created == true },
        { "added", json.array(added) },
        { "version", entry.version or json.null },
        { "host", entry.host or sys.hostname() or json.null },
        { "pid", entry.pid or sys.pid() },
    })) .. "\n"
    local ok, err = sys.append(path, line)
    if not ok and err.code == "none" then
        sys.mkdir(path:match("^(.*)/"))
        ok, err = sys.append(path, line)
    end
    check(ok, err)
end

--- Adds one entry, in one write, so that entries of many processes stay whole.
-- Never raises: a heal that worked must not fail for its record.
-- @param entry { store = URL without password, table =, created = bool,
-- added = list of column names, version = }; when, host and pid are filled in
-- @return true, or nil and a sentence
function heal_log.append(entry)
    local ok, err = sys.pcall(append, entry)
    return ok or nil, not ok and tostring(err) or nil
end

--- All entries, oldest first.  A line that is not JSON (a disk ran full) is
-- skipped.
-- @return a list (empty without a log), or nil and a sentence
function heal_log.read()
    local path, err = heal_log.path()
    if not path then return nil, err end
    local text
    text, err = sys.read(path, nil, true)
    if not text and err.code ~= "none" then return nil, tostring(err) end
    local entries = {}
    for line in (text or ""):gmatch("[^\n]+") do
        local entry = json.decode(line)
        entries[#entries + 1] = type(entry) == "table" and entry or nil
    end
    return entries
end

return heal_log
