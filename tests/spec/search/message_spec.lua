--- What message.of and message.text make of stored events: of the recorded
-- programs, of payloads of every agent, of the reference product, of anything.
local agents = require "propolis.agents"
local json = require "propolis.json"
local message = require "propolis.search.message"
local payloads = require "payloads"
local recorded = require "recorded"

local function of(body)
    return message.of { message = body }
end

local function tool(input, response, more)
    local body = { type = "tool_call", tool_name = "Bash",
        tool_input = type(input) == "table" and json.encode(input) or input,
        tool_response = type(response) == "table" and json.encode(response)
            or response }
    for key, value in pairs(more or {}) do
        body[key] = value
    end
    return of(body)
end

describe("a recorded session of", function()
    for _, agent in ipairs(recorded.agents()) do
        it(agent .. " reads as what was done", function()
            local seen = {}
            for _, row in ipairs(recorded.rows(agent)) do
                local m = message.of(row)
                if m.kind == "tool" then
                    table.insert(seen, ("%s|%s|%s"):format(m.command,
                        m.result:gsub("%s+$", ""):match("[^\n]*No such[^\n]*")
                            or m.result:gsub("%s+$", ""),
                        m.failed and "failed" or "fine"))
                elseif m.kind == "prompt" or m.kind == "reply" then
                    table.insert(seen, m.kind .. "|" .. m.text)
                end
            end
            table.sort(seen)
            assert.same({
                "echo propolis-e2e-output|propolis-e2e-output|fine",
                "ls /propolis-e2e-missing|ls: cannot access "
                    .. "'/propolis-e2e-missing': No such file or directory"
                    .. "|failed",
                "prompt|please do it",
                "reply|All of it is done, says the model.",
            }, seen)
        end)
    end
end)

describe("each payload of every agent", function()
    local KINDS = { prompt = "prompt", tool = "tool", session_start = "start",
        session_end = "end" }
    for folder in pairs(payloads.folders) do
        it("in " .. folder .. " has the kind of its event", function()
            for _, name in ipairs(payloads.names(folder)) do
                for _, e in ipairs(payloads.become(folder, name:match "^[^.]*",
                    payloads.read(folder, name))) do
                    local m = e.row and message.of(e.row) or { text = "" }
                    assert.is_string(e.row and message.text(m) or "")
                    assert.equal(e.row and KINDS[e.kind] or m.kind, m.kind)
                    assert.not_equal("raw", m.kind)
                end
            end
        end)
    end

    it("in all folders: those of agents.names()", function()
        for _, name in ipairs(agents.names()) do
            assert.equal(name, payloads.folders[name])
        end
    end)
end)

