--- Waits until check() gives something true, and gives that. The limit only
-- ends what hangs: no machine is so slow.
--
--   eventually(function() return sys.stat(path) end, "it never came")
local sys = require "engine.sys"

return function(check, what)
    local last = sys.monotonic() + 120
    local found = check()
    while not found do
        assert(sys.monotonic() < last, what or "it never came true")
        sys.sleep(0.02)
        found = check()
    end
    return found
end
