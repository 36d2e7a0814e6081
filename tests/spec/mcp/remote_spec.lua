local client = require "mcp_client"
local memories = require "memories"
local postgres = require "postgres"
local tmp = require "tmp"

local HELLO = client.hello "2025-11-25"

describe("propolis mcp over a team's store", function()
    it("reads all that its tools and resources offer, and keeps no note",
        function()
        local url, home = postgres.url(true), tmp.dir()
        memories.fill(url, {
            { session = "s1", prompt = "why does the 100% budget overflow?" },
            { session = "s1", reply = "the retry was counted twice" },
        }, { memory = { { id = memories.id(90), path = "/summaries/ada/s1.md",
            filename = "s1.md", summary = "# Retry", author = "ada",
            project = "nest", description = "fixed",
            last_update_date = "2026-11-03T00:10:00.000Z" } },
            skills = { { id = memories.id(91), name = "count-turtles",
                body = "one", version = 2, author = "ada",
                updated_at = "2026-11-03T00:11:00.000Z" } } })
        local talk = client.talk(home, { HELLO,
            client.call("search", { query = "budget", all = true }),
            client.call("read", { ref = memories.id(1) }),
            client.call("read", { ref = "s1" }),
            client.call("sessions", { all = true }),
            client.call("skills", { name = "count-turtles" }),
            client.call("hivemind_index", {}),
            { method = "resources/list" },
            client.call("note", { text = "no" }) },
            { args = { "--store", url } })
        local function data(id)
            local result = talk.by_id[id].result
            assert.is_false(result.isError, result.content[1].text)
            return result.structuredContent
        end
        assert.equal("prompt", data(2).hits[1].kind)
        assert.is_true(data(3).entries[1].asked)
        assert.equal(2, #data(4).entries)
        assert.equal("s1", data(5).sessions[1].session)
        assert.equal("one", data(6).skills[1].body)
        assert.equal("/summaries/ada/s1.md", data(7).documents[1].path)
        assert.equal(1, #talk.by_id[8].result.resources)
        assert.is_true(talk.by_id[9].result.isError)
    end)
end)
