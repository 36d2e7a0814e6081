---@meta engine.text
--- engine.text: text as a terminal shows it, and rows as text.

---@class engine.text
local text = {}

--- "table": for people; "csv": RFC 4180; "json": one array of objects; "line":
--- name = value on a line each.
---@alias engine.text.format "table"|"csv"|"json"|"line"

--- How many columns of a terminal a text takes; where a byte is no UTF-8, each
--- byte takes one.
---@param s string
---@return integer
function text.width(s) end

--- The text, or its start with "…" where it takes more columns than width.
---@param s string
---@param width integer
---@return string
function text.cut(s, width) end

--- One line that cannot steer a terminal: control characters, marks that turn
--- the direction of text, and bytes that are no UTF-8 stand as \n, \x1b, \u202e.
---@param s string
---@return string
function text.printable(s) end

--- The text with U+FFFD for each byte that is no UTF-8.
---@param s string
---@return string
function text.utf8(s) end

--- One line of at most max bytes (16 or more) for a model: white space and
--- control characters are one space, what shows nothing is left out, "<" and
--- its look-alikes are &lt;, double quotes and theirs are ', "…" ends what was
--- cut. Between double quotes it can neither leave them nor begin a tag.
---@param s string
---@param max integer
---@return string
function text.inert(s, max) end

--- The text as a JSON string; bytes that are no UTF-8 stay.
---@param s string
---@return string
function text.quoted(s) end

--- Rows as text.
---@param format engine.text.format
---@param rows table[] by column name
---@param columns string[]
---@param encode fun(value: table): string JSON of a cell that is a table
---@param room? integer columns of the terminal, to which a table is cut
---@param bold? boolean the head of a table
---@return string
function text.rows(format, rows, columns, encode, room, bold) end

return text
