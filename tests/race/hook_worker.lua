--- One of the writers of a race: an agent that has hooks run, one by one.
--
-- hook_worker.lua HOME GATE NAME EVENTS [MS]: waits for the gate; then each
-- event gets a real process, which is killed after at most MS milliseconds.
-- Says what became of each: "stored ID MS" for exit code 0, else "killed ID".
local agents = require "propolis.agents"
local json = require "propolis.json"
local sys = require "engine.sys"

package.path = sys.root .. "/tests/support/?.lua;" .. package.path
local payloads = require "payloads"

local home, gate, name, events, most = table.unpack(arg)
local PROGRAM = sys.readlink("/proc/self/exe")
most = tonumber(most)
math.randomseed(tonumber(name), sys.pid())

-- The writer's number chooses the agent.
local names = agents.names()
local agent = names[(tonumber(name) - 1) % #names + 1]
local env = { PROPOLIS_HOME = home, HOME = home, HIVEMIND_CAPTURE = false,
    PROPOLIS_STORE = "sqlite:/nowhere", PROPOLIS_AUTOSYNC = "false" }

local function hook(id)
    local event, payload = payloads.sample(agent, "s" .. name,
        "event " .. id .. ".")
    local argv = { PROGRAM, "hook", agent, event }
    if most then
        argv = { "timeout", "-s", "KILL", tostring(math.random() * most / 1e3),
            table.unpack(argv) }
    end
    return assert(sys.run(argv, {
        stdin = json.encode(payload), env = env, timeout = 120,
    }))
end

io.stdout:setvbuf("no")
print("ready " .. sys.pid())
assert(io.open(gate)):close() -- until the parent opens its end
for i = 1, tonumber(events) do
    local id, from = name .. "-" .. i, sys.monotonic()
    local r = hook(id)
    if r.code == 0 then
        print(("stored %s %.1f"):format(id, (sys.monotonic() - from) * 1e3))
    elseif most and (r.signal == 9 or r.code == 137 or r.code == -1) then
        print("killed " .. id)
    else
        print(("error %s: code %s signal %s %s"):format(id, r.code, r.signal,
            r.stderr))
    end
end
