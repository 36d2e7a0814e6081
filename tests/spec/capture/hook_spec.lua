local agents = require "propolis.agents"
local canaries = require "canaries"
local hooks = require "hooks"
local journal = require "propolis.capture.journal"
local json = require "propolis.json"
local payloads = require "payloads"
local run = require "run"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

local CLAUDE = "claude-code"

local function prompt(home, text, opts)
    return hooks.run(home, CLAUDE, "UserPromptSubmit", hooks.prompt(text),
        opts)
end

describe("propolis hook", function()
    local home

    before_each(function() home = hooks.home() end)
    after_each(tmp.clean)

    it("stores every payload, and answers where context is taken", function()
        local want = 0
        for folder, owner in pairs(payloads.folders) do
            local agent = agents.part(owner, "events")
            for _, name in ipairs(payloads.names(folder)) do
                local event = name:match("^[^.]*")
                local out = hooks.run(home, owner, event,
                    payloads.text(folder, name))
                assert.equal(agent.takes_context(event,
                    payloads.read(folder, name)), out ~= "")
                for _, e in ipairs(payloads.expected(folder)[name]) do
                    want = want + (e.message and 1 or 0)
                end
            end
            assert.equal("", hooks.log(home))
            assert.equal(want, #hooks.rows(home), folder)
        end
        assert.same({}, hooks.waiting(home))
    end)

    it("makes private folders and files only", function()
        prompt(home, "x")
        hooks.take_in(home)
        prompt(home, "y")
        for path in pairs(hooks.files(home)) do
            assert.equal(0, sys.stat(path).mode & 63, path)
        end
        assert.equal(tonumber("700", 8), sys.stat(home .. "/data").mode)
    end)

    it("takes the event's name from the payload first", function()
        hooks.run(home, CLAUDE, "Stop", hooks.prompt("x"))
        assert.equal("UserPromptSubmit", hooks.rows(home)[1].description)
    end)

    it("stores a conversation that is shown again only once", function()
        local text = payloads.text("openclaw", "agent_end")
        hooks.run(home, "openclaw", "agent_end", text)
        hooks.run(home, "openclaw", "agent_end", text)
        assert.equal(2, #hooks.rows(home))
    end)

    it("queues for a remote, and only then", function()
        prompt(home, "alone")
        assert.same({}, hooks.rows(home, "propolis_outbox"))
        prompt(home, "shared", { env = { PROPOLIS_STORE = "sqlite:/x" } })
        local queued = hooks.rows(home, "propolis_outbox")
        assert.equal(1, #queued)
        assert.equal("sessions", queued[1].tbl)
        assert.equal(hooks.rows(home)[2].id, queued[1].row_id)
    end)
end)

describe("a session's start", function()
    local home

    before_each(function() home = hooks.home() end)
    after_each(tmp.clean)

    local function start(env)
        local out = hooks.run(home, CLAUDE, "SessionStart",
            payloads.text("claude-code", "SessionStart"), { env = env })
        return json.decode(out)
    end

    it("says what there is and how to get at it", function()
        local text = start().hookSpecificOutput.additionalContext
        for _, part in ipairs {
            "propolis search WORDS", "propolis show REF", "propolis log",
            "propolis query", "FROM sessions", "LIMIT",
            "Not logged in", "propolis login", sys.version, "is recorded",
        } do
            assert.truthy(text:find(part, 1, true), part)
        end
        assert.is_true(#text < 2000)
    end)

    it("names the program and the tables that are in force", function()
        local program = assert(sys.readlink("/proc/self/exe"))
        local function recipe(env)
            local text = start(env).hookSpecificOutput.additionalContext
            return text:match('`([^`]*) query "[^"]* FROM%s+(%w+)[^`]*"`;'
                .. ' summaries are in (%w+)')
        end
        local env = { HIVEMIND_TABLE = "m2", HIVEMIND_SESSIONS_TABLE = "s2" }
        assert.same({ program, "s2", "m2" }, { recipe(env) })
        assert.same({ program, "sessions", "memory" }, { recipe() })
        assert.same({ "propolis", "sessions", "memory" },
            { recipe({ PATH = program:match("^(.*)/") .. ":/bin" }) })
    end)

    it("gives statements that run, whatever the tables are called", function()
        for sessions, memory in pairs { order = "Group", ["table"] = "select",
            User = "values", s2 = "m2", ["not"] = "current_user" } do
            local env = { HIVEMIND_TABLE = memory,
                HIVEMIND_SESSIONS_TABLE = sessions }
            local text = start(env).hookSpecificOutput.additionalContext
            local count = 0
            for line in text:gmatch("`([^`]*query[^`]*)`") do
                count = count + 1
                local r = assert(sys.run({ "/bin/sh", "-c", line }, { env = {
                    PROPOLIS_HOME = home, HOME = home, HIVEMIND_TABLE = memory,
                    HIVEMIND_SESSIONS_TABLE = sessions } }))
                assert.equal(0, r.code, line .. r.stderr)
            end
            assert.equal(1, count)
        end
    end)

    it("says who is logged in", function()
        tmp.write(home .. "/credentials.json", json.encode {
            token = "t", orgId = "o1", orgName = "Acme", userName = "ann",
        })
        -- What it starts in the background has no part in this.
        local text = start({ PROPOLIS_AUTOSYNC = "false" }).hookSpecificOutput
            .additionalContext
        assert.truthy(text:find("Logged in as ann, organisation Acme", 1, true))
        assert.is_nil(text:find('"t"', 1, true))
    end)

    it("makes all tables and one placeholder per session", function()
        start()
        start()
        local rows = hooks.rows(home, "memory")
        assert.equal(1, #rows)
        assert.equal("in progress", rows[1].description)
        assert.equal("text/markdown", rows[1].mime_type)
        assert.truthy(rows[1].summary:find("\n- **Status**: in-progress\n", 1,
            true))
        local store <close> = assert(sqlite.open(hooks.store_path(home)))
        assert.truthy(store:query("SELECT * FROM skills"))
    end)

    it("tells the person that what was captured does not get on", function()
        local store = hooks.store_path(home)
        tmp.write(store, ("no database "):rep(100))
        prompt(home, "x")
        assert.equal(1, run({ "sync", "--local" }, { home = home }).code)
        local said = start().systemMessage
        assert.truthy(said:find("captured events wait to be stored: " .. store
            .. ": file is not a database", 1, true), said)
        assert(sys.remove(journal.why(store)))
        assert.is_nil(start().systemMessage) -- it may be just about to
        assert(sys.run { "touch", "-d", "2 minutes ago",
            journal.taken(store) })
        assert.truthy(start().systemMessage:find("captured events wait", 1,
            true))
    end)

    it("is answered before the store is asked", function()
        tmp.write(home .. "/data/local@default.db", ("no database "):rep(100))
        assert.truthy(start().hookSpecificOutput.additionalContext)
    end)
end)

describe("what is not captured:", function()
    local home

    before_each(function() home = hooks.home() end)
    after_each(tmp.clean)

    local function nothing()
        for path, bytes in pairs(hooks.files(home)) do
            assert.is_nil(bytes:find("canary", 1, true), path)
        end
        assert.same({}, hooks.rows(home))
    end

    it("anything with HIVEMIND_CAPTURE=false, but context is given", function()
        local env = { HIVEMIND_CAPTURE = "false" }
        prompt(home, "canary", { env = env })
        local out = hooks.run(home, CLAUDE, "SessionStart",
            payloads.text("claude-code", "SessionStart"), { env = env })
        assert.truthy(out:find("is not recorded", 1, true))
        nothing()
    end)

    for _, name in ipairs { "HIVEMIND_WIKI_WORKER", "HIVEMIND_SKILLIFY_WORKER" }
    do
        it("anything inside a worker: " .. name, function()
            local out = hooks.run(home, CLAUDE, "SessionStart",
                payloads.text("claude-code", "SessionStart"),
                { env = { [name] = "1" } })
            assert.equal("", out)
            prompt(home, "canary", { env = { [name] = "1" } })
            nothing()
        end)
    end

    it("folders that the settings deny", function()
        tmp.write(home .. "/config/config.lua",
            'return { capture_deny = { "/w/**" } }')
        prompt(home, "canary")
        nothing()
        assert.truthy(hooks.run(home, CLAUDE, "SessionStart", json.encode {
            session_id = "s", cwd = "/w/acme", source = "startup",
            hook_event_name = "SessionStart" }):find(
            "not recorded (capture_deny: ", 1, true))
        hooks.run(home, CLAUDE, nil, hooks.prompt("y", { cwd = "/v" }))
        assert.same({ "y" }, hooks.contents(home))
    end)

    it("private text", function()
        prompt(home, "a <private>canary</private> b")
        assert.same({ "a  b" }, hooks.contents(home))
        nothing = nil
    end)
end)

describe("canaries", function()
    after_each(tmp.clean)

    -- One of every secret in every place of every agent's payloads.
    local function payload(c)
        return json.encode {
            session_id = "s1", cwd = "/w/" .. c.text,
            transcript_path = "/t/" .. c.text, model = c.text,
            hook_event_name = "PostToolUse", tool_name = c.text,
            tool_input = { command = c.text, [c.text] = c.text },
            tool_response = { stdout = json.encode { x = c.text },
                list = { c.text, { deep = json.encode { c.text } } } },
        }
    end

    local function search(home, why)
        local all = hooks.files(home)
        for path, bytes in pairs(all) do
            for _, c in ipairs(canaries) do
                assert.is_nil(bytes:find(c.secret, 1, true),
                    c.id .. " in " .. path .. why)
            end
        end
        return all
    end

    it("are nowhere: store, WAL, journal, logs", function()
        local home = hooks.home()
        for _, c in ipairs(canaries) do
            hooks.run(home, "codex", "PostToolUse", payload(c))
            hooks.run(home, CLAUDE, "UserPromptSubmit", hooks.prompt(c.text))
            hooks.run(home, CLAUDE, "UserPromptSubmit",
                hooks.prompt(c.text):sub(1, -2))
        end
        assert.equal(2 * #canaries, #hooks.waiting(home))
        search(home, " (journal)")
        assert.equal(2 * #canaries, #hooks.rows(home))
        local all = search(home, "")
        assert.truthy(all[hooks.store_path(home) .. "-wal"]
            or all[hooks.store_path(home)])
    end)

    it("are not in the debug log", function()
        local home = hooks.home()
        for _, c in ipairs(canaries) do
            hooks.run(home, "codex", "PostToolUse", payload(c),
                { env = { HIVEMIND_DEBUG = "1" } })
        end
        assert.equal(#canaries, #hooks.waiting(home))
        search(home, " (debug)")
    end)
end)

describe("odd input", function()
    local home

    before_each(function() home = hooks.home() end)
    after_each(tmp.clean)

    for what, text in pairs {
        ["nothing"] = "", ["white space"] = " \n", ["half a document"] =
            '{"session_id":"s1","prompt":"can', ["a list"] = "[]",
        ["a number"] = "1", ["two documents"] = "{}{}",
        ["bytes"] = "\0\1\255", ["no event"] = "{}",
        ["an unknown event"] = '{"hook_event_name":"New","x":1}',
        ["129 levels"] = ("["):rep(129) .. ("]"):rep(129),
    } do
        it(what .. " is no row and no error", function()
            assert.equal("", (hooks.run(home, CLAUDE, "Nope", text)))
            assert.same({}, hooks.rows(home))
            assert.is_nil(hooks.log(home):find("can", 1, true)
                and hooks.log(home):find('"can', 1, true))
        end)
    end

    for _, agent in ipairs { "nobody", "../x", "", "CODEX" } do
        it("an agent nobody knows: " .. agent, function()
            hooks.run(home, agent, "Stop", "{}")
            assert.truthy(hooks.log(home):find(" error "))
        end)
    end

    it("no arguments at all", function()
        local r = run({ "hook" }, { home = home })
        assert.equal(0, r.code)
        assert.equal("", r.stdout)
    end)

    it("100 levels deep", function()
        local deep = ("["):rep(97) .. "1" .. ("]"):rep(97)
        hooks.run(home, CLAUDE, "PostToolUse", '{"session_id":"s",'
            .. '"hook_event_name":"PostToolUse","tool_name":"x","tool_input":'
            .. '{"a":' .. deep .. "}}")
        local m = json.decode(hooks.rows(home)[1].message)
        assert.equal('{"a":' .. deep .. "}", m.tool_input)
    end)

    it("levels without end: what is too deep is its text", function()
        for _, levels in ipairs { 126, 127, 128, 1000, 100000 } do
            local inner = [["\"]", {"password": "hunter2", "n": 1.0}]]
            local deep = ("["):rep(levels) .. inner .. ("]"):rep(levels)
            hooks.run(home, CLAUDE, "PostToolUse", '{"session_id":"s",'
                .. '"hook_event_name":"PostToolUse","tool_name":"x",'
                .. '"tool_input":{"a":' .. deep .. '},"tool_response":[2]}')
            local rows = hooks.rows(home)
            local m = json.decode(rows[#rows].message)
            assert.equal("[2]", m.tool_response)
            local text, up = m.tool_input, 0
            local value = assert(json.decode_deep(text))
            while type(value) == "table" do
                text, up, value = value, up + 1, value.a or value[1]
                if type(value) == "string" and value ~= '"]' then
                    value = assert(json.decode_deep(value)) -- a rest
                end
            end
            assert.equal(levels + 1, up, value)
            local last = text[2]
            assert.same({ password = "[redacted:password]", n = 1 },
                type(last) == "string" and json.decode(last) or last)
        end
    end)

    it("50 MB of tool output keeps its ends", function()
        local out = "HEAD" .. ("line of output\n"):rep(50 * 70000) .. "TAIL"
        hooks.run(home, CLAUDE, "PostToolUse", json.encode {
            session_id = "s", hook_event_name = "PostToolUse",
            tool_name = "Bash", tool_response = { stdout = out },
        })
        local row = hooks.rows(home)[1]
        local m = json.decode(row.message)
        assert.is_true(#row.message < 6 << 20)
        local kept = json.decode(m.tool_response).stdout
        assert.equal("HEAD", kept:sub(1, 4))
        assert.equal("TAIL", kept:sub(-4))
        assert.truthy(kept:find("%[propolis: %d+ bytes left out%]"))
        assert.equal(#row.message, row.size_bytes)
    end)

    for what, case in pairs {
        ["NUL"] = { '"a\\u0000b"', "a\u{FFFD}b" },
        ["half a surrogate pair"] = { '"a\\ud83db"', "a\u{FFFD}b" },
        ["the other half"] = { '"a\\udc1db"', "a\u{FFFD}b" },
        ["bytes that are no UTF-8"] = { '"a\xffb"', "a\u{FFFD}b" },
        ["a surrogate as UTF-8"] = { '"a\xed\xa0\x80b"', "a\u{FFFD}b" },
        ["control characters"] = { '"a\\u001b[1mb"', "a\27[1mb" },
        ["quotes"] = { [["it's \"q\" \\ b"]], [[it's "q" \ b]] },
        ["an emoji"] = { '"\\ud83d\\udc1d"', "🐝" },
    } do
        it("text with " .. what, function()
            hooks.run(home, CLAUDE, "UserPromptSubmit",
                '{"session_id":"s1","hook_event_name":"UserPromptSubmit",'
                .. '"prompt":' .. case[1] .. "}")
            assert.same({ case[2] }, hooks.contents(home))
        end)
    end

    it("a raw control character, which JSON does not allow", function()
        for _, c in ipairs { "\0", "\n", "\27" } do
            hooks.run(home, CLAUDE, "UserPromptSubmit",
                '{"session_id":"s1","hook_event_name":"UserPromptSubmit",'
                .. '"prompt":"a' .. c .. 'b"}')
        end
        assert.same({}, hooks.contents(home))
        assert.equal(3, select(2, hooks.log(home):gsub("not a JSON object: "
            .. "invalid JSON: a string with a control character", "")))
    end)

    for _, id in ipairs { "../../../x", "it's \"x\"", ("i"):rep(10000), "..",
        "/etc/x", "a\nb" } do
        it("the session id " .. json.encode(id:sub(1, 20)), function()
            hooks.run(home, CLAUDE, "SessionStart", json.encode {
                hook_event_name = "SessionStart", session_id = id,
                cwd = "/w",
            })
            local row = hooks.rows(home)[1]
            assert.equal(id, json.decode(row.message).session_id)
            assert.is_nil(row.path:find("..", 1, true))
            assert.is_true(#row.filename < 255)
            assert.truthy(hooks.rows(home, "memory")[1].path:find(
                "^/summaries/tester/[%w._~-]+%.md$"))
            for path in pairs(hooks.files(home)) do
                assert.is_nil(path:find("etc", 1, true))
            end
        end)
    end
end)