describe("a tool call", function()
    it("failed by an exit code, wherever it stands", function()
        for _, response in ipairs {
            { output = "no", exit_code = 1 }, { exitCode = 2, stdout = "no" },
            { content = { { type = "text", text = "no" } },
                details = { status = "completed", exitCode = 2 } },
            { output = "no", metadata = { exit_code = 127 } },
            { llmContent = "Output: no\nExit Code: 3\nProcess Group PGID: 1" },
            "Exit code: 1\nWall time: 0.1 seconds\nOutput:\nno",
            "Chunk ID: 5\nWall time: 1\nProcess exited with code 9\nOutput:\nn",
            "no\n\nCommand exited with code 2", "Exit code 2\nno",
            { error = "Command exited with non-zero status code 1" },
        } do
            local m = tool({ command = "x" }, response)
            assert.is_true(m.failed, json.encode(response))
            assert.is_true(m.exit > 0)
        end
    end)

    it("failed by an error, a status or a flag", function()
        for _, response in ipairs {
            { error = { message = "gone", type = "x" } }, { isError = true },
            { status = "failed" }, { success = false }, { interrupted = true },
            { details = { exitSignal = "SIGKILL" } }, { error = "gone" },
        } do
            assert.is_true(tool({ path = "x" }, response).failed)
        end
        assert.is_true(tool({}, "text", { is_error = true }).failed)
    end)

    it("did not fail when it says so", function()
        for _, response in ipairs {
            { output = "error: x", exit_code = 0 }, { stdout = "1 failed" },
            { content = { { text = "fatal: x" } }, isError = false },
            { error = json.null, output = "error: no" },
            "Exit code: 0\nWall time: 1 seconds\nOutput:\nerror: none",
            "Chunk ID: 5\nWall time: 1\nProcess exited with code 0\nOutput:\nn",
            { llmContent = "Output: error: no\nProcess Group PGID: 1" },
            "[1, 2]", "null",
        } do
            assert.is_nil(tool({ command = "x" }, response).failed,
                json.encode(response))
        end
        assert.is_nil(tool({ command = "x" }, "error: x",
            { is_error = false }).failed)
    end)

    it("without an outcome failed where its output says so", function()
        local failures = {
            ["ls /none"] = "ls: cannot access '/none': No such file",
            ["cd src && make test"] = "cc x.c\nmake: *** [Makefile:3] Error 2",
            ["foo --x"] = "bash: line 1: foo: command not found",
            ["git push"] = "fatal: no upstream",
            ["cargo test"] = "warning: a\nerror: could not compile `x`",
            ["pytest -q"] = "F..\n===== 1 failed, 2 passed in 0.12s =====",
            ["npm test"] = "\n  3 passing\n  1 failing\n",
            ["gcc a.c"] = "a.c:3:1: error: expected ';'\n  1 | x",
            ["go test ./..."] = "--- FAIL: TestA\nFAIL\tacme/a\t0.01s",
            ["python3 x.py"] = "Traceback (most recent call last):\n  File\n"
                .. "ValueError: no",
            ["busted"] = "12 successes / 1 failure / 0 errors / 0 pending",
            ["npm test 2>&1 | tail -40"] = "  3 passing\n  1 failing",
            ["cd x && make 2>&1 | tee log | tail"] = "make: *** [a] Error 2",
            ["cat a | grep x"] = "cat: a: No such file or directory",
        }
        for command, output in pairs(failures) do
            assert.is_true(tool({ command = command }, output).failed, command)
        end
        local fine = {
            ["ls"] = "error.log\nfatal",
            ["grep -r error ."] = "error: not here",
            ["cat build.log"] = "make: *** [x] Error 2\n1 failed",
            ["pytest -q"] = "3 passed in 0.10s", ["echo"] = "echo: hello",
            ["busted"] = "12 successes / 0 failures / 0 errors / 0 pending",
            ["git log --oneline"] = "1a2b3c repair 2 failed tests",
            ["make"] = "make: Nothing to be done for 'all'.",
            ["cat log | tail -5"] = "1 failing",
            ["rg failed src"] = "src/a.c:3: error: x",
        }
        for command, output in pairs(fine) do
            assert.is_nil(tool({ command = command }, output).failed, command)
        end
    end)

    it("whose exit code is a filter's failed where its output says so",
        function()
            local piped = { command = "npm test 2>&1 | tail -20" }
            local failing = { stdout = "  3 passing\n  1 failing", stderr = "" }
            assert.is_true(tool(piped, failing).failed)
            assert.is_nil(tool(piped, { stdout = "  3 passing" }).failed)
            assert.is_nil(tool({ command = "npm test" }, failing).failed)
            assert.is_nil(tool({ command = "cat log | tail" }, failing).failed)
        end)

    it("shows its telling arguments on one line", function()
        for expected, input in pairs {
            ["make test"] = { command = "make\n  test" },
            ["ls -l"] = { command = { "bash", "-lc", "ls -l" } },
            ["git show"] = { command = { "git", "show" } },
            ["src/a.c"] = { file_path = "src/a.c", old_string = "x" },
            ["src Retry"] = { path = "src", pattern = "Retry" },
            ["retry budget"] = { query = "retry budget" },
            ["https://a/b"] = { url = "https://a/b", prompt = "read" },
            ["a: 1 b.c: x"] = { a = 1, b = { c = "x" } },
            ["a.txt b.txt"] = { command = "*** Begin Patch\n*** Add File: "
                .. "a.txt\n+x\n*** Update File: b.txt\n*** End Patch" },
        } do
            assert.equal(expected, tool(input, "").arguments)
        end
        assert.equal("free text", tool("free\ntext", "").arguments)
        assert.equal("", tool(nil, nil).arguments)
    end)

    it("changes files only when its tool does", function()
        local edit = { tool_name = "Edit" }
        local m = tool({ file_path = "/p/a.c", new_string = "x = 1" },
            { filePath = "/p/a.c", structuredPatch = {} }, edit)
        assert.same({ { path = "/p/a.c", how = "modified" } }, m.changes)
        assert.equal("/p/a.c", m.path)
        assert.equal("Edit: /p/a.c\nx = 1", message.text(m))
        assert.equal("new", tool({ file_path = "/p/a.c" },
            { type = "create", filePath = "/p/a.c" },
            { tool_name = "Write" }).changes[1].how)
        assert.is_nil(tool({ file_path = "/p/a.c" }, "int x",
            { tool_name = "Read" }).changes)
        assert.is_nil(tool({ command = "view", path = "/p/a.c" }, "int x",
            { tool_name = "str_replace_editor" }).changes)
        local patch = "*** Begin Patch\n*** Add File: a\n+x\n"
            .. "*** Delete File: b\n*** Update File: c\n*** End Patch"
        for _, input in ipairs { { input = patch }, { command = patch },
            { command = "apply_patch <<'EOF'\n" .. patch .. "\nEOF" } } do
            local call = tool(input, "ok", { tool_name = "apply_patch" })
            assert.same({ "a", "b", "c" }, call.paths)
            assert.same({ "new", "deleted", "modified" }, {
                call.changes[1].how, call.changes[2].how,
                call.changes[3].how })
            assert.is_nil(call.command)
        end
    end)

    it("has the result that a person would read", function()
        for expected, response in pairs {
            ["out\nerr"] = { stdout = "out", stderr = "err" },
            ["int main;"] = { file = { content = "int main;" }, type = "text" },
            ["a.c\nb.c"] = { filenames = { "a.c", "b.c" }, numFiles = 2 },
            ["one\ntwo"] = { { type = "text", text = "one" },
                { type = "text", text = "two" } },
            ["[image]"] = { content = { { type = "image", data = "AAAA" } } },
            ["hits: 3"] = { hits = 3, durationMs = 5 },
        } do
            assert.equal(expected, tool({}, response).result)
        end
        assert.equal("quoted", tool({}, '"quoted"').result)
    end)
end)

