--- account.notices.service: the service's own notifications join the queue.
local notices = require "propolis.account.notices"
local places = require "propolis.config.places"
local sys = require "engine.sys"

local service = {}

local FETCH_EVERY = 3600 -- seconds between two requests
local FETCH_MS = 1500

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
            items[#items + 1] = {
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
    if age and age >= 0 and age < FETCH_EVERY then return false end
    return sys.mkdir(dir) and sys.replace(path, "", 384)
end

--- Asks the service for notifications and queues what is new; for sync, never
-- for a hook.  At most once an hour, for 1.5 s at most.
-- @return how many are new; failures count as none
function service.fetch(conf)
    local paths = places.paths()
    local dir = paths and paths.state
    local url = conf.remote and conf.remote:match("^deeplake:(.*)$")
    if not conf.logged_in or not url or not dir or not due(dir) then
        return 0
    end
    local client <close> = require("propolis.account.api").new {
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
    return notices.add_all(from_service(conf, list)) or 0
end

return service
