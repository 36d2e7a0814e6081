--- A person's shell, for the specs of documents: commands run one after the
-- other, each in the folder, with the environment and after the exit code that
-- the one before left.
--
--   local shell = console.new { dir = tmp.dir(), cwd = home, env = env }
--   print(shell:run "export A=1")
--   print(shell:run "echo $A", shell.code)   --> 1    0
local sys = require "engine.sys"
local tmp = require "tmp"

local console = {}

local Console = {}
Console.__index = Console

--- @param options dir = a folder of the shell's own, cwd = where it begins,
-- env = as in engine.sys.run, timeout = seconds for one command (120)
function console.new(options)
    tmp.write(options.dir .. "/env", "")
    tmp.write(options.dir .. "/cwd", options.cwd .. "\n")
    return setmetatable({ dir = options.dir, env = options.env, code = 0,
        timeout = options.timeout or 120 }, Console)
end

--- Runs a command; its exit code is in .code then.
-- @param before, after what is run around it and is no part of it
-- @return what it wrote to stdout and stderr
function Console:run(command, before, after)
    local r = assert(sys.run({ "sh", "-c", ([[
        exec 2>&1
        . "%s/env"
        cd "$(cat "%s/cwd")" || exit 99
        %s
        (exit %d)
        %s
        code=$?
        %s
        export -p >"%s/env"
        pwd >"%s/cwd"
        exit $code]]):format(self.dir, self.dir, before or "", self.code,
        command, after or "", self.dir, self.dir) },
        { env = self.env, timeout = self.timeout, stdin = "" }))
    assert(not r.timed_out, "hangs: " .. command)
    self.code = r.code
    return r.stdout
end

--- A copy of the environment in which nothing but these variables is set;
-- what sanitizers and coverage need stays.
function console.env(variables)
    local env = {}
    for name in pairs(sys.environ()) do
        env[name] = false
    end
    for _, name in ipairs { "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS",
        "LSAN_OPTIONS", "GCOV_PREFIX", "GCOV_PREFIX_STRIP",
        "GCOV_ERROR_FILE" } do
        env[name] = os.getenv(name)
    end
    for name, value in pairs(variables) do
        env[name] = value
    end
    return env
end

return console