describe("a message", function()
    it("of a prompt or reply loses what a memory put into it", function()
        local m = of { type = "user_message", content = "<recalled-memories>a"
            .. "</recalled-memories>b</recalled-memories>\nwhy?" }
        assert.same({ "prompt", "why?" }, { m.kind, m.text })
        local whole = "<recalled-memories>a</recalled-memories>"
        assert.equal(whole, of { type = "assistant_message",
            content = whole }.text)
        assert.equal("a <recalled-memories> b", of { type = "user_message",
            content = "a <recalled-memories> b" }.text)
    end)

    it("that holds turns of a chat shows who said what", function()
        local m = of { date_time = "8 May", turns = {
            { speaker = "Ann", dia_id = "D1:1", text = "so  it\nis" },
            { name = "Bo", content = "no" }, { text = "x" } } }
        assert.equal("8 May\n[D1:1] Ann: so it is\nBo: no\n?: x", m.text)
        assert.equal("raw", m.kind)
        assert.equal("(8 May) Ann: hi", of { turn = { speaker = "Ann",
            text = "hi", date_time = "8 May" } }.text)
    end)

    it("says who of the subagents did it, and where", function()
        local m = tool({ command = "x" }, "", { agent_id = "a-1",
            agent_type = "Explore", cwd = "/p" })
        assert.same({ "Explore", "/p" }, { m.subagent, m.cwd })
        assert.equal("a-1", tool({}, "", { agent_id = "a-1" }).subagent)
        assert.equal("/q", of { type = "session_start",
            workspace_roots = { "/q" } }.cwd)
    end)

    it("of another writer has its text", function()
        assert.same({ "raw", "release/2" }, { of { content = "release/2" }.kind,
            of { content = "release/2" }.text })
        assert.same({ "prompt", "hi" }, { of { role = "user",
            content = { { type = "text", text = "hi" } } }.kind,
            of { role = "user", content = { { text = "hi" } } }.text })
        assert.equal("raw", of("no json").kind)
        assert.equal('{"half": ', of('{"half": ').text)
        assert.equal("said", of('"said"').text)
        assert.equal("a: 1\nb: x", of { a = 1, b = "x" }.text)
        assert.equal("half \u{FFFD} pair",
            of([[{"type":"user_message","content":"half \ud800 pair"}]]).text)
    end)

    it("never fails, whatever is in a row", function()
        local values = { json.null, true, 1.5, "", "x", {}, { 1, "a", {} },
            { type = {} }, { error = { a = { b = { c = { d = 1 } } } } } }
        local keys = { "type", "content", "tool_input", "tool_response",
            "tool_name", "turns", "turn", "cwd", "agent_id", "details",
            "role", "text", "error", "workspace_roots" }
        local types = { "user_message", "tool_call", "stop", "compaction",
            "session_start", "permission_request", "new_kind", 7 }
        for _, kind in ipairs(types) do
            for _, key in ipairs(keys) do
                for _, value in ipairs(values) do
                    local body = { type = kind }
                    body[key] = value
                    for _, form in ipairs { body, json.encode(body) } do
                        local m = of(form)
                        assert.is_string(message.text(m))
                    end
                end
            end
        end
        for _, key in ipairs { "command", "path", "edits", "patch", "stdout",
            "output", "content", "file", "filenames", "results", "llmContent",
            "returnDisplay", "status", "exit_code", "details", "metadata" } do
            for _, value in ipairs(values) do
                local m = tool({ [key] = value }, { [key] = value })
                assert.is_string(message.text(m))
            end
        end
        assert.equal("", of(nil).text)
    end)
end)

describe("message.text", function()
    it("keeps start and end of a long result, whole characters", function()
        local m = tool({ command = "x" }, { stdout = ("é"):rep(3000) .. "END" })
        local text = message.text(m)
        assert.truthy(#text <= 2000 + 20 and #text > 1900)
        assert.truthy(utf8.len(text))
        assert.truthy(text:find("END", -3, true))
        assert.truthy(#message.text(m, 500) < 520)
        for bound = 1, 40 do
            assert.truthy(utf8.len(message.cut(("日本"):rep(30), bound)))
            assert.truthy(#message.head(("日本"):rep(30), bound) <= bound)
        end
    end)

    it("keeps a prompt whole up to 64 KiB", function()
        local long = ("word "):rep(8000)
        assert.equal(long, message.text(of { type = "user_message",
            content = long }))
        assert.truthy(#message.text(of { type = "user_message",
            content = ("x"):rep(5 << 20) }) <= message.longest + 8)
    end)
end)
