--- What a test needs of the machine: nil, or the reason why it is skipped.
--
--   local missing = needs.strace()
--   if missing then return pending(missing) end
--
-- With STRICT=1, as in .ci/run, what .ci/deps installs may not be missing:
-- that raises, so that a skipped test never hides a missing install step.
local sys = require "engine.sys"

local needs = {}
local may_trace

--- A program of that name on the PATH, or among those for root.
function needs.program(name)
    if sys.which(name) or sys.stat("/usr/sbin/" .. name) then return nil end
    assert(not os.getenv("STRICT"), name .. " is not installed")
    return name .. " is not installed"
end

--- strace, and leave to trace, which containers may refuse.
function needs.strace()
    local missing = needs.program("strace")
    if missing then return missing end
    may_trace = may_trace
        or sys.run({ "strace", "-o", "/dev/null", "true" }).code == 0
    return not may_trace and "strace may not trace here" or nil
end

--- The rights of root.
function needs.root()
    return sys.stat("/proc/self").uid ~= 0 and "only root may do this" or nil
end

--- A place where something small can be mounted.
function needs.mount(folder)
    local r = sys.run { "mount", "-t", "tmpfs", "tmpfs", folder }
    if r.code ~= 0 then return "nothing may be mounted here" end
    assert(sys.run({ "umount", folder }).code == 0)
end

return needs
