--- What was healed, when, where and by whom: one JSON line each in the state
-- folder's heal.jsonl.
--
-- Writing never raises: a heal that worked must not fail for its record.
local places = require "propolis.config.places"

local journal = {}

--- Where the journal is, or nil and a sentence when there is no home.
function journal.path()
    local paths, err = places.paths()
    if not paths then
        return nil, err
    end
    return paths.state .. "/heal.jsonl"
end

local function append(entry)
    local json = require "propolis.json"
    local sys = require "engine.sys"
    local path, err = journal.path()
    if not path then
        return nil, err
    end
    local line
    line, err = json.encode(json.object {
        { "when", entry.when or sys.now() },
        { "store", entry.store or json.null },
        { "table", entry.table },
        { "created", entry.created == true },
        { "added", json.array(table.move(entry.added or {}, 1,
            #(entry.added or {}), 1, {})) },
        { "version", entry.version or json.null },
        { "host", entry.host or sys.hostname() or json.null },
        { "pid", entry.pid or sys.pid() },
    })
    if not line then
        return nil, err
    end
    local ok
    ok, err = sys.append(path, line .. "\n")
    if not ok and err.code == "none" then
        sys.mkdir(path:match("^(.*)/"))
        ok, err = sys.append(path, line .. "\n")
    end
    if not ok then
        return nil, tostring(err)
    end
    return true
end

--- Adds one entry, in one write, so that entries of many processes stay whole.
-- @param entry { store = URL without password, table =, created = bool,
-- added = list of column names, version = }; when, host and pid are filled in
-- @return true, or nil and a sentence; never raises
function journal.append(entry)
    local ok, result, err = pcall(append, entry)
    if not ok then
        return nil, tostring(result)
    end
    return result, err
end

--- All entries, oldest first.  A line that is none (a disk ran full) is
-- skipped.
-- @return a list (empty without a journal), or nil and a sentence
function journal.read()
    local json = require "propolis.json"
    local sys = require "engine.sys"
    local path, err = journal.path()
    if not path then
        return nil, err
    end
    local text
    text, err = sys.read(path)
    if not text then
        if err.code == "none" then
            return {}
        end
        return nil, tostring(err)
    end
    local entries = {}
    for line in text:gmatch("[^\n]+") do
        local entry = json.decode(line)
        if type(entry) == "table" then
            entries[#entries + 1] = entry
        end
    end
    return entries
end

return journal
