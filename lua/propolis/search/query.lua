--- search.query: what a person types becomes a query.
--
-- Everything is text, so that a whole question, an error message or a line of
-- code can be searched for as it is, but for
--   "two words"   a phrase
--   -word         without this word, -"two words" without this phrase
--   word*         every word that begins so
-- An option of a command is text, too (rm -rf, tar -xzf, git commit -m): -word
-- leaves out only what reads like a word, see excluded().
local stop = require "propolis.search.stop_words"
local words = require "propolis.search.words"

local query = {}

-- A pasted log is no reason to look for ten thousand words: how many count, how
-- many bytes are looked at; what is longer than MARKED is no -word or word*.
local MOST, BYTES, MARKED = 256, 65536, 200

-- Programs whose options read like words; true: all of them.
local PROGRAMS = {
    find = true, gcc = true, cc = true, clang = true, ps = true,
    rsync = true, openssl = true, ffmpeg = true, terraform = true,
    java = { jar = true, version = true, classpath = true },
    go = { race = true, run = true, count = true, bench = true,
        tags = true, timeout = true, cover = true },
}

-- Parsing -------------------------------------------------------------------

-- One query that is being read: at in text; found, what is in it so far.
local Reader = {}
Reader.__index = Reader

-- Whether a word of a piece of text, from a byte on, says nothing.
local function is_empty_word(text, word, from)
    word = word:lower()
    return stop.words[word]
        or stop.tails[word] and text:sub(from - 1, from - 1) == "'"
end

-- Adds the words of a piece of text; those that say nothing apart.
function Reader:add_words(text)
    local code = text:find("[%w_][:=@#$%%./\\+][%w_]") -- a in a:b is a name
    words.each(text, function(word, from)
        self.first = self.first or word:lower()
        self.all[#self.all + 1] = word
        if code or not is_empty_word(text, word, from) then
            self.words[#self.words + 1] = word
        end
    end)
end

local function list_of(text)
    local list = {}
    words.each(text, function(word)
        if #list < MOST then list[#list + 1] = word end
    end)
    return list
end

-- Notes what is to be left out; text, as which it counts when there is nothing
-- to leave it out of.
function Reader:leave_out(list, text)
    table.insert(self.without, #list > 1 and list or list[1])
    table.insert(self.minus, text)
end

-- "two words" or -"two words": where it ends, or nil.
function Reader:phrase(at)
    local minus, inside, stop_at = self.text:match('^(%-?)"([^"]*)"()', at)
    if not inside then return nil end
    local list = list_of(inside)
    if #list > 0 and minus == "-" then
        self:leave_out(list, inside)
    elseif #list > 0 then
        table.insert(self.phrases, list)
    end
    return stop_at
end

-- Whether -word means to leave the word out.  It does not where it looks like
-- an option: under three letters (-m, -rf, -la), without a vowel (-xzf), in
-- capitals (-HUP), with other signs (-std=c11, -p0), behind a second minus,
-- or with a program that has such options (find . -name).
function Reader:excluded(chunk)
    local word = chunk:match("^%-([%a\x80-\xFF][%w_.\x80-\xFF-]*)%*?$")
    if not word or #word < 3 or stop.words[word:lower()] then return nil end
    local letters = word:match("^[%a\x80-\xFF]+")
    if not letters:find("[aeiouyAEIOUY\x80-\xFF]")
        or not letters:find("[%l\x80-\xFF]") then
        return nil
    end
    local options = PROGRAMS[self.first]
    if options == true or options and options[word] then return nil end
    return list_of(word)
end

function Reader:chunk(chunk)
    if #chunk > MARKED then return self:add_words(chunk) end
    chunk = chunk:gsub("[,;:.!?)]+$", "")
    local without = self:excluded(chunk)
    if without then return self:leave_out(without, chunk) end
    local before, prefix = chunk:match("^(.-)([%w\x80-\xFF]+)%*$")
    if prefix and #prefix > 1 and not before:find("[*-]$") then
        self:add_words(before)
        table.insert(self.prefixes, prefix)
    else
        self:add_words(chunk)
    end
end

function Reader:read()
    local at = 1
    while at do
        at = self.text:find("%S", at)
        if not at then break end
        local after = self:phrase(at)
        if not after then
            local chunk
            chunk, after = self.text:match("^(%S+)()", at)
            self:chunk(chunk)
        end
        at = after
    end
end

-- A list without what stands in it again, and not longer than MOST.
local function distinct(list)
    local seen, kept = {}, {}
    for _, word in ipairs(list) do
        local key = word:lower()
        if not seen[key] and #kept < MOST then
            seen[key] = true
            kept[#kept + 1] = word
        end
    end
    return kept
end

local QUOTES = { ["\u{201C}"] = '"', ["\u{201D}"] = '"', ["\u{201E}"] = '"',
    ["\u{2018}"] = "'", ["\u{2019}"] = "'" }

-- The text with characters that are no letters as spaces, quotes as '"'.
local function plain(text)
    text = require("engine.text").utf8(text:sub(1, BYTES))
    return words.spaced((text:gsub("\xE2\x80[\x98-\x9E]", QUOTES)))
end

--- Reads a query.  No text is an error.
-- @param text what was typed
-- @return { text =, as typed; words = list of words as written, in order, each
-- once, without those that say nothing, with those when there is nothing else
-- to look for; phrases = list of lists of words; without = list of words, and
-- of lists of words; prefixes = list of beginnings of words }
function query.parse(text)
    local self = setmetatable({ text = plain(text), words = {}, all = {},
        phrases = {}, without = {}, prefixes = {}, minus = {} }, Reader)
    self:read()
    if #self.all + #self.phrases + #self.prefixes == 0 then
        -- There is nothing to leave it out of.
        self.without = {}
        for _, chunk in ipairs(self.minus) do self:add_words(chunk) end
    end
    if #self.words + #self.phrases + #self.prefixes == 0 then
        self.words = self.all
    end
    return { text = text, words = distinct(self.words),
        phrases = self.phrases, without = self.without,
        prefixes = distinct(self.prefixes) }
end

--- A query whose phrases are words like the others.
function query.loosened(parsed)
    local list = { table.unpack(parsed.words) }
    for _, phrase in ipairs(parsed.phrases) do
        for _, word in ipairs(phrase) do
            if not stop.words[word:lower()] then list[#list + 1] = word end
        end
    end
    return { text = parsed.text, words = distinct(list), phrases = {},
        without = parsed.without, prefixes = parsed.prefixes }
end

--- True when there is no word in it to look for.
function query.is_empty(parsed)
    return #parsed.words + #parsed.phrases + #parsed.prefixes == 0
end

return query
