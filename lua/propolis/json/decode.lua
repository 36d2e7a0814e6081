--- The reading half of propolis.json, which is what to use.
--
-- lua-cjson reads.  What it lacks is added here: it makes every number a
-- float, forgets that an empty array was one, and is not strict.
local cjson = require("cjson").new()
local pcall = require("engine.sys").pcall -- Ctrl-C goes on up

local decode = {}

--- Deepest nesting that is read.
decode.max_depth = 128

--- Stands for null where a Lua table cannot hold nil.
decode.null = cjson.null

--- The metatable of a list that is an array also when it is empty.
decode.array = { __name = "propolis.array" }

cjson.decode_max_depth(decode.max_depth)
cjson.decode_invalid_numbers(false)

local byte, find, format = string.byte, string.find, string.format
local gsub, sub = string.gsub, string.sub

local EXACT = 2.0 ^ 53 -- from here on a double skips whole numbers
local EMPTY = "%[%s*%]"
local DIGITS = ("%d"):rep(15) -- as many as a double always keeps
local STRING = '"[^"\0-\31]*"'

-- In what follows, flat is a text of the same length whose escapes are blanked
-- out, so that every quote in it begins or ends a string; bare has no strings.

-- Strictness ----------------------------------------------------------------

-- What lua-cjson lets pass, and its place in bare; or nil.
local function fault_in(bare)
    local quote = find(bare, '"', 1, true)
    if quote and find(bare, "[\0-\31]", quote) then
        return "a string with a control character", quote
    end
    local at = find(bare, "\0", 1, true)
    if at then return "a NUL that is in no string", at end
    at = find(bare, ".", 1, true) and (find(bare, "%.%D")
        or find(bare, "-.", 1, true) or find(bare, "%.$", -1))
    return at and "a number whose point is not between digits", at
end

