--- A TCP line between a client and a server that fails on demand: its own
-- process, on loopback, on a port that the kernel chose.
--
--     local r = require("relay").start { port = server.port }
--     r:rule { turn = 3, how = "after" }     -- ... r.port ...
--     r:stop()
--
-- start{ port=, host=, delay = seconds in each direction, postgres = true,
-- refuse = a list of { text = pattern, tx = true, code = SQLSTATE } }: a server
-- that does not do what such a statement asks, within a transaction with tx.
-- A turn is what a client says until it is answered; turns count over all
-- connections, from the last rule on.  What goes wrong at one of them:
--   before   the line is cut, nothing of it reaches the server
--   after    the server answers, the line is cut before the client hears
--   half     the client gets half of the answer
--   delay    the server gets it so many seconds later
--   hang     nobody ever hears anything
local relay = {}

local httpdouble = require "httpdouble" -- finds netdouble
local cjson = require "cjson"
local net = require "netdouble"

local here = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."

local line = {}
line.__index = line

line.ask = httpdouble.ask

--- Makes one turn go wrong (nil: none), and counts from 0 again.
function line:rule(rule)
    self:ask { command = "rule", rule = rule }
end

--- How many turns and connections there were.
function line:turns()
    local r = self:ask { command = "turns" }
    return r.n, r.accepted
end

--- Cuts everything and refuses whoever comes, until down(false).
function line:down(down)
    self:ask { command = "down", down = down ~= false }
end

function line:stop()
    if self.pipe then
        os.execute("kill -9 " .. self.pid)
        self.pipe:close()
        self.pipe = nil
    end
end

line.__close = line.stop
line.__gc = line.stop

function relay.start(opts)
    local settings = { parent = net.pid(), host = "127.0.0.1" }
    for k, v in pairs(opts) do settings[k] = v end
    local pipe = httpdouble.spawn(here .. "/double/relay.lua",
        cjson.encode(settings))
    local port, control, pid = pipe:read("n", "n", "n")
    assert(port, "the relay did not start")
    return setmetatable({ pipe = pipe, pid = pid, port = port,
        control = control }, line)
end

return relay
