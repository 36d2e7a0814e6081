--- mcp.inbox: messages as they come, and what is cancelled before its turn.
--
-- While a call runs, a hook of the interpreter looks every so many instructions
-- at what has come, so that the code of a tool needs to know nothing of it.
local json = require "propolis.json"
local sys = require "engine.sys"
local wire = require "engine.wire"

local inbox = {}

-- What waits is bounded: then the client's pipe fills up and it waits.
local LINES, BYTES = 1024, 8 << 20

local EVERY = 100000 -- instructions between two looks

--- Seconds that a call may take.
inbox.limit = 60

local CANCELLED = setmetatable({}, { __name = "propolis.mcp.cancelled",
    __tostring = function() return "the call was cancelled" end })

-- Made by open(), owned by the server; ended is true when the client is gone.
local Inbox = {}
Inbox.__index = Inbox

--- An inbox for what engine.wire, or something with its methods, gives.
function inbox.over(lines)
    return setmetatable({ wire = lines, first = 1, last = 0, bytes = 0,
        waiting = {}, cancelled = {} }, Inbox)
end

--- An inbox of stdin.
-- @param longest bytes of a message
function inbox.open(longest)
    sys.survive_pipe()
    return inbox.over(wire.open(longest))
end

--- Whether an error says that the client cancelled the call.
function inbox.is_cancelled(raised)
    return raised == CANCELLED
end

function Inbox:close()
    self.wire:close()
end

Inbox.__close = Inbox.close

function Inbox:send(text)
    return self.wire:send(text)
end

--- A request's id as a key: 1 and "1" are two.
local function key_of(id)
    return math.type(id) and "n" .. id or "s" .. tostring(id)
end

-- Takes note of a cancellation; false when the line is something else.
function Inbox:cancels(line)
    if not line:find("notifications/cancelled", 1, true) then return false end
    local message = json.decode(line)
    if type(message) ~= "table" or message.id ~= nil
        or message.method ~= "notifications/cancelled" then
        return false
    end
    local params = message.params
    local id = type(params) == "table" and params.requestId
    if type(id) ~= "string" and not math.type(id) then return true end
    local key = key_of(id)
    if key == self.running then
        self.stop = true
    else
        self.cancelled[key] = true
    end
    self.on_cancel(id)
    return true
end

--- Called with the id of each cancelled request.
function Inbox.on_cancel(_) end

-- Takes in what is there without waiting for more.
function Inbox:look()
    while self.last - self.first < LINES and self.bytes < BYTES do
        local line, why = self.wire:next(0)
        if why == "none" or why == "end" then return end
        if why == "long" or not self:cancels(line) then
            self.last = self.last + 1
            self.waiting[self.last] = line or false
            self.bytes = self.bytes + (line and #line or 0)
        end
    end
end

--- The next line; nil and why when there is none, as engine.wire has it.
function Inbox:next()
    if self.last < self.first then
        self.first, self.last = 1, 0
        self.cancelled = {} -- what it names was answered long ago
        local line, why = self.wire:next()
        if not line then return nil, why end
        if self:cancels(line) then return self:next() end
        self:look()
        return line
    end
    local line = self.waiting[self.first]
    self.waiting[self.first] = nil
    self.first = self.first + 1
    self.bytes = self.bytes - (line and #line or 0)
    if not line then return nil, "long" end
    return line
end

--- Whether a request was cancelled before its turn.
function Inbox:was_cancelled(id)
    return self.cancelled[key_of(id)] == true
end

--- Calls fn(...) as the request with this id; raises what it raises, and when
-- the client cancels it, or it takes too long.
function Inbox:run(id, fn, ...)
    if self:was_cancelled(id) then error(CANCELLED, 0) end
    self.running, self.stop = key_of(id), false
    local ends = sys.monotonic() + inbox.limit
    local function look()
        self:look()
        if self.stop then error(CANCELLED, 0) end
        if sys.monotonic() > ends then
            error(("this took longer than %d seconds: ask for less"):format(
                inbox.limit), 0)
        end
    end
    debug.sethook(look, "", EVERY)
    local result = table.pack(pcall(fn, ...))
    debug.sethook()
    self:look()
    self.running = nil
    if self.stop then error(CANCELLED, 0) end
    if not result[1] then error(result[2], 0) end
    return table.unpack(result, 2, result.n)
end

return inbox
