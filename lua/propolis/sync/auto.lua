--- autosync: starts the worker, detached: `propolis sync --auto` takes in what
-- hooks captured, then syncs, at most once per sync_interval.
local sys = require "engine.sys"

local autosync = {}

--- The file whose time says when a sync of this store was last started.
function autosync.stamp(conf)
    return ("%s/sync-%s.started"):format(conf.paths.state,
        conf.local_store:match("[^/]*$"))
end

-- True when the interval has passed; then it starts anew.
local function due(conf)
    local path = autosync.stamp(conf)
    local stat = sys.stat(path)
    local age = stat and sys.time() - stat.mtime
    if age and age >= 0 and age < conf.sync_interval then return false end
    local file = io.open(path, "w")
    if not file then return false end
    file:write(sys.now(), "\n")
    file:close()
    return true
end

--- Our own program's path.
function autosync.program()
    return sys.readlink("/proc/self/exe") or sys.which("propolis")
        or "propolis"
end

--- Starts a sync when there is a remote and the interval has passed; else,
-- when the journal is to be taken in anyway, a worker that does only that.
-- @return true when one was started; false; or nil, err
function autosync.start(conf, take_in)
    if os.getenv("PROPOLIS_AUTOSYNC") == "false" then return false end
    local ok, err = sys.mkdir(conf.paths.state)
    if not ok then return nil, err end
    local whole = conf.remote ~= nil and due(conf)
    if not whole and not take_in then return false end
    return sys.spawn({ autosync.program(), "sync", "--auto",
        not whole and "--local" or nil }, {
        cwd = "/", stdout = conf.paths.state .. "/sync.out",
    })
end

return autosync
