---@meta propolis.log
--- propolis.log: one line per message in the state folder's propolis.log.
--- Never raises, never writes to stdout.  Arguments are string.format's.

---@class propolis.log
---@field max_size integer bytes from which on the log moves to propolis.log.1
local log = {}

--- Where the log is; nil when there is no home.
---@return string? path
function log.path() end

--- Something failed.
---@param fmt any
---@param ... any
function log.error(fmt, ...) end

--- Something is odd and was dealt with.
---@param fmt any
---@param ... any
function log.warn(fmt, ...) end

--- Something worth knowing happened.
---@param fmt any
---@param ... any
function log.info(fmt, ...) end

--- Written only with HIVEMIND_DEBUG=1.
---@param fmt any
---@param ... any
function log.debug(fmt, ...) end

return log
