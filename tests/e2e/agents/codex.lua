-- npm: @openai/codex@0.169.0
local json = require "propolis.json"
local tmp = require "tmp"

local e2e = ...

describe("Codex", function()
    local config
    local CONFIG = [[
model = "fake-model"
model_provider = "fake"

[model_providers.fake]
name = "fake"
base_url = "http://127.0.0.1:@PORT@/v1"
wire_api = "responses"
env_key = "FAKE_KEY"
request_max_retries = 0
]]

    before_each(function()
        config = tmp.write(e2e.home .. "/.codex/config.toml", CONFIG)
        e2e.propolis("install", "codex")
    end)

    local function codex()
        e2e.run({ e2e.bin("codex", "codex"), "exec", "--skip-git-repo-check",
            "--dangerously-bypass-approvals-and-sandbox", e2e.prompt },
            { FAKE_KEY = "x" }, config)
    end

    local function approve()
        return json.decode((e2e.node("agents/codex_approve.mjs",
            { e2e.bin("codex", "codex"), e2e.home .. "/.codex",
                e2e.home .. "/project" }, { FAKE_KEY = "x" })))
    end

    it("stores nothing before its hooks are approved", function()
        codex()
        assert.same({}, e2e.rows())
        assert.is_truthy(e2e.propolis("status", "codex").stdout:find(
            "waits for approval", 1, true))
    end)

    it("stores everything once they are", function()
        local said = approve()
        assert.equal(11, said.untrusted)
        assert.is_truthy(e2e.propolis("status", "codex").stdout:find(
            "codex  installed", 1, true))
        codex()
        local list = e2e.rows()
        assert.same({ "SessionStart", "UserPromptSubmit", "PostToolUse",
            "PostToolUse", "Stop", "SessionEnd" }, e2e.names(list))
        e2e.one_session(list, "codex")
        assert.equal(e2e.prompt, e2e.message(list, "UserPromptSubmit").content)
        assert.is_truthy(e2e.message(list, "PostToolUse").tool_response
            :find("propolis-e2e-output", 1, true))
        assert.is_truthy(e2e.message(list, "PostToolUse", 2).tool_response
            :find("No such file", 1, true))
        assert.equal(e2e.done, e2e.message(list, "Stop").content)
        assert.is_true(e2e.context_arrived())
        -- A second install changes no line, so no approval is lost.
        e2e.propolis("install", "codex")
        assert.same({ trusted = 11 }, approve())
        e2e.gone_without_trace()
        tmp.write(config, CONFIG)
        e2e.summarized("codex", list, { FAKE_KEY = "x" }, config)
        assert.equal(#list, #e2e.rows())
    end)
end)
