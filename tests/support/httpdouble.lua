--- A real HTTP server under a test's thumb: its own process, on loopback, on a
-- port that the kernel chose.
--
--     local s = require("httpdouble").start { dir = folder, token = "t" }
--     s:script { { cut = "commit", match = { sql = "INSERT" } } }
--     ... s.url ... s:requests() ... s:stop()
--
-- start{ dir=, token=, org=, body=, host= }: with dir it is a working Deeplake
-- API over dir/WORKSPACE.sqlite; without, each request is answered with body.
--
-- A rule serves the first request that fits and that no earlier rule took:
--   match   { method=, path=, sql= (plain part of the statement) }
--   skip    so many fitting requests go by first; times: serves so many (1;
--           -1 for ever)
--   at      "accept": the connection is closed before anything is read
--   status, headers, body, redirect (URL), bomb (bytes of a gzip bomb)
--   run     carry the statement out although the answer is scripted
--   gate    is answered when so many gated requests are there at once
--   raw     bytes that are sent instead of an answer
--   delay   seconds before, hang: seconds after carrying out
--   cut     "read" (asked, nothing done), "commit" (done, no answer), "head",
--           "body" (half of it sent); reset: RST instead of FIN
--   half    half the body, rightly framed; length: another Content-Length;
--           unframed: none at all; drip: seconds per byte; close
local httpdouble = {}

local cjson = require "cjson"

local here = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."

local function interpreter()
    local i = -1
    while arg and arg[i - 1] do i = i - 1 end
    return arg and arg[i] or "lua5.4"
end

-- The helper is built beside the program: build/MODE/test/netdouble.so.
local function library()
    local bin = interpreter():match("^(.*)/[^/]*$")
    return os.getenv("PROPOLIS_TEST_LIB") or (bin or ".") .. "/test"
end

package.cpath = library() .. "/?.so;" .. package.cpath
local net = require "netdouble"

local function quote(text)
    return "'" .. text:gsub("'", "'\\''") .. "'"
end

local server = {}
server.__index = server

-- One command on a connection of its own; the server's answer.
function httpdouble.ask(self, message)
    local fd = assert(net.connect("127.0.0.1", self.control))
    local text = cjson.encode(message) .. "\n"
    local from = 1
    while from <= #text do
        from = from + assert(net.send(fd, text, from))
    end
    local parts = {}
    repeat
        local bytes = net.recv(fd)
        parts[#parts + 1] = bytes or nil
    until not bytes or bytes == "" or bytes:sub(-1) == "\n"
    net.close(fd)
    text = table.concat(parts)
    return text ~= "" and cjson.decode(text) or nil
end

server.ask = httpdouble.ask

function server:script(rules)
    self:ask { command = "script", rules = rules }
end

--- Every request so far: method, path, headers (lower case), body, sql, conn
--- (number of its connection), ran (carried out), status.
function server:requests()
    return self:ask({ command = "requests" }).list
end

--- { active, peak (most at once), accepted (connections), rules (left) }
function server:stats()
    return self:ask { command = "stats" }
end

--- Forgets rules and requests, keeps the tables.
function server:reset()
    self:ask { command = "reset" }
end

--- Runs a statement beside HTTP; its rows as lists, or raises.
function server:sql(workspace, text)
    local r = self:ask { command = "sql", workspace = workspace, sql = text }
    assert(r.status == 200, r.body)
    local value = cjson.decode(r.body)
    return value ~= cjson.null and value.rows or {}
end

function server:stop()
    if not self.pipe then return end
    pcall(self.ask, self, { command = "stop" })
    self.pipe:close()
    self.pipe = nil
end

server.__close = server.stop
server.__gc = server.stop

--- Starts a helper with one argument as a process of its own: its output.
function httpdouble.spawn(script, argument)
    local program = ([[
        package.path = %q .. "/double/?.lua;" .. package.path
        package.cpath = %q .. "/?.so;" .. package.cpath
    ]]):format(here, library()):gsub("\n%s*", " ")
    return assert(io.popen(table.concat({ "exec", quote(interpreter()),
        "-e", quote(program), quote(script), quote(argument) }, " "), "r"))
end

function httpdouble.start(opts)
    local settings = { parent = net.pid() }
    for k, v in pairs(opts or {}) do settings[k] = v end
    local pipe = httpdouble.spawn(here .. "/double/server.lua",
        cjson.encode(settings))
    local port, control, pid = pipe:read("n", "n", "n")
    assert(port, "the HTTP double did not start")
    local host = settings.host or "127.0.0.1"
    return setmetatable({ pipe = pipe, pid = pid, port = port, host = host,
        control = control, url = ("http://%s:%d"):format(host, port) }, server)
end

return httpdouble
