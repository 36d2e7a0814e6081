--- Whole sessions, recorded from the real programs, through the real hook.
local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local FIXTURES = debug.getinfo(1, "S").source:match("^@(.*)tests/spec/")
    .. "tests/fixtures/sessions/"

local PROMPT, DONE = "please do it", "All of it is done, says the model."

-- Agent -> its rows: event and, where it matters, a part of the message.
local EXPECTED = {
    ["claude-code"] = {
        { "SessionStart" }, { "UserPromptSubmit", PROMPT },
        { "PostToolUse", "propolis-e2e-output" },
        { "PostToolUseFailure", "No such file" }, { "Stop", DONE },
        { "SessionEnd" },
    },
    codex = {
        { "SessionStart" }, { "UserPromptSubmit", PROMPT },
        { "PostToolUse", "propolis-e2e-output" },
        { "PostToolUse", "No such file" }, { "Stop", DONE },
        { "SessionEnd" },
    },
    pi = {
        { "session_start" }, { "input", PROMPT },
        { "tool_result", "propolis-e2e-output" },
        { "tool_result", "No such file" }, { "message_end", DONE },
        { "session_shutdown" },
    },
    openclaw = {
        { "after_tool_call", "propolis-e2e-output" },
        { "after_tool_call", "No such file" }, { "user", PROMPT },
        { "assistant", DONE },
    },
}

describe("a recorded session of", function()
    after_each(tmp.clean)

    for agent, expected in pairs(EXPECTED) do
        it(agent .. " becomes exactly these rows", function()
            local home = tmp.dir()
            for _, name in ipairs(sys.list(FIXTURES .. agent)) do
                local r = run({ "hook", agent, name:match("-(.*)%.json$") }, {
                    home = home,
                    stdin = sys.read(FIXTURES .. agent .. "/" .. name),
                })
                assert.equal(0, r.code)
                assert.equal("", r.stderr)
            end
            local r = run({ "query", "--json", "--store", "sqlite:" .. home
                .. "/data/local@default.db", "SELECT description, project, "
                .. "path, message FROM sessions ORDER BY rowid" },
                { home = home })
            local rows = assert(json.decode(r.stdout), r.stderr)
            assert.equal(#expected, #rows)
            for i, row in ipairs(rows) do
                local message = type(row.message) == "string" and row.message
                    or json.encode(row.message)
                assert.equal(expected[i][1], row.description)
                assert.equal("project", row.project)
                assert.equal(rows[1].path, row.path)
                assert.is_truthy(message:find(expected[i][2] or "", 1, true))
            end
        end)
    end
end)
