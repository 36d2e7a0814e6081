--- notices: what a person should hear at the next session's start.
--
-- Two files in the state folder, 0600, each replaced in one step under one
-- lock: notices.json holds what waits and is there only while something does,
-- so that a session's start costs one stat; notices-shown.json remembers what
-- was shown.  A notice is named by id and dedup and is shown once: in doubt
-- (a kill between taking and showing) not at all rather than twice.
--
-- Money: a 402 is told once a day (UTC) while it lasts, and not at all when
-- the service took something again before anybody was told.  A balance below
-- two dollars is told once a day too.
local json = require "propolis.json"
local places = require "propolis.places"
local sys = require "engine.sys"

local notices = {}

notices.max_waiting = 50 -- the oldest leave
notices.max_shown = 256 -- remembered
notices.max_at_once = 5 -- that one session's start shows
notices.low_cents = 200
notices.fetch_every = 3600 -- seconds between two looks at the service

local WAIT_MS = 10000 -- of a writer
local HOOK_WAIT_MS = 250 -- of a session's start
local FETCH_MS = 1500
local MAX_FILE = 1 << 20

local RANK = { error = 1, warn = 2, info = 3 }

-- Files -----------------------------------------------------------------------

local function folder()
    local paths, err = places.paths()
    return paths and paths.state, err
end

-- What a file holds under its key; a file that is none is put aside.
local function read(dir, name, key)
    local path = ("%s/%s.json"):format(dir, name)
    local text, err = sys.read(path, MAX_FILE)
    if not text then
        return err.code == "none" and {} or nil, err
    end
    local value = json.decode(text)
    if type(value) == "table" and type(value[key]) == "table" then
        return value[key]
    end
    require("propolis.log").warn("%s cannot be read, kept as %s.corrupt", path,
        path)
    local ok
    ok, err = sys.rename(path, path .. ".corrupt")
    return ok and {} or nil, err
end

local function write(dir, name, key, value)
    local path = ("%s/%s.json"):format(dir, name)
    if #value == 0 then
        local ok, err = sys.remove(path)
        return ok or err.code == "none", err
    end
    local text, err = json.encode { [key] = json.array(value) }
    if not text then
        return nil, err
    end
    return sys.replace(path, text .. "\n", 384)
end

-- Runs fn(dir) while nobody else does.
local function locked(wait_ms, fn)
    local dir, err = folder()
    local ok = dir
    if dir then
        ok, err = sys.mkdir(dir)
    end
    if not ok then
        return nil, err
    end
    local held <close>, busy = sys.lock(dir .. "/notices.lock", wait_ms)
    if not held then
        return nil, busy
    end
    return fn(dir)
end

-- Items -----------------------------------------------------------------------

local function line(value, width)
    local text = require "propolis.text"
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

