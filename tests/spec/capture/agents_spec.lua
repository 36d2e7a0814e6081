local agents = require "propolis.agents"
local event = require "propolis.capture.event"
local json = require "propolis.json"
local payloads = require "payloads"
local redact = require "propolis.capture.redact"
local sys = require "engine.sys"

-- The keys of a message in the order in which they are written.
local function keys(text)
    local list = {}
    local depth, i = 0, 1
    while i <= #text do
        local c = text:sub(i, i)
        if c == '"' then
            local stop = i
            repeat
                stop = text:find('"', stop + 1, true)
                local back = text:sub(1, stop - 1):match("\\*$")
            until #back % 2 == 0
            if depth == 1 and text:find("^:", stop + 1) then
                list[#list + 1] = text:sub(i + 1, stop - 1)
            end
            i = stop
        elseif c == "{" or c == "[" then
            depth = depth + 1
        elseif c == "}" or c == "]" then
            depth = depth - 1
        end
        i = i + 1
    end
    return table.concat(list, " ")
end

local function one(folder, name)
    local list = payloads.become(folder, name:match("^[^.]*"),
        payloads.read(folder, name))
    assert.equal(1, #list)
    return list[1], json.decode(list[1].row.message)
end

describe("payloads become what is expected of", function()
    for folder in pairs(payloads.folders) do
        local expected = payloads.expected(folder)
        for _, name in ipairs(payloads.names(folder)) do
            it(folder .. " " .. name, function()
                assert.same(expected[name],
                    json.decode(json.encode(
                        json.array(payloads.golden(folder, name)))))
            end)
        end
    end
end)

-- Message types by the row of README.md's table that they belong to.
local ROWS = {
    stop_failure = "a turn that ended in an error",
    interrupt = "an interrupted turn", subagent_start = "subagents",
    subagent_stop = "subagents", compaction = "compaction",
    permission_request = "permission requests", assistant_thought = "thoughts",
}

describe("README.md's table does not deny", function()
    for folder, name in pairs(payloads.folders) do
        it("what payloads show: " .. folder, function()
            local gaps = agents.get(name).gaps
            for _, list in pairs(payloads.expected(folder)) do
                for _, e in ipairs(list) do
                    local word = e.message and json.decode(e.message).type
                    assert.not_equal("-", gaps[ROWS[word]], word)
                end
            end
        end)
    end
end)

describe("the entry's keys stand in the order of other writers:", function()
    local C = "id session_id transcript_path cwd permission_mode"
        .. " hook_event_name "
    local X = "id session_id transcript_path cwd hook_event_name model"
        .. " turn_id timestamp type "
    local U = "id session_id transcript_path cwd hook_event_name model"
        .. " timestamp type "
    local H = "id session_id cwd hook_event_name timestamp type "
    local tool = "tool_name tool_use_id tool_input tool_response"
    for _, case in ipairs {
        { "claude-code", "UserPromptSubmit", C .. "timestamp type content" },
        { "claude-code", "PostToolUse", C .. "timestamp type " .. tool },
        { "claude-code", "PostToolUse.subagent",
            C .. "agent_id agent_type timestamp type " .. tool },
        { "claude-code", "Stop", C .. "timestamp type content" },
        { "claude-code", "SubagentStop", C .. "agent_id agent_type timestamp"
            .. " type content agent_transcript_path" },
        { "codex", "UserPromptSubmit", X .. "content" },
        { "codex", "PostToolUse", X .. tool },
        { "codex", "Stop", X .. "content" },
        { "cursor", "beforeSubmitPrompt", U .. "content attachments" },
        { "cursor", "postToolUse", U .. tool },
        { "cursor", "afterAgentResponse", U .. "content" },
        { "cursor", "stop", U .. "status loop_count" },
        { "hermes", "pre_llm_call", H .. "content" },
        { "hermes", "post_tool_call",
            H .. "tool_name tool_input tool_response" },
        { "hermes", "post_llm_call", H .. "content" },
        { "pi", "input", "id type session_id content timestamp" },
        { "pi", "tool_result", "id type session_id tool_call_id tool_name"
            .. " tool_input tool_response is_error timestamp" },
        { "pi", "message_end", "id type session_id content timestamp" },
    } do
        it(case[1] .. " " .. case[2], function()
            assert.equal(case[3], keys(one(case[1], case[2]).row.message))
        end)
    end
end)

describe("what other writers miss:", function()
    it("a failed tool of Claude Code", function()
        local e, m = one("claude-code", "PostToolUseFailure")
        assert.equal("tool", e.kind)
        assert.equal("tool_call", m.type)
        assert.is_true(m.is_error)
        assert.equal("Command exited with non-zero status code 1",
            json.decode(m.tool_response).error)
    end)

    it("a turn that ends in an API error", function()
        local e, m = one("claude-code", "StopFailure")
        assert.equal("turn_end", e.kind)
        assert.equal("stop_failure", m.type)
        assert.equal("rate_limit", m.error)
    end)

    it("a stop without text", function()
        local p = payloads.read("claude-code", "Stop")
        p.last_assistant_message = nil
        local m = json.decode(payloads.become("claude-code", "Stop", p)[1]
            .row.message)
        assert.equal("assistant_stop", m.type)
        assert.equal("assistant_stop",
            select(2, one("codex", "Stop.no-message")).type)
    end)

    it("Codex's last message, whole", function()
        local p = payloads.read("codex", "Stop")
        p.last_assistant_message = ("long "):rep(3000)
        local m = json.decode(payloads.become("codex", "Stop", p)[1]
            .row.message)
        assert.equal(p.last_assistant_message, m.content)
    end)

    it("Hermes' replies and prompts in parts", function()
        assert.equal("Token rotation and the audit log remain open.",
            select(2, one("hermes", "post_llm_call")).content)
        assert.equal("What does this screenshot show?",
            select(2, one("hermes", "pre_llm_call.multimodal")).content)
    end)

    it("Cursor's workspace, failures, compaction and subagents", function()
        local e, m = one("cursor", "sessionEnd")
        assert.equal("acme-api", e.row.project)
        assert.equal("/home/alice/acme-api", m.cwd)
        assert.equal("timeout", json.decode(
            select(2, one("cursor", "postToolUseFailure")).tool_response)
            .failure_type)
        assert.equal("compaction", select(2, one("cursor", "preCompact")).type)
        assert.equal("subagent_stop",
            select(2, one("cursor", "subagentStop")).type)
    end)

    it("OpenClaw's session and folder, which are in ctx", function()
        local list = payloads.become("openclaw", "agent_end",
            payloads.read("openclaw", "agent_end"))
        assert.equal("user", list[1].row.description)
        assert.equal("clawd", list[1].row.project)
        assert.truthy(list[1].row.path:find("8a1b2c3d", 1, true))
        assert.same({ kind = "turn_end" }, list[3])
    end)
end)

describe("OpenClaw's conversation", function()
    local function ids(messages)
        local list = payloads.become("openclaw", "agent_end", {
            event = { success = true, messages = messages },
            ctx = { sessionId = "s" },
        })
        local out = {}
        for i, e in ipairs(list) do
            out[i] = e.row and e.row.id
        end
        return out
    end
    local function user(text, id)
        return { role = "user", content = text, id = id }
    end

    it("gives each message one id, however often it is shown", function()
        local first = ids { user "a", user "yes" }
        local again = ids { user "a", user "yes", user "b", user "yes" }
        assert.equal(first[1], again[1])
        assert.equal(first[2], again[2])
        assert.not_equal(again[2], again[4])
        assert.truthy(first[1]:find(
            "^%x+%-%x%x%x%x%-5%x%x%x%-8%x%x%x%-%x+$"))
    end)

    it("goes by a message's own id when it has one", function()
        assert.equal(ids({ user("a", "m1") })[1],
            ids({ user("a", "m0"), user("a", "m1") })[2])
    end)
end)

describe("outputs", function()
    local function agent(name)
        return agents.part(name, "events")
    end

    it("have the shape and the event that each agent reads", function()
        assert.same({ hookSpecificOutput = { hookEventName = "SessionStart",
            additionalContext = "C" }, systemMessage = "N" },
            agent("claude-code").output("SessionStart", "C", "N"))
        assert.same({ hookSpecificOutput = { hookEventName = "SessionStart",
            additionalContext = "C" } },
            agent("codex").output("SessionStart", "C"))
        assert.same({ additional_context = "C" },
            agent("cursor").output("sessionStart", "C", "N"))
        assert.same({ context = "C" },
            agent("hermes").output("pre_llm_call", "C", "N"))
        assert.same({ context = "C", notice = "N" },
            agent("pi").output("before_agent_start", "C", "N"))
        assert.same({ prependSystemContext = "C" },
            agent("openclaw").output("before_prompt_build", "C", "N"))
        assert.same({ prependContext = "C" },
            agent("openclaw").output("before_agent_start", "C", "N"))
    end)

    it("go out only there", function()
        for folder, owner in pairs(payloads.folders) do
            local takes = {}
            for _, name in ipairs(payloads.names(folder)) do
                local word = name:match("^[^.]*")
                if agent(owner).takes_context(word,
                    payloads.read(folder, name)) then
                    takes[word] = true
                    assert.is_true(agent(owner).takes_context(word))
                end
            end
            local want = ({
                ["claude-code"] = { SessionStart = true },
                codex = { SessionStart = true },
                cursor = { sessionStart = true },
                gemini = { SessionStart = true },
                hermes = { pre_llm_call = true },
                pi = { before_agent_start = true },
                openclaw = { before_prompt_build = true,
                    before_agent_start = true },
            })[folder:match("[^/]*$")]
            assert.same(want, takes)
        end
        assert.is_false(agent("hermes").takes_context("pre_llm_call",
            payloads.read("hermes", "pre_llm_call.multimodal")))
    end)
end)

describe("any agent", function()
    for folder, name in pairs(payloads.folders) do
        local agent = agents.part(name, "events")

        it("ignores what it does not know: " .. folder, function()
            assert.is_nil(agent.read("NoSuchEvent", {}))
            assert.is_nil(agent.read(nil, {}))
        end)

        it("takes any payload without its fields: " .. folder, function()
            for _, event_name in ipairs(payloads.names(folder)) do
                local p = payloads.read(folder, event_name)
                for key in pairs(p) do
                    local less, odd = {}, {}
                    for k, v in pairs(p) do
                        less[k] = k ~= key and v or nil
                        odd[k] = k ~= key and v or { 1, { x = json.null } }
                    end
                    less.new_field = { a = 1 }
                    for _, given in ipairs { less, odd } do
                        assert.has_no.errors(function()
                            payloads.become(folder,
                                event_name:match("^[^.]*"),
                                json.decode(json.encode(given)))
                        end)
                    end
                end
            end
        end)
    end
end)

describe("event", function()
    local agent = "codex"

    local function session(e)
        e.entry = e.entry or { "id", "session_id" }
        local row = event.row(agent, e, payloads.stamp(), redact.load())
        return json.decode(row.message).session_id, row
    end

    it("writes the reference's row", function()
        local _, row = session { session = "s1", name = "Stop",
            cwd = "/home/alice/acme-api/" }
        assert.same({
            id = "ROW", agent = "codex", author = "alice",
            path = "/sessions/alice/alice_Acme's Org_main_s1.jsonl",
            filename = "alice_Acme's Org_main_s1.jsonl",
            message = '{"id":"ENTRY","session_id":"s1"}', size_bytes = 32,
            project = "acme-api", description = "Stop", plugin_version = "9",
            creation_date = "2026-01-02T03:04:05.006Z",
            last_update_date = "2026-01-02T03:04:05.006Z",
        }, row)
    end)

    it("keeps events without a session together", function()
        local a = session { cwd = "/w" }
        assert.equal(a, (session { cwd = "/w" }))
        assert.not_equal(a, (session { cwd = "/v" }))
        assert.truthy(a:find("^codex%-%x+%-2026%-01%-02$"))
        local t = session { cwd = "/w", transcript = "/t/1.jsonl" }
        assert.equal(t, (session { cwd = "/v", transcript = "/t/1.jsonl" }))
        assert.truthy(t:find("^codex%-%x+$"))
    end)

    for _, id in ipairs {
        "../../etc/passwd", "a/b", "it's \"x\"", ("x"):rep(10000), "..", ".x",
        "a\nb", "ü", "", "C:\\x", "a b", "%s", "a\0b",
    } do
        it(("keeps the id %q whole and out of paths"):format(id:sub(1, 20)),
            function()
                local said, row = session { session = id ~= "" and id or "?" }
                if id ~= "" and not id:find("\0", 1, true) then
                    assert.equal(id, said)
                end
                assert.truthy(row.path:find(
                    "^/sessions/alice/alice_Acme's Org_main_[%w._~-]+%.jsonl$"),
                    row.path)
                assert.is_true(#row.filename < 255)
            end)
    end

    it("keeps different ids apart", function()
        local seen = {}
        for _, id in ipairs { "a/b", "a_b", "a\\b", "a b", "../a", ".._a",
            ("x"):rep(200), ("x"):rep(201) } do
            local safe = event.safe(id, sys.sha256)
            assert.is_nil(seen[safe])
            seen[safe] = true
        end
    end)

    it("lets no user or organisation make another path", function()
        local path = event.path({ user = "..", org_name = "a/b",
            workspace = "w\n" }, "s")
        assert.equal("/sessions/_/__a_b_w__s.jsonl", path)
    end)

    it("makes the placeholder of a summary", function()
        local e = { session = "s1", name = "SessionStart", cwd = "/w/acme",
            entry = { "id" } }
        local stamp = payloads.stamp()
        local row, safe = event.row(agent, e, stamp, redact.load())
        local p = event.placeholder(row, safe, stamp)
        assert.equal("# Session s1\n"
            .. "- **Source**: /sessions/alice/alice_Acme's Org_main_s1.jsonl\n"
            .. "- **Started**: 2026-01-02T03:04:05.006Z\n"
            .. "- **Project**: acme\n- **Status**: in-progress\n", p.summary)
        assert.equal("/summaries/alice/s1.md", p.path)
        assert.equal("in progress", p.description)
        assert.equal("text/markdown", p.mime_type)
        assert.equal(#p.summary, p.size_bytes)
    end)
end)
