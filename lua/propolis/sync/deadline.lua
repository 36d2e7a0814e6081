--- deadline: the moment at which a sync stops by itself, as sys.monotonic().
local sys = require "engine.sys"

local deadline = {}

--- What a run that was stopped says.
deadline.LATE = "out of time; the rest goes with the next sync"

--- The moment so many seconds from now.
function deadline.after(seconds)
    return sys.monotonic() + seconds
end

--- True, or nil and why not when the moment has passed; nil never passes.
function deadline.holds(at)
    if at and sys.monotonic() > at then
        return nil, deadline.LATE
    end
    return true
end

return deadline
