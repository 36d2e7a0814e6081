--- Sessions of which half are killed, with remotes that are slow or
-- never answer: no process is left behind, and no event either.
local eventually = require "eventually"
local httpdouble = require "httpdouble"
local json = require "propolis.json"
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local soak = require "soak"
local sys = require "engine.sys"
local tmp = require "tmp"

local net = require "netdouble"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))
local TOKEN = "very-secret-token"
local SESSIONS = soak.count(40, 200)
local SOON = 500
local HOOKS = { "SessionStart", "UserPromptSubmit", "Stop", "SessionEnd" }

-- The processes that work for a home: their command lines.
local function working_for(home)
    local found = {}
    for _, pid in ipairs(assert(sys.list("/proc"))) do
        local env = pid:find("^%d+$")
            and sys.read("/proc/" .. pid .. "/environ", 1 << 20)
        if env and ("\0" .. env):find("\0PROPOLIS_HOME=" .. home .. "\0", 1,
                true) then
            found[#found + 1] = (sys.read("/proc/" .. pid .. "/cmdline")
                or "?"):gsub("\0", " ")
        end
    end
    return found
end

-- A hook in a process group of its own, which is killed while it runs, at
-- whatever it has got to.
local function killed_hook(m, name, session)
    local path = tmp.write(m.home .. "/payload", assert(json.encode {
        hook_event_name = name, session_id = session, cwd = "/w",
        prompt = "x" }))
    local words = { "env -i PATH=$PATH" }
    for key, value in pairs(m.env) do
        words[#words + 1] = value and ("%s='%s'"):format(key, value) or nil
    end
    local pipe <close> = assert(io.popen(table.concat(words, " ")
        .. (" setsid '%s' hook claude-code %s <'%s' >/dev/null 2>&1 & "
        .. "echo $!"):format(PROGRAM, name, path)))
    local pid = pipe:read("n")
    os.execute(("kill -9 -%d 2>/dev/null || kill -9 %d 2>/dev/null")
        :format(pid, pid))
end

describe("sessions of which half are killed", function()
    local server, silent, silent_port, homes

    setup(function()
        homes = {}
        server = httpdouble.start { dir = tmp.dir(), token = TOKEN,
            org = "team" }
        silent, silent_port = net.listen("127.0.0.1", 0) -- never accepts
    end)
    teardown(function()
        net.close(silent)
        server:stop()
        tmp.clean()
    end)

    local function home(i, remote, opts)
        local all = { workspace = "ws" .. i, remote = remote,
            query_timeout_ms = SOON, env = { PROPOLIS_AUTOSYNC = false,
                HIVEMIND_API_URL = server.url } }
        for key, value in pairs(opts or {}) do all[key] = value end
        local m = machine.real(all)
        -- Silence is given up soon; what is only slow has all the time.
        tmp.write(m.home .. "/config/config.lua",
            ("return { sync_interval = 0, sync_limit = %d }")
            :format(all.query_timeout_ms == SOON and 3 or 600))
        homes[#homes + 1] = m
        return m
    end

    it("leaves no process and no event behind", function()
        local at_service = { token = TOKEN, org_id = "team" }
        local silence = "http://127.0.0.1:" .. silent_port
        server:script { { times = -1, delay = 0.3 } }
        for i = 1, 4 do
            home(i, "deeplake:", { token = TOKEN, org_id = "team",
                query_timeout_ms = 60000 })
        end
        for i = 5, 7 do
            home(i, "deeplake:" .. silence, at_service)
        end
        for i = 8, 10 do
            home(i, ("postgres://u:p@127.0.0.1:%d/db"):format(silent_port))
        end
        for session = 1, SESSIONS do
            local m = homes[session % #homes + 1]
            local id = "s" .. session
            for _, name in ipairs(HOOKS) do
                if session % 20 < 10 then
                    m:hook(name, id, "hello")
                else
                    killed_hook(m, name, id)
                end
            end
        end
        for _, m in ipairs(homes) do
            eventually(function()
                return #working_for(m.home) == 0
            end, "still there: " .. m.home)
        end

        -- nor is the service at something that one of them asked for
        eventually(function()
            return server:stats().active == 0
        end)
        server:reset()
        for i, m in ipairs(homes) do
            if i > 4 then -- under another name all rows would go again
                m.env.PROPOLIS_STORE = "deeplake:" .. server.url
            end
            m.env.HIVEMIND_QUERY_TIMEOUT_MS = "60000"
            m.env.PROPOLIS_AUTOSYNC = "false"
            local mine = m:query("SELECT COUNT(*) AS n FROM sessions")[1].n
            assert.is_true(mine >= 3 * SESSIONS / 20) -- half ran through
            local store <close> = m:store()
            assert.is_truthy(outbox.get(store, "last_error")
                or i <= 4 and outbox.get(store, "last_success"),
                "no sync was ever started")
            if i <= 7 then
                local r = m:run { "sync", "--push", "--json" }
                assert.equal(0, r.code, r.stderr .. r.stdout)
                assert.same({ { mine, mine } }, server:sql("ws" .. i,
                    "SELECT COUNT(*), COUNT(DISTINCT id) FROM sessions"))
            end
        end
    end)
end)
