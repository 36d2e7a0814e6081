-- npm: @google/gemini-cli@0.61.0
local sys = require "engine.sys"
local tmp = require "tmp"

local e2e = ...

it("Gemini CLI", function()
    local settings = [[{
  "security": { "auth": { "selectedType": "gemini-api-key" } },
  "privacy": { "usageStatisticsEnabled": false }
}
]]
    tmp.write(e2e.home .. "/.gemini/settings.json", settings)
    e2e.propolis("install", "gemini")
    local function gemini()
        e2e.run({ e2e.bin("gemini", "gemini"), "--skip-trust", "--yolo",
            "--model", "gemini-2.5-pro", "--prompt", e2e.prompt }, {
            GOOGLE_GEMINI_BASE_URL = "http://127.0.0.1:@PORT@",
            GEMINI_API_KEY = "x",
        })
    end
    gemini()
    local list = e2e.rows()
    assert.same({ "SessionStart", "BeforeAgent", "AfterTool", "AfterTool",
        "AfterAgent", "SessionEnd" }, e2e.names(list))
    e2e.one_session(list, "gemini")
    assert.equal(e2e.prompt, e2e.message(list, "BeforeAgent").content)
    local tool = e2e.message(list, "AfterTool")
    assert.equal("run_shell_command", tool.tool_name)
    assert.is_truthy(tool.tool_response:find("propolis-e2e-output", 1, true))
    assert.is_truthy(e2e.message(list, "AfterTool", 2).tool_response
        :find("No such file", 1, true))
    assert.equal(e2e.done, e2e.message(list, "AfterAgent").content)
    assert.is_true(e2e.context_arrived())
    e2e.summarized("gemini", list, { GEMINI_API_KEY = "x",
        GOOGLE_GEMINI_BASE_URL = "http://127.0.0.1:@PORT@" })
    assert.equal(#list, #e2e.rows())
    e2e.work()
    gemini()
    assert.is_true(e2e.context_arrived("Recalled from earlier sessions"))
    e2e.gone_without_trace()
    assert.equal(settings, sys.read(e2e.home .. "/.gemini/settings.json"))
end)
