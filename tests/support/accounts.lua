--- An account service under a test's thumb: the HTTP double with the answers
-- of a user who has two organisations.
--
--   local service = require("accounts").start()
--   service:answers { ["GET /workspaces"] = { body = '{"data":[]}' } }
--   service:run(home, { "whoami" })       -- a command against it
--   service:login(home)                   -- an account file for it
local double = require "httpdouble"
local json = require "propolis.json"
local run = require "run"
local tmp = require "tmp"

local accounts = {}

local USUAL = {
    ["POST /auth/device/code"] = { body = json.encode {
        device_code = "dev-secret", user_code = "ABCD-1234",
        verification_uri = "https://login.example/device",
        verification_uri_complete = "https://login.example/device?c=ABCD-1234",
        expires_in = 600, interval = 5,
    } },
    ["POST /auth/device/token"] = {
        body = '{"access_token":"short-secret","token_type":"bearer"}',
    },
    ["GET /me"] = { body = '{"id":"u1","name":"Ann","email":"ann@x.org"}' },
    ["GET /organizations"] = {
        body = '[{"id":"o1","name":"Acme"},{"id":"o2","name":"Zeta Ltd"}]',
    },
    ["POST /users/me/tokens"] = { body = '{"token":{"token":"long-secret"}}' },
    ["GET /workspaces"] = { body = '{"data":[{"id":"default","name":"default"},'
        .. '{"id":"w2","name":"Research"}]}' },
    ["GET /organizations/o1/members"] = { body = '{"members":[{"user_id":"u1",'
        .. '"name":"Ann","email":"ann@x.org","role":"ADMIN"}]}' },
}

local Service = {}
Service.__index = Service

--- Scripts the service: "METHOD /path" -> a rule of httpdouble or a list of
--- rules, each served once but for the last; the usual answers for the rest.
function Service:answers(special)
    self.server:reset()
    local rules = {}
    local function add(name, rule, times)
        local method, path = name:match("^(%S+) (%S+)$")
        local copy = { match = { method = method, path = path },
            times = times }
        for key, value in pairs(rule) do
            copy[key] = value
        end
        rules[#rules + 1] = copy
    end
    for name, rule in pairs(special or {}) do
        for i, one in ipairs(rule) do
            add(name, one, i == #rule and -1 or 1)
        end
        if #rule == 0 then
            add(name, rule, -1)
        end
    end
    for name, rule in pairs(USUAL) do
        add(name, rule, -1)
    end
    rules[#rules + 1] = { times = -1, status = 404,
        body = '{"error":"not found"}' }
    self.server:script(rules)
end

--- The requests so far as "METHOD /path", in order.
function Service:asked()
    local list = {}
    for i, req in ipairs(self.server:requests()) do
        list[i] = req.method .. " " .. req.path
    end
    return list
end

--- The last request of that name.
function Service:request(name)
    local found
    for _, req in ipairs(self.server:requests()) do
        found = req.method .. " " .. req.path == name and req or found
    end
    return found
end

local function options(self, home, opts)
    opts = opts or {}
    local env = { HIVEMIND_API_URL = self.server.url }
    for key, value in pairs(opts.env or {}) do
        env[key] = value
    end
    return { home = home, env = env, stdin = opts.stdin }
end

--- Runs a command of the program against the service.
function Service:run(home, args, opts)
    return run(args, options(self, home, opts))
end

-- The program with another clock: each wait moves it at once, and says so.
local CLOCK = [[
    local sys, now = require "engine.sys", 0
    sys.sleep = function(s)
        now = now + s
        io.stderr:write("[", ("%g"):format(s), "s]\n")
    end
    sys.monotonic = function() return now end
    local argv = require("propolis.json").decode(os.getenv "TEST_ARGV")
    os.exit(require("propolis.commands.login").run(argv), true)
]]

--- Runs `login` in the program, with waits that are over at once.
function Service:login_at_once(home, args, opts)
    opts = opts or {}
    opts.env = opts.env or {}
    opts.env.TEST_ARGV = assert(json.encode(json.array(args or {})))
    return run({ "-e", CLOCK }, options(self, home, opts))
end

--- An account file as the reference writes it.
function Service:login(home, more)
    local account = {
        token = "old-secret", orgId = "o1", orgName = "Acme",
        userName = "Ann", workspaceId = "default", apiUrl = self.server.url,
        savedAt = "2026-01-02T03:04:05.006Z",
    }
    for key, value in pairs(more or {}) do
        account[key] = value
    end
    tmp.write(home .. "/credentials.json", assert(json.encode(account)))
end

function Service:stop()
    self.server:stop()
end

function accounts.start()
    local service = setmetatable({ server = double.start {} }, Service)
    service:answers {}
    return service
end

--- The account file of a home, or nil.
function accounts.saved(home)
    local text = require("engine.sys").read(home .. "/credentials.json")
    return text and assert(json.decode(text)), text
end

return accounts
