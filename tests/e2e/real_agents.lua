--- The real programs, a stand-in for their model, a home of its own: what they
-- do must be in the local store, exactly.  Run by `make e2e`, which fetches
-- them; E2E_NPM is the folder they are in.
local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local HERE = sys.realpath(debug.getinfo(1, "S").source:match("^@(.*)/"))
local NPM = assert(os.getenv("E2E_NPM"), "E2E_NPM names the fetched agents")
local NODE = NPM .. "/node/node_modules/.bin/node"

local PROMPT = "please do it, says the test"
local DONE = "All of it is done, says the model."

local home

local function bin(name)
    return ("%s/%s/node_modules/.bin/%s"):format(NPM,
        name == "claude" and "claude-code" or name, name)
end

local function propolis(...)
    local r = run({ ... }, { home = home })
    assert.equal(0, r.code, r.stderr)
    return r
end

-- Runs an agent through the stand-in; nothing of the tester's environment.
local function agent(words, env, files)
    local all = {}
    for name in pairs(sys.environ()) do all[name] = false end
    all.HOME, all.PROPOLIS_HOME, all.USER = home, home, "tester"
    all.PATH = NPM .. "/node/node_modules/.bin:/usr/local/bin:/usr/bin:/bin"
    all.E2E_FILES, all.E2E_BODIES = files or "", "1"
    for name, value in pairs(env or {}) do all[name] = value end
    local r = assert(sys.run({ NODE, HERE .. "/model.mjs", home .. "/log",
        table.unpack(words) },
        { env = all, cwd = home .. "/project", timeout = 180 }))
    assert.equal(0, r.code, r.stdout .. r.stderr)
    assert.is_truthy(r.stdout:find(DONE, 1, true), r.stdout .. r.stderr)
    return r
end

-- The rows of the store in the order of their events.
local function rows()
    local path = home .. "/data/local@default.db"
    if not sys.stat(path) then return {} end
    local r = propolis("query", "--json", "--store", "sqlite:" .. path,
        "SELECT description, agent, path, project, author, message "
        .. "FROM sessions ORDER BY creation_date, rowid")
    local list = assert(json.decode(r.stdout))
    for _, row in ipairs(list) do
        if type(row.message) == "string" then
            row.message = assert(json.decode(row.message))
        end
    end
    return list
end

-- Every row is of one session, of this agent, project and person.
local function one_session(list, column)
    for _, row in ipairs(list) do
        assert.equal(column, row.agent)
        assert.equal(list[1].path, row.path)
        assert.equal("project", row.project)
        assert.equal("tester", row.author)
        assert.equal(list[1].message.session_id, row.message.session_id)
    end
    assert.is_truthy(list[1].path:find(list[1].message.session_id, 1, true))
end

local function names(list)
    local out = {}
    for i, row in ipairs(list) do out[i] = row.description end
    return out
end

local function by_name(list, name, nth)
    for _, row in ipairs(list) do
        if row.description == name then
            nth = (nth or 1) - 1
            if nth == 0 then return row.message end
        end
    end
end

-- What the model was told by us, in any of the requests.
local function context_arrived()
    local log = sys.read(home .. "/log")
    return log:find("propolis keeps a memory of earlier agent sessions", 1,
        true) ~= nil
end

local function gone_without_trace()
    propolis("uninstall")
    propolis("uninstall", "--verify")
end

