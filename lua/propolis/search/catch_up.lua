--- search.catch_up: brings the index to what the store holds.
--
-- What is new goes in (search.fill).  Rows that went away or were replaced make
-- the index be built anew; whether that was so is looked at when the store's
-- file changed, see check().
local documents = require "propolis.search.documents"
local file = require "propolis.search.file"
local fill = require "propolis.search.fill"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"

local catch_up = {}

local Run = setmetatable({}, { __index = fill })
Run.__index = Run

-- ---- rows that went away ----

local SAMPLES = 16

-- Up to so many events they are counted whenever something changed; more only
-- when nobody waits, and at most once in so many seconds.
local FEW, SELDOM = 50000, 3600

-- Whether all events are counted now.
function Run:counts_all()
    local state = self.it.state
    if state.sessions_rows <= FEW then return true end
    if not self.thorough or sys.time() - (state.counted or 0) < SELDOM then
        return false
    end
    self.changes.counted = sys.time() // 1 | 0
    return true
end

-- Whether some events, evenly spread, still are the rows that they were.
function Run:samples_agree()
    local index = self.it.index
    local count = index:counts().events
    for i = 1, math.min(SAMPLES, count) do
        local number, rowid, ms = index:origin(1 + (i - 1) * count // SAMPLES)
        if not number then error(rowid, 0) end
        local rows = number == 0 and assert(self.store:query(
            "SELECT creation_date FROM sessions WHERE rowid = ?", { rowid }))
        if rows and (not rows[1]
            or documents.ms(rows[1].creation_date or "") ~= ms) then
            return false
        end
    end
    return true
end

-- Whether all the events that were indexed are there still.
function Run:all_there()
    local state = self.it.state
    if not state.sessions_rowid or not self:columns(0) then
        return not state.sessions_rowid
    end
    if not self:samples_agree() then return false end
    if not self:counts_all() then return true end
    local n = assert(self.store:query("SELECT count(*) AS n FROM sessions"
        .. " WHERE rowid <= ?", { state.sessions_rowid }))[1].n
    return n == state.sessions_rows
end

-- Begins anew when rows went away, or when most of the index is no longer
-- there.
function Run:check()
    local counts = self.it.index:counts()
    if self:all_there() and counts.dead <= 1000 + counts.events // 4 then
        return
    end
    file.close(self.it)
    self.it = nil
    assert(file.remove(self.path))
    self.it = assert(file.open(self.path))
end

-- ---- the file ----

-- So many new events leave parts behind that are worth to be joined.
local MANY = 20000

local function changes_of(db)
    return assert(db:query("SELECT total_changes() AS n"))[1].n
end

-- Joins the parts of the full text, and gives room back; both end in time.
function Run:tidy()
    local db, loose = self.it.db, self.it.state.loose or 0
    if self.behind > 0 or loose < MANY then return end
    local merged = "-500" -- the first one says that all are to be joined
    repeat
        local before = changes_of(db)
        assert(db:exec("INSERT INTO event(event, rank) VALUES('merge', "
            .. merged .. ")"))
        merged = "500"
        if self:is_late() then return end
    until changes_of(db) - before < 2
    assert(file.note(db, { loose = 0 }))
    assert(db:query("PRAGMA incremental_vacuum"))
end

-- The log is written into the file; it is left when somebody reads.
local function checkpoint(db)
    db:query("PRAGMA wal_checkpoint(TRUNCATE)")
end

-- ---- all of it ----

--- What the store's file looks like: another text after whatever was written.
function catch_up.stamp(path)
    local list = {}
    for i, name in ipairs { path, path .. "-wal" } do
        local stat = sys.stat(name)
        list[i] = stat and ("%d %d %d %.9f"):format(stat.dev, stat.ino,
            stat.size, stat.mtime) or "-"
    end
    return table.concat(list, " ")
end

local function run(self)
    local stamp = catch_up.stamp(self.store_path)
    self:check()
    self:events()
    self:changing(1)
    self:changing(2)
    local changes = self.changes
    changes.behind = self.behind
    if self.behind == 0 and not self:is_late() then
        changes.stamp = stamp
    end
    assert(file.note(self.it.db, changes))
    self:tidy()
    if self.added > 1000 then checkpoint(self.it.db) end
end

local function new(conf, opts)
    local store_path, path = file.paths(conf)
    return setmetatable({ store_path = store_path, path = opts.path or path,
        thorough = opts.ms == nil, progress = opts.progress, added = 0,
        behind = 0, changes = {},
        until_ = opts.ms and sys.monotonic() + opts.ms / 1000 }, Run)
end

-- Runs with an index that is open; one that turns out to be broken is made
-- anew, once.
local function run_whole(self)
    local fine, err = sys.pcall(run, self)
    if fine or not file.is_broken(err) then return fine or nil, err end
    if self.it then file.close(self.it) end
    self.it, self.added, self.behind, self.changes = nil, 0, 0, {}
    local ok, why = file.remove(self.path)
    if not ok then return nil, why end
    self.it, err = file.open(self.path)
    if not self.it then return nil, err end
    fine, err = sys.pcall(run, self)
    return fine or nil, err
end

-- With the lock, when the store is there.
local function with_store(self)
    local ok, err
    self.store, err = sqlite.open(self.store_path, { readonly = true })
    if not self.store then return nil, err end
    self.it, err = file.open(self.path)
    if self.it then
        ok, err = run_whole(self)
    end
    self.store:close()
    return ok, err
end

local function take_lock(self, opts)
    if self.path == ":memory:" then return nil end
    return file.lock(self.path, opts.wait_ms)
end

--- Brings the index up to date.
-- @param conf its local_store
-- @param opts { ms = time that it may take, nil: as long as it needs, and
-- more is looked at; progress = function(done, all) or nil; wait_ms = how long
-- another process that does the same is waited for; keep = leave it open }
-- @return true, also when another process does it; or nil, err
function catch_up.run(conf, opts)
    opts = opts or {}
    local self = new(conf, opts)
    if not sys.stat(self.store_path) then return true end
    local lock <close>, busy = take_lock(self, opts)
    if not lock and busy then return busy.code == "busy" or nil, busy end
    local ok, err = with_store(self)
    if self.it and ok and opts.keep then return true, self.it end
    if self.it then file.close(self.it) end
    return ok, err
end

return catch_up
