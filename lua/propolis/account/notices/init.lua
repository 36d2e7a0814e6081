--- notices: what a person should be told at the next session's start.
--
-- Two files in the state folder, 0600, each replaced in one step under one
-- lock: notices.json holds what waits and is there only while something does,
-- so that a session's start costs one stat; notices-shown.json remembers what
-- was shown.  A notice is named by id and dedup and is shown once: in doubt
-- (a kill between taking and showing) not at all rather than twice.
local files = require "propolis.account.notices.files"
local sys = require "engine.sys"

local notices = {}

notices.max_waiting = 50 -- the oldest leave
notices.max_shown = 256 -- remembered
notices.max_at_once = 5 -- that one session's start shows

local WAIT_MS = 10000 -- of a writer
local HOOK_WAIT_MS = 250 -- of a session's start

local RANK = { error = 1, warn = 2, info = 3 }

-- Items -----------------------------------------------------------------------

local function line(value, width)
    local text = require "engine.text"
    return text.cut(text.printable(value), width)
end

-- An item as it is kept; nil for one that cannot be shown.
local function checked(item)
    if type(item) ~= "table" or type(item.id) ~= "string" or item.id == ""
        or type(item.title) ~= "string" or item.title == "" then
        return nil
    end
    local body = type(item.body) == "string" and item.body or ""
    return {
        id = item.id:sub(1, 200), title = line(item.title, 200),
        severity = RANK[item.severity] and item.severity or "info",
        body = line(body, 1000),
        dedup = type(item.dedup) == "string" and item.dedup:sub(1, 1000) or "",
        expires = type(item.expires) == "string" and item.expires or nil,
    }
end

local function name_of(item)
    return sys.sha256(item.id .. "\0" .. item.dedup):sub(1, 24)
end

-- The items that wait in the queue.
local function queued(dir)
    local good = {}
    for _, item in ipairs(files.read(dir, "notices", "queue")) do
        good[#good + 1] = checked(item)
    end
    return good
end

-- The names of what was shown, as a set and as the list that is kept.
local function shown_names(dir)
    local list, set = files.read(dir, "notices-shown", "shown"), {}
    for _, name in ipairs(list) do
        set[name] = true
    end
    return set, list
end

local function latest(list, most)
    return table.move(list, math.max(1, #list - most + 1), #list, 1, {})
end

-- Adds what is new of a list of checked items: how many were, or nil, err.
local function add_all(items)
    return files.locked(WAIT_MS, function(dir)
        local queue, known = queued(dir), shown_names(dir)
        for _, item in ipairs(queue) do
            known[name_of(item)] = true
        end
        local count = 0
        for _, item in ipairs(items) do
            local name = name_of(item)
            if not known[name] then
                known[name], count = true, count + 1
                queue[#queue + 1] = item
            end
        end
        if count > 0 then
            files.write(dir, "notices", "queue",
                latest(queue, notices.max_waiting))
        end
        return count
    end)
end

--- Puts one in the queue, unless the same id and dedup waits or was shown.
-- @param item { id=, title=, body=, severity= ("info", "warn" or "error"),
-- dedup=, expires= (ISO time) }; id and title are needed
-- @return true when it is new, false when it is known; or nil, err
function notices.add(item)
    local good = assert(checked(item), "a notice has an id and a title")
    local count, err = add_all { good }
    return count and count > 0, err
end

--- Puts those of a list in the queue that are notices and new.
-- @return how many, or nil, err
function notices.add_all(items)
    local good = {}
    for _, item in ipairs(items) do
        good[#good + 1] = checked(item)
    end
    return add_all(good)
end

--- How many wait.
function notices.waiting()
    local dir = files.folder()
    if not dir or not sys.stat(dir .. "/notices.json") then return 0 end
    local queue = files.locked(WAIT_MS, queued)
    return queue and #queue or 0
end

-- The queue split into what is shown now and what goes on waiting.
local function split_due(queue, shown, wants)
    local now, due, rest = sys.now(), {}, {}
    table.sort(queue, function(a, b) -- stable: equal ones keep their order
        if RANK[a.severity] ~= RANK[b.severity] then
            return RANK[a.severity] < RANK[b.severity]
        end
        return a.place < b.place
    end)
    for _, item in ipairs(queue) do
        local gone = shown[name_of(item)]
            or item.expires and item.expires < now
        if not gone and wants(item) and #due < notices.max_at_once then
            due[#due + 1] = item
        elseif not gone then
            rest[#rest + 1] = item
        end
    end
    table.sort(rest, function(a, b) return a.place < b.place end)
    return due, rest
end

local function remembered(list, due)
    for _, item in ipairs(due) do
        list[#list + 1] = name_of(item)
    end
    return latest(list, notices.max_shown)
end

local function take(dir, wants)
    local queue = queued(dir)
    local shown, list = shown_names(dir)
    for i, item in ipairs(queue) do
        item.place = i
    end
    local due, rest = split_due(queue, shown, wants)
    if #due > 0 then
        files.write(dir, "notices-shown", "shown", remembered(list, due))
    end
    for _, item in ipairs(rest) do
        item.place = nil
    end
    files.write(dir, "notices", "queue", rest)
    return due
end

--- What is due, the gravest first, and forgets it: each item is given to one
-- caller only.  At most max_at_once; the others wait for the next session.
-- @param own_only leave what the service wrote: where the model would read it
-- @return a list, empty when another process holds the queue; or nil, err
function notices.take(own_only)
    local dir = files.folder()
    if not dir or not sys.stat(dir .. "/notices.json") then return {} end
    local due, err = files.locked(HOOK_WAIT_MS, function()
        return take(dir, function(item)
            return not own_only or not item.id:find("^backend:")
        end)
    end)
    if not due and type(err) == "table" and err.code == "busy" then
        return {}
    end
    return due, err
end

--- A notice as a person reads it.
function notices.text(item)
    return item.body == "" and item.title or item.title .. ": " .. item.body
end

--- Takes the notices with these ids out of the queue, untold.
-- @return true, or nil, err
function notices.forget(...)
    local dir = files.folder()
    if not dir or not sys.stat(dir .. "/notices.json") then return true end
    local ids = {}
    for _, id in ipairs { ... } do
        ids[id] = true
    end
    return files.locked(WAIT_MS, function()
        local queue, rest = queued(dir), {}
        for _, item in ipairs(queue) do
            rest[#rest + 1] = not ids[item.id] and item or nil
        end
        if #rest < #queue then
            files.write(dir, "notices", "queue", rest)
        end
        return true
    end)
end

-- What fills the queue ------------------------------------------------------

--- What a store calls with what it hears about the balance: option on_balance
-- of propolis.open.  See propolis.account.notices.balance.
function notices.on_balance(conf)
    return require("propolis.account.notices.balance").on_balance(conf)
end

--- The service took something: what waits about a balance that is used up is
-- not true any more.  One stat when nothing waits.
-- @return true, or nil, err
function notices.balance_ok()
    return notices.forget("balance-exhausted")
end

--- Asks the service for notifications; see propolis.account.notices.service.
-- @return how many are new
function notices.fetch(conf)
    return require("propolis.account.notices.service").fetch(conf)
end

return notices
