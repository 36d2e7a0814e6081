--- The scripted HTTP server, a process of its own: one loop, a coroutine per
-- connection.  Started by httpdouble.lua, which describes the rules.
-- Arguments: a JSON object { parent, dir, token, org, body }.
local cjson = require "cjson"
local net = require "netdouble"
local api = require "api"

local opts = cjson.decode(arg[1])
net.follow(opts.parent)

local state = { rules = {}, log = {}, active = 0, peak = 0, accepted = 0,
    gated = 0 }
local service = opts.dir and api.new(opts)
local tasks = {} -- coroutine -> what it waits for

local function wait(what) return coroutine.yield(what) end
local function sleep(seconds) wait { at = net.now() + seconds } end

local function start(f, ...)
    local co = coroutine.create(f)
    local ok, what = coroutine.resume(co, ...)
    if not ok then io.stderr:write("httpdouble: ", what, "\n") end
    tasks[co] = coroutine.status(co) ~= "dead" and what or nil
end

-- The first rule that fits and is not used up; skip counts fitting requests.
local function take(fits)
    for i, rule in ipairs(state.rules) do
        if fits(rule) then
            if (rule.skip or 0) > 0 then
                rule.skip = rule.skip - 1
            else
                rule.times = (rule.times or 1) - 1
                if rule.times == 0 then table.remove(state.rules, i) end
                return rule
            end
        end
    end
end

local function read(conn)
    while true do
        local bytes = net.recv(conn.fd)
        if bytes then return bytes ~= "" and bytes or nil end
        if bytes == false then return nil end
        wait { read = conn.fd }
    end
end

local function fill(conn, enough)
    while not enough() do
        local bytes = read(conn)
        if not bytes then return false end
        conn.input = conn.input .. bytes
    end
    return true
end

local function head_of(conn)
    local stop
    local ok = fill(conn, function()
        stop = select(2, conn.input:find("\r\n\r\n", 1, true))
        return stop
    end)
    if not ok then return nil end
    local text = conn.input:sub(1, stop)
    conn.input = conn.input:sub(stop + 1)
    local req = { headers = {}, conn = conn.id }
    req.method, req.path = text:match("^(%S+) (%S+)")
    for name, value in text:gmatch("\r\n([^:\r\n]+):[ \t]*([^\r\n]*)") do
        req.headers[name:lower()] = value
    end
    return req
end

