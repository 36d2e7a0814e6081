--- forget: what a person wants gone leaves the local store, what lies around
-- it, and where they say so the team's store.
--
-- In an order in which a run that is cut short is simply run again: first what
-- quotes the rows, then the rows themselves with their tombstones, in one
-- transaction, then the bytes that freed pages keep, and last the team's store.
-- That the file is still to be purged stands in the store until it is done.
local criteria = require "propolis.forget.criteria"
local derived = require "propolis.forget.derived"
local erase = require "propolis.forget.erase"
local find = require "propolis.forget.find"
local locks = require "propolis.forget.locks"
local outbox = require "propolis.sync.outbox"
local places = require "propolis.forget.places"
local purge = require "propolis.forget.purge"
local quotes = require "propolis.forget.quotes"
local stores = require "propolis.forget.stores"
local sync = require "propolis.sync"
local sys = require "engine.sys"

local forget = {}

local file_of = stores.file

-- Findings of several stores as one, for a person.
local function add(all, found)
    for path, n in pairs(found.sessions) do
        all.sessions[path] = (all.sessions[path] or 0) + n
    end
    for name, n in pairs(found.authors) do
        all.authors[name] = (all.authors[name] or 0) + n
    end
    all.count = all.count + found.count
    for _, date in ipairs { found.first, found.last } do
        all.first = (not all.first or date < all.first) and date or all.first
        all.last = (not all.last or date > all.last) and date or all.last
    end
    table.move(found.examples, 1, #found.examples, #all.examples + 1,
        all.examples)
end

-- Calls fn(...); nil, err where a store's error was raised.
local function try(fn, ...)
    local ok, result = pcall(fn, ...)
    if not ok then return sync.failure(result) end
    return result
end

-- Looking --------------------------------------------------------------------

-- Raises for a ref that is the beginning of several rows' ids.
-- @param seen ids by ref, of all stores so far
local function check_refs(refs, tables, seen)
    for _, ref in ipairs(refs) do
        for _, one in ipairs(tables) do
            for _, id in ipairs(one.ids) do
                if id ~= ref and criteria.names(ref, id) then
                    seen[ref] = seen[ref] or id
                    assert(seen[ref] == id, require("engine.store").error(
                        "arg", ("'%s' is how the ids of several rows begin:"
                        .. " write more of it"):format(ref)))
                end
            end
        end
    end
end

-- Of the beginning of a session's id the session's path; nil for what is none.
-- @param remote whether the team's store is asked as well
local function by_beginning(conf, text, remote)
    if not text or text:sub(1, 1) == "/" then return nil end
    local function find_in(store)
        local path, err = require("propolis.search.session").find(store, conf,
            text)
        assert(path or not tostring(err):find("is the beginning of", 1, true),
            err)
        return path
    end
    for _, one in ipairs(stores.all(conf)) do
        local store <close> = stores.open(one)
        local path = find_in(store)
        if path then return path end
    end
    local team <close> = remote and assert(sync.open_remote(conf)) or nil
    return team and find_in(team)
end