local function underscores(s)
    return ("_"):rep(#s)
end

-- Numbers and empty arrays --------------------------------------------------

-- A value inside a text whose empty arrays and long numbers carry a mark, or
-- one without (nil), as it should be.
local function fixed(v, mark)
    if type(v) == "number" then
        if v % 1 == 0 and v > -EXACT and v < EXACT then
            if v ~= 0 or 1 / v > 0 then -- -0.0 stays
                return v | 0
            end
        elseif v == math.huge or v == -math.huge then
            return decode.null -- beyond every double; JSON has no infinity
        end
    elseif mark and type(v) == "string" and sub(v, 1, #mark) == mark then
        return tonumber(sub(v, #mark + 1))
    end
    return v
end

local function fix(t, mark)
    if mark and t[1] == mark then
        t[1] = nil
        return setmetatable(t, decode.array)
    end
    for k, v in next, t do
        if type(v) == "table" then
            fix(v, mark)
        else
            t[k] = fixed(v, mark)
        end
    end
end

-- The whole number that a run of 15 or more digits belongs to, as a string
-- with mark, and its first place; nil when a double can be trusted with it.
local function long_token(text, mark, first, last)
    local before = byte(text, first - 1)
    if before == 45 then -- "-"
        first = first - 1
        before = byte(text, first - 1)
    end
    local part = before and find(text, "^[%d.eE+-]", first - 1)
    -- A key is no value: let the reader complain about it.
    if part or find(text, "^[.eE]", last + 1) or find(text, "^-?0", first)
        or find(text, "^%s*:", last + 1) then
        return nil
    end
    local n = tonumber(sub(text, first, last))
    if math.type(n) ~= "integer" or (n > -EXACT and n < EXACT) then
        return nil
    end
    return '"' .. mark .. sub(text, first, last) .. '"', first
end

-- Writes empty arrays as [mark] and long whole numbers as strings that start
-- with mark, in one pass from left to right that looks at nothing twice.
local function prepare(text, flat, mark)
    local out, from, pos = {}, 1, 1
    local quote, empty, long, empty_end, long_end = 0, 0, 0, nil, nil

    while true do
        if empty and empty < pos then
            empty, empty_end = find(flat, EMPTY, pos)
        end
        if long and long < pos then
            long, long_end = find(flat, DIGITS .. "%d*", pos)
        end
        local hit = math.min(empty or math.huge, long or math.huge)
        if hit == math.huge then break end
        while quote and quote < hit do
            if quote >= pos then
                pos = (find(flat, '"', quote + 1, true) or #flat) + 1
            end
            quote = find(flat, '"', pos, true)
        end
        if hit >= pos then
            local first, last, token = hit, empty_end, '["' .. mark .. '"]'
            if hit ~= empty then
                last = long_end
                token, first = long_token(text, mark, hit, last)
            end
            pos = last + 1
            if token then
                out[#out + 1] = sub(text, from, first - 1)
                out[#out + 1] = token
                from = last + 1
            end
        end
    end
    out[#out + 1] = sub(text, from)
    return table.concat(out)
end

-- The whole -----------------------------------------------------------------

-- The value, or nil and a sentence.
local function read(text)
    local flat = find(text, "\\", 1, true) and gsub(text, "\\.", "__") or text
    local bare = find(text, '"', 1, true) and gsub(flat, STRING, "_") or flat
    if fault_in(bare) then
        return nil, ("%s at character %d"):format(
            fault_in((gsub(flat, STRING, underscores))))
    end
    local mark
    local prepared = text
    if find(bare, EMPTY) or find(bare, DIGITS) then
        -- No escape yields the byte 0xFF, so text without the mark cannot
        -- decode to a string that has it.
        repeat
            mark = format("\xFF%x:", math.random(0))
        until not find(text, mark, 1, true)
        prepared = prepare(text, flat, mark)
    end
    local ok, value = pcall(cjson.decode, prepared)
    if not ok then
        -- Once more as it came, for a place that is true.
        return nil, tostring(select(2, pcall(cjson.decode, text)))
    elseif type(value) == "table" then
        fix(value, mark)
        return value
    end
    return fixed(value, mark)
end

-- Escaped surrogate pairs as characters, halves of one as U+FFFD.
local function pair_surrogates(text)
    text = gsub(text, "\\\\", "\\u005c")
    text = gsub(text, "\\u([dD][89abAB]%x%x)\\u([dD][c-fC-F]%x%x)",
        function(high, low)
            high, low = tonumber(high, 16) - 0xD800, tonumber(low, 16) - 0xDC00
            return utf8.char(0x10000 + high * 0x400 + low)
        end)
    return (gsub(text, "\\u[dD][89a-fA-F]%x%x", "\u{FFFD}"))
end

-- The same text in which arrays and objects that are nested too deep are
-- strings of their own text; nil when the brackets do not match.
-- @param quoted writes a string
local function flattened(text, quoted)
    local flat = gsub(text, "\\.", "__")
    local out, from, depth, start = {}, 1, 0, nil
    local at = find(flat, '["%[%]{}]')
    while at do
        local c = byte(flat, at)
        if c == 34 then -- a string
            at = find(flat, '"', at + 1, true) or #flat
        elseif c == 91 or c == 123 then -- [ and {
            depth = depth + 1
            if depth == decode.max_depth + 1 then start = at end
        else
            if depth == decode.max_depth + 1 then
                out[#out + 1] = sub(text, from, start - 1)
                out[#out + 1] = quoted(sub(text, start, at))
                from = at + 1
            end
            depth = depth - 1
        end
        at = find(flat, '["%[%]{}]', at + 1)
    end
    out[#out + 1] = sub(text, from)
    return depth == 0 and table.concat(out) or nil
end

local TOKENS = {
    T_OBJ_BEGIN = "'{'", T_OBJ_END = "'}'", T_ARR_BEGIN = "'['",
    T_ARR_END = "']'", T_STRING = "a string", T_NUMBER = "a number",
    T_BOOLEAN = "a boolean", T_NULL = "null", T_COLON = "':'",
    T_COMMA = "','", T_END = "the end",
}

--- json.decode: the value, or nil and a sentence with the place of the fault.
-- @param quoted writes a string as JSON: what is nested too deep to be read
-- then comes as its text
function decode.decode(text, quoted)
    if type(text) ~= "string" then
        return nil, "JSON is read from a string, not from a " .. type(text)
    end
    if sub(text, 1, 3) == "\xEF\xBB\xBF" then
        text = sub(text, 4)
    end
    local value, err = read(text)
    if err and find(err, "unicode escape", 1, true) then
        value, err = read(pair_surrogates(text))
    end
    if err and quoted and find(err, "nested", 1, true) then
        local less = flattened(text, quoted)
        if less then return decode.decode(less) end
    end
    if err then
        return nil, "invalid JSON: " .. gsub(err, "T_[%u_]+", TOKENS)
    end
    return value
end

--- json.skim: the same for text that is to be read fast and may be lenient.
function decode.skim(text)
    local ok, value = pcall(cjson.decode, text)
    if ok then return value end
    return decode.decode(text)
end

return decode