-- The items of the queue that are some, and whether they are all.
local function waiting(dir)
    local list, err = read(dir, "notices", "queue")
    if not list then
        return nil, err
    end
    local good = {}
    for _, item in ipairs(list) do
        good[#good + 1] = checked(item)
    end
    return good
end

local function names(dir)
    local list, err = read(dir, "notices-shown", "shown")
    if not list then
        return nil, err
    end
    local set = {}
    for _, name in ipairs(list) do
        set[name] = true
    end
    return set, list
end

local function latest(list, most)
    return table.move(list, math.max(1, #list - most + 1), #list, 1, {})
end

-- Adds what is new of a list: how many were, or nil, err.
local function add_all(items)
    return locked(WAIT_MS, function(dir)
        local queue, err = waiting(dir)
        local known
        if queue then
            known, err = names(dir)
        end
        if not known then
            return nil, err
        end
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
        if count == 0 then
            return 0
        end
        local ok
        ok, err = write(dir, "notices", "queue",
            latest(queue, notices.max_waiting))
        return ok and count, err
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

--- How many wait.
function notices.waiting()
    local dir = folder()
    local list = dir and read(dir, "notices", "queue")
    return list and #list or 0
end

-- The queue parted into what is shown now and what goes on waiting.
local function part(queue, shown, wants)
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
    local queue, err = waiting(dir)
    local shown, list
    if queue then
        shown, list = names(dir)
        err = not shown and list
    end
    if err then
        return nil, err
    end
    for i, item in ipairs(queue) do
        item.place = i
    end
    local due, rest = part(queue, shown, wants)
    local ok = true
    if #due > 0 then
        ok, err = write(dir, "notices-shown", "shown", remembered(list, due))
    end
    for _, item in ipairs(rest) do
        item.place = nil
    end
    if ok then
        ok, err = write(dir, "notices", "queue", rest)
    end
    return ok and due, err
end

--- What is due, the gravest first, and forgets it: each item is given to one
-- caller only.  At most max_at_once; the others wait for the next session.
-- @param own_only leave what the service wrote: where the model would read it
-- @return a list, empty when another process holds the queue; or nil, err
function notices.take(own_only)
    local dir = folder()
    if not dir or not sys.stat(dir .. "/notices.json") then
        return {}
    end
    local due, err = locked(HOOK_WAIT_MS, function()
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
    local text = item.title
    if item.body ~= "" then
        text = text .. ": " .. item.body
    end
    return text
end

-- Money -----------------------------------------------------------------------

--- Where an organisation tops up.
function notices.billing_url(conf)
    local segment = require("propolis.api").segment
    return ("https://deeplake.ai/%s/workspace/%s/billing"):format(
        segment(conf.org_name), segment(conf.workspace))
end

-- Takes notices about money out of the queue.
local function forget(...)
    local dir = folder()
    if not dir or not sys.stat(dir .. "/notices.json") then
        return true
    end
    local ids = {}
    for _, id in ipairs { ... } do
        ids[id] = true
    end
    return locked(WAIT_MS, function()
        local queue, err = waiting(dir)
        if not queue then
            return nil, err
        end
        local rest = {}
        for _, item in ipairs(queue) do
            rest[#rest + 1] = not ids[item.id] and item or nil
        end
        return #rest == #queue or write(dir, "notices", "queue", rest)
    end)
end

--- The service took something: what waits about a balance that is used up is
-- not true any more.  One stat when nothing waits.
-- @return true, or nil, err
function notices.balance_ok()
    return forget("balance-exhausted")
end

local function tell(conf, id, severity, title, body)
    return notices.add {
        id = id, severity = severity, title = title,
        body = body:format(notices.billing_url(conf)),
        dedup = conf.org_id .. "/" .. sys.now():sub(1, 10),
    }
end

local states = {}

function states.exhausted(conf)
    return tell(conf, "balance-exhausted", "error",
        ("the balance of %s is used up"):format(conf.org_name),
        "memory is kept on this machine and shared again after a top-up at %s")
end

function states.low(conf, cents)
    notices.balance_ok()
    return tell(conf, "balance-low", "warn",
        ("the balance of %s is down to $%.2f"):format(conf.org_name,
            cents / 100), "top up at %s")
end

function states.fine()
    return forget("balance-exhausted", "balance-low")
end

local function state_of(info)
    local cents = tonumber(info.balance_cents)
    if info.status == 402 or cents and cents <= 0 then
        return "exhausted"
    elseif not cents then
        return nil
    end
    return cents < notices.low_cents and "low" or "fine", cents
end

--- What a store calls with what it hears about the balance: option on_balance
-- of propolis.open.  Only a change does anything; never raises.
function notices.on_balance(conf)
    local last
    return function(info)
        local state, cents = state_of(info)
        if state and state ~= last then
            last = state
            pcall(states[state], conf, cents)
        end
    end
end

-- The service's own -----------------------------------------------------------

local function word(value)
    return type(value) == "string" and value ~= "" and value or nil
end

local function from_service(conf, list)
    local now, items = sys.now(), {}
    for _, n in ipairs(list) do
        local org, expires = word(n.target_org_id), word(n.expires_at)
        if word(n.id) and word(n.title) and type(n.body) == "string"
            and not word(n.dismissed_at) and (not org or org == conf.org_id)
            and not (expires and expires < now) then
            items[#items + 1] = checked {
                id = "backend:" .. n.id, severity = n.severity,
                title = n.title, body = n.body, expires = expires,
                dedup = word(n.dedup_key),
            }
        end
    end
    return items
end

-- True when it is time to ask again; then the time starts anew.
local function due(dir)
    local path = dir .. "/notices-fetched"
    local stat = sys.stat(path)
    local age = stat and sys.time() - stat.mtime
    if age and age >= 0 and age < notices.fetch_every then
        return false
    end
    return sys.mkdir(dir) and sys.replace(path, "", 384)
end

--- Asks the service for notifications and queues what is new; for sync, never
-- for a hook.  At most once per fetch_every, 1.5 s at most.
-- @return how many are new; failures count as none
function notices.fetch(conf)
    local dir = folder()
    local url = conf.remote and conf.remote:match("^deeplake:(.*)$")
    if not conf.logged_in or not url or not dir or not due(dir) then
        return 0
    end
    local client <close> = require("propolis.api").new {
        api_url = url ~= "" and url or conf.api_url, token = conf.token,
        org_id = conf.org_id, timeout_ms = FETCH_MS, retries = 0,
    }
    local list, err
    if client then
        list, err = client:notifications()
    end
    if not list then
        require("propolis.log").debug("notifications: %s", tostring(err))
        return 0
    end
    return add_all(from_service(conf, list)) or 0
end

return notices
