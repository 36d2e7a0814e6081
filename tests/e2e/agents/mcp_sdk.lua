-- npm: @modelcontextprotocol/sdk@1.32.2
local child = require "child"
local json = require "propolis.json"
local sys = require "engine.sys"

local e2e = ...
local HERE = sys.realpath(debug.getinfo(1, "S").source:match("^@(.*)/"))

it("client of the Model Context Protocol's SDK", function()
    local npm = os.getenv("E2E_NPM")
    local r = assert(sys.run({ npm .. "/node/node_modules/.bin/node",
        HERE .. "/../mcp_sdk.mjs", npm .. "/mcp_sdk/node_modules",
        child.program }, { cwd = e2e.home .. "/project", timeout = 60,
        env = child.env { HOME = e2e.home, PROPOLIS_HOME = e2e.home,
            USER = "tester" } }))
    assert.equal(0, r.code, r.stderr)
    local got = assert(json.decode(r.stdout))
    assert.equal(8, #got.tools)
    assert.same({}, got.faults)
    assert.equal(1, got.hits)
    assert.is_true(got.wrong)
    assert.is_truthy(got.text:find("| The SDK waits", 1, true))
    assert.is_truthy(got.note:find("| The SDK waits", 1, true))
    assert.same({ "tester" }, got.users)
    assert.equal(-32602, got.unknown)
end)
