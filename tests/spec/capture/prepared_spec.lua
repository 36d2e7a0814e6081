local eventually = require "eventually"
local hooks = require "hooks"
local json = require "propolis.json"
local payloads = require "payloads"
local prepared = require "propolis.capture.prepared"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local CLAUDE = "claude-code"
local HEAD = "Recalled from earlier sessions of this project"
local SO_FAR = "Recalled of this session so far"

describe("what a session is told of the past", function()
    local home

    before_each(function() home = hooks.home() end)
    after_each(tmp.clean)

    local function event(session, name, more)
        local p = { session_id = session, cwd = "/w/acme",
            hook_event_name = name }
        for key, value in pairs(more or {}) do p[key] = value end
        return hooks.run(home, CLAUDE, name, json.encode(p))
    end

    -- One turn, begun and ended.
    local function turn(session, prompt, reply, more)
        event(session, "SessionStart", more)
        event(session, "UserPromptSubmit",
            { prompt = prompt, cwd = more and more.cwd })
        event(session, "Stop",
            { last_assistant_message = reply, cwd = more and more.cwd })
    end

    local function work()
        local r = run({ "sync", "--auto", "--local" }, { home = home })
        assert.same({ 0, "", "" }, { r.code, r.stdout, r.stderr })
        assert.equal("", hooks.log(home))
    end

    local function start(more, session)
        local out = event(session or "new", "SessionStart", more)
        return json.decode(out).hookSpecificOutput.additionalContext
    end

    -- The facts, without the frame.
    local function facts(text)
        local list = {}
        for line in text:gmatch("\n| ([^\n]*)") do list[#list + 1] = line end
        return list
    end

    local function today() return sys.now():sub(1, 10) end

    it("is nothing where nothing is known", function()
        local text = start()
        assert.is_nil(text:find("Recalled", 1, true))
        work() -- a session that only began
        assert.equal(text, start({}, "second"))
        assert.is_true(#text < 1700, #text)
    end)

    it("is a line for each session: who, when, what, how it ended", function()
        turn("s-one", "fix the flaky test", "The race is gone.")
        turn("s-two", "add a cache", "Done.")
        event("s-two", "StopFailure", { error = "rate limit" })
        work()
        local text = start()
        assert.truthy(text:find("\n\n" .. HEAD, 1, true))
        assert.same({
            today() .. ', tester, claude-code, session "s-two": asked'
                .. ' "add a cache", failed with "rate limit"',
            today() .. ', tester, claude-code, session "s-one": asked'
                .. ' "fix the flaky test", answered "The race is gone."',
        }, facts(text))
    end)

    it("is of this project only, its sub-folders and worktrees", function()
        local base = tmp.dir()
        tmp.write(base .. "/repo/.git/HEAD", "ref: refs/heads/main\n")
        tmp.write(base .. "/repo/.git/worktrees/fix/commondir", "../..\n")
        tmp.write(base .. "/tree/.git",
            "gitdir: " .. base .. "/repo/.git/worktrees/fix\n")
        assert(sys.mkdir(base .. "/repo/src/deep"))
        turn("s1", "from the repository", "a", { cwd = base .. "/repo" })
        turn("s2", "from a folder", "b", { cwd = base .. "/repo/src/deep" })
        turn("s3", "from a worktree", "c", { cwd = base .. "/tree" })
        turn("s4", "from elsewhere", "d")
        work()
        for _, cwd in ipairs { "/repo", "/repo/src", "/tree" } do
            local text = start { cwd = base .. cwd }
            assert.equal(3, #facts(text), cwd)
            assert.is_nil(text:find("elsewhere", 1, true))
        end
        assert.equal(1, #facts(start { cwd = "/other/acme" }))
        assert.equal(0, #facts(start { cwd = "/w" }))
    end)

    it("is the same, byte by byte, while nothing new happens", function()
        turn("s1", "one two", "three")
        turn("s2", "four five", "six")
        work()
        local first = start({}, "start-1")
        for i = 2, 10 do
            work()
            assert.equal(first, start({}, "start-" .. i))
        end
        turn("s3", "something new", "seven")
        work()
        assert.truthy(start({}, "s9"):find("something new", 1, true))
    end)

    it("leaves the session out that asks", function()
        turn("s1", "mine so far", "a")
        turn("s2", "of another", "b")
        work()
        assert.equal(2, #facts(start {}))
        local text = start({}, "s1")
        assert.equal(1, #facts(text))
        assert.is_nil(text:find("mine so far", 1, true))
    end)

    it("is what the session did, after a compaction or when resumed", function()
        turn("s1", "make it fast", "Tried an index.")
        event("s1", "UserPromptSubmit", { prompt = "and keep it small" })
        for _, path in ipairs { "/w/acme/src/a.c", "/w/acme/b.c",
            "/w/acme/src/a.c" } do
            event("s1", "PostToolUse", { tool_name = "Edit", tool_input =
                { file_path = path, old_string = "x", new_string = "y" } })
        end
        event("s1", "PostToolUseFailure", { tool_name = "Bash",
            tool_input = { command = "make test" }, error = "2 failed" })
        event("s1", "PostToolUseFailure", { tool_name = "Bash",
            tool_input = { command = "make lint" }, error = "a warning" })
        event("s1", "PostToolUse", { tool_name = "Bash",
            tool_input = { command = "make lint" },
            tool_response = { stdout = "fine" } })
        event("s1", "Stop", { last_assistant_message = "Two tests fail." })
        work()
        for _, source in ipairs { "compact", "resume" } do
            local text = start({ source = source }, "s1")
            assert.truthy(text:find("\n\n" .. SO_FAR, 1, true))
            assert.same({ 'asked "make it fast"',
                'then asked "and keep it small"',
                'failing: "make test" said "2 failed"',
                'changed "b.c", "src/a.c"',
                'last answered "Two tests fail."' }, facts(text))
        end
        for _, source in ipairs { "startup", "clear" } do
            assert.same({}, facts(start({ source = source }, "s1")))
        end
        assert.is_nil(start({ source = "compact" }, "s2"):find(SO_FAR, 1, true))
    end)

    it("is ready when a turn is compacted before it ends", function()
        turn("s1", "first", "Done.")
        event("s1", "UserPromptSubmit", { prompt = "a long piece of work" })
        hooks.run(home, CLAUDE, "PreCompact", json.encode { session_id = "s1",
            cwd = "/w/acme", hook_event_name = "PreCompact", trigger = "auto" },
            { env = { PROPOLIS_AUTOSYNC = "true" } })
        eventually(function()
            return start({ source = "compact" }, "s1"):find(
                'then asked "a long piece of work"', 1, true)
        end, "nothing was prepared")
    end)

    it("has both frames when there is room for them", function()
        turn("s1", "mine", "a")
        turn("s2", "of another", "b")
        work()
        local text = start({ source = "compact" }, "s1")
        assert.is_true(text:find(SO_FAR, 1, true) < text:find(HEAD, 1, true))
        assert.equal(3, #facts(text))
    end)

    it("reaches the model of every agent", function()
        local reached = {}
        for _, owner in ipairs(require("propolis.agents").names()) do
            local _, answered = payloads.typical(owner)
            local name = answered:match("^[^.]*")
            local p = payloads.read(owner, answered)
            local mapping = require("propolis.agents").part(owner, "events")
            local e = mapping.read(name, p)[1]
            local cwd = e.cwd or "/w/acme"
            turn("past-" .. owner, "asked before " .. owner, "x",
                { cwd = cwd })
            reached[owner] = { name, payloads.text(owner, answered) }
        end
        work()
        for owner, one in pairs(reached) do
            local out = hooks.run(home, owner, one[1], one[2])
            assert.truthy(out:find("asked before " .. owner, 1, true), owner)
        end
    end)

    describe("is bounded:", function()
        local function set(text)
            tmp.write(home .. "/config/config.lua", "return {" .. text .. "}")
        end

        -- The recalled part.
        local function recalled(text)
            return text:match("\n\n(" .. HEAD .. ".*)$") or ""
        end

        before_each(function()
            for i = 1, 30 do
                turn(("s%02d"):format(i), "prompt " .. i .. " " .. ("x "):rep(
                    i * 10), "reply " .. ("y "):rep(i * 10))
            end
            work()
        end)

        it("by context_bytes, at whole lines, the newest first", function()
            local two = recalled(start())
            assert.is_true(#two <= 2000 and #two > 1500, #two)
            assert.truthy(two:find('\n| [^\n]*"s30": asked "prompt 30 '))
            set "context_bytes = 500"
            local few = recalled(start())
            assert.is_true(#few <= 500 and #few > 100, #few)
            assert.equal(few, two:sub(1, #few))
            assert.equal("\n", two:sub(#few + 1, #few + 1))
            set "context_bytes = 8000"
            local all = recalled(start())
            assert.is_true(#all > #two and #all <= 8000, #all)
            assert.equal(two, all:sub(1, #two))
        end)

        it("to the recipe with 0, to nothing with context = false", function()
            set "context_bytes = 0"
            local text = start()
            assert.equal("", recalled(text))
            assert.truthy(text:find("propolis search WORDS", 1, true))
            set "context = false"
            assert.equal("", event("s", "SessionStart"))
            work()
            assert.is_nil(hooks.files(home .. "/data")[home
                .. "/data/local@default.context/seen"])
            set ""
            work()
            assert.is_true(#recalled(start()) > 1500)
        end)

        it("by numbers that make sense", function()
            for _, value in ipairs { "1", "499", "8001", "2.5", "x" } do
                local r = run({ "config", "set", "context_bytes", value },
                    { home = home })
                assert.equal(1, r.code)
                assert.truthy(r.stderr:find("0, or from 500 to 8000", 1, true))
            end
            for _, value in ipairs { "0", "500", "8000" } do
                assert.equal(0, run({ "config", "set", "context_bytes", value },
                    { home = home }).code)
            end
        end)
    end)

    it("is read from files, whatever they hold", function()
        turn("s1", "one two", "three")
        work()
        local folder = home .. "/data/local@default.context"
        local path = folder .. "/" .. prepared.file("project",
            prepared.key("acme"))
        local good = assert(sys.read(path))
        for _, bad in ipairs { "", "nonsense", ("x"):rep(1 << 20), "\0\xff\n",
            good:sub(1, -5), "s\t\t\t\n" } do
            tmp.write(path, bad)
            assert.truthy(start():find("propolis search WORDS", 1, true))
        end
        sys.remove(path)
        assert(sys.mkdir(path))
        assert.is_nil(start():find("Recalled", 1, true))
        assert.equal("", hooks.log(home))
    end)
end)
