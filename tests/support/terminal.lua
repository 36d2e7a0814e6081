--- Leads the program under test on a real terminal.
--
--   local terminal = require "terminal"
--   local r = terminal({ "< > ", "> 1 + 1\\n", "< 2", "> .quit\\n" })
--   assert.equal(0, r.code)  -- r.stdout: what the screen showed
--
-- The steps are those of tests/support/pty.c, built by the Makefile.
local sys = require "engine.sys"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))
local PTY = PROGRAM:match("^(.*)/") .. "/pty"

local KEEP = { "PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS",
    "LSAN_OPTIONS", "GCOV_PREFIX",
    "GCOV_PREFIX_STRIP", "GCOV_ERROR_FILE" }

--- Runs the steps; a step that waits in vain fails the spec with the screen.
-- @param steps list of lines
-- @param opts { args = words, env = variables, cwd = folder }
-- @return { code, stdout }
return function(steps, opts)
    opts = opts or {}
    local env = {}
    for name in pairs(sys.environ()) do
        env[name] = false
    end
    for _, name in ipairs(KEEP) do
        env[name] = os.getenv(name)
    end
    env.TERM, env.LANG = "xterm", "C.UTF-8"
    for name, value in pairs(opts.env or {}) do
        env[name] = value
    end
    local r = assert(sys.run(
        { PTY, PROGRAM, table.unpack(opts.args or {}) }, {
            stdin = table.concat(steps, "\n") .. "\n", env = env,
            cwd = opts.cwd, timeout = 120,
        }))
    if r.code == 98 or r.timed_out or r.signal then
        error(("%s\nthe screen:\n%s"):format(r.stderr, r.stdout), 2)
    end
    return r
end
