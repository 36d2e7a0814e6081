--- Runs the program under test as a child process.
--
--   local run = require "run"
--   local r = run({ "version" }, { home = tmp.dir() })
--   assert.equal(0, r.code)  -- r.stdout, r.stderr
--
-- The child sees only the environment given here: see tests/support/child.lua.
local child = require "child"
local sys = require "engine.sys"

--- Runs propolis with the given arguments.
-- @param args list of words
-- @param opts { stdin = text, env = more variables, home = PROPOLIS_HOME,
-- cwd =, timeout = seconds (60), wrap = words before the program }
-- @return { code, signal, stdout, stderr, timed_out }
return function(args, opts)
    opts = opts or {}
    local env = child.env({ USER = "tester" }, opts.home and {
        PROPOLIS_HOME = opts.home, HOME = opts.home,
    } or {}, opts.env or {})
    local argv = table.move(opts.wrap or {}, 1, #(opts.wrap or {}), 1, {})
    argv[#argv + 1] = child.program
    table.move(args, 1, #args, #argv + 1, argv)
    return assert(sys.run(argv, {
        stdin = opts.stdin or "", env = env, cwd = opts.cwd,
        timeout = opts.timeout or 60,
    }))
end
