--- propolis serve where it hurts: limits, slow and many clients, a database
-- that goes away, an end in the middle of work.
local eventually = require "eventually"
local httpdouble = require "httpdouble" -- finds netdouble
local pg = require "postgres"
local serving = require "serving"
local soak = require "soak"
local sys = require "engine.sys"
local tmp = require "tmp"

assert(httpdouble)
local net = require "netdouble"

local MANY_CLIENTS = debug.getinfo(1, "S").source:match("^@(.*)/spec/.*$")
    .. "/support/many_clients.lua"
local PROGRAM = assert(sys.readlink("/proc/self/exe"))

-- A connection of our own, and a whole answer from it.
local raw = {}
raw.__index = raw

function raw.open(port)
    return setmetatable({ fd = assert(net.connect("127.0.0.1", port)) }, raw)
end

function raw:send(text)
    return net.send(self.fd, text)
end

-- Everything up to the end of the connection.
function raw:rest()
    local parts = {}
    return eventually(function()
        local bytes = net.poll({ self.fd }, {}, 100)[self.fd]
            and net.recv(self.fd)
        if bytes == "" or bytes == false then return table.concat(parts) end
        parts[#parts + 1] = bytes or nil
    end, "the connection stays open")
end

function raw:close()
    net.close(self.fd)
end

local function head(token, length)
    return ("POST /workspaces/a/tables/query HTTP/1.1\r\nHost: x\r\n"
        .. "Authorization: Bearer %s\r\nX-Activeloop-Org-Id: team\r\n"
        .. "Content-Length: %d\r\n\r\n"):format(token, length)
end

describe("propolis serve under strain", function()
    local s, db, token, clients_pid

    local function start(args, url)
        db = url or pg.url(true)
        s = serving.start { home = tmp.dir(), db = db, args = args }
        token = s:token("alice", "--workspace", "a")
    end
    after_each(function()
        if clients_pid then -- else its pipe is waited for, for ever
            os.execute(("kill -9 %d 2>/dev/null"):format(clients_pid))
            clients_pid = nil
        end
        local code = s and s.pipe and s:stop() or 0
        s = nil
        tmp.clean()
        assert.equal(0, code) -- also when a sanitizer has found something
    end)

    -- Waits until a statement with that text in it runs.
    local function running(text)
        eventually(function()
            return pg.psql(("SELECT count(*) FROM pg_stat_activity WHERE "
                .. "state = 'active' AND pid <> pg_backend_pid() "
                .. "AND datname = current_database() "
                .. "AND strpos(query, '%s') > 0"):format(text), db) ~= "0"
        end, "the statement never ran")
    end

    local function status(sql)
        return s:query(token, "a", sql).status
    end

    -- Makes a table t and holds it: who reads or writes it waits until the
    -- result is called.
    local function held_table()
        assert.equal(200, status("CREATE TABLE t (n int)"))
        local holder = pg.session(db)
        holder:send("BEGIN; LOCK TABLE a.t;")
        return function()
            holder:send("COMMIT;")
            holder:close()
        end
    end

    it("limits requests and answers", function()
        start { "--max-body", "10K", "--max-answer", "100K" }
        local fits = ("SELECT '%s'"):format(("x"):rep(9000))
        assert.equal(200, status(fits))
        for _, size in ipairs { 11000, 30000, 3000000 } do
            local r = s:query(token, "a", "SELECT '" .. ("x"):rep(size) .. "'")
            assert.equal(413, r.status)
            assert.truthy(r.body:find("too large", 1, true))
        end
        local chunked = s:asking(token, "a", "SELECT " .. ("1"):rep(20000))
        chunked.headers["Transfer-Encoding"] = "chunked"
        assert.equal(413, s:send(chunked).status)
        assert.equal(200, status("SELECT repeat('x', 90000)"))
        for _, sql in ipairs {
            "SELECT repeat('x', 110000)",
            "SELECT i, repeat('x', 1000) FROM generate_series(1, 1000000) i",
        } do
            local r = s:query(token, "a", sql)
            assert.equal(413, r.status)
            assert.truthy(r.body:find("LIMIT", 1, true))
        end
        assert.equal(200, status("CREATE TABLE big (t text)"))
        -- What writes is not cut off: the client is told how it ended.
        local written = "INSERT INTO big SELECT repeat('x', 1000) "
            .. "FROM generate_series(1, 1000) i RETURNING t"
        local r = s:query(token, "a", written)
        assert.equal(413, r.status)
        assert.truthy(r.body:find("was carried out", 1, true))
        assert.equal(400, status(written .. ", 1 / (i - 1000)"))
        assert.equal(1000, s:query(token, "a", "SELECT count(*) FROM big")
            .doc.rows[1][1])
    end)

    it("holds no more in memory than it may", function()
        start { "--max-body", "1M", "--max-memory", "1M" }
        local waiting = raw.open(s.port)
        waiting:send(head(token, 900000) .. ("x"):rep(600000))
        eventually(function()
            return status("SELECT length('" .. ("x"):rep(600000) .. "')") == 503
        end)
        assert.equal(200, status("SELECT 1"))
        waiting:close()
        eventually(function()
            return status("SELECT length('" .. ("x"):rep(600000) .. "')") == 200
        end)
    end)

    it("ends statements that take too long", function()
        start { "--statement-timeout", "1" }
        local r = s:query(token, "a", "SELECT pg_sleep(3600)")
        assert.equal(408, r.status)
        assert.truthy(r.body:find("statement timeout", 1, true))
        assert.equal(200, status("SELECT 1"))
    end)

    it("ends those, too, that catch their cancelling", function()
        start { "--statement-timeout", "1" }
        assert.equal(200, status("CREATE TABLE t (n int)"))
        pg.psql([[CREATE FUNCTION a.stay() RETURNS int LANGUAGE plpgsql AS $$
            BEGIN LOOP BEGIN PERFORM pg_sleep(60);
            EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$]],
            db)
        local r = s:query(token, "a", "SELECT a.stay()")
        assert.equal(408, r.status, r.body)
        eventually(function()
            return pg.psql("SELECT count(*) FROM pg_stat_activity WHERE "
                .. "query = 'SELECT a.stay()' AND state = 'active'", db) == "0"
        end, "the statement still runs")
        assert.equal(200, status("SELECT 1"))
    end)

    it("lets no statement hold up others", function()
        start { "--backends", "4" }
        local release = held_table()
        local requests = {}
        for i = 1, 2 do
            requests[i] = s:asking(token, "a", "SELECT * FROM t")
        end
        for i = 3, 40 do
            requests[i] = s:asking(token, "a", "SELECT 1")
        end
        local order = {}
        local answers = s.client:all(requests, function(i)
            order[#order + 1] = i
            if #order == 38 then release() end
        end)
        for _, r in ipairs(answers) do
            assert.equal(200, r.status)
        end
        assert.truthy(order[39] <= 2 and order[40] <= 2)
    end)

    it("turns away more requests than it may have", function()
        start { "--requests", "3" }
        local release = held_table()
        local requests, answered, count = {}, 0, {}
        for i = 1, 20 do
            requests[i] = s:asking(token, "a", "SELECT * FROM t")
        end
        for _, r in ipairs(s.client:all(requests, function()
            answered = answered + 1
            if answered == 17 then release() end
        end)) do
            count[r.status] = (count[r.status] or 0) + 1
        end
        assert.same({ [200] = 3, [429] = 17 }, count)
        assert.equal(200, status("SELECT 1"))
    end)

    it("cuts clients that send too slowly, or nothing", function()
        start { "--client-timeout", "1" }
        local mute, drip = raw.open(s.port), raw.open(s.port)
        local body, idle = raw.open(s.port), raw.open(s.port)
        body:send(head(token, 1000) .. "{")
        idle:send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        local text, at = head(token, 1000), 1
        eventually(function()
            sys.sleep(0.1)
            at = at + 1
            return not drip:send(text:sub(at, at))
        end, "a slow client was never cut")
        assert.equal("", mute:rest())
        assert.truthy(body:rest())
        assert.truthy(idle:rest():find("^HTTP/1.1 200"))
        assert.equal(200, status("SELECT 1"))
        for _, c in ipairs { mute, drip, body, idle } do
            c:close()
        end
    end)

    it("cuts clients that do not take their answer", function()
        start { "--client-timeout", "1", "--max-memory", "40M" }
        local body = '{"query":"SELECT repeat(\'x\', 30000000)"}'
        local c = raw.open(s.port)
        c:send(head(token, #body) .. body)
        eventually(function() -- its 30 MB are free again
            return status("SELECT repeat('x', 30000000)") == 200
        end, "the answer is held for ever")
        c:close()
    end)

    local function many_clients(n, most)
        local lib = package.cpath:match("([^;]*)/%?%.so")
        local pipe, pid = serving.spawn(
            ("sh -c 'ulimit -n $(ulimit -Hn); CLIENTS_LIB=%s exec %s %s %d %d "
            .. "%d' <%s"):format(lib, PROGRAM, MANY_CLIENTS, s.port, n, most,
            s.home .. "/hold"))
        clients_pid = pid
        return pipe
    end

    local function hold()
        assert(os.execute("mkfifo " .. s.home .. "/hold"))
        return assert(io.open(s.home .. "/hold", "r+"))
    end

    it("turns away more connections than it may have", function()
        start { "--connections", "50" }
        local held = hold()
        local pipe = many_clients(200, 50)
        local inside, away, other, failed = pipe:read("n", "n", "n", "n")
        assert.same({ 0, 0 }, { other, failed })
        assert.equal(200, inside + away)
        assert.truthy(inside <= 50 and inside >= 45)
        assert(os.execute("kill " .. clients_pid))
        pipe:close()
        clients_pid = nil
        held:close()
        eventually(function()
            return status("SELECT 1") == 200
        end)
    end)

    it("outlives ten thousand connections", function()
        start {}
        assert.equal(200, status("SELECT 1"))
        local held = hold()
        local pipe = many_clients(10000, 4096)
        local inside, away, other = pipe:read("n", "n", "n", "n")
        assert.truthy(inside and inside > 100, inside)
        assert.truthy(inside + away + other > 9000)
        assert(os.execute("kill " .. clients_pid))
        pipe:close()
        clients_pid = nil
        held:close()
        eventually(function()
            return status("SELECT 1") == 200
        end)
        assert.equal(0, s:stop())
    end)

    it("outlives clients that leave in the middle", function()
        start {}
        local body = '{"query":"SELECT pg_sleep(0.2)"}'
        local text = head(token, #body) .. body
        soak.rounds(60, function(n)
            local i = n % 60 + 1
            local c = raw.open(s.port)
            c:send(text:sub(1, i % 3 == 0 and #text or #text * i // 60))
            net.close(c.fd, i % 2 == 0)
        end)
        for _, junk in ipairs {
            "\0\0\0\0", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
            "POST /workspaces/a/tables/query HTTP/1.1\r\n"
                .. "Content-Length: -1\r\n\r\n",
            "GET /" .. ("x"):rep(40000) .. " HTTP/1.1\r\n\r\n",
            "GET /%00%ff/..%2f HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\n" .. ("A: b\r\n"):rep(5000) .. "\r\n",
        } do
            local c = raw.open(s.port)
            c:send(junk)
            c:close()
        end
        -- After a soak, what thousands of whole requests asked for comes first.
        if soak.seconds then
            eventually(function() return status("SELECT 1") == 200 end)
        end
        assert.equal(200, status("SELECT 1"))
        assert.equal(0, s:stop())
    end)

    -- Tells it to stop, and waits until it has begun to.
    local function stopping()
        s:signal("TERM")
        eventually(function()
            local fd = net.connect("127.0.0.1", s.port)
            return not fd or net.close(fd)
        end, "newcomers are still let in")
    end

    it("finishes what runs when it is told to stop", function()
        start {}
        local release = held_table()
        local body = '{"query":"INSERT INTO t SELECT 7 RETURNING n"}'
        local c = raw.open(s.port)
        c:send(head(token, #body) .. body)
        running("SELECT 7")
        stopping()
        release()
        local answer = c:rest()
        assert.truthy(answer:find("^HTTP/1.1 200"), answer)
        assert.truthy(answer:find('"rows":[[7]]', 1, true), answer)
        c:close()
        local port = s.port
        assert.equal(0, s:ended())
        assert.is_nil(net.connect("127.0.0.1", port))
    end)

    it("stops at once when nobody waits, by either signal", function()
        for _, name in ipairs { "INT", "TERM" } do
            start { "--client-timeout", "3600" } -- longer than any patience
            local c = raw.open(s.port)
            c:send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            s:signal(name)
            assert.equal(0, s:ended())
            c:close()
        end
    end)

    it("gives up on what does not end, at a second signal", function()
        start { "--statement-timeout", "3600" }
        local body = '{"query":"SELECT pg_sleep(3000)"}'
        local c = raw.open(s.port)
        c:send(head(token, #body) .. body)
        running("pg_sleep(3000)")
        stopping()
        s:signal("TERM")
        local answer = c:rest()
        assert.truthy(answer:find("^HTTP/1.1 503"), answer)
        c:close()
        assert.equal(0, s:ended())
    end)

    it("listens with TLS", function()
        local dir = tmp.dir()
        local ok = os.execute(("openssl req -x509 -newkey rsa:2048 -nodes "
            .. "-keyout %s/key -out %s/cert -days 2 -subj /CN=localhost "
            .. "-addext subjectAltName=IP:127.0.0.1 2>%s/log")
            :format(dir, dir, dir))
        assert.truthy(ok, "openssl")
        start { "--tls-cert", dir .. "/cert", "--tls-key", dir .. "/key" }
        s.client:close()
        s.client = require("engine.http").client { retries = 0,
            ca_file = dir .. "/cert" }
        assert.truthy(s.url:find("^https://"))
        assert.equal(200, status("SELECT 1"))
    end)

    it("answers 503 without its database, and goes on with it", function()
        local own <close> = require("killable").start()
        start({ "--statement-timeout", "3600" }, own.url)
        assert.equal(200, status("CREATE TABLE kept (n int)"))
        assert.equal(200, status("INSERT INTO kept VALUES (1)"))
        local body = '{"query":"SELECT pg_sleep(3000)"}'
        local c = raw.open(s.port)
        c:send(head(token, #body) .. body)
        running("pg_sleep(3000)")
        pg.psql("CHECKPOINT", own.url) -- its commits are not synchronous
        own:kill()
        local r = s:query(token, "a", "SELECT 1")
        assert.equal(503, r.status, r.body)
        assert.equal("1", r.headers["retry-after"])
        assert.is_nil(r.body:find("password", 1, true))
        c:send(head(token, #body) .. body)
        assert.equal(200, s:get("/health").status)
        own:again()
        eventually(function()
            return status("SELECT 1") == 200
        end)
        r = s:query(token, "a", "SELECT count(*) FROM kept")
        assert.equal('[[1]]', r.body:match('"rows":(.*),"row'), r.body)
        c:close()
    end)
end)
