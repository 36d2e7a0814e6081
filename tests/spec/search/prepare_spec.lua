local digest = require "propolis.search.digest"
local prepare = require "propolis.search.prepare"
local prepared = require "propolis.capture.prepared"
local schemas = require "propolis.schemas"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"
require "propolis.store"

describe("what the worker prepares", function()
    local conf, store, folder, n

    before_each(function()
        local dir = tmp.dir()
        conf = { local_store = "sqlite:" .. dir .. "/local@default.db",
            tables = { memory = "memory", sessions = "sessions" },
            user = "ada", org_name = "local", workspace = "default",
            context = true, context_bytes = 8000 }
        store, n = assert(sqlite.open(dir .. "/local@default.db")), 0
        folder = prepared.folder(conf)
    end)

    after_each(function()
        store:close()
        tmp.clean()
    end)

    local function time()
        n = n + 1
        return ("2026-11-20T%02d:%02d:00.000Z"):format(n // 60, n % 60)
    end

    local function summary(id, more)
        local row = { path = "/summaries/ada/" .. id .. ".md", author = "ada",
            project = "acme", agent = "codex", description = "work on " .. id,
            summary = "# Session", last_update_date = time() }
        for key, value in pairs(more or {}) do row[key] = value end
        assert(store:put(schemas.memory, row))
    end

    local function said(id, kind, text)
        local at = time()
        assert(store:insert(schemas.sessions, { author = "ada",
            path = "/sessions/ada/ada_local_default_" .. id .. ".jsonl",
            project = "acme", agent = "codex", creation_date = at,
            last_update_date = at, message = { type = kind, content = text } }))
    end

    local function told(project, id, source)
        return prepared.text(conf, { cwd = "/w/" .. (project or "acme"),
            session = id, source = source }) or ""
    end

    local function lines(project, id, source)
        local list = {}
        for line in told(project, id, source):gmatch("\n| ([^\n]*)") do
            list[#list + 1] = line
        end
        return list
    end

    local function work() assert.is_true(prepare.run(conf)) end

    -- Name -> inode: a file that was written has a new one.
    local function files()
        local found = {}
        for _, name in ipairs(sys.list(folder)) do
            found[name] = sys.stat(folder .. "/" .. name).ino
        end
        return found
    end

    it("is nothing without a store or its tables", function()
        work()
        assert.equal("", told())
        local none = { local_store = "sqlite:" .. tmp.dir() .. "/none.db",
            context = true, context_bytes = 2000 }
        assert.is_true(prepare.run(none))
        assert.is_nil(prepared.text(none, { cwd = "/w/acme" }))
    end)

    it("takes a description when the events are elsewhere", function()
        summary("t1", { author = "lin", path = "/summaries/lin/t1.md" })
        summary("t2", { description = "in progress" })
        summary("t3", { description = "completed" })
        summary("note", { path = "/notes/x.md" })
        work()
        assert.same({ '2026-11-20, "lin", codex, session "t1": did'
            .. ' "work on t1"' }, lines())
    end)

    it("names open ends behind the newest sessions", function()
        local open = "# Session\n## What Happened\n- no\n"
            .. "## Open Questions / TODO\n%s\n## Other\n- no\n"
        summary("a", { summary = open:format("- first\n* second\n- third") })
        summary("b", { summary = open:format("- None.\n- n/a\n(none)") })
        work()
        assert.same({
            '2026-11-20, ada, codex, session "b": did "work on b"',
            '2026-11-20, ada, codex, session "a": did "work on a"',
            'left open 2026-11-20, session "a": "first"',
            'left open 2026-11-20, session "a": "second"',
        }, lines())
        for i = 1, 9 do summary("c" .. i) end
        work()
        local list = lines()
        assert.truthy(list[5]:find('"c5": did', 1, true))
        assert.truthy(list[6]:find("left open", 1, true))
        assert.truthy(list[8]:find('"c4": did', 1, true))
    end)

    it("goes by when sessions ended, not by when that was written", function()
        for i = 1, 60 do
            summary("s" .. i, { creation_date = ("2026-10-%02dT10:%02d:00.000Z")
                :format(1 + i % 28, i),
                summary = ("# Session\n- **Ended**: 2026-10-%02dT11:%02d:00Z\n")
                    :format(1 + i % 28, i) })
        end
        summary("long", { creation_date = "2026-01-01T10:00:00.000Z",
            summary = "# Session\n- **Ended**: 2026-11-01T10:00:00.000Z\n" })
        work()
        local list = lines()
        assert.truthy(list[1]:find('^2026%-11%-01, ada, codex, .*"long"'))
        assert.truthy(list[2]:find('^2026%-10%-28, ada, codex, .*"s55"'))
        assert.truthy(list[3]:find('^2026%-10%-28, ada, codex, .*"s27"'))
        assert.equal(prepare.sessions, #list)
    end)

    it("makes lines for which the least of context_bytes has room", function()
        local id = ("i"):rep(60)
        conf.user = ("u"):rep(60)
        summary(id, { path = "/summaries/x/" .. id .. ".md",
            author = conf.user, agent = ("a"):rep(60),
            description = ("d "):rep(300) })
        assert(store:insert(schemas.sessions, { author = conf.user,
            path = require("propolis.capture.event").path(conf, id),
            message = { type = "user_message", content = ("p "):rep(300) },
            creation_date = time() }))
        assert(store:insert(schemas.sessions, { author = conf.user,
            path = require("propolis.capture.event").path(conf, id),
            message = { type = "stop_failure", error = ("e "):rep(300) },
            creation_date = time() }))
        summary("other", { path = "/summaries/y/other.md", project = "second",
            author = ("o"):rep(60), agent = ("a"):rep(60),
            description = ("d "):rep(300) })
        work()
        conf.context_bytes = 500
        assert.truthy(told():find('asked "p p', 1, true))
        assert.truthy(told("second"):find('did "d d', 1, true))
    end)

    it("takes the first prompt that says something", function()
        summary "s"
        said("s", "session_start")
        for _, text in ipairs { "/clear", "<command-name>x y</command-name>",
            "Caveat: the messages below", "build the cache", "and more" } do
            said("s", "user_message", text)
        end
        said("s", "assistant_message", "Built.")
        said("s", "assistant_stop", "")
        work()
        assert.truthy(lines()[1]:find(
            'asked "build the cache", answered "Built."', 1, true))
    end)

    it("reads what no JSON is, and values of other types", function()
        summary "s"
        said("s", "user_message", { { text = "part" } })
        assert(store:exec [[INSERT INTO sessions (id, path, message, author,
            creation_date) VALUES ('x', '/sessions/ada/ada_local_default_s'
            || '.jsonl', 'no "user_message" {', 'ada', '2026-11-20'),
            ('y', '/sessions/ada/ada_local_default_s.jsonl',
            '{"type":"user_message","content":7}', 'ada', '2026-11-20')]])
        work()
        assert.equal(1, #lines())
        assert.truthy(told("acme", "s", "compact"):find("this session so far",
            1, true))
    end)

    it("writes what changed, and nothing else", function()
        summary "a"
        summary("b", { project = "other" })
        work()
        local first = files()
        work()
        assert.same(first, files())
        summary "c"
        work()
        local second = files()
        local acme = prepared.file("project", prepared.key "acme")
        local other = prepared.file("project", prepared.key "other")
        assert.is_true(first[acme] ~= second[acme])
        assert.equal(first[other], second[other])
        assert.equal(2, #lines())
    end)

    it("sees an update that is dated in the past, and a deletion", function()
        summary "a"
        summary "b"
        work()
        summary("a", { description = "better",
            last_update_date = "2026-11-20T00:01:30.000Z" })
        work()
        assert.truthy(told():find('did "better"', 1, true))
        assert(store:exec("DELETE FROM memory WHERE path LIKE '%/b.md'"))
        work()
        assert.is_nil(told():find("work on b", 1, true))
        assert(store:exec("DELETE FROM memory"))
        work()
        assert.equal("", told())
        assert.same({ "seen" }, sys.list(folder))
    end)

    it("sees a session go on before its summary does", function()
        summary "a"
        summary "b"
        said("a", "user_message", "first question")
        work()
        said("a", "assistant_message", "an answer")
        work()
        assert.truthy(told():find('answered "an answer"', 1, true))
        assert.same({ 'asked "first question"', 'last answered "an answer"' },
            { table.unpack(lines("acme", "a", "resume"), 1, 2) })
    end)

    it("begins anew with another store or a broken list", function()
        for i = 1, 3 do
            summary("s" .. i)
            said("s" .. i, "user_message", "question number " .. i)
        end
        work()
        local all = told()
        for _, bad in ipairs { "", "noise", "1 99999 nobody\n", "2 1 x\n",
            "1 1 \n\0\n" } do
            tmp.write(folder .. "/seen", bad)
            work()
            assert.equal(all, told(), bad)
        end
        assert(store:exec("DELETE FROM sessions"))
        assert(store:exec("DELETE FROM memory"))
        summary "z"
        said("z", "user_message", "quite another one")
        work()
        assert.equal(1, #lines())
        assert.truthy(told():find("quite another one", 1, true))
    end)

    it("keeps the files of the newest sessions only", function()
        local kept = prepare.kept
        prepare.kept = 8
        for i = 1, 12 do said("s" .. i, "user_message", "question " .. i) end
        assert(sys.mkdir(folder))
        tmp.write(folder .. "/.propolis-a1b2c3", "half of a file")
        work()
        assert.is_nil(sys.stat(folder .. "/.propolis-a1b2c3"))
        prepare.kept = kept
        local sessions = 0
        for _, name in ipairs(sys.list(folder)) do
            sessions = sessions + (name:find "%.session$" and 1 or 0)
        end
        assert.equal(6, sessions)
    end)

    it("goes on where it ran out of time", function()
        local seconds = prepare.seconds
        for i = 1, 3 do summary("s" .. i, { project = "p" .. i }) end
        prepare.seconds = -1
        work()
        assert.equal("", told "p3")
        prepare.seconds = seconds
        work()
        for i = 1, 3 do assert.truthy(told("p" .. i) ~= "") end
    end)

    it("leaves nothing of a test by doctor", function()
        local id = require("propolis.capture.probe").id()
        summary(id)
        said(id, "user_message", "a test event")
        work()
        assert.same({ "seen" }, sys.list(folder))
        assert.is_nil(digest.key_of_events(conf, "/sessions/lin/x.jsonl"))
    end)

    it("is forgotten when it is not wanted any more", function()
        summary "a"
        work()
        assert.is_true(#told() > 0)
        for _, off in ipairs { { context = false }, { context_bytes = 0 } } do
            work()
            local other = setmetatable(off, { __index = conf })
            assert.is_true(prepare.run(other))
            assert.same({}, sys.list(folder))
            assert.is_nil(prepared.text(other, { cwd = "/w/acme" }))
        end
    end)
end)
