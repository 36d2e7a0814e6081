--- One of the writers of a race: an agent that has hooks run, one by one.
--
-- hook_worker.lua HOME GATE NAME EVENTS [MS]: waits for the gate; then each
-- event gets a real process, which is killed after at most MS milliseconds.
-- Says what became of each: "stored ID MS" for exit code 0, else "killed ID".
local json = require "propolis.json"
local sys = require "engine.sys"

local home, gate, name, events, most = table.unpack(arg)
local PROGRAM = sys.readlink("/proc/self/exe")
most = tonumber(most)
math.randomseed(tonumber(name), sys.pid())

-- Agent, event and payload by the writer's number.
local AGENTS = {
    { "claude-code", "UserPromptSubmit", function(session, text)
        return { session_id = session, prompt = text }
    end },
    { "codex", "UserPromptSubmit", function(session, text)
        return { session_id = session, prompt = text }
    end },
    { "cursor", "beforeSubmitPrompt", function(session, text)
        return { conversation_id = session, prompt = text }
    end },
    { "hermes", "pre_llm_call", function(session, text)
        return { session_id = session, extra = { user_message = text } }
    end },
    { "pi", "input", function(session, text)
        return { event = { text = text }, ctx = { sessionId = session } }
    end },
    { "openclaw", "subagent_spawned", function(session, text)
        return { event = { label = text }, ctx = { sessionId = session } }
    end },
}

local agent = AGENTS[(tonumber(name) - 1) % #AGENTS + 1]
local env = { PROPOLIS_HOME = home, HOME = home, HIVEMIND_CAPTURE = false,
    PROPOLIS_STORE = "sqlite:/nowhere", PROPOLIS_AUTOSYNC = "false" }

local function hook(id)
    local argv = { PROGRAM, "hook", agent[1], agent[2] }
    if most then
        argv = { "timeout", "-s", "KILL", tostring(math.random() * most / 1e3),
            table.unpack(argv) }
    end
    return assert(sys.run(argv, {
        stdin = json.encode(agent[3]("s" .. name, "event " .. id .. ".")),
        env = env, timeout = 120,
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