describe("the real", function()
    before_each(function()
        home = tmp.dir()
        sys.mkdir(home .. "/project")
    end)
    after_each(tmp.clean)

    it("Claude Code", function()
        sys.mkdir(home .. "/.claude")
        propolis("install", "claude-code")
        agent({ bin "claude", "-p", PROMPT, "--allowedTools", "Bash" }, {
            ANTHROPIC_BASE_URL = "http://127.0.0.1:@PORT@",
            ANTHROPIC_API_KEY = "x", DISABLE_AUTOUPDATER = "1",
            IS_SANDBOX = "1",
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC = "1",
        })
        local list = rows()
        assert.same({ "SessionStart", "UserPromptSubmit", "PostToolUse",
            "PostToolUseFailure", "Stop", "SessionEnd" }, names(list))
        one_session(list, "claude_code")
        assert.equal(PROMPT, by_name(list, "UserPromptSubmit").content)
        local tool = by_name(list, "PostToolUse")
        assert.equal("Bash", tool.tool_name)
        assert.is_truthy(tool.tool_response:find("propolis-e2e-output", 1,
            true))
        local failed = by_name(list, "PostToolUseFailure")
        assert.is_true(failed.is_error)
        assert.is_truthy(failed.tool_response:find("No such file", 1, true))
        assert.equal(DONE, by_name(list, "Stop").content)
        assert.is_true(context_arrived())
        gone_without_trace()
        local left = sys.read(home .. "/.claude/settings.json")
        assert.is_nil(left and left:find("propolis", 1, true))
    end)

    describe("Codex", function()
        local config

        before_each(function()
            config = tmp.write(home .. "/.codex/config.toml", [[
model = "fake-model"
model_provider = "fake"

[model_providers.fake]
name = "fake"
base_url = "http://127.0.0.1:@PORT@/v1"
wire_api = "responses"
env_key = "FAKE_KEY"
request_max_retries = 0
]])
            propolis("install", "codex")
        end)

        local function codex()
            agent({ bin "codex", "exec", "--skip-git-repo-check",
                "--dangerously-bypass-approvals-and-sandbox", PROMPT },
                { FAKE_KEY = "x" }, config)
        end

        local function approve()
            local r = assert(sys.run({ NODE, HERE .. "/approve.mjs",
                bin "codex", home .. "/.codex", home .. "/project" },
                { env = { HOME = home, FAKE_KEY = "x" }, timeout = 60 }))
            assert.equal(0, r.code, r.stderr)
            return json.decode(r.stdout)
        end

        it("stores nothing before its hooks are approved", function()
            codex()
            assert.same({}, rows())
            assert.is_truthy(propolis("status", "codex").stdout:find(
                "waits for approval", 1, true))
        end)

        it("stores everything once they are", function()
            local said = approve()
            assert.equal(11, said.untrusted)
            assert.is_truthy(propolis("status", "codex").stdout:find(
                "codex  installed", 1, true))
            codex()
            local list = rows()
            assert.same({ "SessionStart", "UserPromptSubmit", "PostToolUse",
                "PostToolUse", "Stop", "SessionEnd" }, names(list))
            one_session(list, "codex")
            assert.equal(PROMPT, by_name(list, "UserPromptSubmit").content)
            assert.is_truthy(by_name(list, "PostToolUse").tool_response
                :find("propolis-e2e-output", 1, true))
            assert.is_truthy(by_name(list, "PostToolUse", 2).tool_response
                :find("No such file", 1, true))
            assert.equal(DONE, by_name(list, "Stop").content)
            assert.is_true(context_arrived())
            -- A second install changes no line, so no approval is lost.
            propolis("install", "codex")
            assert.same({ trusted = 11 }, approve())
            gone_without_trace()
        end)
    end)

    it("pi", function()
        local models = tmp.write(home .. "/.pi/agent/models.json", json.encode {
            providers = { fake = {
                baseUrl = "http://127.0.0.1:@PORT@/v1", apiKey = "FAKE_KEY",
                api = "openai-completions", models = { { id = "fake-model" } },
            } },
        })
        local before = sys.read(models)
        propolis("install", "pi")
        agent({ bin "pi", "-p", "--provider", "fake", "--model", "fake-model",
            PROMPT }, { FAKE_KEY = "x" }, models)
        assert.not_equal(before, sys.read(models))
        local list = rows()
        assert.same({ "session_start", "input", "tool_result", "tool_result",
            "message_end", "session_shutdown" }, names(list))
        one_session(list, "pi")
        assert.equal(PROMPT, by_name(list, "input").content)
        assert.is_false(by_name(list, "tool_result").is_error)
        assert.is_true(by_name(list, "tool_result", 2).is_error)
        assert.equal(DONE, by_name(list, "message_end").content)
        assert.is_true(context_arrived())
        gone_without_trace()
        assert.is_nil(sys.stat(home .. "/.pi/agent/extensions/propolis.ts"))
    end)

    it("OpenClaw", function()
        local text = ([[
// of the test
{
  agents: { defaults: {
    model: { primary: "fake/fake-model" }, workspace: "HOME/project",
  } },
  models: { mode: "replace", providers: { fake: {
    baseUrl: "http://127.0.0.1:@PORT@/v1", apiKey: "x",
    api: "openai-completions",
    models: [ { id: "fake-model", name: "fake", input: ["text"],
      contextWindow: 100000, maxTokens: 1000, reasoning: false,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 } } ],
  } } },
}
]]):gsub("HOME", home)
        local config = tmp.write(home .. "/.openclaw/openclaw.json", text)
        propolis("install", "openclaw")
        agent({ bin "openclaw", "agent", "--local", "--agent", "main",
            "--message", PROMPT }, {}, config)
        local list = rows()
        assert.same({ "after_tool_call", "after_tool_call", "user",
            "assistant" }, names(list))
        one_session(list, "openclaw")
        assert.is_truthy(by_name(list, "after_tool_call").tool_response
            :find("propolis-e2e-output", 1, true))
        assert.is_truthy(by_name(list, "user").content:find(PROMPT, 1, true))
        assert.equal(DONE, by_name(list, "assistant").content)
        assert.is_true(context_arrived())
        gone_without_trace()
        assert.is_nil(sys.stat(home .. "/.openclaw/extensions/propolis"))
    end)
end)
