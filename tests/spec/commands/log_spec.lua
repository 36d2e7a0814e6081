local json = require "propolis.json"
local memories = require "memories"
local pg = require "postgres"
local tmp = require "tmp"

local EVIL = "a\27[31mred\u{202E}evil\7\r\n2026-01-01  forged  line\n"
    .. "session /sessions/x by root"

describe("propolis log", function()
    local home

    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    local function log(...)
        return memories.run(home, "log", ...)
    end

    local EVENTS = {
        { session = "s1", prompt = "first\nquestion" },
        { session = "s1", prompt = "second question" },
        { session = "s1", command = "make test", result = "all is well" },
        { session = "s1", command = "make lint", result = "line 3 is bad",
          failed = true },
        { session = "s1", reply = "done" },
        { session = "s2", author = "lin", agent = "codex", prompt = "other",
          created = "2026-11-05T10:00:00.000Z" },
        { session = "s3", project = "hive", prompt = "elsewhere",
          created = "2026-11-04T10:00:00.000Z" },
    }

    -- The sessions in what was printed, in order.
    local function listed(...)
        local r = log("--json", ...)
        assert.equal(0, r.code, r.stderr)
        local ids = {}
        for i, one in ipairs(json.decode(r.stdout)) do ids[i] = one.session end
        return table.concat(ids, " "), r
    end

    it("lists the sessions of this project, newest first", function()
        memories.fill(home, EVENTS)
        local r = log()
        assert.equal(0, r.code, r.stderr)
        local lines = {}
        for line in r.stdout:gmatch("[^\n]+") do lines[#lines + 1] = line end
        assert.matches("^2026%-11%-05 10:00  lin  codex +nest +1  s2 +other$",
            lines[3])
        assert.matches("^2026%-11%-03 00:05  ada  claude_code  nest +5  s1 +"
            .. "first question$", lines[4])
        assert.equal(4, #lines)
    end)

    it("takes the filters of a search", function()
        memories.fill(home, EVENTS)
        assert.equal("s2 s3 s1", (listed("--all")))
        assert.equal("s3", (listed("--project", "hive")))
        assert.equal("s2", (listed("--user", "lin")))
        assert.equal("s2", (listed("--agent", "codex")))
        assert.equal("s1", (listed("--agent", "claude-code")))
        assert.equal("s2", (listed("--since", "2026-11-04")))
        assert.equal("s1", (listed("--until", "2026-11-03")))
        assert.equal("s2 s3", (listed("--all", "--limit", "2")))
    end)

    it("says why there is nothing", function()
        memories.fill(home, EVENTS)
        local ids, r = listed("--project", "moon", "--since", "2026")
        assert.equal("", ids)
        assert.equal("[]\n", r.stdout)
        assert.equal("propolis: no session in project moon, since 2026\n",
            r.stderr)
        r = log("--user", "nobody")
        assert.same({ 0, "" }, { r.code, r.stdout })
        assert.matches("in project nest, by nobody; %-%-all", r.stderr)
    end)

    it("tells a session as a story", function()
        memories.fill(home, EVENTS)
        local r = log("s1")
        assert.equal(0, r.code, r.stderr)
        local ids = {}
        for n = 1, 5 do
            ids[n] = memories.id(n):gsub("-", ""):sub(1, 12)
        end
        assert.equal(table.concat({
            "session /sessions/ada/ada_local_default_s1.jsonl by ada with"
                .. " claude_code in nest", "",
            "2026-11-03, Tuesday", "00:01:00  ada  " .. ids[1],
            "    first", "    question", "00:02:00  ada  " .. ids[2],
            "    second question", "00:03:00  tool  " .. ids[3],
            "    Bash: make test", "00:04:00  tool failed  " .. ids[4],
            "    Bash: make lint", "    line 3 is bad",
            "00:05:00  claude_code  " .. ids[5], "    done", "",
        }, "\n"), r.stdout)
    end)

    it("tells a session as JSON", function()
        memories.fill(home, EVENTS)
        local list = json.decode(log("--json", "s1").stdout)
        assert.equal(5, #list)
        assert.equal("prompt", list[1].kind)
        assert.equal("first\nquestion", list[1].text)
        assert.same({ "Bash", "make lint", true }, { list[4].tool,
            list[4].command, list[4].failed })
        assert.equal(memories.id(5), list[5].id)
    end)

    it("finds a session by id, its beginning, path and reference", function()
        memories.fill(home, {
            { session = "0f3b9a52-1111-4000-8000-000000000001",
              prompt = "one" },
            { session = "0f3b9a52-2222-4000-8000-000000000001",
              prompt = "two" },
            { session = "a_b", prompt = "three" },
            { session = "x%y", prompt = "four" },
        })
        local function found(text, want)
            local r = log(text)
            assert.equal(0, r.code, r.stderr)
            assert.matches("\n    " .. want .. "\n", r.stdout)
        end
        found("0f3b9a52-1111-4000-8000-000000000001", "one")
        found("0f3b9a52-2", "two")
        found("a_b", "three")
        found("/sessions/ada/ada_local_default_a_b.jsonl", "three")
        found("x%y", "four")
        found(memories.id(4):sub(1, 8), "four")
        local r = log("0f3b9a52")
        assert.same({ 1, "" }, { r.code, r.stdout })
        assert.matches("^propolis: '0f3b9a52' is the beginning of 2 sessions",
            r.stderr)
        for _, text in ipairs { "%", "nosuch", "ault", "\27[31m" } do
            r = log(text)
            assert.same({ 1, "" }, { r.code, r.stdout })
            assert.matches("^propolis: there is no session '[^\27]*'\n$",
                r.stderr)
        end
    end)

    it("lets no row steer a terminal or pass for a line of ours", function()
        memories.fill(home, {
            { session = "s1", prompt = EVIL, author = "ev\27[2Jil",
              path = "/sessions/x/x_\27]0;t\7s1.jsonl" },
            { session = "s1", command = EVIL, result = EVIL, failed = true,
              tool = "Ba\27sh", path = "/sessions/x/x_\27]0;t\7s1.jsonl" },
            { session = "s1", reply = ("x"):rep(5 << 20),
              path = "/sessions/x/x_\27]0;t\7s1.jsonl" },
        })
        local list, story = log(), log(memories.id(1))
        for _, r in ipairs { list, story, log("--json"),
            log("--json", memories.id(1)) } do
            assert.equal(0, r.code, r.stderr)
            assert.is_nil(r.stdout:find("[%z\1-\9\11-\31\127]"))
            assert.is_nil(r.stdout:find("\u{202E}", 1, true))
        end
        assert.is_true(#story.stdout < 100000, #story.stdout)
        for line in story.stdout:gmatch("[^\n]+") do
            assert.is_true(not line:find("forged") or line:find("^    ") ~= nil
                , line)
        end
    end)

    it("refuses what has no meaning", function()
        for _, args in ipairs { { "--all", "s1" }, { "--limit", "3", "s1" },
            { "--limit", "0" }, { "--limit", "x" }, { "--since", "soon" },
            { "--all", "--project", "x" }, { "a", "b" } } do
            local r = log(table.unpack(args))
            assert.same({ 64, "" }, { r.code, r.stdout })
            assert.matches("^propolis log: [^\n]+\n$", r.stderr)
        end
    end)

    it("reads without a right to write, and changes nothing", function()
        memories.fill(home, EVENTS)
        local sys = require "engine.sys"
        local file = memories.url(home):match(":(.*)")
        local before = assert(sys.read(file))
        assert.equal(0, log("--all").code)
        assert.equal(0, log("s1").code)
        assert.equal(before, sys.read(file))
    end)

    it("does the same on PostgreSQL", function()
        local url = pg.url(true)
        memories.fill(url, EVENTS)
        assert.equal("s2 s1", (listed("--store", url)))
        assert.equal("first\nquestion", json.decode(log("--json", "--store",
            url).stdout)[2].prompt)
        memories.fill(home, EVENTS)
        assert.equal(log("s1").stdout, log("--store", url, "s1").stdout)
        assert.equal(log("--json", "s1").stdout, log("--json", "--store", url,
            memories.id(2):sub(1, 9)).stdout)
    end)
end)
