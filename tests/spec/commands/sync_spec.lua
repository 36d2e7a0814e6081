--- propolis sync as people and hooks run it, and what status says about it.
local httpdouble = require "httpdouble"
local json = require "propolis.json"
local machine = require "machine"
local terminal = require "terminal"
local tmp = require "tmp"

local TOKEN = "very-secret-token"

describe("propolis sync", function()
    local server, made

    setup(function()
        server = httpdouble.start { dir = tmp.dir(), token = TOKEN,
            org = "team" }
        made = 0
    end)
    before_each(function()
        server:reset()
        made = made + 1
    end)
    teardown(function()
        server:stop()
        tmp.clean()
    end)

    local function workspace()
        return "ws" .. made
    end

    local function new(settings)
        local m = machine.real { remote = "deeplake:", token = TOKEN,
            workspace = workspace(), env = { HIVEMIND_API_URL = server.url } }
        tmp.write(m.home .. "/config/config.lua", settings or "return {}")
        return m
    end

    -- --json of a run that must end with that code.
    local function object(m, code, ...)
        local r = m:run { ... }
        assert.equal(code, r.code, r.stderr .. r.stdout)
        return assert(json.decode(r.stdout)), r
    end

    it("says what it did, and as one object", function()
        local m = new()
        m:events(3, 1)
        m:document("/summaries/x.md", "text", "2026-01-01T00:00:00.000Z")
        local r = m:run { "sync" }
        assert.equal(0, r.code, r.stderr)
        assert.equal("4 rows sent, 0 rows fetched\n", r.stdout)
        assert.equal("", r.stderr)
        r = m:run { "sync", "--json" }
        assert.equal('{"sent":0,"rejected":0,"fetched":0,"skipped":null,'
            .. '"error":null}\n', r.stdout)
    end)

    it("pushes or pulls only when it is told so", function()
        local a, b = new(), new()
        a:document("/summaries/a.md", "a", "2026-01-01T00:00:00.000Z")
        b:document("/summaries/b.md", "b", "2026-01-01T00:00:00.000Z")
        assert.equal("1 row sent\n", a:run({ "sync", "--push" }).stdout)
        assert.equal("1 row fetched\n", b:run({ "sync", "--pull" }).stdout)
        assert.equal(64, b:run({ "sync", "--pull", "--push" }).code)
        assert.equal(1, object(b, 0, "status", "--json").outbox)
    end)

    it("says where to name a remote when there is none", function()
        local m = machine.real { workspace = workspace() }
        local r = m:run { "sync" }
        assert.equal(1, r.code)
        assert.matches("propolis config set store", r.stderr, 1, true)
    end)

    it("shows rejected rows, and tries them again when told", function()
        local m = new()
        m:events(5, 1)
        local bad = m:query("SELECT id FROM sessions LIMIT 1")[1].id
        server:script { { times = -1, match = { sql = bad }, status = 400,
            body = '{"error":"value out of range"}' } }
        local did = object(m, 0, "sync", "--json")
        assert.equal(4, did.sent)
        assert.equal(1, did.rejected)

        local said = object(m, 0, "status", "--json")
        assert.equal(0, said.outbox)
        assert.is_string(said.last_success)
        assert.is_nil(said.last_error)
        assert.equal(1, #said.rejected)
        assert.equal(bad, said.rejected[1].id)
        assert.equal("sessions", said.rejected[1].table)
        assert.matches("value out of range", said.rejected[1].error)
        local text = m:run({ "status" }).stdout
        assert.matches("rejected  sessions " .. bad, text, 1, true)
        assert.matches("`propolis sync --retry` tries them again", text, 1,
            true)
        assert.matches("value out of range", text, 1, true)

        server:reset()
        assert.equal(0, object(m, 0, "sync", "--json").sent)
        assert.equal(1, object(m, 0, "sync", "--retry", "--json").sent)
        assert.equal(0, #object(m, 0, "status", "--json").rejected)
        assert.equal(5, #server:sql(workspace(), "SELECT id FROM sessions"))
    end)

    it("tells what went wrong until it goes right", function()
        local m = new()
        m:events(2, 1)
        server:script { { times = -1, status = 401, body = "no such token" } }
        for n = 1, 2 do
            local did, r = object(m, 1, "sync", "--json")
            assert.matches("401", did.error)
            assert.matches("what is left stays queued", r.stderr)
            local said = object(m, 0, "status", "--json")
            assert.equal(n, said.failures)
            assert.equal(2, said.outbox)
            assert.matches("401", said.last_error)
            assert.is_string(said.last_error_at)
            assert.is_string(said.oldest)
            assert.is_nil(said.last_success)
            assert.is_true(said.next_try > os.time())
        end
        local text = m:run({ "status" }).stdout
        assert.matches("no sync yet", text)
        assert.matches("2 rows for the team's store", text)
        assert.matches("failed at %S+: .*401", text)
        assert.is_nil(text:find(TOKEN, 1, true))

        server:reset()
        assert.equal(2, object(m, 0, "sync", "--json").sent)
        local said = object(m, 0, "status", "--json")
        assert.is_nil(said.last_error)
        assert.is_nil(said.failures)
    end)

    it("is silent when hooks start it", function()
        local m = new()
        m:events(1, 1)
        local r = m:run { "sync", "--auto" }
        assert.same({ 0, "", "" }, { r.code, r.stdout, r.stderr })
        server:script { { times = -1, status = 401, body = "no" } }
        m:events(1, 1)
        r = m:run { "sync", "--auto" }
        assert.same({ 1, "", "" }, { r.code, r.stdout, r.stderr })
        r = m:run { "sync", "--auto" } -- not yet
        assert.same({ 0, "", "" }, { r.code, r.stdout, r.stderr })
    end)

    it("counts on a terminal what takes its time", function()
        local m = new()
        m:events(600, 1)
        server:script { { match = { sql = "INSERT" }, delay = 1.2 } }
        local env = { LANG = "C.UTF-8" }
        for name, value in pairs(m.env) do env[name] = value end
        local r = terminal({ "< 250 rows sent", "< 600 rows sent" },
            { args = { "sync", "--push" }, env = env })
        assert.equal(0, r.code, r.stdout)
    end)

    it("stops on Ctrl-C in the middle, and counts that as no failure",
        function()
            local m = new()
            m:events(600, 1)
            server:script { { match = { sql = "INSERT" }, delay = 1.2 },
                { match = { sql = "INSERT" }, delay = 5 } }
            local env = { LANG = "C.UTF-8" }
            for name, value in pairs(m.env) do env[name] = value end
            local r = terminal({ "< 250 rows sent", "> \\x03" },
                { args = { "sync", "--push" }, env = env })
            assert.equal(130, r.code, r.stdout)
            assert.is_nil(object(m, 0, "status", "--json").failures)
            assert.equal(0, m:run({ "sync", "--push" }).code)
            assert.same({ { 600, 600 } }, server:sql(workspace(),
                "SELECT COUNT(*), COUNT(DISTINCT id) FROM sessions"))
        end)

    it("goes on with --watch until it is interrupted", function()
        local m = new("return { sync_interval = 1 }")
        m:events(2, 1)
        local env = { LANG = "C.UTF-8" }
        for name, value in pairs(m.env) do env[name] = value end
        -- the first look fails, and the watch goes on
        server:script { { match = { sql = "column_name" }, status = 400,
            body = "no" } }
        local r = terminal({ "< stays queued", "< 2 rows sent",
            "< 0 rows sent", "> \\x03" },
            { args = { "sync", "--watch", "--push" }, env = env })
        assert.equal(130, r.code, r.stdout)
        assert.is_nil(r.stdout:find("traceback", 1, true), r.stdout)
    end)
end)
