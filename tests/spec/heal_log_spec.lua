local eventually = require "eventually"
local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local SCRIPT = [[
local heal_log = require "propolis.heal_log"
local json = require "propolis.json"
for i = 1, tonumber(arg[1]) do
    local ok, err = heal_log.append { store = "sqlite:/x", table = "memory",
        created = i == 1, added = { "agent", "c" .. i }, version = "1" }
    if not ok then
        print(err)
        os.exit(1)
    end
end
print(json.encode(json.array(heal_log.read())))
]]

describe("the log of heals", function()
    local home

    before_each(function()
        home = tmp.dir()
        tmp.write(home .. "/j.lua", SCRIPT)
    end)
    after_each(tmp.clean)

    local function heal_log(n)
        return run({ home .. "/j.lua", tostring(n) }, { home = home })
    end

    it("gives back what was written, in order", function()
        assert.equal("[]\n", heal_log(0).stdout)
        local list = json.decode(heal_log(2).stdout)
        assert.equal(2, #list)
        assert.same({ "agent", "c1" }, list[1].added)
        assert.is_true(list[1].created)
        assert.is_false(list[2].created)
        assert.equal("sqlite:/x", list[1].store)
        assert.equal(sys.hostname(), list[1].host)
        assert.equal("integer", math.type(list[1].pid))
        assert.matches("^%d%d%d%d%-%d%d%-%d%dT[%d:.]+Z$", list[1].when)
        assert.equal(tonumber("600", 8),
            sys.stat(home .. "/state/heal.jsonl").mode & 511)
    end)

    it("skips a torn line and keeps the others", function()
        heal_log(1)
        assert(sys.append(home .. "/state/heal.jsonl", '{"torn":\n'))
        assert.equal(2, #json.decode(heal_log(1).stdout))
    end)

    it("keeps the lines of many processes whole", function()
        local script = tmp.write(home .. "/many.lua", [[
local sys = require "engine.sys"
for _ = 1, 8 do
    sys.spawn({ arg[-1], arg[1], "50" }, { stdout = arg[2] })
end
]])
        run({ script, home .. "/j.lua", home .. "/out" }, { home = home })
        eventually(function()
            local text = sys.read(home .. "/out") or ""
            return select(2, text:gsub("\n", "")) == 8
        end, "not every process wrote")
        assert.equal(400, #json.decode(heal_log(0).stdout))
    end)

    it("says why it cannot write, and does not raise", function()
        tmp.write(home .. "/state", "a file where the folder should be")
        local r = heal_log(1)
        assert.equal(1, r.code)
        assert.truthy(r.stdout:find(home .. "/state", 1, true), r.stdout)
        assert.equal("", r.stderr)
    end)
end)
