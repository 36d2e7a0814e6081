---@meta engine.wire
--- engine.wire: lines from stdin and to stdout, for a program that speaks a
--- protocol there.

---@class engine.wire
local wire = {}

---@class engine.wire.lines
local lines = {}

--- Takes stdin and stdout.  From then on whatever else prints to stdout reaches
--- stderr.
---@param max integer bytes of the longest line that is read
---@return engine.wire.lines
function wire.open(max) end

--- The next line, without its newline.  Without one: "none" when the time has
--- passed; "long" for one that is longer than max, which is skipped; "end" when
--- nothing more comes: at the end of stdin, when the parent process is gone, or
--- after Ctrl-C.
---@param timeout_ms? integer without it waits as long as it takes
---@return string?
---@return "none"|"long"|"end"?
function lines:next(timeout_ms) end

--- Writes a line; waits for a reader that is slow, not for one that is gone.
---@param text string without a newline
---@return true? ok
---@return string? why
function lines:send(text) end

--- Gives its memory back and closes stdout; doing so again is harmless.  Also
--- on close and gc.
function lines:close() end

return wire
