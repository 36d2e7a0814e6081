--- Leads the program under test on a real terminal.
--
--   local terminal = require "terminal"
--   local r = terminal({ "< > ", "> 1 + 1\\n", "< 2", "> .quit\\n" })
--   assert.equal(0, r.code)  -- r.stdout: what the screen showed
--
-- The steps are those of tests/support/pty.c, built by the Makefile.
local child = require "child"
local sys = require "engine.sys"

local PTY = child.program:match("^(.*)/") .. "/pty"

--- Runs the steps; a step that waits in vain fails the spec with the screen.
-- @param steps list of lines
-- @param opts { args = words, env = variables, cwd = folder }
-- @return { code, stdout }
return function(steps, opts)
    opts = opts or {}
    local r = assert(sys.run(
        { PTY, child.program, table.unpack(opts.args or {}) }, {
            stdin = table.concat(steps, "\n") .. "\n",
            env = child.env({ TERM = "xterm" }, opts.env or {}),
            cwd = opts.cwd, timeout = 120,
        }))
    if r.code == 98 or r.timed_out or r.signal then
        error(("%s\nthe screen:\n%s"):format(r.stderr, r.stdout), 2)
    end
    return r
end
