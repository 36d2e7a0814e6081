--- api: the HTTP API's calls besides SQL: login, organisations, members.
--
--   local client <close> = api.new { api_url = url, token = t, org_id = o }
--   local list, err = client:organizations()
--
-- Every call returns its value, or nil and an error { code=, message=,
-- status=, reason= } that prints as one sentence which says what to do.  Only
-- GET is ever repeated.  No message holds a token.
local api_error = require "propolis.account.api_error"
local clients = require "propolis.stores.deeplake.client"
local json = require "propolis.json"
local response = require "propolis.stores.deeplake.response"

local api = {}

local TIMEOUT_MS = 10000
local MAX_BYTES = 8 << 20 -- of one response
local MAX_PAGES = 200 -- of one list
local YEAR = 365 * 24 * 3600 -- seconds that a minted token lives

local Client = {}
Client.__index = Client

--- True for text that can be a bearer token.
function api.is_token(value)
    return type(value) == "string" and #value <= 16384
        and value:find("^[\33-\126]+$") ~= nil
end

--- Makes a client; sends nothing yet.
-- @param config { api_url=, token=, org_id=, timeout_ms= (10000),
-- retries= (2, of a GET), backoff_ms= (300) }
-- @return the client, to be closed; or nil, err for what cannot be an
-- address, a token or an organisation
function api.new(config)
    local base = (config.api_url or ""):gsub("/+$", "")
    if not base:find("^https?://[^/%s%c]+[^%s%c]*$") then
        return response.failure { code = "arg", message = ("the address of the"
            .. " API, '%s', is no http:// or https:// URL; see"
            .. " HIVEMIND_API_URL"):format(require("propolis.cli.text")
            .printable(base)) }
    end
    if config.token and not api.is_token(config.token) then
        return response.failure { code = "arg", message = "the token holds a"
            .. " space or another character that no token has; see"
            .. " HIVEMIND_TOKEN, or run 'propolis login --force'" }
    elseif config.org_id and not config.org_id:find("^[^%c]*[^%c.][^%c]*$")
    then
        return response.failure { code = "arg", message = "the organisation's"
            .. " id is not valid; see HIVEMIND_ORG_ID and 'propolis whoami'" }
    end
    return setmetatable({
        base = base, token = config.token, org = config.org_id,
        timeout_ms = config.timeout_ms or TIMEOUT_MS,
        retries = config.retries or 2, backoff_ms = config.backoff_ms or 300,
    }, Client)
end

-- The HTTP client for this method: only a GET may go out more than once.
local function transport(self, method)
    local kind = method == "GET" and "reading" or "once"
    if not self[kind] then
        self[kind] = clients.take {
            timeout_ms = self.timeout_ms, max_bytes = MAX_BYTES,
            retries = kind == "reading" and self.retries or 0,
            backoff_ms = self.backoff_ms,
        }
    end
    return self[kind].client
end

--- Closes the connections.
function Client:close()
    for _, kind in ipairs { "reading", "once" } do
        if self[kind] then
            clients.give_back(self[kind])
            self[kind] = nil
        end
    end
end

Client.__close = Client.close

--- An id as one segment of a path; raises for what would be another path.
function api.segment(id)
    assert(id ~= "" and id ~= "." and id ~= "..", "an id cannot be '' or '.'")
    return clients.segment(id)
end

-- Requests ------------------------------------------------------------------

local function headers(self, opts)
    return {
        Authorization = self.token and not opts.anonymous
            and "Bearer " .. self.token or nil,
        ["Content-Type"] = not opts.bare and "application/json" or nil,
        ["X-Deeplake-Client"] = not opts.bare and "hivemind" or nil,
        ["X-Activeloop-Org-Id"] = opts.org and self.org or nil,
    }
end

--- Sends one request.
-- @param opts body (a table), org (send the organisation), anonymous (no
-- token), bare (neither content type nor client header), ignore (the body is
-- not read)
-- @return the decoded body and the response's headers; or nil, err
function Client:call(method, path, opts)
    opts = opts or {}
    local res, err = transport(self, method):request {
        method = method, url = self.base .. path, headers = headers(self, opts),
        body = opts.body and assert(json.encode(opts.body)) or nil,
    }
    if not res then
        return api_error.unreachable(self, err)
    elseif res.status < 200 or res.status > 299 then
        return api_error.status(self, path, res)
    elseif opts.ignore then
        return true
    end
    local value = json.decode(res.body)
    if value == nil then
        return api_error.bad_body(self, path, api_error.is_page(res.body)
            and "is a web page" or "is no whole JSON")
    end
    return value, res.headers
end

