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

--- The search index in a SQLite store, which stays open for as long; one for
--- each store.
---@param store engine.store.object
---@param create? boolean its tables where they are not there
---@return engine.search.index?, engine.error?
function search.index(store, create) end

--- Reading sees the index as it was when it was opened in a transaction. What
--- is added is in the file with flush() and the store's COMMIT; after a
--- ROLLBACK the index must be closed.
---@class engine.search.index
local index = {}

---@class engine.search.document
---@field table integer 0 to 3
---@field rowid integer
---@field kind integer 1 to 14
---@field ms integer when, milliseconds since 1970
---@field path string of its session
---@field project string
---@field author string
---@field agent string
---@field day string its date as words
---@field body string

--- Adds an event; those of a session that follow one another are neighbours.
---@param document engine.search.document
---@return integer? n, engine.error?
function index:add(document) end

--- Notes that event n is no longer there; its words stay in the file.
---@param n integer
---@return true?, engine.error?
function index:kill(n) end

--- Writes what was added.
---@return true?, engine.error?
function index:flush() end

---@return { events: integer, sessions: integer, dead: integer, words: integer }
function index:counts() end

--- Where event n comes from.
---@param n integer
---@return integer? table, integer|engine.error rowid, integer? ms
function index:origin(n) end

---@class engine.search.term
---@field text string a word, or several in a row
---@field start? boolean the last word may go on
---@field follows? boolean stands behind the term before it
---@field author? boolean somebody's name: what they said is meant
---@field need? "any"|"all"|"none"
---@field weight? number

---@class engine.search.filter
---@field contexts? string "\1" for each context that may, by its number
---@field session? string path
---@field except_session? string path
---@field kinds? integer a bit for each
---@field since? integer milliseconds
---@field before? integer milliseconds

--- Finds what answers best; weights see engine/search/rank.h.
---@param terms engine.search.term[] the first 64 count
---@param filter? engine.search.filter
---@param weights? table<string, number>
---@return engine.search.ranking?, engine.error?
function index:rank(terms, filter, weights) end

--- Ends it; doing so again is harmless.
function index:close() end

---@class engine.search.ranking
local ranking = {}

---@class engine.search.hit
---@field event integer
---@field table integer
---@field rowid integer
---@field kind integer
---@field ms integer
---@field score number the sum of its parts
---@field words number
---@field pairs number
---@field neighbours number
---@field session number
---@field feedback number

--- The best events, or the best one of each session.
---@param limit integer
---@param by_session? boolean
---@return engine.search.hit[]?, engine.error?
function ranking:best(limit, by_session) end

--- Whether all events with words of the question were looked at; in a large
--- index there is no time for that.
---@return boolean
function ranking:whole() end

--- Mixes in the words that the best answers share, none of skip's.
---@param answers { text: string, score: number }[]
---@param skip string
---@param most integer words
---@return integer? words, engine.error?
function ranking:feedback(answers, skip, most) end

--- Ends it; doing so again is harmless.
function ranking:close() end

return search
