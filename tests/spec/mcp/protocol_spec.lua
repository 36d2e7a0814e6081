local client = require "mcp_client"
local json = require "propolis.json"
local tmp = require "tmp"

local SESSIONS = { "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05" }
local ALL = { "2026-07-28", table.unpack(SESSIONS) }

local function fixture(name)
    local file <close> = assert(io.open("tests/fixtures/mcp/" .. name))
    return assert(json.decode(file:read("a")))
end

describe("propolis mcp", function()
    local home

    before_each(function() home = tmp.dir() end)

    for _, version in ipairs(SESSIONS) do
        it("agrees on " .. version, function()
            local talk = client.talk(home, { client.hello(version),
                { method = "notifications/initialized" }, { method = "ping" },
                { method = "tools/list" } })
            local hello = talk.by_id[1].result
            assert.equal(version, hello.protocolVersion)
            assert.equal("propolis", hello.serverInfo.name)
            assert.same({}, talk.by_id[2].result)
            local tool = talk.by_id[3].result.tools[1]
            assert.equal("object", tool.inputSchema.type)
            assert.equal(version >= "2025-03-26", tool.annotations ~= nil)
            assert.equal(version >= "2025-06-18", tool.outputSchema ~= nil)
            assert.equal(version >= "2025-06-18", tool.title ~= nil)
            assert.is_nil(talk.by_id[3].result.resultType)
            assert.equal(3, #talk.messages)
            assert.equal(0, talk.run.code)
        end)
    end

    it("offers its newest to a client of another version", function()
        for _, version in ipairs { "1999-01-01", "2026-07-28", "2099-01-01" } do
            local talk = client.talk(home, { client.hello(version) })
            assert.equal("2025-11-25", talk.by_id[1].result.protocolVersion)
        end
    end)

    it("serves 2026-07-28 without a session", function()
        local talk = client.talk(home, {
            { method = "server/discover", params = { _meta = client.meta() } },
            { method = "tools/list", params = { _meta = client.meta() } },
            { method = "resources/templates/list",
                params = { _meta = client.meta() } },
            { method = "ping", params = { _meta = client.meta() } } })
        local found = talk.by_id[1].result
        assert.same(ALL, found.supportedVersions)
        for i = 1, 3 do
            local result = talk.by_id[i].result
            assert.equal("complete", result.resultType)
            assert.equal("integer", math.type(result.ttlMs))
            assert.equal("public", result.cacheScope)
            assert.equal("propolis", result._meta[
                "io.modelcontextprotocol/serverInfo"].name)
        end
        assert.equal(-32601, talk.by_id[4].error.code)
    end)

    it("refuses a version that it does not speak, and says which", function()
        local talk = client.talk(home, { { method = "server/discover", params =
            { _meta = client.meta "2031-01-01" } } })
        local err = talk.by_id[1].error
        assert.equal(-32022, err.code)
        assert.same({ supported = ALL, requested = "2031-01-01" }, err.data)
    end)

    it("wants what each request of 2026-07-28 must say", function()
        local half = client.meta()
        half["io.modelcontextprotocol/clientCapabilities"] = nil
        local talk = client.talk(home, {
            { method = "server/discover" },
            { method = "tools/list", params = { _meta = half } },
            { method = "tools/list", params = { _meta = "2026-07-28" } } })
        for i = 1, 3 do assert.equal(-32602, talk.by_id[i].error.code) end
    end)

    it("answers what real clients sent", function()
        local talk = client.talk(home, { fixture "initialize.json",
            fixture "initialized.json", fixture "ping.json",
            fixture "tools-list.json", fixture "tools-call.bad-args.json" })
        assert.equal(4, #talk.messages)
        assert.equal(8, #talk.by_id[3].result.tools)
        assert.is_true(talk.by_id[7].result.isError)
        talk = client.talk(home, { fixture "server-discover.2026-07-28.json",
            fixture "tools-list.2026-07-28.json" })
        assert.equal("complete", talk.by_id[2].result.resultType)
    end)

    it("takes batches in 2025-03-26 only", function()
        local batch = { { jsonrpc = "2.0", id = 7, method = "ping" },
            { jsonrpc = "2.0", method = "notifications/initialized" },
            { jsonrpc = "2.0", id = 8, method = "nope" }, 5 }
        local talk = client.talk(home, { client.hello "2025-03-26", batch,
            { { jsonrpc = "2.0", method = "notifications/initialized" } },
            "[]" })
        assert.equal(3, #talk.messages)
        local answers = talk.messages[2]
        assert.same({}, answers[1].result)
        assert.equal(-32601, answers[2].error.code)
        assert.equal(-32600, answers[3].error.code)
        assert.equal(-32600, talk.messages[3].error.code)
        talk = client.talk(home, { client.hello "2025-06-18", batch })
        assert.equal(-32600, talk.messages[2].error.code)
    end)

    it("keeps a listener's stream open until the end", function()
        local talk = client.talk(home, { { method = "subscriptions/listen",
            params = { _meta = client.meta(),
                notifications = { toolsListChanged = true } } },
            { method = "tools/list", params = { _meta = client.meta() } } })
        assert.equal("notifications/subscriptions/acknowledged",
            talk.messages[1].method)
        assert.same({}, talk.messages[1].params.notifications)
        assert.equal(2, talk.messages[2].id)
        assert.equal(1, talk.messages[3].id)
        assert.equal(1, talk.messages[3].result._meta[
            "io.modelcontextprotocol/subscriptionId"])
    end)
end)
