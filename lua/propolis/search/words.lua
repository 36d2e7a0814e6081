--- search.words: the words of a text as a person means them: runs of letters
-- and digits of any script.
local words = {}

-- Characters past ASCII that stand between words: first and last of each run.
local BETWEEN = {
    0x80, 0xA9, 0xAB, 0xB4, 0xB6, 0xB9, 0xBB, 0xBF, 0xD7, 0xD7, 0xF7, 0xF7,
    0x60C, 0x60D, 0x61B, 0x61F, 0x2000, 0x206F, 0x20A0, 0x20CF, 0x2190, 0x2BFF,
    0x3000, 0x3004, 0x3008, 0x3020, 0x3030, 0x3030, 0x30FB, 0x30FB,
    0xE000, 0xF8FF, 0xFE10, 0xFE1F, 0xFE30, 0xFE6F, 0xFEFF, 0xFF0F,
    0xFF1A, 0xFF20, 0xFF3B, 0xFF40, 0xFF5B, 0xFF65, 0xFFF0, 0xFFFF,
    0x1F000, 0x1FAFF, 0xE0000, 0x10FFFF,
}

local function is_between(code)
    for i = 1, #BETWEEN, 2 do
        if code < BETWEEN[i] then return false end
        if code <= BETWEEN[i + 1] then return true end
    end
    return false
end

local function blank(character)
    return is_between(utf8.codepoint(character)) and " " or nil
end

--- The text with a space for each character past ASCII that is no letter.
-- @param text UTF-8
function words.spaced(text)
    if not text:find("[\x80-\xFF]") then return text end
    return (text:gsub("[\xC2-\xF4][\x80-\xBF]+", blank))
end

--- Calls fn(word, first byte, last byte) for each word.
-- @param text what words.spaced() gave
function words.each(text, fn)
    for from, word in text:gmatch("()([%w\x80-\xFF]+)") do
        fn(word, from, from + #word - 1)
    end
end

return words
