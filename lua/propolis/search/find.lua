--- search.find: from what was asked for to entries, by the index of the local
-- store or, on any other, by SQL.
local asking = require "propolis.search.asking"
local query = require "propolis.search.query"
local rows = require "propolis.search.rows"
local target = require "propolis.cli.target"

-- How long a search may go on bringing the index up to date.
local CATCH_UP_MS = 2000

-- Hits that are asked for beyond the limit where some of them are left out.
local function with_spare(limit)
    return limit + limit // 2 + 10
end

-- Whether nothing but beginnings of words is asked for.
local function is_of_prefixes(q)
    return #q.prefixes > 0 and #q.words + #q.phrases == 0
end

-- What has a word that begins so: see search.prefix.
local function with_prefix(list, q)
    local snippets = require "propolis.search.snippets"
    local terms, kept = snippets.terms(q), {}
    for _, e in ipairs(list) do
        if #snippets.of(e, terms, 64).pieces > 1 then kept[#kept + 1] = e end
    end
    return kept
end

-- Earlier searches, which the index has not, behind everything else; no more
-- than the limit.
local function settle(list, limit)
    local first, last = {}, {}
    for _, e in ipairs(list) do
        local to = e.m and asking.is_search(e.m) and last or first
        to[#to + 1] = e
    end
    table.move(last, 1, #last, #first + 1, first)
    for i = #first, limit + 1, -1 do first[i] = nil end
    return first
end

-- Opens the index, brought up to date; nil and why when it cannot be used.
local function open_index(conf, found)
    local progress <close> = require("propolis.cli.progress").start()
    local ix, err = require("propolis.search.index").open(conf, {
        ms = CATCH_UP_MS, progress = function(done, all)
            progress:count("%d of %d events indexed", done, all)
        end })
    if not ix then return nil, err end
    found.index, found.behind = ix, ix.behind
    return true
end

local function by_index(store, conf, ask, found)
    local ix, some, limit = found.index, is_of_prefixes(ask.q), ask.how.limit
    ask.f.explain = ask.how.explain
    local list, err = ix[ask.how.by and "sessions" or "events"](ix, ask.q,
        ask.f, some and with_spare(limit) or limit)
    if not list then return nil, err end
    found.loosened = ix.loosened
    list, err = rows.fill(store, conf, list)
    return list and some and with_prefix(list, ask.q) or list, err
end

-- Where nothing has a phrase that stands among other words its words are looked
-- for, in a question at once: there quotes are quotes.
local function by_sql(store, conf, ask, found)
    local q, how = ask.q, { limit = with_spare(ask.how.limit),
        by = ask.how.by }
    local scan = require "propolis.search.scan"
    local asks = q.text:find("%?%s*$")
    local list, err = scan.find(store, conf, asks and query.loosened(q) or q,
        ask.f, how)
    if list and #list == 0 and not asks and #q.phrases > 0 and #q.words > 0
    then
        list, err = scan.find(store, conf, query.loosened(q), ask.f, how)
        found.loosened = true
    end
    return list, err
end

local Found = {}
Found.__index = Found

function Found:close()
    if self.index then self.index:close() end
    if self.store then self.store:close() end
    self.index, self.store = nil, nil
end

Found.__close = Found.close

-- Whether the store that is asked is the one with the index.
local function has_index(conf, opts)
    return not opts.remote and (not opts.store
        or opts.store == conf.local_store)
end

-- By the index where there is one that can be used, else by SQL.
local function search(store, conf, opts, ask, found)
    if query.is_empty(ask.q) then return {} end
    if has_index(conf, opts) then
        local list, why = found.index, nil
        if not list then list, why = open_index(conf, found) end
        if list then
            list, why = by_index(store, conf, ask, found)
        end
        if list or ask.how.explain then return list, why end
        local cli = require "propolis.cli"
        cli.say("propolis: the search index cannot be used: %s; looking"
            .. " through the rows instead", cli.printable(tostring(why)))
    end
    return by_sql(store, conf, ask, found)
end

--- Searches.
-- @param conf from config.load()
-- @param opts store, remote, session
-- @param ask { q =, f =, how = { limit =, by =, explain = } }; the filter gets
-- the paths of the session that is meant and of the one that asks
-- @return { list = entries with score, store =, index = or nil, behind = events
-- that are not in the index yet or nil, loosened = true when nothing has the
-- phrases as they stand }, to be closed; or nil, err
return function(conf, opts, ask)
    local store, err = target.open(opts, "read", conf.query_timeout_ms)
    if not store then return nil, err end
    local found = setmetatable({ store = store }, Found)
    local path = true
    if opts.session then
        path, err = require("propolis.search.session").find(store, conf,
            opts.session)
        ask.f.session = path
    else
        ask.f.except_session = asking.path(conf)
    end
    local list = path and nil
    if path then
        list, err = search(store, conf, opts, ask, found)
    end
    if not list then
        found:close()
        return nil, err
    end
    found.list = settle(list, ask.how.limit)
    return found
end
