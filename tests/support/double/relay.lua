--- A TCP line under a test's thumb, a process of its own; see ../relay.lua.
-- Arguments: a JSON object { parent, host, port, delay, postgres, refuse }.
local cjson = require "cjson"
local net = require "netdouble"

local opts = cjson.decode(arg[1])
net.follow(opts.parent)

local state = { turns = 0, accepted = 0 }
local pairs_of = {} -- fd -> pair
local listener, port = assert(net.listen("127.0.0.1", opts.listen or 0))
local ctl, ctl_port = assert(net.listen("127.0.0.1", 0))
local controls = {} -- fd -> input

local function finish(pair)
    if not pair.gone then
        pair.gone = true
        for _, side in ipairs { pair.client, pair.server } do
            pairs_of[side.fd] = nil
            net.close(side.fd)
        end
    end
end

-- Bytes leave in order, each not before its time.
local function queue(side, bytes, after)
    side.out[#side.out + 1] = { bytes = bytes,
        at = net.now() + (opts.delay or 0) + (after or 0) }
end

local function flush(side, now)
    while side.out[1] and side.out[1].at <= now do
        local first = side.out[1]
        if first.close then return false end
        local n = net.send(side.fd, first.bytes)
        if n == false then
            return false
        elseif not n then
            return true
        end
        first.bytes = first.bytes:sub(n + 1)
        if first.bytes == "" then
            table.remove(side.out, 1)
        end
    end
    return true
end

-- The rule of a turn that is to go wrong, or nil.
local function fault(pair)
    local rule = state.rule
    return rule and pair.turn == rule.turn and rule or nil
end

-- What PostgreSQL sends ends with ReadyForQuery, or asks something.
local function whole(bytes)
    return not opts.postgres or #bytes < 30
        or bytes:find("Z\0\0\0\5[ITE]$") ~= nil
end

-- The statement, or one that fails in its place.
local function refused(pair, text)
    if text:find "^BEGIN" then
        pair.tx = true
    elseif text == "COMMIT" or text == "ROLLBACK" then
        pair.tx = false
    end
    for _, rule in ipairs(opts.refuse) do
        if text:find(rule.text) and (pair.tx or not rule.tx) then
            return ("DO $$BEGIN RAISE EXCEPTION 'no such thing here' "
                .. "USING ERRCODE = '%s'; END$$"):format(rule.code)
        end
    end
    return text
end

-- What a client of PostgreSQL sends, with the statements replaced that are
-- refused; the start of a message waits for its rest.
local function replaced(pair, bytes)
    bytes = (pair.rest or "") .. bytes
    local messages, at = {}, 1
    while true do
        local head = pair.started and 1 or 0 -- the first has no type
        if #bytes < at + head + 3 then break end
        local size = string.unpack(">I4", bytes, at + head)
        if #bytes < at + head + size - 1 then break end
        local message = bytes:sub(at, at + head + size - 1)
        at = at + #message
        local name, text, rest = message:match
            "^P....([^\0]*\0)([^\0]*)(.*)$"
        if pair.started and name then
            local body = name .. refused(pair, text) .. rest
            message = "P" .. string.pack(">I4", #body + 4) .. body
        end
        pair.started = pair.started or message:sub(5, 8) == "\0\3\0\0"
        messages[#messages + 1] = message
    end
    pair.rest = bytes:sub(at)
    return table.concat(messages)
end

local function from_client(pair, bytes)
    if opts.refuse then bytes = replaced(pair, bytes) end
    if pair.last ~= "client" then
        pair.last = "client"
        state.turns = state.turns + 1
        pair.turn, pair.answer = state.turns, ""
    end
    local rule = fault(pair)
    if rule and rule.how == "before" then
        return false
    elseif rule and rule.how == "hang" then
        return true
    end
    queue(pair.server, bytes, rule and rule.how == "delay" and rule.seconds)
    return true
end

local function from_server(pair, bytes)
    pair.last = "server"
    local rule = fault(pair)
    if rule and rule.how == "after" then
        pair.answer = pair.answer .. bytes
        return not whole(pair.answer)
    elseif rule and rule.how == "half" then
        queue(pair.client, bytes:sub(1, #bytes // 2))
        flush(pair.client, net.now() + 3600)
        return false
    end
    queue(pair.client, bytes)
    return true
end

-- The end of one side goes through behind what it said.
local function hang_up(pair, from)
    local to = from == pair.client and pair.server or pair.client
    from.ended = true
    to.out[#to.out + 1] = { close = true,
        at = net.now() + (opts.delay or 0) }
end

local function read(pair, side)
    local bytes = net.recv(side.fd)
    if bytes == nil then
        return
    elseif bytes == "" or bytes == false then
        hang_up(pair, side)
    elseif not (side == pair.client and from_client or from_server)(pair,
            bytes) then
        finish(pair)
    end
end

local function connected(fd)
    state.accepted = state.accepted + 1
    local server = not state.down and net.connect(opts.host, opts.port)
    if not server then
        net.close(fd, true)
        return
    end
    net.unblock(server)
    local pair = { client = { fd = fd, out = {} },
        server = { fd = server, out = {} } }
    pairs_of[fd], pairs_of[server] = pair, pair
end

local commands = {}

function commands.rule(m)
    state.rule, state.turns = m.rule, 0
    return {}
end

function commands.turns()
    return { n = state.turns, accepted = state.accepted }
end

function commands.down(m)
    state.down = m.down
    for _, pair in pairs(pairs_of) do
        if m.down then finish(pair) end
    end
    return {}
end

local function control(fd)
    local bytes = net.recv(fd)
    if not bytes or bytes == "" then
        if bytes ~= nil then
            controls[fd] = nil
            net.close(fd)
        end
        return
    end
    local line, rest = (controls[fd] .. bytes):match("^(.-)\n(.*)$")
    controls[fd] = rest or controls[fd] .. bytes
    if line then
        local m = cjson.decode(line)
        net.send(fd, cjson.encode(commands[m.command](m)) .. "\n")
    end
end

io.write(port, " ", ctl_port, " ", (net.pid()), "\n")
io.flush()

local function accept_all(fd, handler)
    repeat
        local new = net.accept(fd)
        if new then handler(new) end
    until not new
end

while true do
    local now = net.now()
    local readers, writers, due = { listener, ctl }, {}, 3600
    for fd in pairs(controls) do readers[#readers + 1] = fd end
    for fd, pair in pairs(pairs_of) do
        local side = fd == pair.client.fd and pair.client or pair.server
        if not side.ended then readers[#readers + 1] = fd end
        local first = side.out[1]
        if first and first.at <= now then
            writers[#writers + 1] = fd
        elseif first then
            due = math.min(due, first.at - now)
        end
    end
    local ready = net.poll(readers, writers, math.ceil(due * 1000))
    now = net.now()
    if ready[listener] then accept_all(listener, connected) end
    if ready[ctl] then
        accept_all(ctl, function(fd) controls[fd] = "" end)
    end
    local all = {}
    for fd, pair in pairs(pairs_of) do all[fd] = pair end
    for fd, pair in pairs(all) do
        local side = fd == pair.client.fd and pair.client or pair.server
        if ready[fd] and not pair.gone and not side.ended then
            read(pair, side)
        end
        if not pair.gone and not flush(side, now) then finish(pair) end
    end
    for fd in pairs(controls) do
        if ready[fd] then control(fd) end
    end
end
