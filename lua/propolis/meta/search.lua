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

---@class engine.search.term
---@field term string as tokens() gives it; of a prefix its beginning, in lower case
---@field weight? number 1; a rare one weighs more
---@field prefix? boolean every word that begins so

--- The piece of a text that holds most of the terms, the first of equals, its
--- beginning when it holds none.  Characters are never split.
---@param text string
---@param terms engine.search.term[] of more than 64 the first
---@param room integer bytes, at least 1
---@return string[] pieces the 2nd, 4th, ... are terms, to be marked
---@return boolean before whether the text goes on before it
---@return boolean behind whether it goes on behind it
function search.snippet(text, terms, room) end

return search
