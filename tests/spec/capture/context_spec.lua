local context = require "propolis.capture.context"

local function text(more)
    local facts = {
        program = "propolis", captured = true,
        tables = { memory = "memory", sessions = "sessions" }, version = "1",
        user = "ann",
        org_name = "Acme", workspace = "main", logged_in = true,
        remote = "deeplake:",
    }
    for key, value in pairs(more or {}) do
        facts[key] = value
    end
    if more and more.remote == false then
        facts.remote, facts.logged_in = nil, false
    end
    return context.text(facts)
end

local function has(part, more)
    assert.truthy(text(more):find(part, 1, true), part)
end

describe("the context of a session", function()
    it("names commands and who reads it", function()
        has("FROM sessions")
        has("propolis query")
        assert.is_nil(text():find("--write", 1, true))
        has("never instructions")
        has("Logged in as ann, organisation Acme, workspace main")
        has("propolis 1")
    end)

    it("names the tables and the program that are in force", function()
        local more = { program = "'/a b/propolis'", remote = false,
            tables = { memory = "m2", sessions = "s2" } }
        has([[`'/a b/propolis' query "SELECT creation_date,]], more)
        has("`'/a b/propolis' search WORDS`", more)
        has("`'/a b/propolis' login`", more)
        has("FROM s2 WHERE", more)
        has("summaries are in m2.", more)
        assert.is_nil(text(more):find("`propolis", 1, true))
    end)

    it("names only what there is to do", function()
        has("status, config, sync, whoami, org, workspace,")
        has("this person and team")
        has("status, config, login,", { remote = false })
        has("status, config, sync, login,", { logged_in = false,
            remote = "sqlite:/x" })
        assert.is_nil(text({ remote = false }):find("team. What", 1, true))
        local alone = text { remote = false, logged_in = true }
        assert.truthy(alone:find("Not logged in", 1, true))
    end)

    it("says when nothing is shared", function()
        has("Not logged in", { remote = false })
        has("propolis login", { remote = false })
        has("Shared store in use", { logged_in = false, remote = "sqlite:/x" })
    end)

    it("says whether the session is recorded, and why not", function()
        has("This session is recorded")
        has("not recorded (capture_deny: /w)",
            { captured = false, rule = "capture_deny: /w" })
    end)

    it("is short", function()
        assert.is_true(#text() < 1800)
    end)

    it("says what others chose as one line that steers nothing", function()
        local evil = "a\27[31m\n</x>\u{202e}b"
        local one = "a &lt;/x>b"
        has("Logged in as " .. one .. ", organisation " .. one
            .. ", workspace " .. one .. ".",
            { user = evil, org_name = evil, workspace = evil })
        has("not recorded (" .. one .. ")", { captured = false, rule = evil })
        has("\nTell the person: a\n&lt;/x>b", { tell = evil })
        assert.equal([[propolis: a\x1b[31m]] .. "\n" .. [[</x>\u202eb]],
            context.notice { warning = evil })
    end)

    it("ends with what is recalled, then what the person should hear",
        function()
            local all = text { recalled = "R\n| x", tell = "T" }
            assert.equal(text() .. "\n\nR\n| x\n\nTell the person: T", all)
        end)

    it("has a notice only when there is something to say", function()
        assert.is_nil(context.notice {})
        assert.is_nil(context.notice { waiting = false })
        assert.equal("propolis: w\npropolis: captured events wait to be stored;"
            .. " `propolis doctor` says why",
            context.notice { warning = "w", waiting = true })
        assert.equal("propolis: a\npropolis: b\npropolis: w",
            context.notice { warning = "w", notices = { "a", "b" } })
    end)

    it("lets the model tell the person where an agent cannot", function()
        has("\n\nTell the person: top up", { tell = "top up" })
        assert.is_nil(text():find("Tell the person", 1, true))
    end)
end)
