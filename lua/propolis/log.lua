--- One line per message in the state folder's propolis.log.
--
-- Never raises and never touches stdout: a hook's answer is there, and whatever
-- happens to the log must not happen to the agent.
--
--   log.error("cannot store %s: %s", event, err)
local places = require "propolis.config.places"

local log = {}

--- From this size on (bytes) the log moves to propolis.log.1.
log.max_size = 1 << 20

--- Where the log is, or nil when there is no home.
function log.path()
    local paths = places.paths()
    return paths and paths.state .. "/propolis.log"
end

-- Moves a full log aside; only one of several processes does it.
local function rotate(sys, path)
    local lock <close> = sys.lock(path .. ".lock")
    local stat = lock and sys.stat(path)
    if stat and stat.size >= log.max_size then
        sys.rename(path, path .. ".1")
    end
end

local function write(level, fmt, ...)
    local sys = require "engine.sys"
    local path = log.path()
    if not path then return end
    local message = select("#", ...) > 0 and fmt:format(...) or tostring(fmt)
    -- One message is one line, and no control byte reaches a terminal.
    message = require("engine.text").printable((message:gsub("\n", "\\n")
        :gsub("%c", "?")))
    local line = ("%s %-5s [%d] %s\n"):format(sys.now(), level, sys.pid(),
        message)

    local stat = sys.stat(path)
    if stat and stat.size >= log.max_size then
        rotate(sys, path)
    elseif not stat then
        sys.mkdir(path:match("^(.*)/"))
    end
    sys.append(path, line)
end

-- A wrong format must not cost the message.
local function say(level, fmt, ...)
    if not pcall(write, level, fmt, ...) then
        pcall(write, level, "%s", tostring(fmt))
    end
end

--- Something failed; arguments as for string.format.
function log.error(fmt, ...)
    say("error", fmt, ...)
end

--- Something is odd and was dealt with.
function log.warn(fmt, ...)
    say("warn", fmt, ...)
end

--- Something worth knowing happened.
function log.info(fmt, ...)
    say("info", fmt, ...)
end

--- Written only with HIVEMIND_DEBUG=1.
function log.debug(fmt, ...)
    if os.getenv("HIVEMIND_DEBUG") == "1" then
        say("debug", fmt, ...)
    end
end

return log
