--- Summaries as the worker writes them: when, what stays, and for whom.
local json = require "propolis.json"
local machine = require "machine"
local page = require "propolis.summary.page"
local pending = require "propolis.summary.pending"
local propolis = require "propolis"
local recorded = require "recorded"
local session = require "session"
local stored = require "propolis.summary.stored"
local summary = require "propolis.summary"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("the summary of a session", function()
    local m, memory

    before_each(function()
        m = machine.new { user = "alice" }
        memory = propolis.schemas.memory
    end)
    after_each(tmp.clean)

    -- Stores what a session made by hand has more than before.
    local function store(s)
        local local_store <close> = m:store()
        local rows = table.move(s.rows, (s.stored or 0) + 1, #s.rows, 1, {})
        s.stored = #s.rows
        assert(local_store:put_many(propolis.schemas.sessions, rows))
    end

    local function put(path, text, more)
        local local_store <close> = m:store()
        local row = { path = path, summary = text, author = "alice",
            description = page.description(text) }
        for key, value in pairs(more or {}) do row[key] = value end
        assert(local_store:put(memory, row))
    end

    local function run()
        assert.is_true(summary.catch_up(m.conf))
    end

    local function row_of(s)
        return m:query("SELECT * FROM memory WHERE path = ?",
            { "/summaries/alice/" .. s.id .. ".md" })[1]
    end

    local function whole()
        return session.new():start_it():prompt("fix the retry test")
            :run("make test", "x.c:1: error: no", 2):edit("src/x.c")
            :run("make test", "ok"):reply("Fixed. Todo: write docs."):end_it()
    end

    it("has the head and the headings that both products know", function()
        local s = whole()
        store(s)
        run()
        local row = row_of(s)
        assert.equal(([[
# Session %s
- **Source**: %s
- **Started**: 2026-11-24T10:00:00.000Z
- **Ended**: 2026-11-24T10:00:06.000Z
- **Project**: acme
- **JSONL offset**: 7
]]):format(s.id, s.path), row.summary:match("^.-(%- %*%*Written)") and
            row.summary:match("^(.-)%- %*%*Written"))
        local headings = {}
        for heading in row.summary:gmatch("\n## ([^\n]*)") do
            headings[#headings + 1] = heading
        end
        assert.same(page.headings, headings)
        assert.equal("What Happened|People|Entities|Decisions & Reasoning|"
            .. "Key Facts|Files Modified|Open Questions / TODO",
            table.concat(headings, "|"))
        for _, line in ipairs {
            "- alice – person – 1 prompt", "- src/x.c (modified)",
            "- `make test` failed (x.c:1: error: no) and passed later, after "
                .. "`src/x.c`",
            "- `make test`: 2 runs, 1 failed, then passed",
            "- Todo: write docs." } do
            assert.truthy(row.summary:find("\n" .. line .. "\n", 1, true),
                line)
        end
        assert.matches("^Asked: fix the retry test%. 1 prompt, 3 tool calls, "
            .. "1 file changed, 1 command%. Last answer: Fixed",
            row.description)
        assert.same({ "alice", "text/markdown", "acme", "claude_code",
            sys.version, #row.summary, s.id .. ".md" }, { row.author,
            row.mime_type, row.project, row.agent, row.plugin_version,
            row.size_bytes, row.filename })
    end)

    it("takes the place of the one that says that it has begun", function()
        local s = session.new():start_it()
        store(s)
        local path = "/summaries/alice/" .. s.id .. ".md"
        local text = "# Session " .. s.id .. "\n- **Status**: in-progress\n"
        put(path, text, { description = "in progress",
            creation_date = "2026-01-01T00:00:00.000Z" })
        run()
        assert.equal(text, row_of(s).summary) -- nothing was said yet
        local id = row_of(s).id
        store(s:prompt("go on"):reply("Done."))
        run()
        assert.matches("Last answer: Done", row_of(s).summary)
        assert.same({ id, "2026-01-01T00:00:00.000Z" }, { row_of(s).id,
            row_of(s).creation_date })
        assert.equal(1, #m:query "SELECT id FROM memory")
    end)

    it("is the same for the same events and then not written", function()
        local s = whole()
        store(s)
        run()
        local before = row_of(s)
        m:query("UPDATE propolis_summaries SET told = 0")
        run()
        assert.same(before, row_of(s))
    end)

    it("waits while only a few words come", function()
        local s = session.new { start = os.date "!%Y-%m-%dT%H" }
        store(s:prompt("one"):reply("Two."))
        run()
        assert.equal(2, page.offset(row_of(s).summary))
        store(s:prompt("three"):reply("Four."))
        m:query("UPDATE propolis_summaries SET last = '" .. sys.now() .. "'")
        local count = pending.is_due
        run()
        local row = m:query("SELECT * FROM propolis_summaries")[1]
        assert.same({ 4, 2 }, { row.seen, row.told })
        local limits, now = summary.limits(), row.told_at + 60
        row.last = require("propolis.date").text(now) .. "Z"
        assert.is_false(count(row, now, limits))
        for key, value in pairs { calls = 1, ended = 4, seen = 12 } do
            local kept = row[key]
            row[key] = value
            assert.is_true(count(row, now, limits), key)
            row[key] = kept
        end
        assert.is_true(count(row, now, { events = 2, hours = 2 }))
        assert.is_true(count(row, now, { events = 50, hours = 0.01 }))
        assert.is_true(count(row, now + pending.idle, limits))
        store(s:end_it())
        run()
        assert.equal(5, page.offset(row_of(s).summary))
    end)

    it("is renewed when something was done", function()
        local s = session.new()
        store(s:prompt("one"):reply("Two."))
        run()
        store(s:edit("src/y.c"))
        run()
        assert.truthy(row_of(s).summary:find("\n- src/y.c (modified)\n", 1,
            true))
        assert.equal(3, page.offset(row_of(s).summary))
    end)

    it("never takes the place of a better one", function()
        local s = whole()
        store(s)
        local path = "/summaries/alice/" .. s.id .. ".md"
        local head = "# Session x\n- **JSONL offset**: %d\n\n"
        local text = "## What Happened\nA person wrote it.\n"
        for _, better in ipairs { head:format(2) .. text, text, "just a note",
            head:format(2) .. "- **Written by**: claude_code, asked by "
                .. "propolis\n\n" .. text } do
            put(path, better)
            run()
            m:query("UPDATE propolis_summaries SET told = 0")
            run()
            assert.equal(better, row_of(s).summary)
        end
    end)

    it("stays as a person changed it, and when it tells of more", function()
        local s = whole()
        store(s)
        run()
        local text = row_of(s).summary
        local changed = text:gsub("Todo: write docs", "Todo: docs by ann")
        put(row_of(s).path, changed)
        store(s:prompt("more"):run("make"):end_it())
        run()
        assert.equal(changed, row_of(s).summary)

        put(row_of(s).path, text)
        assert.equal("rules", stored.kind(row_of(s)))
        assert.equal("it tells of more events", stored.keeps(row_of(s),
            { by = "rules", offset = 3 }))
        assert.is_nil(stored.keeps(row_of(s), { by = "rules", offset = 9 }))
    end)

    it("is only made of this user's own sessions", function()
        local mine, theirs = whole(), session.new { author = "bob" }
        store(mine)
        store(theirs:prompt("theirs"):reply("Yes."))
        run()
        assert.truthy(row_of(mine))
        assert.equal(1, #m:query "SELECT id FROM memory")
    end)

    it("is not made of a test of doctor", function()
        local probe = require "propolis.capture.probe"
        store(session.new { id = probe.id() }:prompt("a test"):run("make"))
        run()
        assert.same({}, m:query "SELECT id FROM memory")
    end)

    it("is not made when that is off", function()
        m.conf.summaries = "off"
        local s = whole()
        store(s)
        run()
        assert.is_nil(row_of(s))
        m.conf.summaries = "rules"
        run()
        assert.truthy(row_of(s))
    end)

    it("reaches the team by the outbox, in one write", function()
        m.conf.remote = "sqlite:/nowhere"
        local s = whole()
        store(s)
        run()
        local refs = m:query("SELECT row_id FROM propolis_outbox"
            .. " WHERE tbl = 'memory'")
        assert.same({ { row_id = row_of(s).id } }, refs)
    end)

    it("comes for all sessions, the last ones first, as time allows", function()
        for i = 1, 60 do
            store(session.new { id = "s" .. i, start =
                ("2026-11-%02dT10"):format(i // 3 + 1) }:prompt("say hello")
                :reply("Hello."))
        end
        local seconds, batch = summary.seconds, summary.batch
        summary.seconds, summary.batch = -1, 1
        run()
        summary.seconds, summary.batch = seconds, batch
        assert.same({ { path = "/summaries/alice/s60.md" } },
            m:query "SELECT path FROM memory")
        run()
        assert.equal(60, #m:query "SELECT path FROM memory")
    end)

    it("comes after VACUUM and deletions, too", function()
        local a, b = whole(), whole()
        store(a)
        store(b)
        run()
        m:query("DELETE FROM sessions WHERE path = ?", { a.path })
        m:query("VACUUM")
        store(b:prompt("more of it"):run("make"))
        run()
        assert.equal(9, page.offset(row_of(b).summary))
        assert.equal(7, page.offset(row_of(a).summary))
    end)

    it("is made of the recorded sessions of all agents", function()
        for _, agent in ipairs(recorded.agents()) do
            local rows = recorded.rows(agent)
            store { rows = rows }
            run()
            local found = m:query("SELECT summary FROM memory WHERE summary"
                .. " LIKE ?", { "%" .. rows[1].path .. "%" })
            assert.equal(1, #found, agent)
            assert.truthy(found[1].summary:find(
                "- `ls /propolis-e2e-missing`: failed", 1, true), agent)
            assert.truthy(found[1].summary:find(
                "- `echo propolis-e2e-output`: passed", 1, true), agent)
        end
    end)

    it("needs no store", function()
        local other = machine.new { user = "alice" }
        assert.is_true(summary.catch_up(other.conf))
        assert.is_nil(sys.stat(other.home .. "/local.db"))
    end)
end)

describe("a summary's text", function()
    it("is under 4,000 characters, whatever happened", function()
        local s = session.new()
        for i = 1, 300 do
            s:prompt(("Let's use part %d instead of the other. "):format(i)
                .. ("Word "):rep(200))
            s:run(("make part%d %s"):format(i, ("x"):rep(300)), "error: " ..
                ("é"):rep(300), i % 3)
            s:edit(("src/%s/file%d.c"):format(("deep/"):rep(20), i))
            s:reply(("Todo: thing %d. "):format(i) .. ("wörd "):rep(900))
        end
        local f = summary.facts(s.rows)
        local text = page.text(f, { session = s.id, source = s.path,
            author = "alice", offset = #s.rows, by = "x" })
        assert.truthy(#text < 4000 and #text > 3500, #text)
        assert.truthy(utf8.len(text))
        assert.truthy(#page.description(text) <= 300)
        for _, heading in ipairs { "Files Modified", "Key Facts",
            page.headings[7], "Decisions & Reasoning" } do
            local part = text:match("\n## " .. heading:gsub("%p", "%%%0")
                .. "\n(.-)\n\n") or text:match("\n## "
                .. heading:gsub("%p", "%%%0") .. "\n(.*)$")
            assert.matches("\n%- … and %d+ more$", part:gsub("\n$", ""))
        end
    end)

    it("cannot be forged by what a session holds", function()
        local s = session.new { project = "p\n- **JSONL offset**: 999" }
        s:prompt("\n## Files Modified\n- **JSONL offset**: 77\n# Session y")
            :reply("\n## " .. page.headings[7] .. "\n- evil\27[31m")
        local text = page.text(summary.facts(s.rows), { session = s.id,
            source = s.path, author = "alice", offset = 2, by = "x" })
        assert.equal(2, page.offset(text))
        local count = select(2, text:gsub("\n## ", ""))
        assert.equal(7, count)
        assert.is_nil(text:find("\27", 1, true))
        assert.equal(1, select(2, ("\n" .. text):gsub("\n# Session", "")))
    end)
end)

describe("sync --auto", function()
    after_each(tmp.clean)

    it("writes the summary of a session that hooks captured", function()
        local m = machine.real { workspace = "w", user = "u" }
        for i, payload in ipairs(recorded.payloads "claude-code") do
            local r = m:run({ "hook", "claude-code", payload.event },
                { stdin = payload.text })
            assert.equal(0, r.code, i)
        end
        assert.equal(0, m:run({ "sync", "--auto", "--local" }).code)
        local rows = m:query "SELECT path, summary, agent FROM memory"
        assert.equal(1, #rows)
        assert.matches("Last answer: All of it is done", rows[1].summary)
        assert.equal("claude_code", rows[1].agent)
        assert.is_nil(json.decode(rows[1].summary))
    end)
end)
