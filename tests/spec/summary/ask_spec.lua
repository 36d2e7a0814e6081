--- Agents that are asked for summaries: how they are started, and what becomes
-- of their answers.
local agents = require "propolis.agents"
local fake_agent = require "fake_agent"
local machine = require "machine"
local page = require "propolis.summary.page"
local propolis = require "propolis"
local session = require "session"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("an agent that is asked for a summary", function()
    local m

    before_each(function()
        m = machine.real { user = "alice", workspace = "w" }
        tmp.write(m.home .. "/config/config.lua",
            'return { summaries = "agent" }')
    end)
    after_each(tmp.clean)

    local function whole(opts)
        opts = opts or {}
        opts.start = os.date "!%Y-%m-%dT%H"
        local s = session.new(opts)
        s:start_it():prompt("fix the retry test"):run("make test", "no", 2)
            :edit("src/retry.c"):run("make test", "ok"):reply("Fixed."):end_it()
        local store <close> = m:store()
        assert(store:put_many(propolis.schemas.sessions, s.rows))
        return s
    end

    local function work(fake)
        local path = fake and fake.bin .. ":/usr/bin:/bin" or "/usr/bin:/bin"
        m.env.PATH, m.env.CLAUDECODE = path, "1"
        return m:run { "sync", "--auto", "--local" }
    end

    local function summary_of(s)
        return m:query("SELECT * FROM memory WHERE path = ?",
            { "/summaries/alice/" .. s.id .. ".md" })[1]
    end

    local function log()
        return sys.read(m.home .. "/state/propolis.log") or ""
    end

    local function no_folder_left()
        for _, name in ipairs(sys.list(m.home .. "/state")) do
            assert.is_nil(name:find("^ask%-"), name)
        end
        assert.truthy(sys.stat("/etc"))
    end

    it("gets question and transcript in a private folder, and no tools",
        function()
            local fake = fake_agent.new "claude"
            local s = whole()
            assert.equal(0, work(fake).code)
            assert.equal("700\n600\n", fake.read "modes")
            assert.equal(m.home .. "/state/ask-", fake.read "cwd"
                :sub(1, #m.home + 11))
            no_folder_left()
            local args = fake.read "args"
            assert.truthy(args:find("%-p\n"))
            assert.truthy(args:find("\n--tools\n\n", 1, true))
            for _, word in ipairs { "bypass", "danger", "yolo", "%-%-force" } do
                assert.is_nil(args:find(word), word)
            end
            local env = "\n" .. fake.read "env"
            assert.truthy(env:find("\nHIVEMIND_WIKI_WORKER=1\n", 1, true))
            assert.truthy(env:find("\nHIVEMIND_CAPTURE=false\n", 1, true))
            assert.is_nil(env:find("\nCLAUDECODE=", 1, true))
            local text = fake.read "file"
            assert.equal(text, fake.read "stdin")
            for _, part in ipairs { "## " .. page.headings[7],
                "fix the retry test", "Bash: make test", "tool, failed" } do
                assert.truthy(text:find(part, 1, true), part)
            end
            assert.truthy(summary_of(s))
        end)

    it("has its answer stored below our own head", function()
        local s = whole()
        work(fake_agent.new "claude")
        local row = summary_of(s)
        assert.equal(7, page.offset(row.summary))
        assert.truthy(row.summary:find("\n- **Written by**: claude_code, asked "
            .. "by propolis\n\n## What Happened\nThe retry test was", 1, true))
        assert.is_nil(row.summary:find("Here is the entry", 1, true))
        assert.equal("The retry test was repaired by a longer timeout.",
            row.description)
        assert.equal("", log():gsub("[^\n]*cannot remove[^\n]*\n", ""))
        assert.is_nil(m:run({ "status" }).stdout:find("summaries", 1, true))
    end)

    it("has its answer masked, made inert and bounded", function()
        local s, fake = whole(), fake_agent.new "claude"
        fake.answer(fake_agent.answer:gsub("longer timeout",
            "curl -u bob:Tr0ub4dor-7-canary https://x \27[31m\u{202E}red, "
            .. "/home/alice/acme/src/x.c") .. ("- word " .. ("x"):rep(60)
            .. "\n"):rep(200))
        work(fake)
        local text = summary_of(s).summary
        assert.is_nil(text:find("canary", 1, true))
        assert.is_nil(text:find("\27", 1, true))
        assert.is_nil(text:find("\u{202E}", 1, true))
        assert.truthy(text:find("red, src/x.c", 1, true))
        assert.truthy(#text < 4000)
        assert.matches("\n$", text)
    end)

    it("is asked again only when something came", function()
        local fake = fake_agent.new("claude", "echo x >>'COUNT'")
        local count = tmp.dir() .. "/count"
        tmp.write(fake.bin .. "/claude", (sys.read(fake.bin .. "/claude")
            :gsub("COUNT", count)), tonumber("755", 8))
        local s = whole()
        work(fake)
        work(fake)
        assert.equal("x\n", sys.read(count))
        m:query("UPDATE propolis_summaries SET asked_at = 1")
        s:prompt("and more"):reply("More."):end_it()
        local store <close> = m:store()
        assert(store:put_many(propolis.schemas.sessions, table.move(s.rows, 8,
            10, 1, {})))
        work(fake)
        assert.equal("x\nx\n", sys.read(count))
        assert.equal(10, page.offset(summary_of(s).summary))
        local text = fake.read "file"
        assert.truthy(text:find("The entry so far tells of the first 7 events",
            1, true))
        assert.truthy(text:find("The retry test was repaired", 1, true))
        assert.is_nil(text:find("Bash: make test", 1, true))
    end)

    it("that fails or answers nonsense leaves what was there", function()
        local cases = {
            { "echo no login >&2; exit 3", nil,
                "claude failed (exit code 3): no login" },
            { "kill -9 $$", nil, "claude failed (signal 9)" },
            { "", "", "the answer was empty" },
            { "", "I cannot do that.", "the answer has no '## What Happened'" },
            { "", "## What Happened\nyes\n",
                "the answer lacks the headings that were asked for" },
        }
        for _, case in ipairs(cases) do
            local s, fake = whole(), fake_agent.new("claude", case[1])
            if case[2] then fake.answer(case[2]) end
            assert.equal(1, work(fake).code)
            assert.truthy(summary_of(s).summary:find("propolis, by rule", 1,
                true))
            assert.truthy(log():find(case[3], 1, true), case[3])
            local status = m:run({ "status" }).stdout
            assert.truthy(status:find("summaries no agent's since", 1, true))
            assert.truthy(status:find(case[3], 1, true))
            no_folder_left()
            m:query("DELETE FROM sessions")
            m:query("DELETE FROM propolis_summaries")
            m:query("UPDATE propolis_state SET value = '0' WHERE key ="
                .. " 'summaries.next_try'")
        end
    end)

    it("that failed is left alone for a while", function()
        local fake = fake_agent.new("claude", "exit 1")
        whole()
        assert.equal(1, work(fake).code)
        assert(sys.remove(fake.bin:match "^(.*)/" .. "/args"))
        whole()
        assert.equal(0, work(fake).code)
        assert.is_nil(fake.read "args")
    end)

    it("has so long to answer", function()
        local s = whole()
        local ask = require "propolis.summary.ask"
        local fake = fake_agent.new("pi", "exec sleep 60")
        tmp.write(m.home .. "/t.lua", [[
            local ask = require "propolis.summary.ask"
            ask.seconds = 0.2
            local conf = assert(require("propolis.config").load())
            local store = assert(require("propolis.capture.intake").open(conf))
            local made = require("propolis.summary.session").read(store,
                arg[1], conf)
            made.agent = "pi"
            print(ask.write(store, conf, made))]])
        m.env.PATH = fake.bin .. ":/usr/bin:/bin"
        local r = m:run { m.home .. "/t.lua", s.path }
        assert.matches("pi did not answer within 0.2 seconds", r.stdout, 1,
            true)
        assert.equal(120, ask.seconds)
        no_folder_left()
    end)

    it("is said to be absent when it is", function()
        local s = whole()
        assert.equal(1, work().code)
        assert.matches("the program 'claude' is not there", log(), 1, true)
        assert.truthy(summary_of(s))
        whole { agent = "openclaw" }
        m:query("UPDATE propolis_state SET value = '0' WHERE key ="
            .. " 'summaries.next_try'")
        work()
        assert.matches("'openclaw' cannot be asked", log(), 1, true)
    end)

    it("is not asked unless that is switched on", function()
        local fake = fake_agent.new "claude"
        for _, mode in ipairs { "rules", "off" } do
            tmp.write(m.home .. "/config/config.lua", ("return { summaries = "
                .. "%q }"):format(mode))
            whole()
            assert.equal(0, work(fake).code)
            assert.is_nil(fake.read "args")
        end
        local r = m:run { "config", "set", "summaries", "models" }
        assert.matches("must be one of off, rules, agent", r.stderr, 1, true)
    end)

    it("is not asked about what was written elsewhere, or is long over",
        function()
            local fake, s = fake_agent.new "claude", whole()
            do
                local store <close> = m:store()
                assert(store:put(propolis.schemas.memory, { summary = "mine",
                    path = "/summaries/alice/" .. s.id .. ".md" }))
                local old = session.new { start = "2026-01-01T10" }
                    :prompt("an old one"):reply("Yes."):end_it()
                assert(store:put_many(propolis.schemas.sessions, old.rows))
            end
            assert.equal(0, work(fake).code)
            assert.is_nil(fake.read "args")
            assert.equal("mine", summary_of(s).summary)
        end)

    for _, name in ipairs(agents.names()) do
        local how = agents.get(name).summarize
        if how then
            it("may be " .. name, function()
                local s = whole { agent = agents.column(name) }
                local fake = fake_agent.new(how.programs[1])
                assert.equal(0, work(fake).code, log())
                assert.truthy(summary_of(s).summary:find("asked by propolis",
                    1, true))
                assert.equal(how.stdin and fake.read "file" or "",
                    fake.read "stdin")
                local told = how.stdin or fake.read("args"):find(
                    fake.read("cwd"):gsub("\n", "") .. "/session.md", 1, true)
                assert.truthy(told)
                assert.is_nil(fake.read("args"):find("[{}]"))
                for _, word in ipairs { "bypass", "danger", "yolo", "force" } do
                    assert.is_nil(fake.read("args"):find(word), word)
                end
            end)
        end
    end
end)
