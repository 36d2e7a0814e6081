local double = require "httpdouble"
local http = require "engine.http"
local sys = require "engine.sys"

local TOKEN = "very-secret-token"

local function peak_kib()
    return tonumber(assert(sys.read("/proc/self/status")):match(
        "VmHWM:%s*(%d+)"))
end

-- A port that nothing listens on.
local function dead_url()
    local s = double.start {}
    s:stop()
    return s.url
end

describe("engine.http", function()
    local server, client

    setup(function() server = double.start { body = '{"ok":true}' } end)
    teardown(function() server:stop() end)
    before_each(function()
        server:reset()
        client = http.client { backoff_ms = 2, timeout_ms = 5000 }
    end)
    after_each(function() client:close() end)

    local function ask(fields)
        local request = { url = server.url .. "/x",
            headers = { Authorization = "Bearer " .. TOKEN } }
        for k, v in pairs(fields or {}) do request[k] = v end
        return client:request(request)
    end

    local function post(fields)
        local request = { method = "POST", body = '{"query":"x"}' }
        for k, v in pairs(fields or {}) do request[k] = v end
        return ask(request)
    end

    local function count() return #server:requests() end

    describe("an answer", function()
        it("has status, headers in lower case, body and attempts", function()
            server:script { { status = 418, body = "tea",
                headers = { ["X-Kind"] = "Pot" } } }
            local r = assert(ask())
            assert.equal(418, r.status)
            assert.equal("Pot", r.headers["x-kind"])
            assert.equal("3", r.headers["content-length"])
            assert.equal("tea", r.body)
            assert.equal(1, r.attempts)
            assert.is_nil(r.unclear)
        end)

        it("comes for every method, with and without a body", function()
            for _, method in ipairs { "GET", "POST", "PUT", "DELETE",
                "PATCH" } do
                assert.equal(200, assert(ask { method = method }).status)
                assert.equal(200, assert(ask { method = method,
                    body = "b" }).status)
            end
            assert.equal("", assert(ask { method = "HEAD" }).body)
            local seen = server:requests()
            assert.equal(11, #seen)
            for i, q in ipairs(seen) do
                assert.equal(i % 2 == 0 and "b" or "", q.body)
            end
            assert.equal("PATCH", seen[10].method)
            assert.equal("HEAD", seen[11].method)
        end)

        it("may have no length and end with the connection", function()
            server:script { { body = "until the end", unframed = true } }
            assert.equal("until the end", assert(ask()).body)
        end)

        it("to 3 MB comes without asking for leave first", function()
            local body = ("0123456789"):rep(300000)
            assert(post { body = body })
            local q = server:requests()[1]
            assert.equal(body, q.body)
            assert.is_nil(q.headers.expect)
        end)

        it("may be binary and empty", function()
            server:script { { body = "a\0b" }, { body = "" } }
            assert.equal("a\0b", assert(ask()).body)
            assert.equal("", assert(ask()).body)
        end)
    end)

    it("reuses its connections", function()
        for _ = 1, 4 do assert(ask()) end
        assert.equal(1, server:stats().accepted)
    end)

    it("runs at most five at once, and five when there are ten", function()
        server:script { { gate = 5, times = 10 } }
        local list = {}
        for i = 1, 10 do list[i] = { url = server.url .. "/" .. i } end
        local results = client:all(list)
        for i = 1, 10 do assert.equal(200, results[i].status) end
        assert.equal(5, server:stats().peak)
    end)

    it("gives results in order and tells of each once", function()
        local list, seen = {}, {}
        for i = 1, 30 do
            list[i] = { url = server.url .. "/" .. i }
            if i % 7 == 0 then list[i].url = "ftp://no" end
        end
        local results = client:all(list, function(i, r)
            assert.is_nil(seen[i])
            seen[i] = r
        end)
        for i = 1, 30 do
            assert.equal(seen[i], results[i])
            if i % 7 == 0 then
                assert.equal("arg", results[i].error.code)
            else
                assert.equal(200, results[i].status)
            end
        end
        assert.same({}, client:all {})
    end)

    it("lets others pass while one waits for its retry", function()
        local one = http.client { backoff_ms = 600, max_parallel = 1 }
        server:script { { status = 503, match = { path = "/slow" } } }
        local order = {}
        local r = one:all({ { url = server.url .. "/slow" },
            { url = server.url .. "/b" }, { url = server.url .. "/c" } },
            function(i) order[#order + 1] = i end)
        one:close()
        assert.same({ 2, 3, 1 }, order)
        assert.equal(2, r[1].attempts)
    end)

    it("can be asked again from inside a callback", function()
        local inner = {}
        local list = {}
        for i = 1, 8 do list[i] = { url = server.url .. "/" .. i } end
        local r = client:all(list, function(i)
            inner[i] = assert(client:request { url = server.url .. "/in" })
        end)
        for i = 1, 8 do
            assert.equal(200, r[i].status)
            assert.equal(200, inner[i].status)
        end
    end)

    it("ends what is in flight when a callback raises or closes", function()
        local list = {}
        for i = 1, 8 do list[i] = { url = server.url .. "/" .. i } end
        assert.error_matches(function()
            client:all(list, function() error("stop") end)
        end, "stop")
        assert.equal(200, assert(ask()).status)
        local r = client:all(list, function() client:close() end)
        local closed = 0
        for i = 1, 8 do
            if r[i].error then
                assert.equal("closed", r[i].error.code)
                closed = closed + 1
            end
        end
        assert.is_true(closed > 0)
        assert.error_matches(function() ask() end, "closed")
        client:close()
    end)

    describe("tries again", function()
        for _, status in ipairs { 429, 500, 502, 503, 504 } do
            it("after " .. status, function()
                server:script { { status = status } }
                local r = assert(ask())
                assert.equal(200, r.status)
                assert.equal(2, r.attempts)
                assert.equal(2, count())
            end)
        end

        it("four times at most, and hands back the last answer", function()
            server:script { { status = 500, body = "boom", times = -1 } }
            local r = assert(ask())
            assert.equal(500, r.status)
            assert.equal("boom", r.body)
            assert.equal(4, r.attempts)
            assert.equal(4, count())
        end)

        it("not after any other status", function()
            for _, status in ipairs { 400, 401, 402, 403, 404, 409, 501 } do
                server:reset()
                server:script { { status = status } }
                assert.equal(status, assert(ask()).status)
                assert.equal(1, count())
            end
        end)

        for name, body in pairs {
            key = "Duplicate Key Value Violates Unique Constraint x",
            class = 'index "pg_class_relname_nsp_index"',
            exists = "column ALREADY EXISTS",
        } do
            it("not after a 500 that tells of a duplicate: " .. name,
                function()
                    server:script { { status = 500, body = body } }
                    local r = assert(ask())
                    assert.equal(500, r.status)
                    assert.is_nil(r.unclear)
                    assert.equal(1, count())
                end)
        end

        it("after 401 and a gateway's 403 only when told to", function()
            for _, rule in ipairs {
                { status = 401, body = '{"error":"x"}' },
                { status = 403, body = "" },
                { status = 403, body = "<HTML><body>no</body></HTML>" },
                { status = 403, body = "403 Forbidden" },
                { status = 403, body = "error by Cloudflare" },
                { status = 403, body = "nginx/1.1" },
            } do
                server:reset()
                server:script { rule }
                assert.equal(200, assert(post { retry_auth = true }).status)
                assert.equal(2, count())
                server:reset()
                server:script { rule }
                assert.equal(rule.status, assert(post()).status)
                assert.equal(1, count())
            end
            server:reset()
            server:script { { status = 403, body = '{"error":"no right"}' } }
            assert.equal(403, assert(post { retry_auth = true }).status)
            assert.equal(1, count())
        end)

        it("waits longer each time", function()
            local slow = http.client { backoff_ms = 40 }
            server:script { { status = 503, times = 3 } }
            local t = sys.monotonic()
            local r = slow:request { url = server.url }
            slow:close()
            assert.equal(4, r.attempts)
            assert.is_true(sys.monotonic() - t >= 0.04 + 0.08 + 0.16)
        end)

        it("when Retry-After says so, in seconds or as a date", function()
            for _, form in ipairs { "1", "!%a, %d %b %Y %H:%M:%S GMT" } do
                local due = os.time() + 1
                server:script { { status = 429, headers = {
                    ["Retry-After"] = os.date(form, due) } } }
                assert.equal(2, assert(ask()).attempts)
                assert.is_true(os.time() >= due)
            end
        end)

        it("never before: asked for longer, it hands the answer back",
            function()
                server:script { { status = 429,
                    headers = { ["Retry-After"] = "86400" } } }
                local r = assert(ask())
                assert.equal(429, r.status)
                assert.equal("86400", r.headers["retry-after"])
                assert.equal(1, count())
            end)

        it("not after a timeout", function()
            server:script { { delay = 20 } }
            local r, err = ask { timeout_ms = 150 }
            assert.is_nil(r)
            assert.equal("Query timeout after 150ms", tostring(err))
            assert.equal("io", err.code)
            assert.is_true(err.unclear)
            assert.equal(1, err.attempts)
            assert.equal(1, count())
        end)
    end)

    it("waits for a connection no longer than told", function()
        -- the server waits for HTTP, the client for the server's TLS
        local quick = http.client { connect_ms = 150, timeout_ms = 9000 }
        local _, err = quick:request { method = "POST", body = "x",
            url = server.url:gsub("^http", "https") }
        quick:close()
        assert.matches("^Query timeout after 150ms", err.message)
        assert.equal(1, err.attempts)
    end)

    describe("cuts short", function()
        it("a slow drip", function()
            server:script { { body = ("x"):rep(1000), drip = 0.05 } }
            local _, err = ask { timeout_ms = 200 }
            assert.equal("Query timeout after 200ms", err.message)
        end)

        it("an answer over the cap, by its true size", function()
            local small = http.client { max_bytes = 1000, backoff_ms = 2 }
            server:script { { body = ("x"):rep(1000) },
                { body = ("x"):rep(1001) } }
            assert.equal(1000, #assert(small:request {
                url = server.url }).body)
            local _, err = small:request { url = server.url }
            assert.equal("the answer is larger than 1000 bytes", err.message)
            assert.equal(2, count())
            small:close()
        end)

        it("a header without end, and calls it that", function()
            local line = "x-pad: " .. ("y"):rep(1000) .. "\r\n"
            for _, head in ipairs { line:rep(400),
                "x-pad: " .. ("y"):rep(400000) .. "\r\n" } do
                server:script { { raw = "HTTP/1.1 200 OK\r\n" .. head
                    .. "content-length: 0\r\n\r\n" } }
                local _, err = ask()
                assert.equal("the answer's header is too large", err.message)
                assert.equal("io", err.code)
            end
        end)

        it("a gzip bomb, without unpacking it", function()
            local small = http.client { max_bytes = 1 << 20 }
            local before = peak_kib()
            server:script { { bomb = 100 << 20 } }
            local _, err = small:request { url = server.url }
            small:close()
            assert.matches("larger than", err.message)
            assert.is_true(peak_kib() - before < 32 * 1024)
            assert.equal(1, count())
        end)

        it("nothing that is compressed and small", function()
            server:script { { bomb = 5000 } }
            assert.equal(("a"):rep(5000), assert(ask()).body)
        end)

        it("heads without end", function()
            server:script { { headers = { ["X-Long"] = ("h"):rep(90000),
                ["X-More"] = ("h"):rep(90000),
                ["X-Most"] = ("h"):rep(90000) } } }
            local _, err = ask()
            assert.equal("io", err.code)
            assert.equal(1, count())
        end)
    end)

    describe("when the line is cut", function()
        local cuts = {
            { cut = "read" }, { cut = "commit" }, { cut = "head" },
            { cut = "read", reset = true }, { cut = "commit", reset = true },
            { cut = "body", body = '{"columns":[],"rows":[]}' },
            { length = 5000 },
        }

        for i, rule in ipairs(cuts) do
            it("tries again what may be repeated, case " .. i, function()
                server:script { rule }
                local r = assert(post { idempotent = true })
                assert.equal(200, r.status)
                assert.is_true(r.unclear)
                assert.equal(2, count())
            end)

            it("never sends again what may not, case " .. i, function()
                server:script { rule }
                local r, err = post()
                assert.is_nil(r)
                assert.equal("io", err.code)
                assert.is_true(err.unclear)
                assert.equal(1, count())
            end)

            it("nor on a connection that was kept, case " .. i, function()
                assert(post())
                server:script { rule }
                local _, err = post()
                assert.is_true(err.unclear)
                assert.equal(2, count())
            end)
        end

        it("a request without a body is no exception", function()
            assert(ask { method = "POST" })
            server:script { { cut = "commit" } }
            local _, err = ask { method = "POST" }
            assert.is_true(err.unclear)
            assert.equal(2, count())
        end)

        it("gives up after four attempts", function()
            server:script { { cut = "read", times = -1 } }
            local _, err = ask()
            assert.equal("io", err.code)
            assert.equal(4, err.attempts)
            -- libcurl asks once more by itself on a kept connection only
            assert.equal(4, count())
        end)

        it("before anything is read, the next attempt succeeds", function()
            server:script { { at = "accept" }, { at = "accept",
                reset = true } }
            assert.equal(200, assert(ask()).status)
        end)

        it("counts the attempts on a kept connection too", function()
            assert(post { idempotent = true })
            server:script { { cut = "read", times = -1 } }
            local _, err = post { idempotent = true }
            assert.equal(4, err.attempts)
            assert.equal(5, count())
        end)
    end)

    it("takes a request whose fields are made when they are asked for",
        function()
            server:reset()
            local made = setmetatable({}, { __index = function(_, key)
                collectgarbage()
                if key == "method" then return "POST" end
                if key == "body" then return ("x"):rep(1000) .. os.time() end
                return key == "url" and server.url .. "/echo" or nil
            end })
            assert.equal(200, assert(client:request(made)).status)
        end)

    describe("a statement that may not be repeated", function()
        it("is sent once when the server fails over it", function()
            for _, status in ipairs { 500, 502, 503, 504 } do
                server:reset()
                server:script { { status = status } }
                local r = assert(post())
                assert.equal(status, r.status)
                assert.is_true(r.unclear)
                assert.equal(1, count())
            end
        end)

        it("is sent again after 429: it was not carried out", function()
            server:script { { status = 429 } }
            local r = assert(post())
            assert.equal(2, r.attempts)
            assert.is_nil(r.unclear)
        end)

        it("is tried again when nobody listens, and stays clear", function()
            local _, err = client:request { method = "POST", body = "x",
                url = dead_url() }
            assert.equal(4, err.attempts)
            assert.equal("io", err.code)
            assert.is_nil(err.unclear)
        end)
    end)

    describe("a redirect", function()
        local other

        setup(function() other = double.start { host = "127.0.0.2" } end)
        teardown(function() other:stop() end)

        it("is not followed unless told", function()
            server:script { { redirect = other.url .. "/stolen" } }
            assert.equal(302, assert(ask()).status)
            assert.same({}, other:requests())
        end)

        it("to another host or port never carries the token", function()
            local near = double.start {}
            for _, to in ipairs { other, near } do
                server:script { { redirect = to.url .. "/stolen" } }
                assert.equal(200, assert(ask { follow = true }).status)
                local q = to:requests()[1]
                assert.equal("/stolen", q.path)
                assert.is_nil(q.headers.authorization)
            end
            near:stop()
        end)

        it("to the same host keeps it", function()
            server:script { { redirect = server.url .. "/moved" } }
            assert.equal(200, assert(ask { follow = true }).status)
            local q = server:requests()[2]
            assert.equal("/moved", q.path)
            assert.equal("Bearer " .. TOKEN, q.headers.authorization)
        end)

        it("sends a body again when it is to", function()
            server:script { { redirect = server.url .. "/moved",
                status = 307 } }
            assert.equal(200, assert(post { follow = true }).status)
            local q = server:requests()
            assert.equal(q[1].body, q[2].body)
            assert.equal("POST", q[2].method)
        end)

        it("ends when it goes in circles, and never leaves HTTP", function()
            server:script { { redirect = server.url .. "/x", times = -1 } }
            assert.equal("io", select(2, ask { follow = true }).code)
            server:reset()
            server:script { { redirect = "file:///etc/passwd" } }
            assert.equal("io", select(2, ask { follow = true }).code)
            assert.equal(1, count())
        end)
    end)

    describe("TLS", function()
        local folder, port, stop

        setup(function()
            folder = os.tmpname()
            os.remove(folder)
            assert(sys.mkdir(folder))
            local made = assert(sys.run { "openssl", "req", "-x509",
                "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                "/CN=bee", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", folder .. "/key",
                "-out", folder .. "/cert" })
            assert(made.code == 0, made.stderr)
            local pipe = assert(io.popen(("cd %s && echo $$ && exec openssl " ..
                "s_server -accept 127.0.0.1:0 -cert cert -key key -www 2>&1")
                :format(folder)))
            local pid = pipe:read("n")
            repeat
                local line = assert(pipe:read("l"))
                port = line:match("^ACCEPT %S*:(%d+)")
            until port
            stop = function()
                sys.run { "kill", tostring(pid) }
                pipe:close()
            end
        end)
        teardown(function()
            stop()
            for _, name in ipairs(sys.list(folder)) do
                sys.remove(folder .. "/" .. name)
            end
            sys.rmdir(folder)
        end)

        it("refuses a certificate that nobody vouches for, once", function()
            local _, err = client:request { method = "POST", body = "x",
                url = "https://127.0.0.1:" .. port }
            assert.equal("io", err.code)
            assert.matches("certificate", err.message)
            assert.equal(1, err.attempts)
            assert.is_nil(err.unclear)
        end)

        it("refuses one for another name", function()
            local own = http.client { ca_file = folder .. "/cert" }
            local _, err = own:request { url = "https://localhost:" .. port }
            own:close()
            assert.equal("io", err.code)
            assert.matches("localhost", err.message)
            assert.equal(1, err.attempts)
        end)

        it("takes one that the given file vouches for", function()
            local own = http.client { ca_file = folder .. "/cert" }
            local r = assert(own:request {
                url = "https://127.0.0.1:" .. port })
            own:close()
            assert.equal(200, r.status)
            assert.matches("TLSv1%.[23]", r.body)
        end)

        it("takes what CURL_CA_BUNDLE, else SSL_CERT_FILE vouches for",
            function()
                local function fetch(setting)
                    return assert(sys.run { "env", "-u", "SSL_CERT_FILE", "-u",
                        "CURL_CA_BUNDLE", setting, assert(sys.realpath(
                            "/proc/self/exe")), "-e", ([[
                        local c = require "engine.http".client {}
                        local r, err = c:request {
                            url = "https://127.0.0.1:%s" }
                        print(r and r.status or err.message)]]):format(port) })
                end
                local cert = folder .. "/cert"
                local own = fetch("CURL_CA_BUNDLE=" .. cert)
                assert.equal("200\n", own.stdout, own.stderr)
                assert.equal("200\n", fetch("SSL_CERT_FILE=" .. cert).stdout)
                assert.not_equal("200\n", fetch("LC_ALL=C").stdout)
            end)
    end)

    describe("refuses", function()
        it("what is no HTTP", function()
            for _, url in ipairs { "file:///etc/hosts", "ftp://x/", "" } do
                local r, err = client:request { url = url }
                assert.is_nil(r)
                assert.equal("arg", err.code)
            end
        end)

        it("headers that would smuggle, without showing them", function()
            for _, value in ipairs { "a\r\nX: " .. TOKEN, TOKEN .. "\0b",
                TOKEN .. "\n" } do
                local r, err = ask { headers = { Authorization = value } }
                assert.is_nil(r)
                assert.equal("arg", err.code)
                assert.is_nil(err.message:find(TOKEN, 1, true))
            end
            assert.equal("arg", select(2, ask { headers = {
                ["X\r\nY"] = "1" } }).code)
            assert.equal("arg", select(2, ask { method = "GET / " }).code)
            assert.equal(0, count())
        end)

        it("what is the caller's mistake, by raising", function()
            for _, bad in ipairs { {}, { url = 1 }, { url = "http://x",
                body = {} }, { url = "http://x", headers = 1 }, { url =
                "http://x", headers = { 1 } }, { url = "http://x",
                timeout_ms = -1 } } do
                assert.has_error(function() client:request(bad) end)
                assert.has_error(function() client:all { bad } end)
            end
            assert.has_error(function() http.client { retries = -1 } end)
            assert.has_error(function() http.client { timeout_ms = 0 } end)
            assert.has_error(function() http.client(1) end)
        end)
    end)

    it("never shows the token in an error", function()
        for _, rule in ipairs { { cut = "read" }, { cut = "head" },
            { length = 9000 }, { delay = 9 },
            { redirect = "gopher://x/" } } do
            server:script { rule }
            local _, err = post { timeout_ms = 100, follow = true }
            assert.is_nil(err.message:find(TOKEN, 1, true))
        end
    end)

    it("sends empty headers and its own name", function()
        local named = http.client { user_agent = "bee/" .. ("1"):rep(90) }
        collectgarbage() -- the client keeps what it was told
        assert(named:request { url = server.url, headers = {
            ["X-Empty"] = "" } })
        named:close()
        local q = server:requests()[1]
        assert.equal("", q.headers["x-empty"])
        assert.equal("bee/" .. ("1"):rep(90), q.headers["user-agent"])
    end)
end)
