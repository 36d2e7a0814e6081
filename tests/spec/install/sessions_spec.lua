--- Whole sessions, recorded from the real programs, through the real hook.
local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local FIXTURES = debug.getinfo(1, "S").source:match("^@(.*)tests/spec/")
    .. "tests/fixtures/sessions/"

-- The agents of which there is a session.
local function recorded()
    local list = {}
    for _, name in ipairs(sys.list(FIXTURES)) do
        if sys.stat(FIXTURES .. name).type == "dir" then
            list[#list + 1] = name
        end
    end
    return list
end

describe("a recorded session of", function()
    after_each(tmp.clean)

    for _, agent in ipairs(recorded()) do
        it(agent .. " becomes exactly the rows in its rows.json", function()
            local folder, home = FIXTURES .. agent .. "/", tmp.dir()
            local expected = json.decode(sys.read(folder .. "rows.json"))
            for _, name in ipairs(sys.list(folder)) do
                local event = name:match("%d%d%-(.*)%.json$")
                local r = event and run({ "hook", agent, event },
                    { home = home, stdin = sys.read(folder .. name),
                        env = { PROPOLIS_AUTOSYNC = "false" } })
                assert.equal(0, r and r.code or 0)
                assert.equal("", r and r.stderr or "")
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
