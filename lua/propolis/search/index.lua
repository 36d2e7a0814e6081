--- search.index: finding things again in the local store.
--
--   local ix <close> = assert(index.open(conf))
--   for _, hit in ipairs(assert(ix:events(query.parse "why did it fail"))) do
--
-- The index is a file beside the store (search.file) that is brought up to date
-- first, within bounded time (search.catch_up); the store is only read. How
-- hits are ranked, engine/search/rank.h says.
local catch_up = require "propolis.search.catch_up"
local documents = require "propolis.search.documents"
local file = require "propolis.search.file"
local question = require "propolis.search.question"
local sqlite = require "engine.sqlite"
local stored = require "propolis.search.rows"
local sys = require "engine.sys"

local index = {}

--- How long a search lets the index catch up (milliseconds).
index.ms = 2000

local methods = {}
methods.__index = methods

-- ---- opening ----

-- Whether the index has all that the store has.
local function is_fresh(it, store_path)
    return it.state.stamp == catch_up.stamp(store_path)
end

-- An index in memory, of as much as there is time for: where no file can be
-- had, a search answers all the same.  That another process makes the file is
-- no reason to complain.
local function in_memory(conf, opts, why)
    local ok, it = catch_up.run(conf, { path = ":memory:", keep = true,
        ms = opts.ms or index.ms, progress = opts.progress })
    if not ok then return nil, why end
    it.reason = why.code ~= "busy" and why or nil
    return it
end

local function open_index(conf, opts)
    local store_path, path = file.paths(conf)
    local it = file.read(path)
    if it and is_fresh(it, store_path) then return it end
    if it then file.close(it) end
    local ok, why = catch_up.run(conf, { ms = opts.ms or index.ms,
        progress = opts.progress })
    local err
    it, err = file.read(path)
    if it then
        it.reason = not ok and why or nil
        return it
    end
    return in_memory(conf, opts, why or err)
end

-- How many rows are not indexed.
local function behind(it, store, store_path)
    if is_fresh(it, store_path) then return 0 end
    local last = it.state.sessions_rowid
    local rows = store:query("SELECT count(*) AS n FROM (SELECT 1 FROM sessions"
        .. " WHERE rowid > ? LIMIT 1000000)", { last or math.mininteger })
    return math.max(rows and rows[1].n or 0, it.state.behind or 0)
end

--- Opens the index of a configuration's local store.
-- @param conf its local_store; what hooks captured is taken in by the caller
-- @param opts { ms = most milliseconds to bring it up to date: index.ms;
-- progress = function(rows done, rows in all) or nil }
-- @return the index: behind = rows that are not indexed yet, 0 when it is
-- whole; rows = how many events it has; reason = why it could not be brought up
-- to date, an error, or nil;
-- or nil, err
function index.open(conf, opts)
    opts = opts or {}
    local store_path = file.paths(conf)
    local store, err = sqlite.open(store_path, { readonly = true })
    if not store then return nil, err end
    local it, why = open_index(conf, opts)
    if not it then
        store:close()
        return nil, why
    end
    return setmetatable({ it = it, store = store, conf = conf, opts = opts,
        reason = it.reason, rows = it.state.sessions_rows or 0,
        behind = behind(it, store, store_path) }, methods)
end

--- Ends it; doing so again is harmless.
function methods:close()
    if self.it then file.close(self.it) end
    if self.store then self.store:close() end
    self.it, self.store = nil, nil
end

methods.__close = methods.close

-- ---- hits ----

local COLUMNS = {
    [0] = "rowid, id, path, author, agent, project, creation_date AS created",
    "rowid, id, path, author, agent, project,"
        .. " CASE WHEN last_update_date <> '' THEN last_update_date"
        .. " ELSE creation_date END AS created",
    "rowid, id, name AS path, author, source_agent AS agent, project,"
        .. " CASE WHEN updated_at <> '' THEN updated_at ELSE created_at END"
        .. " AS created",
}

-- In the local store the tables have names of their own.
local NAMES = { tables = { sessions = "sessions", memory = "memory",
    skills = "skills" } }

-- The rows of hits by table and rowid.
local function rows_of(store, hits)
    local wanted, found = { [0] = {}, {}, {} }, { [0] = {}, {}, {} }
    for _, hit in ipairs(hits) do
        table.insert(wanted[hit.table], hit.rowid)
    end
    for number, list in pairs(wanted) do
        local name = documents.tables[number]
        local rows = #list > 0 and assert(stored.query(store, NAMES, name,
            ("SELECT %s FROM {t} AS t WHERE rowid IN (%s)"):format(
            COLUMNS[number], table.concat(list, ", ")), {})) or {}
        for _, row in ipairs(rows) do found[number][row.rowid] = row end
    end
    return found
