-- npm: @mariozechner/pi-coding-agent@0.73.1
local json = require "propolis.json"
local sys = require "engine.sys"
local tmp = require "tmp"

local e2e = ...

it("pi", function()
    local models = tmp.write(e2e.home .. "/.pi/agent/models.json", json.encode {
        providers = { fake = {
            baseUrl = "http://127.0.0.1:@PORT@/v1", apiKey = "FAKE_KEY",
            api = "openai-completions", models = { { id = "fake-model" } },
        } },
    })
    local before = sys.read(models)
    e2e.propolis("install", "pi")
    local function pi()
        e2e.run({ e2e.bin("pi", "pi"), "-p", "--provider", "fake", "--model",
            "fake-model", e2e.prompt }, { FAKE_KEY = "x" }, models)
    end
    pi()
    assert.not_equal(before, sys.read(models))
    local list = e2e.rows()
    assert.same({ "session_start", "input", "tool_result", "tool_result",
        "message_end", "session_shutdown" }, e2e.names(list))
    e2e.one_session(list, "pi")
    assert.equal(e2e.prompt, e2e.message(list, "input").content)
    assert.is_false(e2e.message(list, "tool_result").is_error)
    assert.is_true(e2e.message(list, "tool_result", 2).is_error)
    assert.equal(e2e.done, e2e.message(list, "message_end").content)
    assert.is_true(e2e.context_arrived())
    tmp.write(models, before)
    tmp.write(e2e.home .. "/.pi/agent/settings.json",
        '{"defaultProvider":"fake","defaultModel":"fake-model"}')
    e2e.summarized("pi", list, { FAKE_KEY = "x" }, models)
    assert.equal(#list, #e2e.rows())
    e2e.work()
    sys.replace(models, before)
    pi()
    assert.is_true(e2e.context_arrived("Recalled from earlier sessions"))
    e2e.gone_without_trace()
    assert.is_nil(sys.stat(e2e.home .. "/.pi/agent/extensions/propolis.ts"))
end)