local function look_at_all(conf, spec, opts)
    local all, seen = find.none(), {}
    all.counts = {}
    local function take(where, found)
        add(all, found)
        for _, one in ipairs(found.tables) do
            all.counts[#all.counts + 1] = #one.ids > 0 and { store = where,
                table = one.schema.table, rows = #one.ids } or nil
        end
        check_refs(spec.refs or {}, found.tables, seen)
    end
    for _, one in ipairs(stores.all(conf)) do
        local store <close> = stores.open(one)
        take(file_of(one), find.rows(store, spec, opts))
    end
    if opts.remote then
        local remote <close> = assert(sync.open_remote(conf))
        take(remote.url, find.rows(remote, spec, opts))
    end
    return all
end

local function look(conf, spec, opts)
    local all = look_at_all(conf, spec, opts)
    local path = all.count == 0 and by_beginning(conf, spec.session,
        opts.remote)
    if not path then return all end
    spec.session = path
    return look_at_all(conf, spec, opts)
end

--- What would go; nothing is changed, but that what hooks captured is taken
-- into the store.
-- @param spec see propolis.forget.criteria; the beginning of a session's id
-- becomes its path
-- @param opts { remote = look at the team's store as well, progress =
-- function(rows read) }
-- @return a finding (propolis.forget.find) with counts = list of { store =,
-- table =, rows = } in place of tables; or nil, err
function forget.look(conf, spec, opts)
    return try(look, conf, spec, opts)
end

-- Removing -------------------------------------------------------------------

-- The paths of sessions of which nothing is recorded any more.
local function never(conf, spec, found, elsewhere)
    local paths = {}
    for _, one in ipairs { found, elsewhere } do
        for path in pairs(one.sessions) do paths[path] = true end
    end
    if spec.session:sub(1, 1) ~= "/" then
        paths[require("propolis.capture.event").path(conf, spec.session)]
            = true
    end
    return paths
end

local function clean_places(job)
    for _, place in ipairs(places.list) do
        local n = place.clean(job)
        job.places[place.name] = (job.places[place.name] or 0) + n
    end
end

-- The bytes of rows that went leave the store's file, and what was made of them
-- is made anew.
local function finish(conf, store, tell)
    local ok, err = purge.run(store)
    if not ok then tell("%s: %s", file_of(conf), err) end
    local renewed, why = derived.renew(conf)
    if not renewed then tell("%s", why) end
    return ok and renewed and assert(purge.settle(store))
end

-- One local store: how many rows went, by table.
local function remove_from(conf, spec, opts, job)
    local store <close> = stores.open(conf)
    for _, word in ipairs(erase.words) do
        job.quotes:file(outbox.get(store, word) or "")
    end
    local found = find.rows(store, spec, { progress = opts.progress,
        whole = job.quotes.any,
        each = function(_, row) job.quotes:row(row) end })
    clean_places(job)
    local done = {}
    local elsewhere = conf == opts.conf and opts.elsewhere or find.none()
    if found.count > 0 or elsewhere.count > 0 or opts.from_now_on then
        done = assert(erase.rows(store, found, {
            team = opts.remote and conf == opts.conf, elsewhere = elsewhere,
            whole = criteria.whole_session(spec),
            never = opts.from_now_on
                and never(opts.conf, spec, found, elsewhere) or nil,
            quotes = function(text) return job.quotes:hit(text) end,
        }))
    end
    if purge.owed(store) then
        opts.step("rewriting %s", file_of(conf))
        finish(conf, store, job.tell)
    end
    return done
end

local function remove_here(conf, spec, opts, result)
    local job = { conf = conf, spec = spec, files = { file_of(conf) },
        places = result.places,
        quotes = quotes.new(spec.text), tell = function(fmt, ...)
            table.insert(result.left, fmt:format(...))
        end }
    for _, path in ipairs(places.logs(conf)) do
        job.quotes:file(sys.read(path) or "")
    end
    local list = stores.all(conf)
    if list[1] ~= conf and (opts.remote or opts.from_now_on) then
        table.insert(list, 1, conf) -- which keeps the tombstones
    end
    for _, one in ipairs(list) do
        job.files = { file_of(one) }
        local done = remove_from(one, spec, opts, job)
        table.insert(result.stores, { where = file_of(one), rows = done })
    end
    if #list == 0 then clean_places(job) end
end

-- What the team's store has of it; raises what it fails with.
local function look_there(conf, spec, opts)
    if not opts.remote then return nil, find.none() end
    local remote = assert(sync.open_remote(conf))
    local ok, found = pcall(find.rows, remote, spec, opts)
    if ok then return remote, found end
    remote:close()
    error(found, 0)
end

local function run(conf, spec, opts, result)
    local remote <close>, elsewhere = look_there(conf, spec, opts)
    opts.elsewhere, opts.conf = elsewhere, conf
    remove_here(conf, spec, opts, result)
    if remote then
        require("propolis.forget.team").remove(conf, remote, elsewhere, opts,
            result)
    end
    return result
end

local function locked(conf, spec, opts, result)
    local held <close> = assert(locks.take(conf))
    return held and run(conf, spec, opts, result)
end

--- Removes it.
-- @param opts { remote = from the team's store as well, from_now_on = record
-- nothing of the session any more, progress = function(rows read), step =
-- function told what begins now, as string.format takes it }
-- @return { stores = list of { where =, rows = { table = rows that went } },
-- places = { name = what went there }, left = sentences about what could not be
-- removed, error = what ended it early, or nil }
function forget.run(conf, spec, opts)
    local result = { stores = {}, places = {}, left = {} }
    local ok, err = try(locked, conf, spec, opts, result)
    if not ok then result.error = err end
    return result
end

-- Whether a store's file has a purge before it, without taking anything in.
local function is_owed(file)
    if not sys.stat(file) then return false end
    local store <close> = require("engine.sqlite").open(file,
        { readonly = true })
    return store ~= nil and purge.owed(store)
end

--- Ends what an earlier run could not: the worker's step; who called it holds
-- the worker's lock.
-- @return true; nil, err; or false when it was told in the log
function forget.finish(conf)
    if not is_owed(file_of(conf)) then return true end
    local syncing <close>, busy = sync.lock(conf)
    if not syncing then return busy.code == "busy" or nil, busy end
    local store <close>, err = require("propolis.capture.intake").open(conf)
    if not store then return nil, err end
    return finish(conf, store, require("propolis.log").warn) or false
end

return forget
