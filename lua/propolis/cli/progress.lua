--- Progress as one line on a terminal; nothing is written elsewhere.
--
--   local progress <close> = require("propolis.cli.progress").start()
--   progress:count("%d rows sent", n)
--
-- The line is gone when it is closed, before anything else is said.
local sys = require "engine.sys"

local Progress = {}
Progress.__index = Progress

local AFTER = 1 -- seconds in which nobody needs to be told
local EVERY = 0.2 -- seconds between two lines

local function show(self, text)
    text = require("propolis.cli.text").cut(text, (sys.columns() or 80) - 1)
    self:close()
    io.stderr:write(text)
    io.stderr:flush()
    self.shown = require("propolis.cli.text").width(text)
end

--- How far many small steps have come: from the first second on.
function Progress:count(fmt, ...)
    local now = sys.monotonic()
    if self.on and now - self.started > AFTER and now - self.last > EVERY then
        self.last = now
        show(self, fmt:format(...))
    end
end

--- The one step that begins now: at once, as nothing can be said during it.
function Progress:step(fmt, ...)
    if self.on then
        show(self, fmt:format(...))
    end
end

--- Takes the line away; it may be used again.
function Progress:close()
    if self.shown > 0 then
        io.stderr:write("\r", (" "):rep(self.shown), "\r")
        self.shown = 0
    end
end

Progress.__close = Progress.close

local progress = {}

--- Starts the clock.
function progress.start()
    return setmetatable({
        on = sys.isatty(2), started = sys.monotonic(), last = 0, shown = 0,
    }, Progress)
end

return progress
