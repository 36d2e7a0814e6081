--- A machine of one user for sync's specs: a home with a local store, queued
-- events, and a sync that talks to a given remote.
--
--   local m = machine.new { remote = url, workspace = "ws" }
--   m:events(1000, 20)  -- so many events in so many sessions
--   local result, err = m:sync {}
local intake = require "propolis.capture.intake"
local json = require "propolis.json"
local sync = require "propolis.sync"
local sys = require "engine.sys"
local tmp = require "tmp"

local machine = {}
machine.__index = machine

--- opts: what the configuration says otherwise; like: a machine whose local
-- store this one starts with a copy of.
function machine.new(opts)
    local home = tmp.dir()
    if opts.like then
        for _, part in ipairs { "local.db", "local.db-wal" } do
            local bytes = sys.read(opts.like.home .. "/" .. part)
            assert(not bytes or sys.replace(home .. "/" .. part, bytes))
        end
    end
    local conf = {
        paths = { data = home, state = home .. "/state", config = home,
            memory = home .. "/memory", credentials = home .. "/c.json" },
        local_store = "sqlite:" .. home .. "/local.db",
        org_id = "org1", org_name = "org1", user = opts.user or "u",
        tables = { memory = "memory", sessions = "sessions",
            skills = "skills" },
        capture = true, sync_interval = 60, logged_in = false,
    }
    for key, value in pairs(opts) do
        conf[key] = value
    end
    conf.like = nil
    return setmetatable({ conf = conf, home = home, made = 0 }, machine)
end

--- What is wrong with rows { id, path, creation_date } in the order in which
-- they arrived, of which there must be n: each once, each session's in order.
-- Raises on it.
function machine.check(rows, n)
    assert(#rows == n, ("%d rows, not %d"):format(#rows, n))
    local seen, last = {}, {}
    for _, row in ipairs(rows) do
        local id, path, date = table.unpack(row)
        assert(not seen[id], "a row is there twice")
        assert((last[path] or "") < date, "a session is out of order")
        seen[id], last[path] = true, date
    end
end

--- A machine whose home is laid out as the program's, which works on the same
-- local store: m:run { "sync" }, m:hook(...).
function machine.real(opts)
    local self = machine.new(opts)
    local paths = self.conf.paths
    for _, name in ipairs { "data", "state", "config" } do
        paths[name] = self.home .. "/" .. name
        assert(sys.mkdir(paths[name]))
    end
    local org = opts.token and (opts.org_id or "team") or "local"
    self.conf.org_id = org
    self.conf.local_store = ("sqlite:%s/%s@%s.db"):format(paths.data, org,
        opts.workspace)
    self.env = {
        PROPOLIS_HOME = self.home, HOME = self.home,
        PROPOLIS_STORE = opts.remote, HIVEMIND_WORKSPACE_ID = opts.workspace,
        HIVEMIND_TOKEN = opts.token, HIVEMIND_ORG_ID = opts.token and org,
        HIVEMIND_QUERY_TIMEOUT_MS = opts.query_timeout_ms
            and tostring(opts.query_timeout_ms),
        USER = self.conf.user, PROPOLIS_AUTOSYNC = "false",
    }
    for name, value in pairs(opts.env or {}) do
        self.env[name] = value
    end
    return self
end

--- Runs the program as this user; see run.lua.
function machine:run(args, opts)
    local all = { home = self.home, env = self.env }
    for key, value in pairs(opts or {}) do
        all[key] = value
    end
    if all.wrap then -- strace: the sanitizer finds no leaks under it
        local env = { ASAN_OPTIONS = "detect_leaks=0" }
        for name, value in pairs(all.env or {}) do
            env[name] = value
        end
        all.env = env
    end
    return require "run"(args, all)
end

--- One hook of Claude Code, which must do well.
function machine:hook(name, session, text, opts)
    local r = self:run({ "hook", "claude-code", name }, {
        stdin = assert(json.encode { hook_event_name = name,
            session_id = session, cwd = "/w/acme", prompt = text,
            source = "startup" }),
        wrap = opts and opts.wrap,
    })
    assert(r.code == 0 and r.stderr == "", r.stderr)
    return r
end

function machine:store()
    return assert(sync.open_local(self.conf))
end

local function stamp(n)
    return ("2026-01-01T%02d:%02d:%02d.%03dZ"):format(n // 3600000,
        n // 60000 % 60, n // 1000 % 60, n % 1000)
end

--- Stores n queued events, spread over so many sessions in turn.
function machine:events(n, sessions)
    local store <close> = self:store()
    local records = {}
    for i = 1, n do
        self.made = self.made + 1
        local path = ("/sessions/u/u_o_w_s%d.jsonl"):format(i % sessions)
        records[i] = { table = "sessions", queue = true, row = {
            id = sys.uuid(), path = path, filename = path:match("[^/]*$"),
            message = ('{"type":"user_message","n":%d,"text":"it\'s \\\\ %s"}')
                :format(self.made, ("x"):rep(self.made % 50)),
            author = self.conf.user, size_bytes = self.made, agent = "codex",
            creation_date = stamp(self.made), last_update_date = "",
        } }
    end
    assert(intake.put(store, records))
end

--- Stores one queued document of the memory table.
function machine:document(path, text, date)
    local store <close> = self:store()
    assert(store:put(require("propolis.schemas").memory, { path = path,
        filename = path, summary = text, author = self.conf.user,
        size_bytes = #text, creation_date = date, last_update_date = date }))
end

function machine:sync(opts)
    opts.pause = opts.pause or 0
    return sync.run(self.conf, opts)
end

--- Syncs until nothing stops it any more; how many runs that took. After each
-- failure the time-outs are doubled: short ones fail nobody on a slow machine.
function machine:sync_through(most)
    local result
    for run = 1, most do
        result = assert(self:sync {})
        if not result.error then return run, result end
        local timeout = self.conf.query_timeout_ms
        self.conf.query_timeout_ms = timeout and math.min(2 * timeout, 60000)
    end
    error("the sync never got through: " .. tostring(result.error))
end

function machine:query(text, values)
    local store <close> = self:store()
    return assert(store:query(text, values))
end

return machine
