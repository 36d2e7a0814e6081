local run = require "run"
local terminal = require "terminal"
local tmp = require "tmp"

-- Counts as if the work had begun long ago, then takes the line away.
local SCRIPT = [[
local p = require("propolis.cli.progress").start()
p:count("too early %d", 1)
p.started = p.started - 5
p:count("%d rows", 7)
p:count("%d rows", 8)
p:close()
print "done"
]]

describe("progress", function()
    after_each(tmp.clean)

    it("counts after a second, not too often, and goes away", function()
        local said = terminal({ "< done" }, { args = { "-e", SCRIPT } }).stdout
        assert.truthy(said:find("^7 rows%s+done"), said)
        assert.is_nil(said:find("early", 1, true))
        assert.is_nil(said:find("8 rows", 1, true))
    end)

    it("says which table heal is at, on a terminal only", function()
        local dir = tmp.dir()
        local function heal(name)
            return { "heal", "--store", "sqlite:" .. dir .. "/" .. name }
        end
        local said = terminal({ "< skills " }, { args = heal("a.db"),
            env = { HOME = dir, PROPOLIS_HOME = dir } }).stdout
        assert.truthy(said:find("healing memory (1 of 3) ...", 1, true), said)
        assert.truthy(said:find("healing skills (3 of 3) ...", 1, true), said)
        local r = run(heal("b.db"), { home = dir })
        assert.equal(0, r.code)
        assert.equal("", r.stderr)
    end)
end)
