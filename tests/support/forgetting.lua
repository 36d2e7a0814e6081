--- Forgets things in a home of the program under test, and looks for what is
-- left of them.
--
--   local forgetting = require "forgetting"
--   forgetting.prompt(home, "s1", "the CANARY sings")
--   forgetting.run(home, "--session", "s1")     -- asserts that it did well
--   assert.same({}, forgetting.traces(home, "CANARY"))
local hooks = require "hooks"
local run = require "run"

local forgetting = {}

local ENV = { PROPOLIS_AUTOSYNC = "false" }

--- One prompt of a session of Claude Code.
-- @param more further fields of the payload; env in it: of the process
function forgetting.prompt(home, session, text, more)
    more = more or {}
    local env = more.env
    more.env, more.session_id = nil, session
    hooks.run(home, "claude-code", nil, hooks.prompt(text, more),
        { env = env })
end

--- Runs forget as an agent or a script does.
-- @param env more variables, or nil when ... begins
-- @return the result of run
function forgetting.try(home, words, env)
    local all = {}
    for name, value in pairs(ENV) do all[name] = value end
    for name, value in pairs(env or {}) do all[name] = value end
    return run({ "forget", table.unpack(words) }, { home = home, env = all })
end

--- The same with --yes; it must do well.
function forgetting.run(home, ...)
    local r = forgetting.try(home, { "--yes", ... })
    assert(r.code == 0 and r.stderr == "", r.stderr)
    return r
end

--- The files below a home whose bytes hold a text, in whatever case.
function forgetting.traces(home, text)
    local list = {}
    for path, bytes in pairs(hooks.files(home)) do
        if bytes:lower():find(text:lower(), 1, true) then
            list[#list + 1] = path
        end
    end
    table.sort(list)
    return list
end

return forgetting
