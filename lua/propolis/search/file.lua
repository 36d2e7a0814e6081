--- search.file: the index's file, STORE.search beside the local store.
--
-- It holds nothing that the store does not hold: one that is damaged, of
-- another version or of another store is removed and made anew.  Who writes has
-- the lock STORE.search.lock; who reads needs none.
local engine = require "engine.search"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
require "propolis.store"

local file = {}

--- Grows whenever the index, or the text that goes in, is made in another way.
file.version = 2

--- How long another process's commit is waited for (milliseconds).
file.busy_ms = 2000

--- The local store's file, and the index's.
function file.paths(conf)
    local store = conf.local_store:match("^sqlite:(.*)$")
    return store, store .. ".search"
end

--- The lock of who writes; or nil, err, with code "busy" when another has it.
function file.lock(path, wait_ms)
    return sys.lock(path .. ".lock", wait_ms or 0)
end

--- Removes the index; its lock stays.  One that is open is not disturbed.
-- @return true, or nil, err
function file.remove(path)
    for _, ending in ipairs { "", "-wal", "-shm", "-journal" } do
        local ok, err = sys.remove(path .. ending)
        if not ok and err.code ~= "none" then return nil, err end
    end
    return true
end

local HELPLESS = { busy = true, denied = true, readonly = true, nomem = true,
    interrupted = true, none = true }

--- Whether an error says that the file is no index of ours, or damaged.
function file.is_broken(err)
    if HELPLESS[err.code] then return false end
    local text = err.message:lower()
    return err.code ~= "io" or text:find("damaged", 1, true) ~= nil
        or text:find("malformed", 1, true) ~= nil
        or text:find("no sqlite database", 1, true) ~= nil
end

--- What the index notes besides its events, by key; nil, err.
function file.state(db)
    local rows, err = db:query("SELECT key, value FROM state")
    if not rows then return nil, err end
    local state = {}
    for _, row in ipairs(rows) do state[row.key] = row.value end
    return state
end

--- Notes some of that; in the caller's transaction if there is one.
function file.note(db, changes)
    for key, value in pairs(changes) do
        local ok, err = db:exec("INSERT OR REPLACE INTO state VALUES(?, ?)",
            { key, value })
        if not ok then return nil, err end
    end
    return true
end

-- Of what an index was made: its size goes back as it shrinks, what is deleted
-- is overwritten, a commit need not be on disk at once.
local SETTINGS = { "PRAGMA synchronous = NORMAL", "PRAGMA secure_delete = ON",
    "PRAGMA journal_size_limit = 0" }
local FIRST = { "PRAGMA auto_vacuum = INCREMENTAL", "VACUUM" }

local function run_all(db, list)
    for _, statement in ipairs(list) do
        local ok, err = db:exec(statement)
        if not ok then return nil, err end
    end
    return true
end

-- Opens it to be written: { db =, index =, state =, path = }, or nil, err.
local function open_once(path)
    local fresh = not sys.stat(path)
    local db, err = sqlite.open(path, { busy_ms = file.busy_ms })
    if not db then return nil, err end
    local ok, why = run_all(db, SETTINGS)
    if ok and fresh and path ~= ":memory:" then
        ok, why = run_all(db, FIRST)
    end
    local index, state
    if ok then
        index, why = engine.index(db, true)
    end
    if index then
        state, why = file.state(db)
    end
    if state and next(state) == nil then
        state = { version = file.version }
        ok, why = file.note(db, state)
    end
    if state and ok and state.version == file.version then
        return { db = db, index = index, state = state, path = path }
    end
    if index then index:close() end
    db:close()
    return nil, why or require("engine.store").error("sql",
        "the search index is of another version")
end

--- Opens the index to be written; makes it when it is not there or broken.
-- The caller has the lock.
function file.open(path)
    local it, err = open_once(path)
    if it or not file.is_broken(err) then return it, err end
    local ok, why = file.remove(path)
    if not ok then return nil, why end
    return open_once(path)
end

--- Opens the index as it is, in a transaction, to be read.
-- @return the same; or nil, err, with code "none" when there is no file
function file.read(path)
    if not sys.stat(path) then
        return nil, require("engine.store").error("none",
            "there is no search index")
    end
    local db, err = sqlite.open(path, { busy_ms = file.busy_ms,
        readonly = true })
    if not db then return nil, err end
    local ok, index, state
    ok, err = run_all(db, { "PRAGMA cache_size = -65536", "BEGIN" })
    if ok then
        state, err = file.state(db)
    end
    if state and state.version == file.version then
        index, err = engine.index(db)
    end
    if index then
        return { db = db, index = index, state = state, path = path }
    end
    db:close()
    return nil, err or require("engine.store").error("sql",
        "the search index is of another version")
end

function file.close(it)
    it.index:close()
    it.db:close()
end

return file
