--- What propolis.summary.facts finds in a session.
local session = require "session"
local summary = require "propolis.summary"

local function facts(s)
    return summary.facts(s.rows)
end

local function pick(list, key)
    local out = {}
    for i, item in ipairs(list) do
        out[i] = item[key]
    end
    return out
end

describe("the goal of a session", function()
    local function goal(...)
        local s = session.new()
        for _, text in ipairs { ... } do s:prompt(text) end
        return facts(s).goal
    end

    it("is the first prompt that asks for something", function()
        assert.equal("fix the flaky retry test",
            goal("hi", "/clear", "fix the flaky retry test", "and commit"))
        assert.equal("hi", goal "hi")
        assert.is_nil(facts(session.new():start_it()).goal)
    end)

    it("is no pasted log, code, or text of a program", function()
        assert.equal("why does this fail? [code] thanks", goal(
            "why does this fail?\n```c\nint x = 1;\n```\nthanks"))
        local log = {}
        for i = 1, 30 do
            log[i] = ("2026-11-24 10:00:%02d ERROR worker died"):format(i)
        end
        assert.equal("what happened here? [30 lines]",
            goal("what happened here?\n" .. table.concat(log, "\n")))
        assert.equal("do it", goal("<system-reminder>be nice\n"
            .. "</system-reminder>do it"))
        assert.equal("/review the diff", goal("<command-name>/review"
            .. "</command-name><command-args>the diff</command-args>"))
        assert.equal("go on with the cache", goal("This session is being "
            .. "continued from a previous conversation.", "go on with the "
            .. "cache"))
    end)

    it("is one line, bounded, inert, with paths of the project", function()
        assert.equal("read src/a.c and ~/notes", goal("read\n\n"
            .. "/home/alice/acme/src/a.c and /home/alice/notes"))
        assert.truthy(#goal(("word "):rep(500)) <= 240)
        assert.truthy(utf8.len(goal(("日本語"):rep(500))))
        assert.equal("red text and more", goal("\27[31mred\27[0m \u{202E}text"
            .. "\7\u{200B} and\u{9B} more"))
    end)
end)

describe("the files of a session", function()
    it("are those that tools changed, in order, once each", function()
        local f = facts(session.new():edit("src/a.c"):write("src/new.c")
            :edit("src/a.c"):edit("src/new.c"):edit("src/none.c", true)
            :tool("Read", { file_path = "/home/alice/acme/b.c" }, "x")
            :edit("/etc/hosts"):edit("/home/alice/other/x.c"))
        assert.same({ "src/a.c", "src/new.c", "/etc/hosts",
            "~/other/x.c" }, pick(f.files, "path"))
        assert.same({ "modified", "new", "modified", "modified" },
            pick(f.files, "how"))
        assert.same({ 2, 2, 1, 1 }, pick(f.files, "times"))
    end)

    it("are those of a patch", function()
        local f = facts(session.new { agent = "codex" }:tool("apply_patch",
            { command = "*** Begin Patch\n*** Add File: a.c\n+x\n"
                .. "*** Delete File: old.c\n*** Update File: src/b.c\n"
                .. "*** End Patch" }, '"Success"'))
        assert.same({ "a.c", "old.c", "src/b.c" }, pick(f.files, "path"))
        assert.same({ "new", "deleted", "modified" }, pick(f.files, "how"))
    end)

    it("are those that plain commands change", function()
        local f = facts(session.new():run("echo x > out.txt")
            :run("rm -f old.c && mv a.c b.c"):run("sed -i 's/a/b/' src/c.c")
            :run("cat > conf.ini <<'EOF'\nx > y\nrm z\nEOF")
            :run("git rm gone.c"):run("make 2>&1 | tee -a build.log")
            :run("rm failed.c", "no", 1))
        assert.same({ "out.txt", "old.c", "a.c", "b.c", "src/c.c", "conf.ini",
            "gone.c", "build.log" }, pick(f.files, "path"))
    end)

    it("are none that a shell would compute or throw away", function()
        assert.same({}, facts(session.new():run("make >/dev/null 2>&1")
            :run("echo 'a > b'"):run('echo "x" > "$OUT"'):run("rm *.o")
            :run("grep -r '=>' src"):run("ls > /tmp/list"):run("test 1 -gt 0")
            :run("rm -rf build/")).files)
    end)

    it("count from where the session began, without it from their project",
        function()
            local s = session.new():edit("src/a.c")
            s:tool("Edit", { file_path = "lib/b.c" }, { filePath = "b.c" })
            assert.same({ "src/a.c", "lib/b.c" }, pick(facts(s).files, "path"))
            s = session.new { agent = "pi" }
            s.cwd = nil
            s:tool("edit", { path = "/srv/acme/src/a.c" }, "ok")
            assert.same({ "src/a.c" }, pick(facts(s).files, "path"))
        end)
end)

describe("the commands of a session", function()
    it("are told with how they ended", function()
        local f = facts(session.new():run("make", "ok"):run("make test", "x", 2)
            :run("make"):run("ls"))
        assert.same({ "make", "make test", "ls" }, pick(f.commands, "command"))
        assert.same({ 2, 1, 1 }, pick(f.commands, "runs"))
        assert.same({ 0, 1, 0 }, pick(f.commands, "failed"))
        assert.same({ false, true, false }, pick(f.commands, "failing"))
        assert.equal(2, f.commands[2].exit)
        assert.is_true(f.commands[3].looks)
        assert.same({ "make test" }, pick(f.failed, "what"))
    end)

    it("are the same with other output or folder", function()
        local f = facts(session.new():run("cd /home/alice/acme && npm test")
            :run("npm test 2>&1 | tail -20"):run("npm  test"))
        assert.equal(1, #f.commands)
        assert.equal(3, f.commands[1].runs)
    end)

    it("did not fail when they only found nothing", function()
        local f = facts(session.new():run("grep -r foo src", "", 1)
            :run("diff a b", "1c1", 1):run("grep x none", "grep: none: No", 2))
        assert.same({ "grep x none" }, pick(f.failed, "what"))
    end)

    it("that were repaired tell by what", function()
        local f = facts(session.new():edit("before.c")
            :run("npm test", "TypeError: x is undefined\n at a.js", 1)
            :edit("src/a.js"):run("npm test", "still\n1 failing", 1)
            :run("npm install left-pad"):write("src/b.js"):run("ls")
            :run("npm test", "ok"):edit("after.c"))
        assert.same({ { what = "npm test", error = "1 failing",
            by = { "src/a.js", "src/b.js", "npm install left-pad" } } },
            f.fixed)
        assert.same({}, f.failed)
    end)

    it("that fail again are failing", function()
        local f = facts(session.new():run("make", "error: a", 2):edit("a.c")
            :run("make"):edit("b.c"):run("make", "a.c:1: error: b", 2))
        assert.same({ "a.c" }, f.fixed[1].by)
        assert.same({ { what = "make", exit = 2, error = "a.c:1: error: b" } },
            f.failed)
    end)

    it("of other tools fail and are repaired, too", function()
        local f = facts(session.new():edit("a.c", true):edit("a.c")
            :edit("b.c", true))
        assert.same({ "Edit a.c" }, pick(f.fixed, "what"))
        assert.same({ "Edit b.c" }, pick(f.failed, "what"))
    end)

    it("leave commits", function()
        local f = facts(session.new():run("git add -A && git commit -m 'x'",
            "[main 1a2b3c4d] Retry three times\n 1 file changed"))
        assert.same({ { id = "1a2b3c4d", branch = "main",
            subject = "Retry three times" } }, f.commits)
    end)
end)

describe("decisions of a session", function()
    local function decided(who, text)
        local s = session.new()
        return facts(s[who](s, text)).decisions
    end

    it("are found in prompts and replies, sentence by sentence", function()
        assert.same({ "Use SQLite instead of Postgres for the tests." },
            decided("prompt", "I looked at it. Use SQLite instead of Postgres "
                .. "for the tests. Then run them."))
        assert.same({ "We decided to keep the v1 API." },
            decided("reply", "Done.\n\n- We decided to keep the v1 API.\n"))
        for _, text in ipairs { "Let's keep the retry at three.",
            "never commit to main directly", "Ok, let's use tabs",
            "Wir nehmen lieber Postgres statt SQLite.",
            "Utilisons Redis au lieu de Memcached.",
            "Usemos pnpm en lugar de npm.", "我们决定改用 SQLite。",
            "давай вместо этого возьмём Redis" } do
            assert.equal(1, #decided("prompt", text), text)
        end
    end)

    it("are not what is asked, tried or looked at", function()
        for _, text in ipairs { "let's see what fails", "Let's go!",
            "should we use SQLite instead of Postgres?", "fix the tests",
            "```\nuse a instead of b\n```", "I always wondered" } do
            assert.same({}, decided("prompt", text), text)
        end
        assert.same({}, decided("reply", "Let's look at it. I'll run it."))
    end)
end)

describe("open ends of a session", function()
    local function open(s)
        return facts(s).open
    end

    it("are what was said to be left", function()
        assert.same({ "Todo: document the flag.",
            "The Windows build is still missing." }, open(session.new()
            :prompt("add a flag"):reply("Added. Todo: document the flag. "
                .. "The Windows build is still missing.")))
        for _, text in ipairs { "Remember to rotate the key.",
            "Die Doku ist noch offen.", "La doc est pas encore prête.",
            "Queda pendiente la documentación.", "文档尚未更新。",
            "ドキュメントは未対応です。" } do
            assert.equal(1, #open(session.new():prompt("x y z")
                :reply(text)), text)
        end
    end)

    it("are not what was done by the end", function()
        local s = session.new():prompt("a thing"):reply("Tests still fail. "
            .. "Next I will look at the parser."):prompt("go")
            :reply("Fixed it."):prompt("ok, more"):reply("All pass.")
        assert.same({}, open(s))
        assert.equal(1, #open(session.new():prompt("a thing")
            :reply("Next step: look at the parser.")))
    end)

    it("are questions and prompts without an answer", function()
        local s = session.new():prompt("clean up"):reply("I can drop the "
            .. "table. Shall I delete it?")
        assert.same({ "Asked and not answered: Shall I delete it?" }, open(s))
        s:prompt("no")
        assert.same({ "Not answered: no" }, open(s))
        s:reply("Kept.")
        assert.same({}, open(s))
    end)
end)

describe("facts", function()
    it("tell the last answer, and why the last turn has none", function()
        local s = session.new():prompt("why is it slow"):reply("Because of it.")
        assert.equal("Because of it.", facts(s).last)
        assert.is_nil(facts(s).broken)
        s:prompt("more"):event("StopFailure", { type = "stop_failure",
            error = "rate_limit" })
        assert.equal("error: rate_limit", facts(s).broken)
        s:prompt("more"):event("Interrupt", { type = "interrupt" })
        assert.equal("interrupted", facts(s).broken)
        assert.is_nil(facts(s:reply("ok")).broken)
    end)

    it("mark what subagents did", function()
        local f = facts(session.new():prompt("look"):by("Explore")
            :edit("a.c"):run("make"):reply("Sub says so."):by(nil)
            :reply("Main says so."))
        assert.equal("Explore", f.files[1].subagent)
        assert.equal("Explore", f.commands[1].subagent)
        assert.same({ "Explore", Explore = 3 }, f.subagents)
        assert.equal("Main says so.", f.last)
        assert.equal(1, f.replies)
    end)

    it("say when, how much, and by whom", function()
        local s = session.new():start_it():prompt("see #177 and ABC-12, "
            .. "https://a.example/x?y=1."):reply("Ok."):end_it()
        local f = facts(s)
        assert.same({ 4, 1, 1, 0 }, { f.events, #f.prompts, f.replies,
            f.calls })
        assert.equal(s.rows[1].creation_date, f.started)
        assert.equal(s.rows[4].creation_date, f.ended)
        assert.same({ "#177", "ABC-12", "https://a.example/x?y=1" }, f.refs)
        assert.same({ "claude_code", claude_code = true }, f.agents)
    end)

    it("come of anything, and of an iterator", function()
        assert.equal(0, facts(session.new()).events)
        local rows = { { message = "no json" }, { message = "{}" }, {},
            { message = '{"type":"tool_call"}' } }
        assert.equal(4, summary.facts(rows).events)
        local i = 0
        assert.equal(4, summary.facts(function()
            i = i + 1
            return rows[i]
        end).events)
    end)
end)
