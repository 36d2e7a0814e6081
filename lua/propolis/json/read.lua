--- The reading half of propolis.json, which is what to use.
--
-- lua-cjson makes every number a float and forgets that an empty array was
-- one, so the text is prepared before it and the value is mended after it.
local cjson = require("cjson").new()

local reader = {}

--- Deepest nesting that is read.
reader.max_depth = 128

--- Stands for null where a Lua table cannot hold nil.
reader.null = cjson.null

--- The metatable of a list that is an array also when it is empty.
reader.array = { __name = "propolis.array" }

cjson.decode_max_depth(reader.max_depth)
cjson.decode_invalid_numbers(false)

local byte, find, format = string.byte, string.find, string.format
local gsub, sub = string.gsub, string.sub

local DIGITS = ("%d"):rep(15)
local EXACT = 2.0 ^ 53

-- The string that starts at a quote: the place after it, or past the end.
local function string_end(text, quote)
    local at = quote + 1
    while true do
        local stop = find(text, '["\\]', at)
        if not stop then
            return #text + 1
        elseif byte(text, stop) == 34 then
            return stop + 1
        end
        at = stop + 2
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
local function prepare(text, mark)
    local out, from, pos = {}, 1, 1
    local quote, empty, long, empty_end, long_end = 0, 0, 0, nil, nil

    while true do
        if empty and empty < pos then
            empty, empty_end = find(text, "%[%s*%]", pos)
        end
        if long and long < pos then
            long, long_end = find(text, DIGITS .. "%d*", pos)
        end
        local hit = math.min(empty or math.huge, long or math.huge)
        if hit == math.huge then
            break
        end
        while quote and quote < hit do
            if quote >= pos then
                pos = string_end(text, quote)
            end
            quote = find(text, '"', pos, true)
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

-- One scalar as it should be; mark is what prepare() used, or nil.
local function mend_value(v, mark)
    if type(v) == "number" then
        if v % 1 == 0 and v > -EXACT and v < EXACT then
            if v ~= 0 or 1 / v > 0 then
                return v | 0
            end
        elseif v == math.huge or v == -math.huge then
            return reader.null -- beyond every double, and JSON has no infinity
        end
    elseif mark and type(v) == "string" and sub(v, 1, #mark) == mark then
        return math.tointeger(tonumber(sub(v, #mark + 1)))
    end
    return v
end

local function mend(t, mark)
    if mark and t[1] == mark then
        t[1] = nil
        return setmetatable(t, reader.array)
    end
    for k, v in next, t do
        if type(v) == "table" then
            mend(v, mark)
        else
            t[k] = mend_value(v, mark)
        end
    end
    return t
end

-- Replaces \u escapes of half a surrogate pair by U+FFFD, length unchanged.
local function pair_surrogates(text)
    local out, from, pos = {}, 1, 1
    while true do
        local at = find(text, "\\u[dD][89a-fA-F]%x%x", pos)
        if not at then
            break
        end
        local first = at
        while byte(text, first - 1) == 92 do
            first = first - 1
        end
        if (at - first) % 2 == 1 then
            pos = at + 2 -- that backslash is itself escaped
        elseif find(text, "^\\u[dD][89abAB]%x%x\\u[dD][c-fC-F]%x%x", at) then
            pos = at + 12
        else
            out[#out + 1] = sub(text, from, at - 1)
            from, pos = at + 6, at + 6
        end
    end
    out[#out + 1] = sub(text, from)
    return table.concat(out, "\\ufffd")
end

local TOKENS = {
    T_OBJ_BEGIN = "'{'", T_OBJ_END = "'}'", T_ARR_BEGIN = "'['",
    T_ARR_END = "']'", T_STRING = "a string", T_NUMBER = "a number",
    T_BOOLEAN = "a boolean", T_NULL = "null", T_COLON = "':'",
    T_COMMA = "','", T_END = "the end",
}

local function read(text)
    local mark
    local prepared = text
    if find(text, "%[%s*%]") or find(text, DIGITS) then
        -- No escape yields the byte 0xFF, so text without the mark cannot
        -- decode to a string that has it.
        repeat
            mark = format("\xFF%x:", math.random(0))
        until not find(text, mark, 1, true)
        prepared = prepare(text, mark)
    end

    local ok, value = pcall(cjson.decode, prepared)
    if not ok then
        -- Once more as it came, for a place that is true.
        if mark then
            value = select(2, pcall(cjson.decode, text))
        end
        return nil, tostring(value)
    elseif type(value) == "table" then
        return mend(value, mark)
    end
    return mend_value(value, mark)
end

--- json.decode: the value, or nil and a sentence with the place of the fault.
function reader.decode(text)
    if type(text) ~= "string" then
        return nil, "JSON is read from a string, not from a " .. type(text)
    end
    if sub(text, 1, 3) == "\xEF\xBB\xBF" then
        text = sub(text, 4)
    end
    local value, err = read(text)
    if err and find(err, "unicode escape", 1, true) then
        text = pair_surrogates(text)
        value, err = read(text)
    end
    if err and find(text, "\0", 1, true) then
        text = gsub(text, "%z", "\\u0000")
        value, err = read(text)
    end
    if err then
        return nil, "invalid JSON: " .. gsub(err, "T_[%u_]+", TOKENS)
    end
    return value
end

return reader
