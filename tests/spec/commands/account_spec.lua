local accounts = require "accounts"
local hooks = require "hooks"
local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local ENV = { HIVEMIND_TOKEN = "env-secret", HIVEMIND_ORG_ID = "o9" }

describe("the commands of an account", function()
    local service, home

    setup(function() service = accounts.start() end)
    teardown(function() service:stop() end)
    before_each(function()
        home = tmp.dir()
        service:answers {}
    end)
    after_each(tmp.clean)

    -- The account file's own address counts, unless a test says otherwise.
    local function command(args, env)
        local r = service:run(home, args,
            { env = env or { HIVEMIND_API_URL = false } })
        assert.is_nil((r.stdout .. r.stderr):find("secret", 1, true))
        assert.is_nil(r.stderr:find("traceback", 1, true), r.stderr)
        return r
    end

    local function works(args, env)
        local r = command(args, env)
        assert.equal(0, r.code, r.stderr)
        return r
    end

    local function fails(code, sentence, args, env)
        local before = sys.read(home .. "/credentials.json")
        local r = command(args, env)
        assert.equal(code, r.code, r.stderr)
        assert.truthy(r.stderr:find(sentence, 1, true), r.stderr)
        assert.equal(before, sys.read(home .. "/credentials.json"))
        return r
    end

    it("want an account, and need none but the environment's", function()
        for _, args in ipairs { { "org", "list" }, { "org", "switch", "x" },
            { "workspace", "list" }, { "workspace", "switch", "x" },
            { "members" }, { "invite", "a@b" }, { "remove", "u" } } do
            fails(1, "not logged in: 'propolis login'", args)
        end
        fails(1, "HIVEMIND_TOKEN is set, but HIVEMIND_ORG_ID is not",
            { "org", "list" }, { HIVEMIND_TOKEN = "t" })
        works({ "org", "list" }, ENV)
        works({ "workspace", "list" }, ENV)
        local req = service:request("GET /workspaces")
        assert.equal("Bearer env-secret", req.headers.authorization)
        assert.equal("o9", req.headers["x-activeloop-org-id"])
        assert.is_nil(sys.stat(home .. "/credentials.json"))
    end)

    it("explain themselves, an example first", function()
        for _, word in ipairs { "login", "logout", "whoami", "org",
            "workspace", "members", "invite", "remove", "adopt" } do
            local r = run({ word, "-h" }, { home = home })
            assert.equal(0, r.code)
            assert.matches("^propolis " .. word, r.stdout)
            assert.equal(64, run({ word, "--frob" }, { home = home }).code)
        end
    end)

    describe("whoami", function()
        it("says where each value is from", function()
            service:login(home)
            local value = json.decode(works({ "whoami", "--json" },
                { HIVEMIND_WORKSPACE_ID = "other" }).stdout)
            assert.same({ "Ann", "o1", "Acme", "other", true },
                { value.user, value.org_id, value.org_name, value.workspace,
                    value.logged_in })
            assert.same({
                user = home .. "/credentials.json: userName",
                org_name = home .. "/credentials.json: orgName",
                org_id = home .. "/credentials.json: orgId",
                workspace = "HIVEMIND_WORKSPACE_ID",
                token = home .. "/credentials.json: token",
                api_url = "HIVEMIND_API_URL",
            }, value.from)
            assert.matches("organisation +Acme +", works { "whoami" }.stdout)
            assert.same({}, service:asked())
        end)

        it("works by the environment alone, and without an account",
            function()
                local value = json.decode(works({ "whoami", "--json" }, ENV)
                    .stdout)
                assert.same({ true, "o9", "HIVEMIND_ORG_ID",
                    "HIVEMIND_TOKEN" }, { value.logged_in, value.org_id,
                    value.from.org_id, value.from.token })
                local r = works { "whoami" }
                assert.truthy(r.stderr:find("not logged in", 1, true))
                assert.matches("token +none +no account", r.stdout)
            end)
    end)

    describe("org", function()
        it("lists, with the one in use marked", function()
            service:login(home)
            assert.equal([[
   id  name
-  --  --------
*  o1  Acme
   o2  Zeta Ltd
]], works({ "org", "list" }).stdout)
            assert.same({ false, true }, (function(list)
                return { list[2].current, list[1].current }
            end)(json.decode(works({ "org", "list", "--json" }).stdout)))
        end)

        it("switches with a token of its own, and keeps the workspace",
            function()
                service:login(home, { workspaceId = "w2", keep = "me" })
                works { "org", "switch", "ZETA LTD" }
                local mint = service:request("POST /users/me/tokens")
                assert.equal("Bearer old-secret", mint.headers.authorization)
                assert.equal("o2", json.decode(mint.body).organization_id)
                local req = service:request("GET /workspaces")
                assert.equal("Bearer long-secret", req.headers.authorization)
                assert.equal("o2", req.headers["x-activeloop-org-id"])
                local saved = accounts.saved(home)
                assert.same({ "long-secret", "o2", "Zeta Ltd", "w2", "Ann",
                    "me" }, { saved.token, saved.orgId, saved.orgName,
                    saved.workspaceId, saved.userName, saved.keep })
            end)

        it("falls back to the default workspace with a word", function()
            service:login(home, { workspaceId = "gone" })
            local r = works { "org", "switch", "o2" }
            assert.truthy(r.stderr:find("there is no workspace 'gone' in Zeta",
                1, true))
            assert.equal("default", accounts.saved(home).workspaceId)
        end)

        it("makes a workspace's name its id", function()
            service:login(home, { workspaceId = "research" })
            works { "org", "switch", "o2" }
            assert.equal("w2", accounts.saved(home).workspaceId)
        end)

        it("saves nothing unless all worked", function()
            service:login(home)
            fails(1, "there is no organisation 'x'; there is Acme, Zeta Ltd",
                { "org", "switch", "x" })
            for _, name in ipairs { "GET /organizations",
                "POST /users/me/tokens", "GET /workspaces" } do
                service:answers { [name] = { status = 403, body = "{}" } }
                fails(1, "API 403", { "org", "switch", "o2" })
            end
        end)

        it("does nothing for the one in use, and not against the environment",
            function()
                service:login(home)
                fails(0, "Acme is in use already", { "org", "switch", "acme" })
                fails(1, "the environment decides which organisation",
                    { "org", "switch", "o2" }, ENV)
                assert.is_nil(service:request("POST /users/me/tokens"))
            end)

        it("wants its words", function()
            service:login(home)
            for _, args in ipairs { { "org" }, { "org", "switch" },
                { "org", "list", "x" }, { "org", "frob" }, { "workspace" },
                { "workspace", "w2" }, { "workspace", "switch" } } do
                assert.equal(64, command(args).code)
            end
        end)
    end)

    describe("workspace", function()
        it("lists and switches, storing the id", function()
            service:login(home)
            assert.equal([[
   id       name
-  -------  --------
*  default  default
   w2       Research
]], works({ "workspace", "list" }).stdout)
            works { "workspace", "switch", "research" }
            assert.equal("w2", accounts.saved(home).workspaceId)
            assert.equal("old-secret", accounts.saved(home).token)
            fails(1, "there is no workspace 'x'; there is default, Research",
                { "workspace", "switch", "x" })
        end)

        it("leaves the decision to the environment", function()
            service:login(home)
            fails(1, "HIVEMIND_WORKSPACE_ID", { "workspace", "switch", "w2" },
                { HIVEMIND_WORKSPACE_ID = "w3" })
            fails(1, "the environment decides which workspace",
                { "workspace", "switch", "w2" }, ENV)
        end)
    end)

    describe("members, invite and remove", function()
        before_each(function() service:login(home) end)

        it("list who is there", function()
            assert.equal([[
role   name  email      user_id
-----  ----  ---------  -------
ADMIN  Ann   ann@x.org  u1
]], works({ "members" }).stdout)
            service:answers { ["GET /organizations/o1/members"] = { body =
                '{"members":[{"user_id":"u2","name":"\\u001b[31mx"}]}' } }
            assert.is_nil(works({ "members" }).stdout:find("\27", 1, true))
            local list = json.decode(works({ "members", "--json" }).stdout)
            assert.same({ "\27[31mx", json.null }, { list[1].name,
                list[1].role })
        end)

        it("invite with a role that exists", function()
            local path = "POST /organizations/o1/members/invite"
            service:answers { [path] = { body = "" } }
            works { "invite", "bob@x.org", "read" }
            assert.equal('{"access_mode":"READ","username":"bob@x.org"}',
                service:request(path).body)
            works { "invite", "bob@x.org" }
            assert.equal("WRITE",
                json.decode(service:request(path).body).access_mode)
            local count = #service:asked()
            fails(64, "a role is ADMIN, WRITE or READ, not 'OWNER'",
                { "invite", "bob@x.org", "OWNER" })
            fails(64, "is not an e-mail address", { "invite", "bob" })
            assert.equal(count, #service:asked())
        end)

        it("remove by an id that stays one id", function()
            local path = "DELETE /organizations/o1/members/a%2F..%2Fb"
            service:answers { [path] = { body = "" } }
            works { "remove", "a/../b" }
            assert.truthy(service:request(path))
            for _, id in ipairs { "", ".", ".." } do
                fails(64, "is not a user's id", { "remove", id })
            end
            fails(1, "API 404: not found", { "remove", "nobody" })
        end)
    end)

    describe("logout", function()
        it("removes the file and says what stays", function()
            service:login(home)
            hooks.run(home, "claude-code", "UserPromptSubmit",
                hooks.prompt("x"), { env = { PROPOLIS_AUTOSYNC = "false" } })
            local r = works { "logout" }
            assert.is_nil(sys.stat(home .. "/credentials.json"))
            assert.truthy(r.stderr:find("the memory of Acme, default stays in "
                .. home .. "/data/o1@default.db", 1, true), r.stderr)
            assert.truthy(r.stderr:find("1 of its rows were not shared", 1,
                true))
            assert.truthy(sys.stat(home .. "/data/o1@default.db"))
        end)

        it("is content without a file, also with a broken one", function()
            local r = works({ "logout" }, ENV)
            assert.truthy(r.stderr:find("there is no account file", 1, true))
            assert.truthy(r.stderr:find("unset HIVEMIND_TOKEN, HIVEMIND_ORG_ID",
                1, true))
            tmp.write(home .. "/credentials.json", "{")
            works { "logout" }
            assert.is_nil(sys.stat(home .. "/credentials.json"))
        end)
    end)
end)
