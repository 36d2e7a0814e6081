--- A real propolis serve under a test's thumb, over a real PostgreSQL.
--
--   local serving = require "serving"
--   local s <close> = serving.start { home = tmp.dir(), db = pg.url(true) }
--   local token = s:token("alice", "--workspace", "a")
--   local answer = s:query(token, "a", "SELECT 1")   -- status, body, doc
--   assert.equal(0, s:stop())
--
-- The server dies with the process that started it.
local http = require "engine.http"
local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"

local serving = {}

local PROGRAM = assert(sys.readlink("/proc/self/exe"))

local server = {}
server.__index = server

local function quote(text)
    return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Starts a command that prints its own lines and is killed with us.
-- @return pipe, pid
function serving.spawn(command)
    local pipe = assert(io.popen("echo $$; exec setpriv --pdeathsig KILL "
        .. command))
    return pipe, assert(pipe:read("n", "l"))
end

--- Starts the server.
-- @param o { home =, db =, args = { more words }, wrap = "words before" }
function serving.start(o)
    local words = { o.wrap or "env", "PROPOLIS_HOME=" .. quote(o.home),
        "PROPOLIS_SERVE_DB=" .. quote(o.db), PROGRAM, "serve" }
    local args = table.concat(o.args or {}, "\0")
    if not args:find("--port\0", 1, true) then
        words[#words + 1] = "--port 0"
    end
    for word in args:gmatch("[^\0]+") do words[#words + 1] = quote(word) end
    words[#words + 1] = "2>" .. quote(o.home .. "/stderr")
    local self = setmetatable({ home = o.home }, server)
    self.pipe, self.pid = serving.spawn(table.concat(words, " "))
    self.line = self.pipe:read("l")
    self.url = (self.line or ""):match("^listening on (https?://%S+)$")
    self.port = math.tointeger(tonumber((self.url or ""):match(":(%d+)$")))
    self.client = http.client { retries = 0, timeout_ms = 30000,
        max_parallel = 100 }
    if not self.url then
        error("the server does not start: " .. self:stderr(), 2)
    end
    return self
end

--- What it wrote to stderr so far.
function server:stderr()
    return sys.read(self.home .. "/stderr") or ""
end

--- Runs propolis serve with more words beside it.
function server:command(...)
    return run({ "serve", ... }, { home = self.home })
end

--- A new token.
function server:token(name, ...)
    local r = self:command("token", "add", name, ...)
    assert(r.code == 0, r.stderr)
    return (r.stdout:gsub("%s", ""))
end

--- The request of one query, for engine.http.
function server:asking(token, workspace, sql)
    return {
        url = ("%s/workspaces/%s/tables/query"):format(self.url, workspace),
        method = "POST",
        headers = {
            ["Authorization"] = "Bearer " .. token,
            ["X-Activeloop-Org-Id"] = "team",
            ["Content-Type"] = "application/json",
        },
        body = json.encode { query = sql },
    }
end

--- One request; its answer with the body decoded as doc.
function server:send(request)
    local answer, err = self.client:request(request)
    if not answer then return { status = 0, body = tostring(err) } end
    answer.doc = json.decode(answer.body)
    return answer
end

function server:query(token, workspace, sql)
    return self:send(self:asking(token, workspace, sql))
end

--- GET with a token.
function server:get(path, token)
    return self:send {
        url = self.url .. path,
        headers = {
            ["Authorization"] = token and "Bearer " .. token,
            ["X-Activeloop-Org-Id"] = token and "team",
        },
    }
end

function server:signal(name)
    assert(os.execute(("kill -%s %d"):format(name, self.pid)))
end

--- Waits for the end. @return the exit code, or nil and the signal
function server:ended()
    local pipe = self.pipe
    self.pipe = nil
    local _, how, code = pipe:close()
    self.client:close()
    return how == "exit" and code or nil, code
end

--- Ends it gently; see ended.
function server:stop()
    if self.pipe then
        self:signal("TERM")
        return self:ended()
    end
end

server.__close = server.stop

return serving
