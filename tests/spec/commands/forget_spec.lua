--- What `propolis forget` finds, shows, asks and says.
local forgetting = require "forgetting"
local hooks = require "hooks"
local json = require "propolis.json"
local propolis = require "propolis"
local sys = require "engine.sys"
local terminal = require "terminal"
local tmp = require "tmp"

local prompt, traces = forgetting.prompt, forgetting.traces

describe("propolis forget", function()
    local home

    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    local function open()
        return assert(propolis.open("sqlite:" .. hooks.store_path(home)))
    end

    -- The ids of sessions that still have events.
    local function sessions()
        local found = {}
        for _, row in ipairs(hooks.rows(home)) do
            found[row.path:match("_([^_]*)%.jsonl$")] = true
        end
        local list = {}
        for name in pairs(found) do list[#list + 1] = name end
        table.sort(list)
        return table.concat(list, " ")
    end

    local function insert(name, row)
        hooks.take_in(home)
        sys.mkdir(home .. "/data")
        local store <close> = open()
        assert(store:put(propolis.schemas[name], row))
        return row
    end

    local function usage(words, sentence)
        local r = forgetting.try(home, words)
        assert.equal(64, r.code, r.stdout)
        assert.truthy(r.stderr:find(sentence, 1, true), r.stderr)
    end

    it("refuses what means nothing", function()
        usage({}, "say what to forget")
        usage({ "--yes" }, "say what to forget")
        usage({ "--text", "  " }, "more than spaces")
        usage({ "--text", "x", "--from-now-on" }, "goes with --session")
        usage({ "--text", "x", "--yes", "--dry-run" }, "not both")
        usage({ "--text", "x", "--json" }, "--json asks nothing")
        usage({ "ab" }, "too short for a reference")
        usage({ "--since", "the dawn" }, "--since: 'the dawn' is no date")
        usage({ "--since", "2026-02", "--until", "2026-01" }, "no time is")
        local r = forgetting.try(home, { "--text", "x", "--remote" })
        assert.equal(1, r.code)
        assert.matches("there is no remote store", r.stderr)
    end)

    it("leaves no byte of what it removed", function()
        prompt(home, "s1", "the CANARY sings")
        prompt(home, "s2", "a sparrow sings")
        hooks.take_in(home)
        prompt(home, "s1", "and the CANARY waits in the journal")
        insert("memory", { path = "/notes/birds.md", summary = "a Canary" })
        local r = forgetting.run(home, "--text", "canary")
        assert.matches("removed 2 rows of sessions", r.stdout)
        assert.same({}, traces(home, "canary"))
        assert.equal("s2", sessions())
        r = forgetting.run(home, "--text", "canary")
        assert.matches("^nothing was there", r.stdout)
    end)

    it("takes a session by the beginning of its id, however short", function()
        for _, name in ipairs { "s-one", "s-two", "x-three" } do
            insert("sessions", { path = "/sessions/u/u_o_w_" .. name
                .. ".jsonl", message = { content = "text" } })
        end
        local r = forgetting.try(home, { "--session", "s-", "--yes" })
        assert.equal(1, r.code)
        assert.matches("is the beginning of", r.stderr)
        assert.equal("s-one s-two x-three", sessions())
        forgetting.run(home, "--session", "s-t")
        forgetting.run(home, "--session", "x")
        assert.equal("s-one", sessions())
        forgetting.run(home, "--session", "u") -- the user, no session's id
        assert.equal("s-one", sessions())
    end)

    it("takes the summary of a session with any of its events", function()
        prompt(home, "s1", "one")
        prompt(home, "s1", "two")
        prompt(home, "a_s1", "three")
        local function summary(name, session)
            return insert("memory", { path = "/summaries/tester/" .. name
                .. ".md", author = "tester", summary = "# Session\n"
                .. "- **Source**: /sessions/tester/tester_local_default_"
                .. session .. ".jsonl\nboth said" })
        end
        summary("s1", "s1")
        summary("a_s1", "a_s1")
        forgetting.run(home, "--text", "two")
        local left = hooks.rows(home, "memory")
        assert.equal(1, #left)
        assert.equal("/summaries/tester/a_s1.md", left[1].path)
        assert.equal(2, #hooks.rows(home))
    end)

    it("takes only that for which all of it holds", function()
        for i, one in ipairs { { "2026-01-01", "ada", "x" },
            { "2026-01-02", "ada", "y" }, { "2026-01-03", "bob", "x" },
            { "2026-01-04", "ada", "x" } } do
            insert("sessions", { path = "/sessions/u/u_o_w_s" .. i .. ".jsonl",
                creation_date = one[1] .. "T10:00:00.000Z", author = one[2],
                project = one[3], message = { content = "hello " .. i } })
        end
        forgetting.run(home, "--project", "x", "--author", "ada",
            "--since", "2026-01-02 01:00")
        assert.equal("s1 s2 s3", sessions())
        forgetting.run(home, "--until", "2026-01-02T10:00:00.000Z")
        assert.equal("s2 s3", sessions())
        forgetting.run(home, "--text", "hello 3", "--author", "ada")
        assert.equal("s2 s3", sessions())
        forgetting.run(home, "--session", "s2", "--text", "HELLO")
        assert.equal("s3", sessions())
    end)

    it("finds a text in every form that a row has it in", function()
        local inner = assert(json.encode { stdout = 'say "Grüße" to\tall' })
        insert("sessions", { path = "/sessions/u/u_o_w_deep.jsonl",
            message = { type = "tool_call", tool_response = inner } })
        insert("sessions", { path = "/sessions/u/u_o_w_esc.jsonl",
            message = '{"content":"say \\"Gr\\u00fc\\u00DFe\\" to\\tall"}' })
        insert("sessions", { path = "/sessions/u/u_o_w_raw.jsonl",
            message = '{"weird":{"k":[1,{"GRÜßE":2}]}}' })
        insert("sessions", { path = "/sessions/u/u_o_w_no.jsonl",
            message = { content = "say Grusse to all" } })
        for text, left in pairs { ['SAY "GRÜßE" TO\tALL'] = "no raw",
            ["grüße"] = "no" } do
            local copy = sys.read(hooks.store_path(home))
            local r = forgetting.try(home, { "--text", text, "--dry-run",
                "--json" })
            assert.equal(0, r.code, r.stderr)
            assert.equal(left == "no" and 3 or 2, json.decode(r.stdout).rows)
            assert.truthy(copy)
        end
        forgetting.run(home, "--text", "grüße")
        assert.equal("no", sessions())
    end)

    it("finds a word whose letters are written as numbers", function()
        insert("sessions", { path = "/sessions/u/u_o_w_hex.jsonl",
            message = [[{"content":"the \u0043ANAR\u0059 sings"}]] })
        forgetting.run(home, "--text", "canary")
        assert.equal("", sessions())
    end)

    it("takes a row by its id, when that is one row's", function()
        local id = "0abc%x-one"
        insert("sessions", { id = id, path = "/p1", message = "{}" })
        insert("sessions", { id = "0abc%x-two", path = "/p2", message = "{}" })
        insert("skills", { id = "sk-11223344", name = "knit", body = "purl" })
        local r = forgetting.try(home, { "--yes", "0abc%x" })
        assert.equal(1, r.code)
        assert.matches("several rows", r.stderr)
        assert.equal(2, #hooks.rows(home))
        forgetting.run(home, "0abc%x-o", "sk-112")
        assert.equal("0abc%x-two", hooks.rows(home)[1].id)
        assert.equal(0, #hooks.rows(home, "skills"))
    end)

    it("takes what search and log show: a reference, how an id begins",
        function()
            local uuid = "0192f3c4-5d1a-7b3e-9c00-8f2b6a1d4e77"
            insert("sessions", { id = uuid, path = "/p1", message = "{}" })
            forgetting.run(home, "0192f3c45d1a")
            assert.equal(0, #hooks.rows(home))
            insert("sessions", { id = "a b\n?", path = "/p2",
                message = "{}" })
            forgetting.run(home, require("propolis.search.ref").of("a b\n?"))
            assert.equal(0, #hooks.rows(home))
            prompt(home, uuid, "one")
            prompt(home, uuid:sub(1, 30) .. "ffffff", "two")
            local r = forgetting.try(home, { "--yes", "--session",
                "0192f3c4" })
            assert.equal(1, r.code)
            assert.matches("beginning of 2 sessions", r.stderr)
            forgetting.run(home, "--session", uuid:sub(1, 32))
            assert.same({ "two" }, hooks.contents(home))
        end)

    it("leaves skills alone that nobody asked for", function()
        insert("skills", { name = "knit", author = "ada", project = "x",
            body = "purl two", updated_at = "2026-01-01" })
        forgetting.run(home, "--author", "ada")
        forgetting.run(home, "--project", "x", "--since", "2020-01-01")
        assert.equal(1, #hooks.rows(home, "skills"))
        forgetting.run(home, "--text", "PURL")
        assert.equal(0, #hooks.rows(home, "skills"))
    end)

    it("shows what would go, inert, and asks", function()
        prompt(home, "s1", "red \27[31m alert \u{202E}evil")
        local r = forgetting.try(home, { "--session", "s1", "--dry-run" })
        assert.same({ 0, "" }, { r.code, r.stderr })
        assert.matches("1  sessions", r.stdout)
        assert.matches("_s1.jsonl %(1%)", r.stdout)
        assert.matches("prompt: red \\x1b%[31m alert", r.stdout)
        assert.is_nil(r.stdout:find("\27", 1, true))
        assert.is_nil(r.stdout:find("\u{202E}", 1, true))
        r = forgetting.try(home, { "--session", "s1" })
        assert.equal(1, r.code)
        assert.matches("no terminal.*%-%-yes", r.stderr)
        assert.equal("s1", sessions())
        local env = { PROPOLIS_HOME = home, HOME = home,
            PROPOLIS_AUTOSYNC = "false", USER = "tester" }
        terminal({ "< [y/N] ", "> n\\n", "< nothing was removed" },
            { args = { "forget", "--session", "s1" }, env = env })
        assert.equal("s1", sessions())
        terminal({ "< [y/N] ", "> y\\n", "< removed 1 row of sessions" },
            { args = { "forget", "--session", "s1" }, env = env })
        assert.equal("", sessions())
    end)

    it("is recorded without words when an agent runs it", function()
        local function call(command)
            hooks.run(home, "claude-code", nil, (assert(json.encode {
                hook_event_name = "PostToolUse", session_id = "s1",
                cwd = "/w/acme", tool_name = "Bash", tool_use_id = "t1",
                tool_input = { command = command },
                tool_response = { stdout = "shown: the CANARY" } })))
        end
        call("cd /w && /usr/bin/propolis forget --text CANARY --yes")
        call("propolis  forget --text CANARY --dry-run")
        hooks.take_in(home)
        assert.same({}, traces(home, "canary"))
        assert.equal(2, #hooks.rows(home))
        call("grep 'propolis forget' docs")
        call("echo propolis forgetful")
        hooks.take_in(home)
        assert.equal(4, #hooks.rows(home))
        local kept = 0
        for _, row in ipairs(hooks.rows(home)) do
            kept = kept + (row.message:find("CANARY", 1, true) and 1 or 0)
        end
        assert.equal(2, kept)
    end)

    it("prints one object", function()
        prompt(home, "s1", "hello")
        local r = forgetting.run(home, "--session", "s1", "--json")
        local out = assert(json.decode(r.stdout))
        assert.same({ true, 1, "tester" }, { out.removed, out.rows,
            out.authors[1].name })
        assert.equal("sessions", out.tables[1].table)
        assert.same({}, out.left)
        r = forgetting.run(home, "--session", "s1", "--json")
        assert.equal(0, json.decode(r.stdout).rows)
    end)

    it("lets a session go on, or never again", function()
        prompt(home, "s1", "before")
        forgetting.run(home, "--session", "s1")
        prompt(home, "s1", "after")
        assert.same({ "after" }, hooks.contents(home))
        forgetting.run(home, "--session", "s1", "--from-now-on")
        prompt(home, "s1", "not any more")
        prompt(home, "s2", "another")
        assert.same({ "another" }, hooks.contents(home))
        assert.same({}, traces(home, "any more"))
        -- also one of which nothing is there yet
        forgetting.run(home, "--session", "s3", "--from-now-on")
        prompt(home, "s3", "never")
        assert.same({ "another" }, hooks.contents(home))
    end)
end)
