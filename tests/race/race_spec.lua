local needs = require "needs"
local race = require "race"
local soak = require "soak"

local kinds = { "sqlite", "postgres", "refusing" }
local missing = needs.program "pgbouncer"
if missing then
    it("many processes through PgBouncer", function() pending(missing) end)
else
    kinds[#kinds + 1] = "pgbouncer"
end

for _, kind in ipairs(kinds) do
    describe("many processes on one " .. kind .. " store", function()
        for what, expected in pairs {
            heal = "heal an old table and insert at once",
            make = "make everything at once",
            kill = "keep what was acknowledged when they are killed",
        } do
            it(expected, function()
                soak.rounds(1, function()
                    local result = race[what](kind,
                        { rounds = 2, processes = 16 })
                    local text, fine = race.verdict(result)
                    if soak.seconds then print("\n" .. text) end
                    assert(fine, text .. "\n"
                        .. table.concat(result.errors, "\n"))
                end)
            end)
        end
    end)
end
