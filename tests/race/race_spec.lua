local race = require "race"

-- ROUNDS and PROCS make them longer; tests/race/run.lua prints the counts.
local rounds = tonumber(os.getenv("ROUNDS")) or 2
local processes = tonumber(os.getenv("PROCS")) or 16

for _, kind in ipairs { "sqlite", "postgres" } do
    describe("many processes on one " .. kind .. " store", function()
        for what, expected in pairs {
            heal = "heal an old table and insert at once",
            make = "make everything at once",
            kill = "keep what was acknowledged when they are killed",
        } do
            it(expected, function()
                local result = race[what](kind,
                    { rounds = rounds, processes = processes })
                local text, fine = race.verdict(result)
                assert(fine, text .. "\n" .. table.concat(result.errors, "\n"))
            end)
        end
    end)
end
