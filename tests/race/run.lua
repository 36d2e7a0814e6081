--- Many processes at once on one store, counted:
--   build/release/propolis tests/race/run.lua [sqlite] [postgres]
-- ROUNDS and PROCS make it longer and wider. Exits with 1 when anything was
-- lost, doubled or failed.
local here = arg[0]:match("^(.*/)") or "./"
package.path = here .. "../support/?.lua;" .. package.path
local race = require "race"

local kinds = #arg > 0 and arg or { "sqlite", "postgres" }
local rounds = tonumber(os.getenv("ROUNDS"))
local processes = tonumber(os.getenv("PROCS"))
local failed = false

io.stdout:setvbuf("line")
for _, kind in ipairs(kinds) do
    for _, what in ipairs { "heal", "make", "kill" } do
        local result = race[what](kind, {
            rounds = rounds or 3, processes = processes or 16,
        })
        local text, fine = race.verdict(result)
        print(("%s %-8s %s  %s"):format(fine and "ok  " or "FAIL", kind, what,
            text))
        for i = 1, math.min(5, #result.errors) do
            print("     " .. result.errors[i])
        end
        failed = failed or not fine
    end
end
os.exit(not failed, true)
