-- npm: @anthropic-ai/claude-code@2.1.330
local sys = require "engine.sys"

local e2e = ...

it("Claude Code", function()
    sys.mkdir(e2e.home .. "/.claude")
    e2e.propolis("install", "claude-code")
    local function claude(...)
        e2e.run({ e2e.bin("claude-code", "claude"), "-p", e2e.prompt,
            "--allowedTools", "Bash", ... }, {
            ANTHROPIC_BASE_URL = "http://127.0.0.1:@PORT@",
            ANTHROPIC_API_KEY = "x", DISABLE_AUTOUPDATER = "1",
            IS_SANDBOX = "1",
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC = "1",
        })
    end
    claude()
    local list = e2e.rows()
    assert.same({ "SessionStart", "UserPromptSubmit", "PostToolUse",
        "PostToolUseFailure", "Stop", "SessionEnd" }, e2e.names(list))
    e2e.one_session(list, "claude_code")
    assert.equal(e2e.prompt, e2e.message(list, "UserPromptSubmit").content)
    local tool = e2e.message(list, "PostToolUse")
    assert.equal("Bash", tool.tool_name)
    assert.is_truthy(tool.tool_response:find("propolis-e2e-output", 1,
        true))
    local failed = e2e.message(list, "PostToolUseFailure")
    assert.is_true(failed.is_error)
    assert.is_truthy(failed.tool_response:find("No such file", 1, true))
    assert.equal(e2e.done, e2e.message(list, "Stop").content)
    assert.is_true(e2e.context_arrived())
    e2e.summarized("claude-code", list, {
        ANTHROPIC_BASE_URL = "http://127.0.0.1:@PORT@",
        ANTHROPIC_API_KEY = "x", DISABLE_AUTOUPDATER = "1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC = "1" })
    assert.equal(#list, #e2e.rows())
    local asked = '| asked "' .. e2e.prompt
    assert.is_false(e2e.context_arrived(asked))
    e2e.work()
    claude("--continue")
    assert.is_true(e2e.context_arrived(asked))
    assert.is_false(e2e.context_arrived("Recalled from earlier sessions"))
    claude()
    assert.is_true(e2e.context_arrived("Recalled from earlier sessions"))
    e2e.gone_without_trace()
    local left = sys.read(e2e.home .. "/.claude/settings.json")
    assert.is_nil(left and left:find("propolis", 1, true))
end)
