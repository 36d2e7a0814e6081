--- What the user's own files do to a hook when they are broken: the event is
-- there all the same, and the fault is told.
local hooks = require "hooks"
local json = require "propolis.json"
local run = require "run"
local payloads = require "payloads"
local tmp = require "tmp"

local CLAUDE = "claude-code"
local home

local function prompt(text, more, env)
    return hooks.run(home, CLAUDE, "UserPromptSubmit",
        hooks.prompt(text, more), { env = env })
end

local function config(text)
    return tmp.write(home .. "/config/config.lua", text)
end

local function has(text, part)
    assert.truthy(text:find(part, 1, true), text)
end

-- How many rows wait for a team's store.
local function queued()
    local r = run({ "query", "--json",
        "SELECT count(*) AS n FROM propolis_outbox" }, { home = home })
    return r.code == 0 and json.decode(r.stdout)[1].n or 0
end

local BAD = {
    ["that does not parse"] = { "return {", "line 1: unexpected symbol" },
    ["that does not end"] = { "\nwhile true do end", "line 2: stopped at a" },
    ["that swells"] = { "local s = 'x' while true do s = s .. s end",
        "line 1: stopped at 8 MiB" },
    ["that asks for a gigabyte"] = { "return { user = ('x'):rep(1e9) }",
        "line 1: " },
    ["with a pattern that takes forever"] = {
        "return { user = (('a'):rep(99)):match(('a?'):rep(99) .. 'b') }",
        "line 1: " },
}

