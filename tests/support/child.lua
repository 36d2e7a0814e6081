--- The environment of a child: only what a child needs from outside and what is
-- given, so that no setting of the one who runs the tests gets in.
local sys = require "engine.sys"

local child = {}

--- The interpreter that runs the specs is the program under test.
child.program = assert(sys.readlink("/proc/self/exe"))

-- Sanitizers, coverage, places.
local KEEP = {
    "PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
    "GCOV_PREFIX", "GCOV_PREFIX_STRIP", "GCOV_ERROR_FILE",
}

--- A table for sys.run: each list wins over the ones before it.
function child.env(...)
    local env = {}
    for name in pairs(sys.environ()) do
        env[name] = false
    end
    for _, name in ipairs(KEEP) do
        env[name] = os.getenv(name)
    end
    env.LANG = "C.UTF-8"
    for _, more in ipairs { ... } do
        for name, value in pairs(more) do
            env[name] = value
        end
    end
    return env
end

return child
