local accounts = require "accounts"
local eventually = require "eventually"
local hooks = require "hooks"
local json = require "propolis.json"
local pg = require "postgres"
local run = require "run"
local serving = require "serving"
local sys = require "engine.sys"
local tmp = require "tmp"

local PRIVATE_FILE, PRIVATE_FOLDER = tonumber("600", 8), tonumber("700", 8)

describe("propolis login", function()
    local service, home

    setup(function() service = accounts.start() end)
    teardown(function() service:stop() end)
    before_each(function()
        home = tmp.dir()
        service:answers {}
    end)
    after_each(tmp.clean)

    local function login(args, opts)
        return service:login_at_once(home, args, opts)
    end

    local function waits(r)
        local list = {}
        for seconds in r.stderr:gmatch("%[([%d.]+)s%]") do
            list[#list + 1] = seconds
        end
        return table.concat(list, " ")
    end

    local function fails(r, sentence)
        assert.equal(1, r.code, r.stderr)
        assert.truthy(r.stderr:find(sentence, 1, true), r.stderr)
        assert.is_nil(r.stderr:find("secret", 1, true), r.stderr)
        assert.is_nil(r.stderr:find("traceback", 1, true), r.stderr)
        assert.equal("", r.stdout)
    end

    it("works as a whole, in the time that the service asks for", function()
        local r = service:run(home, { "login", "--json" })
        assert.equal(0, r.code, r.stderr)
        assert.truthy(r.stderr:find("https://login.example/device?c=ABCD-1234",
            1, true))
        assert.truthy(r.stderr:find("code ABCD-1234", 1, true))
        assert.same({
            user = "Ann", org_id = "o1", org_name = "Acme",
            workspace = "default", api_url = service.server.url,
        }, json.decode(r.stdout))
        assert.same({
            "POST /auth/device/code", "POST /auth/device/token", "GET /me",
            "GET /organizations", "POST /users/me/tokens", "GET /workspaces",
        }, service:asked())
        local saved = accounts.saved(home)
        saved.savedAt = nil
        assert.same({
            token = "long-secret", orgId = "o1", orgName = "Acme",
            userName = "Ann", workspaceId = "default",
            apiUrl = service.server.url,
        }, saved)
    end)

    it("sends what the service expects, tokens only where they belong",
        function()
            login {}
            local code = service:request("POST /auth/device/code")
            assert.equal("", code.body)
            assert.is_nil(code.headers.authorization)
            assert.equal("hivemind", code.headers["x-deeplake-client"])
            assert.equal("application/json", code.headers["content-type"])
            assert.equal('{"device_code":"dev-secret"}',
                service:request("POST /auth/device/token").body)
            assert.equal("Bearer short-secret",
                service:request("GET /me").headers.authorization)
            local mint = service:request("POST /users/me/tokens")
            local body = json.decode(mint.body)
            assert.equal("Bearer short-secret", mint.headers.authorization)
            assert.equal("o1", body.organization_id)
            assert.equal(31536000, body.duration)
            assert.matches("^propolis%-", body.name)
            assert.is_nil(mint.headers["x-activeloop-org-id"])
            local spaces = service:request("GET /workspaces")
            assert.equal("Bearer long-secret", spaces.headers.authorization)
            assert.equal("o1", spaces.headers["x-activeloop-org-id"])
        end)

    it("never gives two tokens the same name", function()
        login {}
        local first = service:request("POST /users/me/tokens").body
        login { "--force" }
        assert.are_not.equal(first,
            service:request("POST /users/me/tokens").body)
    end)

    it("waits as the RFC says, and longer when told to slow down", function()
        local pending = { status = 400,
            body = '{"error":"authorization_pending"}' }
        local slow = { status = 400, body = '{"error":"slow_down"}' }
        service:answers { ["POST /auth/device/token"] = { pending, slow,
            pending, slow, { body = '{"access_token":"short-secret"}' } } }
        local r = login {}
        assert.equal(0, r.code, r.stderr)
        assert.equal("5 5 10 10 15", waits(r))
    end)

    it("asks less often on a bad line, and goes on", function()
        service:answers { ["POST /auth/device/token"] = {
            { cut = "read" }, { status = 503, body = "" },
            { body = '{"access_token":"short-secret"}' } } }
        local r = login {}
        assert.equal(0, r.code, r.stderr)
        assert.equal("5 10 20", waits(r))
    end)

    it("ends on Ctrl-C with a sentence", function()
        local r = run({ "-e", [[
            local sys = require "engine.sys"
            local wait = sys.sleep
            sys.sleep = function(s)
                sys.spawn { "kill", "-INT", tostring(sys.pid()) }
                wait(s * 1000)
            end
            os.exit(require("propolis.commands.login").run {}, true)
        ]] }, { home = home, env = { HIVEMIND_API_URL = service.server.url } })
        assert.equal(130, r.code)
        assert.matches("\npropolis: [^\n]*interrupted!\n$", r.stderr)
        assert.is_nil(accounts.saved(home))
    end)

    it("ends when the code has expired or was denied", function()
        service:answers {
            ["POST /auth/device/code"] = { body = json.encode {
                device_code = "d", user_code = "U", expires_in = 12,
                verification_uri = "https://login.example/", interval = 1,
            } },
            ["POST /auth/device/token"] = { status = 400,
                body = '{"error":"authorization_pending"}' },
        }
        local r = login {}
        fails(r, "the code has expired; run 'propolis login' again")
        assert.equal("5 5", waits(r))
        for word, sentence in pairs {
            expired_token = "the code has expired",
            access_denied = "the login was denied in the browser",
            invalid_grant = "API 400: invalid_grant",
        } do
            service:answers { ["POST /auth/device/token"] = { status = 400,
                body = '{"error":"' .. word .. '"}' } }
            fails(login {}, sentence)
        end
        assert.is_nil(accounts.saved(home))
    end)

    it("saves nothing unless everything worked", function()
        for sentence, rules in pairs {
            ["this user belongs to no organisation"] =
                { ["GET /organizations"] = { body = "[]" } },
            ["API 500: boom"] = { ["POST /users/me/tokens"] =
                { status = 500, body = '{"error":"boom"}' } },
            ["holds no token"] =
                { ["POST /users/me/tokens"] = { body = "{}" } },
            ["is a web page"] =
                { ["GET /me"] = { body = "<html>Sign in</html>" } },
            ["is no whole JSON"] =
                { ["GET /organizations"] = { half = true, body =
                    '[{"id":"o1","name":"Acme"}]' } },
            ["you may not do this"] = { ["GET /workspaces"] =
                { status = 403, body = '{"error":"no"}' } },
            ["this login is not available: API 404"] =
                { ["POST /auth/device/code"] = { status = 404, body = "" } },
            ["has no code and address"] =
                { ["POST /auth/device/code"] = { body = "{}" } },
        } do
            service:answers(rules)
            fails(login {}, sentence)
            assert.is_nil(accounts.saved(home), sentence)
        end
        assert.is_nil(sys.stat(home .. "/credentials.json"))
    end)

    it("says when nobody answers", function()
        local r = login({}, { env = {
            HIVEMIND_API_URL = "http://127.0.0.1:1" } })
        fails(r, "cannot reach http://127.0.0.1:1: ")
        r = login({}, { env = { HIVEMIND_API_URL = "ftp://x" } })
        fails(r, "'ftp://x', is no http:// or https:// URL")
    end)

    it("takes the organisation that is named", function()
        local r = login { "--org", "zeta ltd" }
        assert.equal(0, r.code, r.stderr)
        assert.equal("o2", accounts.saved(home).orgId)
        fails(login { "--force", "--org", "Nobody" },
            "there is no organisation 'Nobody'; there is Acme, Zeta Ltd")
        service:answers { ["GET /organizations"] = { body =
            '[{"id":"a","name":"Same"},{"id":"b","name":"same"}]' } }
        fails(login { "--force", "--org", "SAME" },
            "say the id of the organisation: a, b")
        assert.equal("o2", accounts.saved(home).orgId)
    end)

    it("keeps the organisation on a new login, and what others saved",
        function()
            service:login(home, { orgId = "o2", orgName = "Zeta Ltd",
                workspaceId = "w2", autoupdate = false, custom = { 1, 2 } })
            local r = login { "--force" }
            assert.equal(0, r.code, r.stderr)
            local saved, text = accounts.saved(home)
            assert.equal("o2", saved.orgId)
            assert.equal("w2", saved.workspaceId)
            assert.is_false(saved.autoupdate)
            assert.same({ 1, 2 }, { table.unpack(saved.custom) })
            assert.matches('^{\n  "token": "long%-secret",\n  "orgId"', text)
        end)

    it("does nothing when the account works, and says how to switch",
        function()
            service:login(home)
            local before = sys.read(home .. "/credentials.json")
            local r = login {}
            assert.equal(0, r.code)
            assert.truthy(r.stderr:find("logged in already: Ann, organisation"
                .. " Acme, workspace default", 1, true))
            assert.truthy(r.stderr:find("propolis org switch", 1, true))
            assert.same({ "GET /me" }, service:asked())
            fails(login { "--org", "Zeta Ltd" },
                "'propolis org switch Zeta Ltd' changes the organisation")
            assert.equal(before, sys.read(home .. "/credentials.json"))
        end)

    it("logs in again when the token is not accepted any more", function()
        service:login(home)
        service:answers { ["GET /me"] = {
            { status = 401, body = '{"error":"expired"}' },
            { body = '{"id":"u1","name":"Ann"}' } } }
        local r = login {}
        assert.equal(0, r.code, r.stderr)
        assert.equal("long-secret", accounts.saved(home).token)
    end)

    it("replaces a broken file, and keeps it beside", function()
        tmp.write(home .. "/credentials.json", '{"token":"half')
        local r = login {}
        assert.equal(0, r.code, r.stderr)
        assert.equal("long-secret", accounts.saved(home).token)
        assert.equal('{"token":"half',
            sys.read(home .. "/credentials.json.broken"))
    end)

    it("takes a token from stdin, never from its arguments", function()
        local r = service:run(home, { "login", "--with-token" },
            { stdin = "  given-secret\n" })
        assert.equal(0, r.code, r.stderr)
        assert.equal("given-secret", accounts.saved(home).token)
        assert.same({ "GET /me", "GET /organizations", "GET /workspaces" },
            service:asked())
        fails(service:run(home, { "login", "--with-token", "--force" },
            { stdin = "\n" }), "there is no token on stdin")
        assert.equal(64, service:run(home,
            { "login", "--token", "x" }).code)
        assert.equal(64, service:run(home,
            { "login", "--with-token", "x" }).code)
    end)

    it("makes file and folder private, whatever they were", function()
        local own = { HOME = home, PROPOLIS_HOME = false }
        local file = home .. "/.deeplake/credentials.json"
        tmp.write(file, "{}", tonumber("644", 8))
        sys.chmod(home .. "/.deeplake", tonumber("755", 8))
        local r = login({}, { env = own })
        assert.equal(0, r.code, r.stderr)
        assert.equal(PRIVATE_FILE, sys.stat(file).mode)
        assert.equal(PRIVATE_FOLDER, sys.stat(home .. "/.deeplake").mode)
        assert.same({ "credentials.json" }, sys.list(home .. "/.deeplake"))
    end)

    describe("and a browser", function()
        local bin, env

        before_each(function()
            bin = home .. "/bin"
            tmp.write(bin .. "/xdg-open", '#!/bin/sh\nprintf "%s\\n" "$#" "$@"'
                .. ' > "$TEST_SEEN.new"\nmv "$TEST_SEEN.new" "$TEST_SEEN"\n',
                PRIVATE_FOLDER)
            assert(sys.run { "mkfifo", home .. "/seen" })
            env = { PATH = bin .. ":" .. os.getenv("PATH"), DISPLAY = ":9",
                TEST_SEEN = home .. "/seen" }
        end)

        local function answer(url)
            service:answers { ["POST /auth/device/code"] = { body =
                json.encode { device_code = "d", user_code = "U",
                    verification_uri = "https://login.example/",
                    verification_uri_complete = url } } }
        end

        -- The browser is on its own: wait until it has written.
        local function seen()
            return eventually(function()
                local stat = sys.stat(home .. "/seen")
                return stat and stat.type == "file"
                    and sys.read(home .. "/seen")
            end)
        end

        it("hands it the address as one word, without a shell", function()
            local url = "https://login.example/d?c=\"$(touch${IFS}"
                .. home .. "/pwned)`id`';&|"
            answer(url)
            local r = login({}, { env = env })
            assert.equal(0, r.code, r.stderr)
            assert.truthy(r.stderr:find("A browser was started.", 1, true))
            assert.equal("1\n" .. url .. "\n", seen())
            assert.is_nil(sys.stat(home .. "/pwned"))
        end)

        it("opens web addresses only, and none when not wanted", function()
            for _, url in ipairs { "file:///etc/passwd", "javascript:alert(1)",
                "--help", "https://a b", "https://x/\27]0;t\7" } do
                answer(url)
                local r = login({ "--force", "--no-browser" }, { env = env })
                assert.equal(0, r.code, r.stderr)
                assert.truthy(r.stderr:find(
                    "Open this address: https://login.example/\n", 1, true))
                assert.is_nil(r.stderr:find("browser was", 1, true))
            end
            assert.equal("other", sys.stat(home .. "/seen").type)
        end)
    end)

    it("offers the memory from before, and adopts it", function()
        hooks.run(home, "claude-code", "UserPromptSubmit",
            hooks.prompt("before"))
        local r = login {}
        assert.truthy(r.stderr:find("1 event from before the login", 1, true))
        assert.truthy(r.stderr:find("'propolis adopt'", 1, true))
        r = service:run(home, { "adopt", "--json" })
        assert.equal(0, r.code, r.stderr)
        assert.equal(1, json.decode(r.stdout).events)
        r = login { "--force" }
        assert.is_nil(r.stderr:find("before the login", 1, true))
    end)

    it("says that the environment decides", function()
        local env = { HIVEMIND_TOKEN = "env-secret", HIVEMIND_ORG_ID = "o9" }
        local r = login({}, { env = env })
        assert.equal(0, r.code)
        assert.truthy(r.stderr:find("(by HIVEMIND_TOKEN, HIVEMIND_ORG_ID)", 1,
            true), r.stderr)
        service:answers { ["GET /me"] = { status = 401, body = "{}" } }
        fails(login({}, { env = env }),
            "the token in HIVEMIND_TOKEN is not accepted")
        service:answers {}
        r = login({ "--force" }, { env = env })
        assert.equal(0, r.code)
        assert.truthy(r.stderr:find("the environment decides", 1, true))
    end)

    it("gets along with our own server", function()
        local s <close> = serving.start { home = tmp.dir(),
            db = pg.url(true) }
        local token = s:token("alice", "--workspace", "lab")
        local env = { HIVEMIND_API_URL = s.url, PROPOLIS_AUTOSYNC = "false" }
        local r = run({ "login", "--with-token" },
            { home = home, env = env, stdin = token .. "\n" })
        assert.equal(0, r.code, r.stderr)
        local saved = accounts.saved(home)
        assert.same({ "lab", "team", "alice" },
            { saved.workspaceId, saved.orgId, saved.userName })
        env.HIVEMIND_API_URL = nil
        hooks.run(home, "claude-code", "UserPromptSubmit",
            hooks.prompt("to the team"), { env = env })
        r = run({ "sync" }, { home = home, env = env })
        assert.equal(0, r.code, r.stderr)
        local rows = s:query(token, "lab", "SELECT author FROM sessions").doc
        assert.same({ { "alice" } }, rows.rows)
        r = run({ "org", "switch", "other" }, { home = home, env = env })
        assert.equal(1, r.code)
        assert.truthy(r.stderr:find("there is no organisation 'other'", 1,
            true))
        assert.equal(0, s:stop())
    end)

    it("explains itself, an example first", function()
        local r = run({ "login", "-h" }, { home = home })
        assert.equal(0, r.code)
        assert.matches("^propolis login\n", r.stdout)
    end)
end)