-- The path of the next page (RFC 8288), nil at the end, false when it is at
-- another host: the token must not go there.
local function next_path(self, path, link)
    for target, params in (link or ""):gmatch("<([^>]*)>([^,<]*)") do
        if params:lower():find('rel%s*=%s*"?next"?') then
            if target:sub(1, 1) == "?" then
                return path:gsub("%?.*", "") .. target
            end
            local origin = self.base:match("^%a+://[^/]+")
            if target:find("^/[^/]") then
                target = origin .. target
            end
            if target:sub(1, #self.base + 1) ~= self.base .. "/" then
                return false
            end
            return target:sub(#self.base + 1)
        end
    end
    return nil
end

-- The list in a body: itself, or what stands under a key.
local function items(value, key)
    if type(value) ~= "table" then
        return {}
    elseif type(value[key]) == "table" then
        return value[key]
    end
    return value
end

-- All pages of a list; each entry goes through read, which gives nil for what
-- is none.
local function list(self, path, key, opts, read)
    local all, seen = {}, {}
    for _ = 1, MAX_PAGES do
        local value, head = self:call("GET", path, opts)
        if value == nil then return nil, head end
        for _, item in ipairs(items(value, key)) do
            all[#all + 1] = type(item) == "table" and read(item) or nil
        end
        seen[path] = true
        path = next_path(self, path, head.link)
        if path == nil then
            return all
        elseif not path or seen[path] then
            break
        end
    end
    return response.failure { code = "api",
        message = "the list's pages do not come to an end; try again later" }
end

local function text(value)
    if math.type(value) == "integer" then
        value = tostring(value)
    end
    return type(value) == "string" and value ~= "" and value or nil
end

local function named(item)
    local id = text(item.id)
    return id and { id = id, name = text(item.name) or id }
end

-- Endpoints -----------------------------------------------------------------

--- Who the token belongs to: { id=, name=, email= }.
function Client:me()
    local value, err = self:call("GET", "/me")
    if value == nil then
        return nil, err
    elseif type(value) ~= "table" then
        return api_error.bad_body(self, "/me", "names no user")
    end
    return { id = text(value.id), name = text(value.name),
        email = text(value.email) }
end

--- The organisations of the token's user: a list of { id=, name= }.
function Client:organizations()
    return list(self, "/organizations", "data", nil, named)
end

--- The workspaces of the organisation: a list of { id=, name= }.
function Client:workspaces()
    return list(self, "/workspaces", "data", { org = true }, named)
end

--- Makes a token for one organisation that lives for a year.
-- The service refuses a name that the user has given before.
-- @return the token, or nil, err
function Client:mint(org)
    local sys = require "engine.sys"
    local host = (sys.hostname() or "host"):gsub("[^%w.-]", "-"):sub(1, 40)
    local name = ("propolis-%s-%s-%s"):format(host, sys.now():sub(1, 10),
        sys.uuid():sub(1, 8))
    local value, err = self:call("POST", "/users/me/tokens", { body = {
        name = name, duration = YEAR, organization_id = org,
    } })
    if value == nil then return nil, err end
    local token = type(value) == "table" and value.token
    if type(token) == "table" then
        token = token.token
    end
    if not api.is_token(token) then
        return api_error.bad_body(self, "/users/me/tokens", "holds no token")
    end
    return token
end

local function members_path(self)
    return "/organizations/" .. api.segment(self.org) .. "/members"
end

--- The organisation's members: a list of { user_id=, name=, email=, role= }.
function Client:members()
    return list(self, members_path(self), "members", { org = true },
        function(item)
            return { user_id = text(item.user_id) or text(item.id),
                name = text(item.name), email = text(item.email),
                role = text(item.role) }
        end)
end

--- Invites an address; role is ADMIN, WRITE or READ.
function Client:invite(email, role)
    return self:call("POST", members_path(self) .. "/invite", {
        org = true, ignore = true,
        body = { username = email, access_mode = role },
    })
end

--- Takes a member out of the organisation.
function Client:remove(user_id)
    return self:call("DELETE", members_path(self) .. "/"
        .. api.segment(user_id), { org = true, ignore = true })
end

--- The user's notifications as the service has them, a list of tables.
function Client:notifications()
    local value, err = self:call("GET", "/me/notifications",
        { org = true, bare = true })
    if value == nil then return nil, err end
    local found = {}
    for _, item in ipairs(items(value, "notifications")) do
        found[#found + 1] = type(item) == "table" and item or nil
    end
    return found
end

--- Begins a device login (RFC 8628): the response's body as it is.
function Client:device_code()
    return self:call("POST", "/auth/device/code", { anonymous = true })
end

--- Asks once whether the login was granted: the response's
-- body, or nil, err; err.reason is the RFC's word.
function Client:device_token(device_code)
    return self:call("POST", "/auth/device/token",
        { anonymous = true, body = { device_code = device_code } })
end

return api
