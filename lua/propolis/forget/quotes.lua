--- quotes: whether lines of a log quote rows that are forgotten.
--
-- Asked by a text, a line quotes when it holds that.  Else it quotes a row when
-- it shares a run of at least 24 bytes with one of the texts in it: every
-- eighth window of 16 bytes of each line is looked for in the rows.
local criteria = require "propolis.forget.criteria"
local fold = require "propolis.forget.fold"
local json = require "propolis.json"

local quotes = {}

local WINDOW, STEP = 16, 8
local MOST = 4096 -- bytes of each text that are compared

local Quotes = {}
Quotes.__index = Quotes

-- Calls fn(window) for those of a line that say something.
local function windows(line, fn)
    for at = 1, #line - WINDOW + 1, STEP do
        local window = line:sub(at, at + WINDOW - 1)
        if window:find("%a") and fn(window) then return true end
    end
    return false
end

--- Takes the lines of a file in, before rows are compared.
function Quotes:file(text)
    if self.needle then return end
    for line in text:gmatch("[^\n]+") do
        windows(line, function(window) self.known[window] = true end)
    end
    self.any = self.any or next(self.known) ~= nil
end

local function compare(self, text)
    for at = 1, math.min(#text, MOST) - WINDOW + 1 do
        local window = text:sub(at, at + WINDOW - 1)
        if self.known[window] then self.hits[window] = true end
    end
end

local function compare_all(self, value)
    if type(value) == "string" then
        if value:find("%s") then compare(self, value) end
        return
    end
    for _, item in pairs(type(value) == "table" and value or {}) do
        compare_all(self, item)
    end
end

--- Takes a row in that is forgotten.
function Quotes:row(row)
    if not self.any then return end
    for _, value in pairs(row) do
        compare_all(self, type(value) == "string"
            and value:find("^[%[{]") and json.decode(value) or value)
    end
end

--- Whether a line, or a text of several, quotes what is forgotten.
function Quotes:hit(text)
    if self.needle then return criteria.holds(text, self.needle) end
    for line in text:gmatch("[^\n]+") do
        if windows(line, function(w) return self.hits[w] end) then
            return true
        end
    end
    return false
end

--- @param text what was asked for, or nil
function quotes.new(text)
    return setmetatable({ needle = text and fold.text(text), known = {},
        hits = {} }, Quotes)
end

return quotes
