--- search.prefix: the beginning of a word among words without their endings.
--
-- The index has "deploy" for deployment: of deploym* only what stands before
-- the ending is there to be found.
local prefix = {}

local ENDINGS = { "s", "es", "ed", "ing", "e", "er", "or", "ation", "ational",
    "ator", "alism", "iveness", "fulness", "ousness", "ality", "ivity",
    "ability", "icate", "ative", "alize", "icity", "ical", "ful", "ness", "al",
    "ance", "ence", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion",
    "ism", "ate", "ity", "ous", "ive", "ize", "ly", "y", "ies" }

local SHORTEST = 3 -- letters of a word without its ending

local function begins_ending(rest)
    for _, ending in ipairs(ENDINGS) do
        if ending:sub(1, #rest) == rest then return true end
    end
    return false
end

--- What words of the index may begin with, to be found by a beginning.
-- @return list of beginnings, the given one first; the others are shorter, so
-- that not all that they find begins as it should
function prefix.starts(text)
    local list, lower = { text }, text:lower()
    if not lower:find("^%l+$") then return list end
    for n = #lower - 1, SHORTEST, -1 do
        local rest = lower:sub(n + 1)
        local doubled = #rest > 0 and rest:sub(1, 1) == lower:sub(n, n)
        if begins_ending(rest) or doubled and (#rest == 1
            or begins_ending(rest:sub(2))) then
            list[#list + 1] = lower:sub(1, n)
        end
    end
    return list
end

return prefix