local function body_of(conn, req)
    local n = tonumber(req.headers["content-length"]) or 0
    if not fill(conn, function() return #conn.input >= n end) then
        return false
    end
    req.body = conn.input:sub(1, n)
    conn.input = conn.input:sub(n + 1)
    local ok, value = pcall(cjson.decode, req.body)
    if ok and type(value) == "table" and type(value.query) == "string" then
        req.sql = value.query
    end
    return true
end

local function write(conn, bytes)
    local from = 1
    while from <= #bytes do
        local n = net.send(conn.fd, bytes, from)
        if n == false then return false end
        if n then from = from + n else wait { write = conn.fd } end
    end
    return true
end

local function drip(conn, bytes, pause)
    for i = 1, #bytes do
        if not write(conn, bytes:sub(i, i)) then return false end
        sleep(pause)
    end
    return true
end

local REASONS = { [200] = "OK", [302] = "Found", [400] = "Bad Request",
    [401] = "Unauthorized", [402] = "Payment Required", [403] = "Forbidden",
    [429] = "Too Many Requests", [500] = "Internal Server Error" }

local function head_text(answer, rule)
    local lines = { ("HTTP/1.1 %d %s"):format(answer.status,
        REASONS[answer.status] or "Status") }
    for name, value in pairs(answer.headers or {}) do
        lines[#lines + 1] = name .. ": " .. value
    end
    if not rule.unframed then
        lines[#lines + 1] = "Content-Length: " .. (rule.length or #answer.body)
    end
    if rule.close or rule.unframed then
        lines[#lines + 1] = "Connection: close"
    end
    return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local function scripted(rule)
    local answer = { status = rule.status or 200, body = rule.body or "{}",
        headers = rule.headers or {} }
    if rule.redirect then
        answer.status = rule.status or 302
        answer.headers.Location = rule.redirect
    end
    if rule.bomb then
        answer.body = net.bomb(rule.bomb)
        answer.headers["Content-Encoding"] = "gzip"
    end
    return answer
end

-- What goes back; the statement is carried out unless the rule says how.
local function answer_to(req, rule)
    local own = rule.status or rule.body or rule.redirect or rule.bomb or
        rule.headers and not rule.run
    local answer
    if service and (rule.run or not own) and rule.cut ~= "read" then
        req.ran = true
        answer = service.answer(req)
    end
    if own or not answer then
        return scripted(own and rule or { body = opts.body })
    end
    for name, value in pairs(rule.headers or {}) do
        answer.headers[name] = value
    end
    return answer
end

-- Lets time pass for a request; false when who asked has left meanwhile.
local function idle(conn, seconds)
    local at = net.now() + seconds
    while net.now() < at do
        wait { at = at, read = conn.fd }
        local bytes = net.recv(conn.fd)
        if bytes == "" or bytes == false then return false end
        conn.input = conn.input .. (bytes or "")
    end
    return true
end

-- Holds a request until as many as the gate wants have come, wave by wave.
local function gate(size)
    state.gated = state.gated + 1
    local wave = (state.gated + size - 1) // size * size
    while state.gated < wave do sleep(0.005) end
end

-- True when the connection may carry another request.
local function respond(conn, req, rule)
    if rule.delay and not idle(conn, rule.delay) then return false end
    if rule.gate then gate(rule.gate) end
    if rule.raw then
        write(conn, rule.raw)
        return false
    end
    local answer = answer_to(req, rule)
    req.status = answer.status
    if rule.hang and not idle(conn, rule.hang) then return false end
    if rule.cut == "read" or rule.cut == "commit" then return false end
    if rule.half then
        answer.body = answer.body:sub(1, #answer.body // 2)
    end
    local head = head_text(answer, rule)
    local body = req.method == "HEAD" and "" or answer.body
    if rule.cut == "head" then
        write(conn, head:sub(1, #head // 2))
        return false
    end
    if rule.cut == "body" then
        write(conn, head .. body:sub(1, #body // 2))
        return false
    end
    if not write(conn, head) then return false end
    local sent = rule.drip and drip(conn, body, rule.drip) or
        not rule.drip and write(conn, body)
    return sent and not rule.close and not rule.unframed and not rule.length
end

local function matches(rule, req)
    local m = rule.match or {}
    return rule.at ~= "accept" and
        (not m.method or m.method == req.method) and
        (not m.path or m.path == req.path) and
        (not m.sql or (req.sql or ""):find(m.sql, 1, true) ~= nil)
end

local function exchange(conn)
    local req = head_of(conn)
    if not req then return false end
    state.active = state.active + 1
    state.peak = math.max(state.peak, state.active)
    conn.busy = true
    if not body_of(conn, req) then return false end
    state.log[#state.log + 1] = req
    local rule = take(function(r) return matches(r, req) end) or {}
    conn.reset = rule.reset
    local keep = respond(conn, req, rule)
    state.active = state.active - 1
    conn.busy = false
    return keep
end

local function serve(fd)
    state.accepted = state.accepted + 1
    local conn = { fd = fd, id = state.accepted, input = "" }
    local first = take(function(r) return r.at == "accept" end)
    if first then
        conn.reset = first.reset
    else
        local ok, err
        repeat ok, err = pcall(exchange, conn) until not ok or not err
        if not ok then io.stderr:write("httpdouble: ", err, "\n") end
    end
    if conn.busy then state.active = state.active - 1 end
    net.close(fd, conn.reset)
end

local commands = {}

function commands.script(m)
    for _, rule in ipairs(m.rules) do
        state.rules[#state.rules + 1] = rule
    end
    return {}
end

function commands.requests() return { list = state.log } end

function commands.reset()
    state.rules, state.log = {}, {}
    state.peak, state.accepted, state.gated = state.active, 0, 0
    return {}
end

function commands.stats()
    return { active = state.active, peak = state.peak,
        accepted = state.accepted, rules = #state.rules }
end

function commands.sql(m)
    local answer = service.query(m.workspace, m.sql)
    return { status = answer.status, body = answer.body }
end

function commands.stop() os.exit(0, true) end

local function control(fd)
    local conn = { fd = fd, input = "" }
    while fill(conn, function() return conn.input:find("\n", 1, true) end) do
        local line, rest = conn.input:match("^(.-)\n(.*)$")
        conn.input = rest
        local m = cjson.decode(line)
        write(conn, cjson.encode(commands[m.command](m)) .. "\n")
    end
    net.close(fd)
end

local function accept_with(listener, handler)
    return function()
        while true do
            local fd = net.accept(listener)
            if fd then start(handler, fd) else wait { read = listener } end
        end
    end
end

local web, port = assert(net.listen(opts.host or "127.0.0.1", 0))
local ctl, ctl_port = assert(net.listen("127.0.0.1", 0))
start(accept_with(web, serve))
start(accept_with(ctl, control))
io.write(port, " ", ctl_port, " ", (net.pid()), "\n")
io.flush()

while true do
    local now = net.now()
    local readers, writers, due = {}, {}, 3600
    for _, what in pairs(tasks) do
        readers[#readers + 1] = what.read
        writers[#writers + 1] = what.write
        if what.at then due = math.min(due, math.max(what.at - now, 0)) end
    end
    local ready = net.poll(readers, writers, math.ceil(due * 1000))
    now = net.now()
    local awake = {}
    for co, what in pairs(tasks) do
        if ready[what.read or what.write] or what.at and what.at <= now then
            awake[#awake + 1] = co
        end
    end
    for _, co in ipairs(awake) do
        local _, what = coroutine.resume(co)
        tasks[co] = coroutine.status(co) ~= "dead" and what or nil
    end
end
