--- probe: the test sessions of `propolis doctor`, of which nothing may stay.
--
-- A test holds a lock as long as it runs, and takes its rows out again before
-- it gives that up.  What comes into the store later (the store was locked or
-- damaged meanwhile, or the test was ended) is not stored any more.
local probe = {}

--- What the id of every test session begins with.
probe.PREFIX = "propolis-doctor-"

local PATH = "[/_]" .. probe.PREFIX:gsub("%-", "%%-")
    .. ("%x+%-"):rep(4) .. "%x+%.%l+$"

--- A new test session's id.
function probe.id()
    return probe.PREFIX .. require("engine.sys").uuid()
end

--- Whether a path, of events or of a summary, is one of a test session.
function probe.is_test(path)
    return path:find(PATH) ~= nil
end

--- Begins a test when no other one runs, waiting for that.
-- @param state the state folder
-- @param wait_ms how long
-- @return what ends it when it is closed; or nil, err
function probe.begin(state, wait_ms)
    local sys = require "engine.sys"
    local made, err = sys.mkdir(state)
    if not made then return nil, err end
    return sys.lock(state .. "/doctor.lock", wait_ms)
end

-- Whether a test runs now, here or in another process.
local function running()
    local paths = require("propolis.config.places").paths()
    local sys = require "engine.sys"
    local path = paths and paths.state .. "/doctor.lock"
    if not path or not sys.stat(path) then return false end
    local lock <close>, err = sys.lock(path)
    return not lock and err.code == "busy"
end

--- Of records (see propolis.capture.intake) those that may be stored.  The
-- ones of a test that runs are marked so that no sync takes them.
function probe.admitted(records)
    local kept, runs = {}, nil
    for _, record in ipairs(records) do
        local test = record.row.path and probe.is_test(record.row.path)
        if test then
            if runs == nil then runs = running() end
            record.queue = false
        end
        if not test or runs then
            kept[#kept + 1] = record
        end
    end
    return kept
end

return probe
