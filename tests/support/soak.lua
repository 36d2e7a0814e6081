--- How long the long tests go on: a little in make test, SOAK seconds each in
-- make soak.
--
--   soak.rounds(2, function(n) ... end)
--   local events = soak.count(40, 500)
local sys = require "engine.sys"

local soak = { seconds = tonumber(os.getenv("SOAK")) }

--- few in make test, many in make soak.
function soak.count(few, many)
    return soak.seconds and many or few
end

--- Calls fn(n) for n = 1 to few; when soaking, on and on until the time is
-- over.
function soak.rounds(few, fn)
    local stop = sys.monotonic() + (soak.seconds or 0)
    local n = 0
    repeat
        n = n + 1
        fn(n)
    until n >= few and (not soak.seconds or sys.monotonic() >= stop)
end

return soak
