--- fold: text in which upper and lower case are the same.
local fold = {}

-- Letters whose lower case stands so many code points behind them.
local SHIFTED = {
    { 0xC0, 0xD6, 32 }, { 0xD8, 0xDE, 32 }, { 0x178, 0x178, -121 },
    { 0x386, 0x386, 38 }, { 0x388, 0x38A, 37 }, { 0x38C, 0x38C, 64 },
    { 0x38E, 0x38F, 63 }, { 0x391, 0x3A1, 32 }, { 0x3A3, 0x3AB, 32 },
    { 0x3C2, 0x3C2, 1 }, { 0x400, 0x40F, 80 }, { 0x410, 0x42F, 32 },
    { 0x531, 0x556, 48 }, { 0xFF21, 0xFF3A, 32 },
}

-- Pairs, the upper case first.
local PAIRS = {
    { 0x100, 0x136 }, { 0x139, 0x147 }, { 0x14A, 0x176 }, { 0x179, 0x17D },
    { 0x3D8, 0x3EE }, { 0x460, 0x480 }, { 0x48A, 0x4BE }, { 0x4D0, 0x52E },
    { 0x1E00, 0x1E94 }, { 0x1EA0, 0x1EFE },
}

local lower -- a character -> the one in lower case; made when it is needed

local function make()
    lower = { [utf8.char(0x130)] = "i", [utf8.char(0x1E9E)] = "ß" }
    for _, range in ipairs(SHIFTED) do
        for code = range[1], range[2] do
            lower[utf8.char(code)] = utf8.char(code + range[3])
        end
    end
    for _, range in ipairs(PAIRS) do
        for code = range[1], range[2], 2 do
            lower[utf8.char(code)] = lower[utf8.char(code)]
                or utf8.char(code + 1)
        end
    end
end

--- The text in lower case: Latin, Greek, Cyrillic, Armenian letters and wide
-- ones.  Bytes that are no UTF-8 stay.
function fold.text(s)
    s = s:lower()
    if not s:find("[\xC3-\xEF]") then return s end
    if not lower then make() end
    return (s:gsub("[\xC3-\xEF][\x80-\xBF]+", lower))
end

--- The characters that are the same as this one but for their case.
function fold.both(char)
    if not lower then make() end
    local small, list = lower[char] or char, {}
    list[1] = small
    for big, other in pairs(lower) do
        if other == small then list[#list + 1] = big end
    end
    return list
end

return fold
