--- Text made safe for a terminal, and its width there.
local chars = {}

-- Columns that a code point takes on a terminal.
local WIDE = {
    { 0x1100, 0x115F }, { 0x2E80, 0x303E }, { 0x3041, 0xA4CF },
    { 0xA960, 0xA97F }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },
    { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 },
    { 0x1F300, 0x1F64F }, { 0x1F680, 0x1F6FF }, { 0x1F900, 0x1FAFF },
    { 0x20000, 0x3FFFD },
}
local NARROW = {
    { 0x0300, 0x036F }, { 0x0483, 0x0489 }, { 0x0591, 0x05BD },
    { 0x0610, 0x061A }, { 0x064B, 0x065F }, { 0x0E31, 0x0E31 },
    { 0x0E34, 0x0E3A }, { 0x1AB0, 0x1AFF }, { 0x1DC0, 0x1DFF },
    { 0x200B, 0x200F }, { 0x202A, 0x202E }, { 0x2060, 0x2064 },
    { 0x20D0, 0x20FF }, { 0xFE00, 0xFE0F }, { 0xFE20, 0xFE2F },
    { 0xFEFF, 0xFEFF }, { 0x1F3FB, 0x1F3FF },
}

local function within(ranges, code)
    for _, range in ipairs(ranges) do
        if code >= range[1] and code <= range[2] then return true end
    end
    return false
end

local function code_width(code)
    if code < 0x300 then
        return 1
    elseif within(NARROW, code) then
        return 0
    end
    return within(WIDE, code) and 2 or 1
end

--- How many terminal columns a text takes; a byte that is no UTF-8 counts one.
function chars.width(text)
    if not text:find("[\x80-\xFF]") then
        return #text
    elseif not utf8.len(text) then
        return #text
    end
    local width = 0
    for _, code in utf8.codes(text) do
        width = width + code_width(code)
    end
    return width
end

--- The text cut to at most width columns, with "…" where it was cut.
function chars.cut(text, width)
    if chars.width(text) <= width then
        return text
    elseif not utf8.len(text) then
        return text:sub(1, math.max(width - 1, 0)) .. "…"
    end
    local used = 0
    for at, code in utf8.codes(text) do
        used = used + code_width(code)
        if used > width - 1 then return text:sub(1, at - 1) .. "…" end
    end
    return text
end

-- The text with replace(byte) for each byte that is no UTF-8.
local function mend_utf8(text, replace)
    local out, at = {}, 1
    while true do
        local ok, bad = utf8.len(text, at)
        if ok then
            out[#out + 1] = text:sub(at)
            return table.concat(out)
        end
        out[#out + 1] = text:sub(at, bad - 1)
        out[#out + 1] = replace(text:byte(bad))
        at = bad + 1
    end
end

--- The text with U+FFFD for each byte that is no UTF-8.
function chars.utf8(text)
    if utf8.len(text) then return text end
    return mend_utf8(text, function() return "\u{FFFD}" end)
end

local SHOWN = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function hex(byte)
    return ("\\x%02x"):format(byte)
end

--- The text as one line that cannot steer a terminal: control characters and
-- bytes that are no UTF-8 stand as \n, \t, \x1b.
function chars.printable(text)
    if not utf8.len(text) then
        text = mend_utf8(text, hex)
    end
    text = text:gsub("%c", function(c) return SHOWN[c] or hex(c:byte()) end)
    -- The C1 controls, which some terminals obey in UTF-8 too.
    return (text:gsub("\xC2([\x80-\x9F])", function(c)
        return ("\\u%04x"):format(c:byte())
    end))
end

return chars
