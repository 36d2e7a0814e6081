---@meta engine.sqlite
--- engine.sqlite: stores in files, in WAL mode, safe with many processes.

---@class engine.sqlite
local sqlite = {}

---@class engine.sqlite.options
---@field busy_ms? integer how long to wait for another process (5000)
---@field readonly? boolean never writes and never makes the file

--- Opens a file, made when it is not there, readable by its owner only.
--- Errors: "io" (damaged, no database, no room), "denied", "busy".
---@param path string or ":memory:"
---@param options? engine.sqlite.options
---@return engine.store.object? store
---@return engine.error? err
function sqlite.open(path, options) end

return sqlite
