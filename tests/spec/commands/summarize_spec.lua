--- propolis summarize, by hand.
local fake_agent = require "fake_agent"
local json = require "propolis.json"
local machine = require "machine"
local propolis = require "propolis"
local session = require "session"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("propolis summarize", function()
    local m, folder

    before_each(function()
        m = machine.real { user = "alice", workspace = "w" }
        folder = tmp.dir() .. "/acme"
        assert(sys.mkdir(folder))
    end)
    after_each(tmp.clean)

    local function store(s)
        local local_store <close> = m:store()
        assert(local_store:put_many(propolis.schemas.sessions, s.rows))
        return s
    end

    local function whole(opts)
        return store(session.new(opts):prompt("fix the retry test")
            :edit("src/retry.c"):reply("Fixed."))
    end

    local function summarize(...)
        return m:run({ "summarize", ... }, { cwd = folder })
    end

    local function rows()
        return m:query "SELECT path, summary FROM memory ORDER BY path"
    end

    it("prints and writes the summary of one session", function()
        local s = whole()
        local r = summarize(s.id:sub(1, 8))
        assert.same({ 0, "" }, { r.code, r.stderr })
        assert.matches("^# Session " .. s.id:gsub("%p", "%%%0"), r.stdout)
        assert.same({ { path = "/summaries/alice/" .. s.id .. ".md",
            summary = r.stdout } }, rows())
    end)

    it("takes in what hooks captured first", function()
        m:hook("UserPromptSubmit", "s-1", "why is it slow?")
        local r = summarize "s-1"
        assert.equal(0, r.code, r.stderr)
        assert.matches("Asked: why is it slow?", r.stdout, 1, true)
    end)

    it("without a session gives those of the project theirs", function()
        local a, b = whole { start = "2026-11-01T10" },
            whole { start = "2026-11-02T10" }
        whole { project = "other" }
        store(session.new { author = "bob" }:prompt("bob's"):reply("Yes."))
        local r = summarize()
        assert.equal(0, r.code, r.stderr)
        local first = r.stdout:find(b.id, 1, true)
        assert.truthy(first and r.stdout:find(a.id, first, true))
        assert.equal(2, #rows())
        r = summarize()
        assert.same({ 0, "", "every session of this project has a summary\n" },
            { r.code, r.stdout, r.stderr })
    end)

    it("prints objects with --json", function()
        local s = whole()
        local list = json.decode(summarize("--json").stdout)
        assert.equal(1, #list)
        assert.same({ s.id, "/summaries/alice/" .. s.id .. ".md", 3, "rules",
            true }, { list[1].session, list[1].path, list[1].events,
            list[1].by, list[1].written })
        assert.equal(rows()[1].summary, list[1].summary)
        assert.equal("[]\n", summarize("--json").stdout)
        list = json.decode(summarize("--json", s.id).stdout)
        assert.is_false(list[1].written)
    end)

    it("keeps a better summary unless it is told not to", function()
        local s = whole()
        do
            local local_store <close> = m:store()
            assert(local_store:put(propolis.schemas.memory, {
                path = "/summaries/alice/" .. s.id .. ".md",
                summary = "a person's" }))
        end
        local r = summarize(s.id)
        assert.same({ 0, "a person's" }, { r.code, r.stdout })
        assert.matches("keeps its summary: it was written elsewhere; --force",
            r.stderr, 1, true)
        r = summarize(s.id, "--force")
        assert.matches("^# Session", r.stdout)
        assert.equal(r.stdout, rows()[1].summary)
    end)

    it("asks the session's agent with --agent", function()
        local s, fake = whole(), fake_agent.new "claude"
        m.env.PATH = fake.bin .. ":/usr/bin:/bin"
        local r = summarize(s.id, "--agent")
        assert.same({ 0, "" }, { r.code, r.stderr })
        assert.matches("asked by propolis", r.stdout, 1, true)
        fake.answer("")
        r = summarize(s.id, "--agent")
        assert.equal(1, r.code)
        assert.matches("the answer was empty", r.stderr, 1, true)
        assert.matches("asked by propolis", rows()[1].summary, 1, true)
    end)

    it("says what is wrong", function()
        local r = summarize "none"
        assert.equal(1, r.code)
        assert.truthy(r.stderr ~= "" and r.stdout == "")
        local s = whole()
        whole { id = s.id:sub(1, 30) .. "zzz" }
        assert.equal(1, summarize(s.id:sub(1, 20)).code)
        local b = store(session.new { author = "bob" }:prompt("x y"))
        r = summarize(b.id)
        assert.equal(1, r.code)
        assert.matches("it is a session of bob", r.stderr, 1, true)
        local e = store(session.new():start_it())
        r = summarize(e.id)
        assert.equal(1, r.code)
        assert.matches("nothing was said or done", r.stderr, 1, true)
        assert.equal(0, #rows())
        assert.equal(64, summarize("a", "b").code)
        assert.equal(64, summarize("--rules").code)
    end)
end)
