local api = require "propolis.account.api"
local double = require "httpdouble"

local TOKEN = "very-secret-token"

describe("propolis.account.api", function()
    local server, client

    setup(function() server = double.start {} end)
    teardown(function() server:stop() end)
    before_each(function()
        server:reset()
        client = assert(api.new { api_url = server.url .. "/", token = TOKEN,
            org_id = "org/1 é", backoff_ms = 2 })
    end)
    after_each(function() client:close() end)

    local function script(...) server:script { ... } end

    local function fails(value, err, sentence)
        assert.is_nil(value)
        assert.truthy(tostring(err):find(sentence, 1, true), tostring(err))
        assert.is_nil(tostring(err):find(TOKEN, 1, true))
        assert.is_nil(tostring(err):find("\n", 1, true))
        return err
    end

    it("has the reference's headers", function()
        client:members()
        local req = server:requests()[1]
        assert.equal("/organizations/org%2F1%20%C3%A9/members", req.path)
        assert.equal("Bearer " .. TOKEN, req.headers.authorization)
        assert.equal("org/1 é", req.headers["x-activeloop-org-id"])
        assert.equal("hivemind", req.headers["x-deeplake-client"])
        assert.equal("application/json", req.headers["content-type"])
        client:me()
        assert.is_nil(server:requests()[2].headers["x-activeloop-org-id"])
        client:notifications()
        req = server:requests()[3]
        assert.equal("org/1 é", req.headers["x-activeloop-org-id"])
        assert.is_nil(req.headers["x-deeplake-client"])
        assert.is_nil(req.headers["content-type"])
    end)

    it("encodes what stands in a path", function()
        client:remove("a/../b?c#d%e")
        local req = server:requests()[1]
        assert.equal("DELETE", req.method)
        assert.equal("/organizations/org%2F1%20%C3%A9/members/"
            .. "a%2F..%2Fb%3Fc%23d%25e", req.path)
        for _, id in ipairs { "", ".", ".." } do
            assert.has_error(function() client:remove(id) end)
            fails(api.new { api_url = server.url, org_id = id },
                select(2, api.new { api_url = server.url, org_id = id }),
                "the organisation's id is not valid")
        end
        assert.equal(1, #server:requests())
    end)

    it("invites with the words of the service", function()
        assert.is_true(client:invite("bob@x.org", "READ"))
        local req = server:requests()[1]
        assert.equal("/organizations/org%2F1%20%C3%A9/members/invite", req.path)
        assert.equal('{"access_mode":"READ","username":"bob@x.org"}', req.body)
    end)

    it("reads lists in each form, and skips what is none", function()
        for _, body in ipairs { '[{"id":"a","name":"A"},{"id":7},null,"x",{}]',
            '{"data":[{"id":"a","name":"A"},{"id":7,"name":null}]}' } do
            script { body = body }
            assert.same({ { id = "a", name = "A" }, { id = "7", name = "7" } },
                client:workspaces())
        end
        for _, body in ipairs { "[]", "{}", '{"data":null}', "null", "3" } do
            script { body = body }
            assert.same({}, client:organizations())
        end
    end)

    it("follows pages to the end, at the same service only", function()
        script({ body = '[{"id":"a"}]', headers = {
                Link = '</organizations?page=0>; rel="prev", <'
                    .. '/organizations?page=2>; rel="next"' } },
            { body = '[{"id":"b"}]', headers = {
                Link = "<?page=3>; rel=next" } },
            { body = '[{"id":"c"}]', headers = { Link = "<" .. server.url
                .. "/organizations?page=4>; rel=\"next\"" } },
            { body = '[{"id":"d"}]' })
        assert.equal(4, #client:organizations())
        local paths = {}
        for i, req in ipairs(server:requests()) do paths[i] = req.path end
        assert.same({ "/organizations", "/organizations?page=2",
            "/organizations?page=3", "/organizations?page=4" }, paths)
        for _, target in ipairs { "http://evil.example/x", "//evil.example/x",
            server.url .. ".evil.example/x", "/organizations" } do
            script { body = "[]", headers = {
                Link = "<" .. target .. '>; rel="next"' } }
            local value, err = client:organizations()
            fails(value, err, "pages do not come to an end")
        end
    end)

    it("says in one sentence what was refused, and the way out", function()
        for want, rule in pairs {
            ["API 401: bad token; the token is not accepted; 'propolis login"] =
                { status = 401, body = '{"error":"bad token"}' },
            ["API 403: no; you may not do this"] =
                { status = 403, body = '{"message":"no"}' },
            ["API 404; there is no " .. server.url .. "/me; check"] =
                { status = 404, body = "" },
            ["API 402: insufficient balance; the account's balance"] =
                { status = 402, body = '{"balance_cents":0,'
                    .. '"error":"insufficient balance"}' },
            ["API 429: slow; too many requests"] =
                { status = 429, body = "slow", times = -1 },
            ["API 400: a b"] = { status = 400, body = "a\n\27b" },
            ["API 302: a web page; " .. server.url .. " redirects to"] =
                { status = 302, redirect = "https://other/", body = "<p>" },
            ["API 502: a web page; the service failed"] =
                { status = 502, body = " <html>x</html>", times = -1 },
            ["API 418: I am " .. "***"] =
                { status = 418, body = '{"error":{"message":"I am '
                    .. TOKEN .. '"}}' },
            ["/me is a web page; check HIVEMIND_API_URL"] =
                { body = "<!doctype html>" },
            ["/me is no whole JSON; check"] = { body = '{"id":"u1","na' },
            ["/me names no user"] = { body = "3" },
        } do
            server:reset()
            script(rule)
            local value, err = client:me()
            fails(value, err, want)
        end
    end)

    it("says when nobody is there, or only silence", function()
        local lost <close> = api.new { api_url = "http://127.0.0.1:1",
            token = TOKEN, retries = 0 }
        local err = fails(nil, select(2, lost:me()),
            "cannot reach http://127.0.0.1:1: ")
        assert.equal("io", err.code)
        local hasty <close> = api.new { api_url = server.url, timeout_ms = 60 }
        script { delay = 20 }
        fails(nil, select(2, hasty:me()),
            server.url .. " did not answer within 0.06 s")
    end)

    it("repeats a GET, and nothing else", function()
        script({ status = 503, body = "" }, { cut = "read" },
            { body = '{"id":"u"}' })
        assert.equal("u", client:me().id)
        assert.equal(3, #server:requests())
        for _, rule in ipairs { { status = 503, body = "" }, { cut = "commit" },
            { status = 429, body = "" } } do
            for _, call in ipairs { "device_code", "mint", "invite",
                "remove" } do
                server:reset()
                script(rule)
                assert.is_nil(client[call](client, "x", "READ"))
                assert.equal(1, #server:requests(), call)
            end
        end
    end)

    it("refuses what cannot be an address or a token", function()
        for _, url in ipairs { "", "x", "ftp://x", "http://", "http://a b",
            "http:///x", "http://a\n" } do
            local value, err = api.new { api_url = url }
            fails(value, err, "is no http:// or https:// URL")
        end
        for _, token in ipairs { "a b", "a\r\nX: y", "" } do
            local value, err = api.new { api_url = server.url, token = token }
            fails(value, err, "the token holds a space")
        end
    end)

    it("takes a token in each form", function()
        for _, body in ipairs { '{"token":{"token":"t1"}}',
            '{"token":"t1"}' } do
            script { body = body }
            assert.equal("t1", client:mint("o"))
        end
        for _, body in ipairs { "{}", "null", "[]", '{"token":{}}',
            '{"token":"a b"}', '{"token":["' .. TOKEN .. '"]}' } do
            script { body = body }
            local value, err = client:mint("o")
            fails(value, err, "holds no token")
        end
    end)
end)
