--- propolis.install.activity: what came from the agents so far: the local
-- store, when an event was last seen there, and what waits in the journal.
local journal = require "propolis.capture.journal"
local sys = require "engine.sys"

local activity = {}

--- The local store's file, and whether it is there.
function activity.file(conf)
    local path = conf.local_store:gsub("^sqlite:", "")
    local found = sys.stat(path)
    return path, found
end

--- Opens the local store for reading; nil when it is not there; nil and an
-- error when it does not open.
function activity.open(conf)
    local _, found = activity.file(conf)
    local intake = require "propolis.capture.intake"
    if not found and not intake.waits(conf) then return nil end
    return require("propolis").open(conf.local_store)
end

-- A store that no hook wrote to yet has no tables.
local function rows(store, text, values)
    local found, err = store:query(text, values)
    if not found and err.code == "no_table" then return {} end
    return found, err
end

--- Per agent (as in the column) and event, when it was last seen:
-- seen[agent][event] = time; nil and an error.
function activity.seen(store, conf)
    local found, err = rows(store, [[SELECT agent, description,
        max(creation_date) AS last FROM {t} GROUP BY agent, description]],
        { t = conf.tables.sessions })
    if not found then return nil, err end
    local seen = {}
    for _, row in ipairs(found) do
        seen[row.agent] = seen[row.agent] or {}
        seen[row.agent][row.description] = row.last
    end
    return seen
end

--- How many events wait, in the journal and where it did not take them.
function activity.waiting(conf)
    local file, count = activity.file(conf), 0
    local paths = require("propolis.capture.fallback").files(conf)
    for _, path in ipairs { journal.taken(file), journal.path(file) } do
        local stat = sys.stat(path, true)
        paths[#paths + 1] = stat and stat.type == "file" and path or nil
    end
    for _, path in ipairs(paths) do
        pcall(journal.read, path, function(list)
            count = count + #list
            return true
        end, function() end)
    end
    return count
end

return activity
