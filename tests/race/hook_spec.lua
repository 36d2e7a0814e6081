local hookrace = require "hookrace"
local soak = require "soak"

local events = soak.count(40, 500)

local function run(options)
    local result = hookrace.run(options)
    local text, fine = hookrace.verdict(result)
    if soak.seconds then
        print("\n" .. text)
    end
    assert(fine, text .. "\n" .. table.concat(result.errors, "\n", 1,
        math.min(10, #result.errors)))
    return result
end

describe("the hooks of sixteen agents at once", function()
    it("lose and double nothing while two processes take in", function()
        soak.rounds(1, function()
            local r = run { writers = 16, events = events, takers = 2 }
            assert.equal(16 * events, r.rows)
        end)
    end)
end)

describe("hooks that are killed at random moments", function()
    it("keep what they acknowledged, once", function()
        local ms = run({ writers = 4, events = 4 }).ms
        soak.rounds(1, function()
            -- From before the first instruction to after the last.
            assert.is_true(run { writers = 4, events = events, takers = 1,
                kill_ms = 3 * ms[#ms // 2] }.killed > 0)
        end)
    end)
end)
