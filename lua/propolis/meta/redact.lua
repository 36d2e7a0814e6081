---@meta engine.redact
--- engine.redact: finds secrets in text by rules, in time linear in the text.
--- What a rule looks like stands in propolis.capture.redact.

---@class engine.redact
local redact = {}

---@class engine.redact.set
local set = {}

---@class engine.redact.hit
---@field id string the rule
---@field first integer position of the first masked byte
---@field last integer position of the last one

--- A set of rules; raises for one that is not well formed.
---@param rules table[]
---@param packed? string more rules, from redact.pack()
---@return engine.redact.set
function redact.new(rules, packed) end

--- The rules as bytes, which redact.new() of the same program reads much
--- faster; raises for one that is not well formed.
---@param rules table[]
---@return string
function redact.pack(rules) end

--- The text with each byte or sequence that no store takes (NUL, what is not
--- UTF-8) replaced by U+FFFD, and how many those were.
---@param text string
---@return string? text the same string when there were none
---@return integer|table count or an error
function redact.storable(text) end

--- The text with each hit replaced by [redacted:ID]; spans vanish.
---@param text string
---@return string? text the same string when there is no hit
---@return integer|table hits or an error
function set:mask(text) end

--- Every hit from left to right.
---@param text string
---@return engine.redact.hit[]
function set:find(text) end

--- The rule by which a value under that name is a secret.
---@param name string
---@param value string
---@return string? id
function set:named(name, value) end

return redact
