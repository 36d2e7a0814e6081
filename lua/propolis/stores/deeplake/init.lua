--- Deeplake: SQL over HTTPS.
--
--     local spec = deeplake.open { api_url=, token=, org_id=, workspace= }
--     local store = engine.store.from(spec)
--
-- Requests and answers of the API, what may be sent again, and what its errors
-- mean.  The line itself (retries, timeouts, connections) is engine.http's.
local response = require "propolis.stores.deeplake.response"
local client = require "propolis.stores.deeplake.client"
local json = require "propolis.json"
local markers = require "propolis.stores.deeplake.markers"
local sys = require "engine.sys"

local deeplake = { form = "deeplake:" }

local CREATE_DELAYS = { 2, 5, 10 } -- seconds

local failure = response.failure

local listings = {} -- api, organisation, workspace -> { [table] = true }

-- ---- balance ----

local function tell_balance(self, info)
    if self.on_balance then sys.pcall(self.on_balance, info) end
end

local function note_balance(self, res)
    local left = tonumber(res.headers["x-activeloop-balance-cents"])
    if left and res.status ~= 402 then
        tell_balance(self, { status = res.status, balance_cents = left })
    end
end

-- ---- statements ----

local function headers(self, json_body)
    return {
        Authorization = "Bearer " .. self.token,
        ["Content-Type"] = json_body and "application/json" or nil,
        ["X-Activeloop-Org-Id"] = self.org,
        ["X-Deeplake-Client"] = "hivemind",
    }
end

local READS = { read = true, catalog = true }

-- What may be sent again when nobody knows whether it was carried out.
local function repeatable(info)
    return READS[info.kind] or info.kind == "create" or info.kind == "alter"
        or info.kind == "index" or info.kind == "idempotent"
        or info.idempotent == true
end

local function request_for(self, sql, info)
    return {
        method = "POST", url = self.base .. "/query",
        headers = headers(self, true), body = json.encode { query = sql },
        idempotent = repeatable(info),
        -- these meet gateways that refuse for a moment
        retry_auth = info.kind == "insert" and info.table == self.sessions,
    }
end

-- Rows from what the transport brought, or nil and an error.
local function result_of(self, info, res, err)
    local write = not READS[info.kind]
    if not res then
        return failure { code = err.code, message = err.message,
            unclear = write and err.unclear or nil }
    end
    note_balance(self, res)
    if res.status == 204 then return {} end
    if res.status < 200 or res.status > 299 then
        local _, e = response.refusal(res, write, self.token)
        if e.code == "balance" then
            tell_balance(self, { status = 402, message = e.message,
                balance_cents = e.balance_cents })
        end
        return nil, e
    end
    return response.read(res.body, write)
end

