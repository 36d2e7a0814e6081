-- npm: openclaw@2026.9.6
local sys = require "engine.sys"
local tmp = require "tmp"

local e2e = ...

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
]]):gsub("HOME", e2e.home)
    local config = tmp.write(e2e.home .. "/.openclaw/openclaw.json", text)
    e2e.propolis("install", "openclaw")
    e2e.run({ e2e.bin("openclaw", "openclaw"), "agent", "--local", "--agent",
        "main", "--message", e2e.prompt }, {}, config)
    local list = e2e.rows()
    assert.same({ "after_tool_call", "after_tool_call", "user",
        "assistant" }, e2e.names(list))
    e2e.one_session(list, "openclaw")
    assert.is_truthy(e2e.message(list, "after_tool_call").tool_response
        :find("propolis-e2e-output", 1, true))
    assert.is_truthy(e2e.message(list, "user").content:find(e2e.prompt, 1,
        true))
    assert.equal(e2e.done, e2e.message(list, "assistant").content)
    assert.is_true(e2e.context_arrived())
    e2e.gone_without_trace()
    assert.is_nil(sys.stat(e2e.home .. "/.openclaw/extensions/propolis"))
end)