end

local function hit_of(hit, row, explain)
    return {
        table = documents.tables[hit.table], rowid = hit.rowid, id = row.id,
        path = row.path, score = hit.score, created = row.created,
        author = row.author or "", agent = row.agent or "",
        project = row.project or "", kind = documents.kinds[hit.kind],
        why = explain and { words = hit.words, pairs = hit.pairs,
            neighbours = hit.neighbours, session = hit.session,
            feedback = hit.feedback } or nil,
    }
end

-- The hits that the store still has as they were indexed, at most limit.
local function present(store, hits, limit, explain)
    local rows, list = rows_of(store, hits), {}
    for _, hit in ipairs(hits) do
        local row = rows[hit.table][hit.rowid]
        if #list < limit and row
            and documents.ms(row.created or "") == hit.ms then
            list[#list + 1] = hit_of(hit, row, explain)
        end
    end
    return list
end

-- More are taken than asked for: rows may have gone away.
local SPARE = 10

local function find(self, query, filter, limit, by_session)
    local ranking <close> = question.rank(self, query, filter, by_session)
    if not ranking then return {} end
    local hits = assert(ranking:best(limit + SPARE, by_session))
    return present(self.store, hits, limit, filter.explain)
end

-- A broken index goes, and another one is opened.  Its file is left to the
-- process that writes to it, if there is one.
local function open_another(self, why)
    local _, path = file.paths(self.conf)
    local lock, busy = file.lock(path)
    if not lock then
        return in_memory(self.conf, self.opts, busy.code == "busy" and busy
            or why)
    end
    file.remove(path)
    lock:release()
    return open_index(self.conf, self.opts)
end

-- An index that turns out to be broken is made anew, once.
local function search(self, query, filter, limit, by_session)
    assert(self.it, "the index is closed")
    filter, limit = filter or {}, limit or 10
    local fine, hits = sys.pcall(find, self, query, filter, limit, by_session)
    if fine then return hits end
    if type(hits) ~= "table" or not hits.code or not file.is_broken(hits) then
        return nil, hits
    end
    file.close(self.it)
    local it, err = open_another(self, hits)
    self.it = it
    if not it then return nil, err end
    fine, hits = sys.pcall(find, self, query, filter, limit, by_session)
    return fine and hits or nil, hits
end

--- Events, memory and skills that answer a query, the best first.
-- @param query from propolis.search.query.parse()
-- @param filter { project = or projects = list or set of names, user =,
-- agent =, session = path, kind = (see documents.kinds), since = and before =
-- ISO date (incl., excl.), except_session = path, explain = true }, all of
-- them optional
-- @param limit most hits: 10
-- @return list of { table =, rowid =, id =, path =, score =, created =,
-- author =, agent =, project =, kind =, why = the score's parts }; or nil, err
function methods:events(query, filter, limit)
    return search(self, query, filter, limit, false)
end

--- The same, one hit for each session: its best event.
function methods:sessions(query, filter, limit)
    return search(self, query, filter, limit, true)
end

--- The words of the index that are spelt most like one.
-- @return list of { word =, count = events that hold it }
function methods:near(word, n)
    return require("propolis.search.near").words(self, word, n or 3)
end

-- ---- what others call ----

--- Brings the index up to date; see search.catch_up.
function index.catch_up(conf, opts)
    return catch_up.run(conf, opts)
end

--- Forgets what rows held, after they were deleted or changed in the store: no
-- byte of them is in the index any more.  It is made anew, now when opts says
-- so or when it is small, else by the next ones who need it.
-- @param conf its local_store
-- @param rows which: taken for all; nil says so
-- @param opts as for catch_up, with wait_ms for another process at work
-- @return true, or nil, err
function index.forget(conf, _, opts)
    opts = opts or {}
    local _, path = file.paths(conf)
    do
        local lock <close>, err = file.lock(path, opts.wait_ms or 60000)
        if not lock then return nil, err end
        local ok, why = file.remove(path)
        if not ok then return nil, why end
    end
    return catch_up.run(conf, { ms = opts.ms or index.ms,
        progress = opts.progress })
end

--- The same for one of scrub's portions, which may come one after another: the
-- index is only removed, and made anew by the next one who needs it.
-- @param store the store that was changed
-- @return true, or nil, err
function index.follow(store)
    local path = (store.url or ""):match("^sqlite:(.*)$")
    if not path or not sys.stat(path .. ".search") then return true end
    return index.forget({ local_store = store.url }, nil, { ms = 0 })
end

return index
