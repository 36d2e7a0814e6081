local hookrace = require "hookrace"
local intake = require "propolis.capture.intake"

-- EVENTS=500 and ROUNDS make them as long as one likes; SHOW=1 prints counts.
local events = tonumber(os.getenv("EVENTS")) or 40
local rounds = tonumber(os.getenv("ROUNDS")) or 1

local function run(options)
    local result = hookrace.run(options)
    local text, fine = hookrace.verdict(result)
    if os.getenv("SHOW") then
        print("\n" .. text)
    end
    assert(fine, text .. "\n" .. table.concat(result.errors, "\n", 1,
        math.min(10, #result.errors)))
    return result
end

describe("the hooks of sixteen agents at once", function()
    it("store every event once, in order, within the busy time", function()
        for _ = 1, rounds do
            local r = run { writers = 16, events = events }
            assert.equal(16 * events, r.rows)
            assert.equal(0, r.spooled)
            assert.is_true(r.ms[#r.ms] < intake.busy_ms)
        end
    end)
end)

describe("hooks that are killed at random moments", function()
    it("keep what they acknowledged, once", function()
        local ms = run({ writers = 4, events = 4 }).ms
        for _ = 1, rounds do
            -- From before the first instruction to after the last.
            assert.is_true(run { writers = 4, events = events,
                kill_ms = 3 * ms[#ms // 2] }.killed > 0)
        end
    end)
end)
