--- Pushes of 1,000 events with one fault at every turn of a line; describes it
-- for one line.
--
--   require "push_lines"(_ENV, "direct") -- from the machine to PostgreSQL;
--   require "push_lines"(_ENV, "front")  -- from the machine to serve; or
--   require "push_lines"(_ENV, "back")   -- from that serve to its PostgreSQL
--
-- _ENV, for setup, teardown and it are there.  Such a push waits more than it
-- works, so all faults are tried at once: each in a process of its own (see
-- push_worker.lua), with its own server and database.
local pg = require "postgres"
local serving = require "serving"
local sys = require "engine.sys"
local turns = require "push_turns"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))
local WORKER = sys.root .. "/tests/support/push_worker.lua"

return function(env, where)
    local pipes = {}

    env.setup(function()
        for _, how in pairs(turns.faults) do
            pipes[how] = serving.spawn(("'%s' '%s' %s %s '%s' 2>&1")
                :format(PROGRAM, WORKER, where, how, pg.url(true)))
        end
    end)

    env.teardown(function()
        for _, pipe in pairs(pipes) do pipe:close() end
    end)

    for what, how in pairs(turns.faults) do
        env.it(what, function()
            local said = pipes[how]:read("a")
            assert(said:find("^%d+ turns\n$"), said)
        end)
    end
end
