-- npm: @modelcontextprotocol/conformance@0.2.0-alpha.12
local child = require "child"
local json = require "propolis.json"
local sys = require "engine.sys"

local e2e = ...
local HERE = sys.realpath(debug.getinfo(1, "S").source:match("^@(.*)/"))

-- Scenarios that a server of ours can pass.  The others want what a memory does
-- not have: tools, resources and prompts with the names of the suite's own
-- server (tools-call-*, resources-read-*, prompts-*, completion-complete,
-- json-schema-2020-12), requests to the client (elicitation, sampling,
-- input-required-*), log messages, subscriptions, tasks; or they are about HTTP
-- alone (dns-rebinding-protection, http-*), which here is only the bridge's.
local SCENARIOS = {
    ["2025-11-25"] = { "server-initialize", "server-session-lifecycle",
        "ping", "tools-list", "server-sse-multiple-streams",
        "resources-list" },
    ["2026-07-28"] = { "tools-list", "server-sse-multiple-streams",
        "resources-list", "sep-2164-resource-not-found" },
}

-- Checks of other scenarios of 2026-07-28 that are about such things.
local BESIDE = { "http", "undeclared%-capability", "missing%-capability",
    "log%-without", "prompts" }

local SCRIPT = [[
node "$1" "$2" >"$3" & bridge=$!
trap 'kill $bridge' EXIT
while [ ! -s "$3" ]; do :; done
shift 3
node "$1" server --url "$(cat "$0")" --scenario "$2" --spec-version "$3" \
    --verbose
]]

-- What the suite says of a scenario: its exit code and the list of checks.
local function checks(scenario, version)
    local npm = os.getenv("E2E_NPM")
    local url = e2e.home .. "/url-" .. scenario .. version
    local r = assert(sys.run({ "sh", "-c", SCRIPT, url,
        HERE .. "/../mcp_bridge.mjs", child.program, url,
        npm .. "/mcp_conformance/node_modules/@modelcontextprotocol/"
            .. "conformance/dist/index.js", scenario, version },
        { cwd = e2e.home .. "/project", timeout = 120, env = child.env {
            PATH = npm .. "/node/node_modules/.bin:/usr/bin:/bin",
            HOME = e2e.home, PROPOLIS_HOME = e2e.home, USER = "tester" } }))
    local list = r.stdout:match("\n(%[\n.*\n%])")
    return r.code, list and assert(json.decode(list)) or {}, r
end

local function failed(list)
    local out = {}
    for _, check in ipairs(list) do
        local aside = false
        for _, word in ipairs(BESIDE) do
            aside = aside or check.id:find(word) ~= nil
        end
        if check.status == "FAILURE" and not aside then
            out[#out + 1] = check.id .. ": " .. tostring(check.errorMessage)
        end
    end
    return out
end

it("conformance suite of the Model Context Protocol", function()
    e2e.propolis("heal")
    for version, scenarios in pairs(SCENARIOS) do
        for _, scenario in ipairs(scenarios) do
            local code, list, r = checks(scenario, version)
            assert.same({}, failed(list))
            assert.equal(0, code, r.stdout)
        end
    end
    for _, scenario in ipairs { "server-stateless", "caching" } do
        local _, list, r = checks(scenario, "2026-07-28")
        assert.is_true(#list >= 8, r.stdout .. r.stderr)
        assert.same({}, failed(list))
    end
end)