describe("a config.lua", function()
    before_each(function() home = hooks.home() end)
    after_each(tmp.clean)

    for what, case in pairs(BAD) do
        it(what .. " keeps the event and is told of", function()
            local path = config(case[1])
            prompt("one")
            assert.same({ "one" }, hooks.contents(home))
            has(hooks.log(home), path .. " is broken: " .. case[2])
            local r = run({ "doctor" }, { home = home })
            assert.equal(1, r.code)
            has(r.stdout, path .. " is broken: " .. case[2])
            r = run({ "status" }, { home = home })
            assert.equal(1, r.code)
            assert.equal(1, (r.stderr:find("propolis: " .. path
                .. " is broken: " .. case[2], 1, true)), r.stderr)
            has(r.stdout, "\nwaiting   0 in the journal")
            has(r.stdout, "\ncodex ")
            r = run({ "status", "--json" }, { home = home })
            assert.equal(1, r.code)
            local said = json.decode(r.stdout)
            assert.equal("settings", said.problems[1].about)
            assert.equal(home .. "/data/local@default.db", said.store)
            assert.is_true(#said.agents > 5)
        end)
    end

    it("that is broken stands beside all else that is wrong", function()
        local path = config "return {"
        tmp.write(home .. "/config/redact.lua", "return 7")
        tmp.write(home .. "/config/schemas/x.lua", "return 7")
        tmp.write(home .. "/credentials.json", "{")
        tmp.write(hooks.store_path(home), ("no database "):rep(100))
        local said = json.decode(run({ "status", "--json" },
            { home = home }).stdout)
        local list = {}
        for i, one in ipairs(said.problems) do list[i] = one.about end
        assert.same({ "settings", "schemas", "redact.lua", "store" }, list)
        has(said.problems[1].text, path)
        has(said.problems[1].text, "credentials.json is broken")
        local r = run({ "doctor" }, { home = home })
        assert.equal(1, r.code)
        for _, one in ipairs(said.problems) do has(r.stdout, one.text) end
    end)

    it("that is broken is told of at a session's start", function()
        local path = config "return {"
        local out = hooks.run(home, CLAUDE, "SessionStart",
            payloads.text("claude-code", "SessionStart"))
        has(json.decode(out).systemMessage, path .. " is broken: line 1")
    end)

    it("with a value that is none keeps the event", function()
        config "return { sync_interval = 'soon', user = 'ann' }"
        prompt("one")
        assert.equal("ann", hooks.rows(home)[1].author)
        has(hooks.log(home), "sync_interval must be a whole number")
    end)

    it("that says no more what to leave out keeps what it said", function()
        config [[return { capture_deny = { "/w" }, workspace = "mine",
            store = "sqlite:/x" }]]
        prompt("denied")
        for _, text in ipairs { "return {", "return { capture_deny = 1 }" } do
            config(text)
            prompt("denied")
            prompt(text, { cwd = "/v" })
        end
        local r = run({ "query", "--json", "--store", "sqlite:" .. home
            .. "/data/local@mine.db", "SELECT author FROM sessions" },
            { home = home })
        assert.equal(0, r.code, r.stderr)
        assert.equal(1, #json.decode(r.stdout))
        assert.same({ "return { capture_deny = 1 }" }, hooks.contents(home))
    end)

    it("that is gone is forgotten", function()
        local path = config [[return { capture_deny = { "/w" } }]]
        prompt("denied")
        os.remove(path)
        prompt("one")
        config "return {"
        prompt("two")
        assert.same({ "one", "two" }, hooks.contents(home))
    end)

    it("that was never read sends nothing to the team", function()
        local env = { PROPOLIS_STORE = "sqlite:" .. home .. "/team.db" }
        prompt("one", nil, env)
        assert.equal(1, queued())
        config "return {"
        prompt("two", nil, env)
        has(hooks.log(home), "till then nothing leaves this machine")
        config "return {}"
        assert.equal(1, queued())
        assert.same({ "one", "two" }, hooks.contents(home))
    end)
end)

describe("an environment", function()
    before_each(function() home = hooks.home() end)
    after_each(tmp.clean)

    for name, value in pairs {
        HIVEMIND_QUERY_TIMEOUT_MS = "soon", HIVEMIND_MEMORY_PATH = "a/b",
        HIVEMIND_SESSIONS_TABLE = "a b", HIVEMIND_CAPTURE = "perhaps",
        PROPOLIS_STORE = "sqlite:here.db",
    } do
        it("with a broken " .. name .. " keeps the event", function()
            prompt("one", nil, { [name] = value })
            assert.same({ "one" }, hooks.contents(home))
            has(hooks.log(home), name .. " must ")
        end)
    end

    for _, table in ipairs { "sqlite_x", "SQLite_master", "propolis_outbox" } do
        it("that names the table " .. table .. " keeps the event", function()
            local env = { HIVEMIND_SESSIONS_TABLE = table }
            prompt("one", nil, env)
            local r = run({ "sync", "--local" }, { home = home, env = env })
            assert.equal(0, r.code, r.stderr)
            assert.same({ "one" }, hooks.contents(home))
            r = run({ "status" }, { home = home, env = env })
            assert.equal(1, r.code)
            has(r.stderr, "HIVEMIND_SESSIONS_TABLE must be a table name")
        end)
    end

    it("that cannot switch capture off leaves that to the file", function()
        config "return { capture = false }"
        prompt("one", nil, { HIVEMIND_CAPTURE = "perhaps" })
        assert.same({}, hooks.rows(home))
    end)

    it("with a broken account keeps the event", function()
        tmp.write(home .. "/credentials.json", "{")
        prompt("one")
        assert.same({ "one" }, hooks.contents(home))
        has(hooks.log(home), "credentials.json is broken")
    end)
end)

describe("a schema file", function()
    before_each(function() home = hooks.home() end)
    after_each(tmp.clean)

    local files = {
        ["that is no table"] = { "return 7", "a schema file returns a table" },
        ["with columns that are none"] = {
            "return { table = 'sessions', columns = { 1 } }", "" },
        ["with indexes that are none"] = {
            "return { table = 'sessions', columns = {}, indexes = 'abc' }",
            "indexes is no list" },
        ["of another table with a sync that is none"] = {
            "return { table = 't', columns = { 1 }, sync = { merge = {} } }",
            "" },
        ["of a column that is there"] = { "return { table = 'sessions',"
            .. " columns = { { 'path', 'text' } } }", "there twice" },
        ["with an index on no column"] = { "return { table = 'memory',"
            .. " columns = {}, indexes = { { 'x' } } }", "" },
    }
    for what, case in pairs(BAD) do
        files[what] = { case[1], (case[2]:gsub("^line ", "x.lua:")) }
    end

    for what, case in pairs(files) do
        it(what .. " keeps the event and is told of", function()
            local path = tmp.write(home .. "/config/schemas/x.lua", case[1])
            hooks.run(home, CLAUDE, "SessionStart",
                payloads.text("claude-code", "SessionStart"))
            prompt("one")
            assert.equal(2, #hooks.rows(home))
            for _, said in ipairs { hooks.log(home),
                run({ "doctor" }, { home = home }).stdout,
                run({ "status" }, { home = home }).stderr } do
                has(said, path)
                has(said, case[2])
            end
        end)
    end
end)

describe("redact.lua", function()
    before_each(function() home = hooks.home() end)
    after_each(tmp.clean)

    for what, case in pairs(BAD) do
        it(what .. " leaves our rules, and is told of", function()
            local path = tmp.write(home .. "/config/redact.lua", case[1])
            prompt("password=hunter2")
            assert.same({ "password=[redacted:password]" },
                hooks.contents(home))
            local where = path .. ":" .. case[2]:gsub("^line ", "")
            has(hooks.log(home), where)
            has(run({ "doctor" }, { home = home }).stdout, where)
        end)
    end
end)
