local needs = require "needs"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = sys.root .. "/tests/support/with_postgres"

describe("the tests' own PostgreSQL", function()
    after_each(tmp.clean)

    it("says who cannot enter a folder that is closed to others", function()
        local missing = needs.root()
            or sys.run({ PROGRAM, "--can" }).code ~= 0
            and "no PostgreSQL server is installed"
        if missing then return pending(missing) end
        local dir = tmp.dir()
        local r = assert(sys.run({ PROGRAM, "true" },
            { env = { TMPDIR = dir } }))
        assert.equal(1, r.code)
        assert.truthy(r.stderr:find("who cannot enter " .. dir
            .. ": set TMPDIR to a folder that is open to all", 1, true),
            r.stderr)
        assert.same({}, sys.list(dir))
    end)
end)
