---@meta engine.edit
--- engine.edit: one line from a terminal, with keys and history.  Only the
-- REPL loads it.

---@class engine.edit
local edit = {}

---@class engine.edit.editor
local editor = {}

--- Waits for a line; Ctrl-C drops it ("interrupt"), Ctrl-D leaves ("eof").
---@param prompt? string at most 63 bytes
---@return string? line without its line end
---@return "interrupt"|"eof"? why
function editor:line(prompt) end

--- Puts a line where the Up key finds it.
---@param line string
function editor:remember(line) end

--- Gives the terminal back; also on close and gc.
function editor:close() end

--- Takes the terminal on stdin and stdout.  complete(text before the cursor)
--- returns what the tab key inserts, and lines to show below, or nils.
---@param complete fun(text: string): string?, string?
---@return engine.edit.editor?
---@return engine.sys.error? err
function edit.open(complete) end

return edit