local function traced(self, sql, started, rows, err)
    local ms = (sys.monotonic() - started) * 1000
    if rows then
        client.trace(self.trace, "ok %.0fms %d rows: ", sql, ms, #rows)
    else
        client.trace(self.trace, "fail %.0fms %s: ", sql, ms, err.message)
    end
    return rows, err
end

local function once(self, sql, info)
    local started = sys.monotonic()
    client.trace(self.trace, "start: ", sql)
    local res, err = self.shared.client:request(request_for(self, sql, info))
    return traced(self, sql, started, result_of(self, info, res, err))
end

-- What another attempt may change; a refusal that stands is handed back.
local function temporary(err)
    return err.code == "io" or err.status ~= nil and err.status >= 500 and
        err.code == "sql"
end

local function create(self, sql, info)
    local rows, err = once(self, sql, info)
    for _, delay in ipairs(self.create_delays) do
        if rows or not temporary(err) then break end
        sys.sleep(delay)
        rows, err = once(self, sql, info)
    end
    local listing = listings[self.base .. "\0" .. self.org]
    if listing and info.table and (rows or err.code == "exists") then
        listing[info.table] = true
    end
    return rows, err
end

local function marker_key(self, sql, info)
    local name = sql:match('INDEX IF NOT EXISTS "([^"]+)"')
    if not name or not info.table then return nil end
    local lead = "idx_" .. info.table:gsub("[^%w_]", "_") .. "_"
    if name:sub(1, #lead) == lead then name = name:sub(#lead + 1) end
    return { workspace = self.workspace, org = self.org, table = info.table,
        suffix = name, dir = self.marker_dir, ttl_ms = self.marker_ttl_ms }
end

local function index(self, sql, info)
    local key = marker_key(self, sql, info)
    if key and markers.fresh(key) then return {} end
    local rows, err = once(self, sql, info)
    if not rows and err.code ~= "exists" then return nil, err end
    if key then markers.write(key) end
    return rows or {}
end

local by_kind = { create = create, index = index }

local function query_all(self, list, info, on_done)
    local requests, started = {}, sys.monotonic()
    local results = {}
    for i, sql in ipairs(list) do
        requests[i] = request_for(self, sql, info)
        client.trace(self.trace, "start: ", sql)
    end
    self.shared.client:all(requests, function(i, res)
        local sql = list[i]
        local rows, err = traced(self, sql, started, result_of(self, info,
            not res.error and res or nil, res.error))
        results[i] = rows or { error = err }
        if on_done then on_done(i, results[i]) end
    end)
    return results
end

-- ---- listing ----

local function fetch_listing(self)
    local res = self.shared.client:request {
        method = "GET", url = self.base, headers = headers(self, false) }
    if not res or res.status < 200 or res.status > 299 then return nil end
    note_balance(self, res)
    local value = json.decode(res.body)
    if type(value) ~= "table" then return nil end
    local names = {}
    for _, t in ipairs(type(value.tables) == "table" and value.tables or {}) do
        if type(t) == "table" and type(t.table_name) == "string" then
            names[t.table_name] = true
        end
    end
    return names
end

-- A listing that fails counts as "not there" and is asked for again: the
-- CREATE that follows does nothing to a table that is.
local function listed(self, name)
    local key = self.base .. "\0" .. self.org
    local listing = listings[key]
    if not listing then
        listing = fetch_listing(self)
        listings[key] = listing
    end
    return listing ~= nil and listing[name] == true
end

-- ---- opening ----

-- For a configuration that is not propolis.config's.
local function timeout_from_environment()
    local ms = math.tointeger(tonumber(os.getenv("HIVEMIND_QUERY_TIMEOUT_MS")))
    return ms and ms > 0 and ms <= 0x7fffffff and ms or 10000
end

local function check(config, url)
    if type(config.token) ~= "string" or config.token == "" or
        type(config.org_id) ~= "string" or config.org_id == "" then
        return failure { code = "auth",
            message = "not logged in to Deeplake: run propolis login" }
    end
    if type(url) ~= "string" or not url:find("^https?://[^/]") then
        return failure { code = "arg",
            message = "the Deeplake address is no http:// or https:// URL" }
    end
    if config.workspace == "." or config.workspace == ".." then
        return failure { code = "arg", message = "no workspace is named so" }
    end
    return true
end

-- The configuration, completed by the account in force where it names no
-- token; an address in the store's URL wins over both.
local function complete(given, url)
    local own = url and url:match("^deeplake:(.+)$")
    local config = given
    if given.token == nil then
        local conf, err = require("propolis.config").load()
        if not conf then
            return failure { code = "arg", message = tostring(err) }
        end
        config = setmetatable({}, { __index = function(_, key)
            if given[key] ~= nil then return given[key] end
            return conf[key]
        end })
    end
    return config, own or config.api_url
end

local function make(config, url)
    local workspace = config.workspace or "default"
    return {
        token = config.token, org = config.org_id, workspace = workspace,
        base = url:gsub("/+$", "") .. "/workspaces/" ..
            client.segment(workspace) .. "/tables",
        sessions = config.tables and config.tables.sessions or "sessions",
        create_delays = config.create_delays or CREATE_DELAYS,
        marker_dir = config.marker_dir,
        marker_ttl_ms = config.marker_ttl_ms or config.index_marker_ttl_ms,
        on_balance = config.on_balance, trace = config.trace_sql,
        shared = client.take {
            timeout_ms = config.timeout_ms or config.query_timeout_ms or
                timeout_from_environment(),
            retries = config.retries, backoff_ms = config.backoff_ms,
            max_bytes = config.max_bytes,
            ca_file = config.ca_file,
        },
    }
end

--- Makes the table that engine.store.from() takes; sends nothing yet.
--
-- config: api_url, token, org_id (those three from the account in force when
-- there is no token), workspace ("default"), tables = { sessions= };
-- timeout_ms (HIVEMIND_QUERY_TIMEOUT_MS), retries, backoff_ms, max_bytes,
-- ca_file as in engine.http; create_delays (seconds),
-- marker_dir, marker_ttl_ms, trace_sql; on_balance(info) is told
-- { status=, balance_cents= or nil, message= with status 402 }.
-- url: "deeplake:" or "deeplake:https://...", an address that wins.
--
-- Returns nil and an error when config cannot be used.  The table has, beside
-- what a store needs:
--   query_all(list of SQL, info [, on_done(i, result)]) -> results in order,
--   each a list of rows or { error = err }; up to five in flight.
-- info is { kind=, table=, idempotent= }; kind is what the sender says that the
-- statement is, see engine.store's query.  After an unclear failure reads and
-- what comes to the same done twice are repeated, an INSERT only with
-- idempotent = true, and what is of no kind never: then err.unclear says that
-- it may have been carried out.
function deeplake.open(config, url)
    local address, ok, err
    config, address = complete(config or {}, url)
    if not config then return nil, address end
    ok, err = check(config, address)
    if not ok then return nil, err end
    local self = make(config, address)
    return {
        dialect = "deeplake", workspace = self.workspace,
        query = function(sql, info)
            info = info or {}
            return (by_kind[info.kind] or once)(self, sql, info)
        end,
        query_all = function(list, info, on_done)
            return query_all(self, list, info or {}, on_done)
        end,
        listed = function(name) return listed(self, name) end,
        close = function()
            client.give_back(self.shared)
            self.shared = client.closed
        end,
    }
end

return deeplake
