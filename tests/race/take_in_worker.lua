--- One of those who take in while hooks append: a command, again and again.
--
-- take_in_worker.lua HOME GATE ROUNDS: waits for the gate, then runs; says
-- what went wrong.
local sys = require "engine.sys"

local home, gate, rounds = table.unpack(arg)

io.stdout:setvbuf("no")
print("ready " .. sys.pid())
assert(io.open(gate)):close() -- until the parent opens its end
for _ = 1, tonumber(rounds) do
    local r = assert(sys.run({ sys.readlink("/proc/self/exe"), "sync",
        "--local" }, { env = { PROPOLIS_HOME = home, HOME = home } }))
    if r.code ~= 0 and not r.stderr:find("locked", 1, true) then
        print(("error: code %s signal %s %s"):format(r.code, r.signal,
            r.stderr))
    end
end
