--- JSON in and out, set up once for the whole program.
--
-- lua-cjson reads; it makes every number a float and forgets that an empty
-- array was one, so the text is prepared before it and the value is mended
-- after it.  Writing is ours: whole numbers exactly, floats so that they read
-- back equal, keys in a fixed order, slashes as they are.
--
--   local value, err = json.decode('{"n":1,"list":[]}')
--   local text, err = json.encode({ n = 1, list = json.array {} })
--
-- Both return nil and a sentence on failure and never raise on data.
local cjson = require("cjson").new()

local json = {}

--- Deepest nesting of arrays and objects that is read or written.
json.max_depth = 128

--- Stands for null where a Lua table cannot hold nil.
json.null = cjson.null

cjson.decode_max_depth(json.max_depth)
cjson.decode_invalid_numbers(false)

local byte, find, format = string.byte, string.find, string.format
local gsub, sub = string.gsub, string.sub

local array = { __name = "propolis.array" }
local ORDER = {}

--- Marks a list, so that it is written as [] also when it is empty.
-- @param t the list; a new one when absent
-- @return t itself
function json.array(t)
    return setmetatable(t or {}, array)
end

--- True when a table came from an empty array or was marked by json.array.
function json.is_array(t)
    return getmetatable(t) == array
end

--- A table whose keys are written in the given order.
-- Reads like any table; a key added later comes last, a pair without a value
-- is left out.
-- @param pairs_ list of { key, value }; keys are strings
function json.object(pairs_)
    local t, order = {}, {}
    for _, pair in ipairs(pairs_) do
        local key, value = pair[1], pair[2]
        assert(type(key) == "string", "an object's keys are strings")
        if value ~= nil then
            if t[key] == nil then
                order[#order + 1] = key
            end
            t[key] = value
        end
    end
    return setmetatable(t, { __name = "propolis.object", [ORDER] = order })
end

-- Reading -------------------------------------------------------------------

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

-- The whole number that a run of 15 or more digits belongs to, when a double
-- cannot be trusted with it: its first and last place.
local function long_integer(text, first, last)
    local before = byte(text, first - 1)
    if before == 45 then -- "-"
        first = first - 1
        before = byte(text, first - 1)
    end
    local part = before and find(text, "^[%d.eE+-]", first - 1)
    if part or find(text, "^[.eE]", last + 1)
        or find(text, "^-?0", first) then
        return nil
    end
    local n = tonumber(sub(text, first, last))
    if math.type(n) ~= "integer" or (n > -EXACT and n < EXACT) then
        return nil
    end
    return first, last
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
            local first, last, token
            if hit == empty then
                first, last = hit, empty_end
                token = '["' .. mark .. '"]'
                pos = empty_end + 1
            else
                first, last = long_integer(text, long, long_end)
                token = first and '"' .. mark .. sub(text, first, last) .. '"'
                pos = long_end + 1
                -- A key is no value: let the reader complain about it.
                if token and find(text, "^%s*:", pos) then
                    token = nil
                end
            end
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
            return json.null -- beyond every double, and JSON has no infinity
        end
    elseif mark and type(v) == "string" and sub(v, 1, #mark) == mark then
        return math.tointeger(tonumber(sub(v, #mark + 1)))
    end
    return v
end

local function mend(t, mark)
    if mark and t[1] == mark then
        t[1] = nil
        return json.array(t)
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

--- Reads one JSON text.
-- A number without a fraction is an integer (all of int64 exactly), an empty
-- array stays one, null is json.null.  Escapes of half a surrogate pair become
-- U+FFFD, and a raw NUL in a string counts as \u0000; other bytes that are no
-- UTF-8 pass.
-- @return the value, or nil and a sentence with the place of the fault
function json.decode(text)
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

-- Writing -------------------------------------------------------------------

local ESCAPES = {
    ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f",
    ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}
for code = 0, 31 do
    local c = string.char(code)
    ESCAPES[c] = ESCAPES[c] or format("\\u%04x", code)
end

local function quoted(s)
    if find(s, '[%c"\\]') then
        s = gsub(s, '[%c"\\]', ESCAPES)
    end
    return '"' .. s .. '"'
end

local function number(v)
    if math.type(v) == "integer" then
        return format("%d", v)
    elseif v ~= v or v == math.huge or v == -math.huge then
        error({ format("%s has no form in JSON", v) })
    end
    for digits = 15, 17 do
        local text = format("%." .. digits .. "g", v)
        if tonumber(text) == v then
            return find(text, "[.e]") and text or text .. ".0"
        end
    end
end

-- How many elements a table has as a list, or nil when it is an object.
local function list_length(t)
    local count, last = 0, 0
    for k in next, t do
        if math.type(k) ~= "integer" or k < 1 then
            return nil
        end
        count = count + 1
        last = k > last and k or last
    end
    -- Holes are written as null, unless they would be most of the list.
    if last > 2 * count + 8 then
        return nil
    end
    return last
end

-- The keys of an object in the order they are written, and by each its place
-- in the table.
local function object_keys(t, order)
    local keys, source, listed = {}, {}, {}
    for _, key in ipairs(order or {}) do
        if rawget(t, key) ~= nil then
            keys[#keys + 1] = key
            source[key], listed[key] = key, true
        end
    end
    local rest = {}
    for k in next, t do
        local name = k
        if type(k) == "number" then
            name = number(k)
        elseif type(k) ~= "string" then
            error({ format("a %s cannot be a key in JSON", type(k)) })
        end
        if not listed[k] then
            if source[name] ~= nil then
                error({ format("two keys are written %q in JSON", name) })
            end
            source[name] = k
            rest[#rest + 1] = name
        end
    end
    table.sort(rest)
    return table.move(rest, 1, #rest, #keys + 1, keys), source
end

local write

local function write_list(t, last, out, n, depth)
    n = n + 1
    out[n] = "["
    for i = 1, last do
        if i > 1 then
            n = n + 1
            out[n] = ","
        end
        n = write(t[i], out, n, depth)
    end
    n = n + 1
    out[n] = "]"
    return n
end

local function write_object(t, order, out, n, depth)
    local keys, source = object_keys(t, order)
    local lead = "{"
    for i = 1, #keys do
        local key = keys[i]
        out[n + 1] = lead
        out[n + 2] = quoted(key)
        out[n + 3] = ":"
        n = write(t[source[key]], out, n + 3, depth)
        lead = ","
    end
    out[n + 1] = lead == "{" and "{}" or "}"
    return n + 1
end

local function write_table(t, out, n, depth)
    if depth == json.max_depth then
        error({ format("nested deeper than %d levels, or a table that holds"
            .. " itself", json.max_depth) })
    end
    local mt = getmetatable(t)
    local marked = mt == array
    local order = type(mt) == "table" and mt[ORDER]
    if not order and (marked or next(t) ~= nil) then
        local last = list_length(t)
        if last then
            return write_list(t, last, out, n, depth + 1)
        elseif marked then
            error({ "an array has keys that are no positions" })
        end
    end
    return write_object(t, order, out, n, depth + 1)
end

function write(v, out, n, depth)
    local kind = type(v)
    if kind == "table" then
        return write_table(v, out, n, depth)
    end
    n = n + 1
    if kind == "string" then
        out[n] = quoted(v)
    elseif kind == "number" then
        out[n] = number(v)
    elseif kind == "boolean" then
        out[n] = v and "true" or "false"
    elseif v == nil or v == json.null then
        out[n] = "null"
    else
        error({ format("a %s has no form in JSON", kind) })
    end
    return n
end

--- Writes a value as JSON on one line.
-- Keys are sorted, or stand in the order of json.object.  A list with holes
-- has null in them; an empty table is {} unless it is marked as an array.
-- Text is written byte for byte, also where it is no UTF-8.
-- @return the text, or nil and a sentence
function json.encode(v)
    local out = {}
    local ok, err = pcall(write, v, out, 0, 0)
    if not ok then
        return nil, "cannot write JSON: "
            .. (type(err) == "table" and err[1] or tostring(err))
    end
    return table.concat(out)
end

return json
