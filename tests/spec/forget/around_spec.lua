--- What is forgotten leaves what lies around the store as well: damaged
-- records, logs, and the store that rows were adopted from.
local forgetting = require "forgetting"
local hooks = require "hooks"
local journal = require "propolis.capture.journal"
local json = require "propolis.json"
local propolis = require "propolis"
local run = require "run"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

local prompt, traces = forgetting.prompt, forgetting.traces

local function append(path, bytes)
    assert(sys.mkdir(path:match("^(.*)/")))
    assert(sys.append(path, bytes, 384))
end

describe("what is forgotten leaves", function()
    local home, state

    before_each(function()
        home = tmp.dir()
        state = home .. "/state"
    end)
    after_each(tmp.clean)

    -- The files that were set aside beside the journal.
    local function aside()
        local list = {}
        for _, name in ipairs(sys.list(home .. "/data") or {}) do
            list[#list + 1] = name:find("bad-", 1, true) and name or nil
        end
        return list
    end

    local function record(id, text)
        return assert(journal.record { { table = "sessions", row = { id = id,
            path = "/sessions/u/u_o_w_s9.jsonl", author = "ada",
            project = "acme", creation_date = "2026-01-01T00:00:00.000Z",
            message = json.encode { content = text } } } })
    end

    it("records that no store took, and the others stay", function()
        local damaged = record("i1", "the CANARY sings"):gsub("(%x)( %[)",
            function(digit, rest)
                return (digit == "0" and "1" or "0") .. rest
            end)
        local torn = record("i2", "a torn CANARY"):sub(1, -40)
        local other = record("i3", "a sparrow"):sub(1, -5)
        append(journal.path(hooks.store_path(home)),
            damaged .. torn .. "\n" .. other .. "\n")
        hooks.take_in(home)
        assert.equal(1, #aside())
        local r = forgetting.run(home, "--text", "canary")
        assert.matches("removed 2 records that no store took", r.stdout)
        assert.same({}, traces(home, "canary"))
        assert.equal(1, #traces(home, "a sparrow"))
        forgetting.run(home, "--author", "ada", "--project", "acme")
        assert.same({}, aside())
    end)

    it("them, or says of which nobody can tell", function()
        append(journal.path(hooks.store_path(home)), "\x1E1 99 abc [{\"tab")
        hooks.take_in(home)
        assert.equal(1, #aside())
        local r = forgetting.try(home, { "--author", "ada", "--yes" })
        assert.equal(1, r.code)
        assert.matches("1 damaged record of which nobody can tell", r.stderr)
        assert.equal(1, #aside())
        r = forgetting.try(home, { "--text", "canary", "--yes" })
        assert.equal(0, r.code)
    end)

    it("a journal to which a stopped hook may write: it is said", function()
        prompt(home, "s1", "the CANARY sings")
        local file = hooks.store_path(home)
        assert(sys.rename(journal.path(file), journal.taken(file)))
        local hook = assert(sys.lock(journal.taken(file)))
        local r = forgetting.try(home, { "--session", "s1", "--yes" })
        assert.equal(1, r.code)
        assert.matches("a hook is still writing to it", r.stderr)
        hook:release()
        forgetting.run(home, "--session", "s1")
        assert.same({}, hooks.contents(home))
        assert.same({}, traces(home, "canary"))
    end)

    it("what the spool of an older version kept aside", function()
        append(state .. "/spool/1-2-3.json.bad", "{ the CANARY")
        append(state .. "/spool/1-2-4.json.bad", "{ the sparrow")
        forgetting.run(home, "--text", "canary")
        assert.same({}, traces(home, "canary"))
        assert.equal(1, #traces(home, "sparrow"))
    end)

    it("lines of logs that hold the text", function()
        prompt(home, "s1", "hello")
        local line = "2026-01-01T00:00:00.000Z error [1] the CANARY fell\n"
        for _, name in ipairs { "propolis.log", "propolis.log.1", "sync.out",
            "history", "lost" } do
            append(state .. "/" .. name, "before\n" .. line .. "after\n")
        end
        local before = sys.stat(state .. "/sync.out").size
        local r = forgetting.run(home, "--text", "Canary")
        assert.matches("removed 5 lines of logs", r.stdout)
        assert.same({}, traces(home, "canary"))
        local text = sys.read(state .. "/sync.out")
        assert.equal(before, #text)
        assert.matches("^before\n2026%-01%-01T00:00:00.000Z %(removed%) *\n"
            .. "after\n$", text)
    end)

    it("lines of logs that quote a row, found otherwise", function()
        prompt(home, "s1", "please keep it between us that the CANARY sings")
        hooks.take_in(home)
        append(state .. "/sync.out", "fail 3ms: INSERT … keep it between us"
            .. " that the CANARY sings'\nfail 4ms: something else\n")
        local store = assert(propolis.open("sqlite:"
            .. hooks.store_path(home)))
        assert(store:ensure(require("propolis.sync.outbox").state))
        assert(require("propolis.sync.outbox").set(store, { last_error =
            "refused: keep it between us that the CANARY sings" }))
        store:close()
        forgetting.run(home, "--session", "s1")
        assert.same({}, traces(home, "canary"))
        assert.equal(1, #traces(home, "something else"))
    end)

    it("what an agent was to be asked about a session", function()
        prompt(home, "s1", "the CANARY sings")
        append(state .. "/ask-0192f3c4-5d1a-4b3e-9c00-8f2b6a1d4e77/session.md",
            "the CANARY sings")
        forgetting.run(home, "--session", "s1")
        assert.same({}, traces(home, "canary"))
    end)

    it("the store without an account that it came from", function()
        prompt(home, "s1", "the CANARY sings")
        prompt(home, "s2", "a sparrow")
        prompt(home, "s3", "a robin")
        local env = { HIVEMIND_TOKEN = "t", HIVEMIND_ORG_ID = "o1",
            PROPOLIS_AUTOSYNC = "false" }
        local function adopt()
            local r = run({ "adopt", "--json" }, { home = home, env = env })
            assert.equal(0, r.code, r.stderr)
            return json.decode(r.stdout).events
        end
        assert.equal(3, adopt())
        prompt(home, "s1", "a last CANARY")
        -- the last row that was adopted goes: its number is free again
        prompt(home, "s5", "a CANARY in the end")
        assert.equal(2, adopt())
        local words = { "--text", "canary", "--yes" }
        local r = forgetting.try(home, words, env)
        assert.same({ 0, "" }, { r.code, r.stderr })
        assert.same({}, traces(home, "canary"))
        -- and what comes after it is adopted, each once
        prompt(home, "s4", "a wren")
        assert.equal(1, adopt())
        assert.equal(0, adopt())
        local store <close> = assert(sqlite.open(home
            .. "/data/o1@default.db"))
        assert.equal(3, #store:query("SELECT id FROM sessions"))
    end)

    it("pages that were freed before, by who cares less", function()
        for i = 1, 50 do prompt(home, "s" .. i, "the CANARY " .. i) end
        hooks.take_in(home)
        do
            local store <close> = assert(sqlite.open(
                hooks.store_path(home)))
            assert(store:exec("PRAGMA secure_delete = OFF"))
            assert(store:exec("DELETE FROM sessions WHERE rowid > 1"))
            assert(store:exec("DELETE FROM memory"))
        end
        assert.is_true(#traces(home, "the CANARY 4") > 0)
        forgetting.run(home, "--text", "canary")
        assert.same({}, traces(home, "the CANARY"))
    end)

    it("a log that another process reads: it is said, and done later",
        function()
            prompt(home, "s1", "the CANARY sings")
            hooks.take_in(home)
            local reader = assert(sqlite.open(hooks.store_path(home)))
            assert(reader:exec("BEGIN"))
            assert(reader:query("SELECT * FROM sessions"))
            local r = forgetting.try(home, { "--session", "s1", "--yes" })
            assert.equal(1, r.code)
            assert.matches("another process reads the store", r.stderr)
            assert(reader:exec("COMMIT"))
            reader:close()
            assert.is_true(#traces(home, "canary") > 0)
            local env = { PROPOLIS_AUTOSYNC = "false" }
            r = run({ "sync", "--auto" }, { home = home, env = env })
            assert.equal(0, r.code, r.stderr)
            assert.same({}, traces(home, "canary"))
        end)
end)

describe("what was made of the rows", function()
    local home

    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    -- What a search finds of it.
    local function found(word)
        local r = run({ "search", "--all", "--json", word },
            { home = home, env = { PROPOLIS_AUTOSYNC = "false" } })
        assert.equal(0, r.code, r.stderr)
        return #assert(json.decode(r.stdout))
    end

    it("is made anew: the index, and what sessions are told", function()
        for i = 1, 5 do
            prompt(home, "s" .. i, i == 3 and "why does the CANARY sing"
                or "why does the sparrow sing " .. i)
        end
        hooks.take_in(home)
        do
            local store <close> = assert(propolis.open("sqlite:"
                .. hooks.store_path(home)))
            assert(store:put(propolis.schemas.memory, {
                path = "/summaries/tester/s3.md", author = "tester",
                project = "acme", description = "what the CANARY sings",
                summary = "# Session s3\nwhat the CANARY sings" }))
        end
        local r = run({ "sync", "--auto" }, { home = home })
        assert.equal(0, r.code, r.stderr)
        assert.is_true(#traces(home, "canary") > 1)
        forgetting.run(home, "--session", "s3")
        assert.same({}, traces(home, "canary"))
        prompt(home, "s2", "the CANARY is heard")
        prompt(home, "s2", "by nobody")
        assert.equal(0, run({ "sync", "--auto" }, { home = home }).code)
        forgetting.run(home, "--text", "canary")
        assert.same({}, traces(home, "canary"))
        -- its summary is made anew, of what is left
        assert.equal(0, run({ "sync", "--auto" }, { home = home }).code)
        local told
        for _, row in ipairs(hooks.rows(home, "memory")) do
            told = row.path:find("/s2.md", 1, true) and row.summary or told
        end
        assert.truthy(told and told:find("by nobody", 1, true), told)
        if sys.stat(sys.root .. "/lua/propolis/commands/search.lua") then
            assert.equal(0, found "canary")
            assert.is_true(found "sparrow" > 0)
        end
    end)
end)
