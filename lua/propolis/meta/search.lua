---@meta engine.search
--- engine.search: the words of a text, as the search index has them.

---@class engine.search
local search = {}

--- One word. In scripts without spaces between words (Han, kana, Hangul, Thai)
--- it is two neighbouring characters, and words overlap.
---@class engine.search.token
---@field term string lower case, without diacritics and English ending
---@field first integer where it begins in the text, in bytes
---@field last integer its last byte

--- The words of a text in order.
---@param text string
---@return engine.search.token[]
function search.tokens(text) end

--- The parts of each identifier with capitals within, a line each:
--- "getUserName and HTTPServer" gives "get User Name\nHTTP Server\n".
---@param text string
---@return string
function search.parts(text) end

return search
