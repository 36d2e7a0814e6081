--- Runs the program under test as a child process.
--
--   local run = require "run"
--   local r = run({ "version" }, { home = tmp.dir() })
--   assert.equal(0, r.code)  -- r.stdout, r.stderr
--
-- The child sees only the environment given here, so that no setting of the
-- one who runs the tests gets in.
local sys = require "engine.sys"

-- The interpreter that runs the specs is the program under test.
local PROGRAM = assert(sys.readlink("/proc/self/exe"))

-- What a child needs from outside: sanitizers, coverage, time zone.
local KEEP = {
    "PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
    "GCOV_PREFIX", "GCOV_PREFIX_STRIP", "GCOV_ERROR_FILE",
}

--- Runs propolis with the given arguments.
-- @param args list of words
-- @param opts { stdin = text, env = more variables, home = PROPOLIS_HOME,
-- cwd =, timeout = seconds (60), wrap = words before the program }
-- @return { code, signal, stdout, stderr, timed_out }
return function(args, opts)
    opts = opts or {}
    local env = {}
    for name in pairs(sys.environ()) do
        env[name] = false
    end
    for _, name in ipairs(KEEP) do
        env[name] = os.getenv(name)
    end
    env.USER, env.LANG = "tester", "C.UTF-8"
    if opts.home then
        env.PROPOLIS_HOME, env.HOME = opts.home, opts.home
    end
    for name, value in pairs(opts.env or {}) do
        env[name] = value
    end
    local argv = table.move(opts.wrap or {}, 1, #(opts.wrap or {}), 1, {})
    argv[#argv + 1] = PROGRAM
    table.move(args, 1, #args, #argv + 1, argv)
    return assert(sys.run(argv, {
        stdin = opts.stdin or "", env = env, cwd = opts.cwd,
        timeout = opts.timeout or 60,
    }))
end
