--- One of those who take in while hooks append: a command, again and again.
--
-- take_in_worker.lua HOME GATE ROUNDS [MS]: waits for the gate, then runs, each
-- time for at most MS milliseconds; says what went wrong.
local sys = require "engine.sys"

local home, gate, rounds, most = table.unpack(arg)
local argv = { sys.readlink("/proc/self/exe"), "sync", "--local" }

local function killed()
    return { "timeout", "-s", "KILL", tostring(math.random() * most / 1e3),
        table.unpack(argv) }
end

io.stdout:setvbuf("no")
print("ready " .. sys.pid())
assert(io.open(gate)):close() -- until the parent opens its end
for _ = 1, tonumber(rounds) do
    local r = assert(sys.run(most and killed() or argv,
        { env = { PROPOLIS_HOME = home, HOME = home } }))
    if not most and r.code ~= 0 and not r.stderr:find("locked", 1, true) then
        print(("error: code %s signal %s %s"):format(r.code, r.signal,
            r.stderr))
    end
end
