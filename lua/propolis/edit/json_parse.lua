--- propolis.edit.json_parse: JSON with comments as a tree of positions.
-- A node: { kind = "object"|"array"|"string"|"number"|"boolean"|"null",
-- first =, last = (bytes, both inside), items = for containers, text = for the
-- others }. An item: { value = node, first =, index = its place in the items,
-- comma = position or nil } and for objects key =, key_last =.
local edit_text = require "propolis.edit.text"

local json_parse = {}

local DEPTH = 128

local escapes = {
    b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
    ['"'] = '"', ["\\"] = "\\", ["/"] = "/", ["'"] = "'",
}

local function fail(state, at, what)
    edit_text.fail(state.text, at, what)
end

-- What JSON5 takes for a blank as well, as patterns of bytes.
local BLANKS5 = { "^[\v\f]()", "^\u{A0}()", "^\u{FEFF}()", "^\u{1680}()",
    "^\xE2\x80[\x80-\x8A\xA8\xA9\xAF]()", "^\u{205F}()", "^\u{3000}()" }

local function blanks(state, at)
    local after = at
    while after do
        at, after = after, state.text:match("^[ \t\r\n]+()", after)
        for _, pattern in ipairs(state.json5 and BLANKS5 or {}) do
            after = after or state.text:match(pattern, at)
        end
    end
    return at
end

-- Skips blanks and comments.
local function skip(state)
    local text, at = state.text, state.at
    while true do
        at = blanks(state, at)
        local two = text:sub(at, at + 1)
        if two == "//" then
            at = text:match("^[^\r\n]*()", at)
        elseif two == "/*" then
            local stop = text:match("^/%*.-%*/()", at)
            if not stop then fail(state, at, "an unterminated comment") end
            at = stop
        else
            state.at = at
            return
        end
    end
end

-- The text of a string.  Halves of a surrogate pair become characters of their
-- own at first, then one.
local function unescape(body)
    local out = body:gsub("\\(.)(\n?)(%x?%x?%x?%x?)", function(c, lf, hex)
        local size = c == "u" and 4 or c == "x" and 2
        if size then
            local code = tonumber(hex:sub(1, size), 16) or 0xFFFD
            return utf8.char(code) .. hex:sub(size + 1)
        elseif c == "\n" or c == "\r" then
            return (c == "\n" and lf or "") .. hex
        end
        return (escapes[c] or c) .. lf .. hex
    end)
    return (out:gsub("\xED[\xA0-\xAF].\xED[\xB0-\xBF].", function(pair)
        local high, low = utf8.codepoint(pair, 1, -1, true)
        return utf8.char(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00)
    end))
end

local function string_at(state)
    local text, from = state.text, state.at
    local quote = text:sub(from, from)
    if quote == "'" and not state.json5 then
        fail(state, from, "single quotes instead of double ones")
    end
    local at = from + 1
    while true do
        local stop = text:find("[\\\r\n" .. quote .. "]", at)
        local c = stop and text:sub(stop, stop)
        if c == quote then
            state.at = stop + 1
            return unescape(text:sub(from + 1, stop - 1)), stop
        end
        if c ~= "\\" then fail(state, from, "an unterminated string") end
        local escape = text:sub(stop + 1, stop + 1)
        if escape == "u" then
            if not text:match("^%x%x%x%x", stop + 2) then
                fail(state, stop, "an invalid \\u escape")
            end
        elseif state.json5 and (escape:find("[1-9]") or escape == "x"
            and not text:match("^%x%x", stop + 2) or escape == "0"
            and text:find("^%d", stop + 2)) then
            fail(state, stop, "an unknown escape")
        elseif not escapes[escape] and not state.json5 then
            fail(state, stop, "an unknown escape")
        end
        at = text:match("^\r\n()", stop + 1) or stop + 2
    end
end

local value_at

local function key_at(state)
    local text, at = state.text, state.at
    if text:match("^[\"']", at) then return string_at(state) end
    local stop
    local after = state.json5 and not text:find("^%d", at) and at
    while after do
        stop = after
        after = text:match("^[%w_$\128-\255]+()", stop)
            or text:match("^\\u%x%x%x%x()", stop)
    end
    if not stop or stop == at then
        fail(state, at, "a key in double quotes was expected")
    end
    state.at = stop
    return unescape(text:sub(at, stop - 1)), stop - 1
end

local function container(state, node, depth)
    if depth > DEPTH then fail(state, state.at, "nested too deeply") end
    local close = node.kind == "object" and "}" or "]"
    node.items = {}
    state.at = state.at + 1
    while true do
        skip(state)
        if state.text:sub(state.at, state.at) == close then
            node.last = state.at
            state.at = state.at + 1
            return node
        end
        local previous = node.items[#node.items]
        if previous and not previous.comma then
            fail(state, state.at, ("a comma or %q was expected"):format(close))
        end
        local item = { first = state.at, index = #node.items + 1 }
        if node.kind == "object" then
            item.key, item.key_last = key_at(state)
            skip(state)
            local colon = state.text:match("^:()", state.at)
            if not colon then fail(state, state.at, "a colon was expected") end
            state.at = colon
            skip(state)
        end
        item.value = value_at(state, depth + 1)
        node.items[#node.items + 1] = item
        skip(state)
        if state.text:sub(state.at, state.at) == "," then
            item.comma = state.at
            state.at = state.at + 1
        end
    end
end

local words = { ["true"] = "boolean", ["false"] = "boolean", null = "null" }

local function number_end(state)
    local text, at, json5 = state.text, state.at, state.json5
    local digits = text:match(json5 and "^[+-]?()" or "^%-?()", at) or at
    local stop = text:match("^0()%f[^%d]", digits)
        or text:match("^[1-9]%d*()", digits)
    if stop then
        stop = text:match(json5 and "^%.%d*()" or "^%.%d+()", stop) or stop
    elseif json5 then
        stop = text:match("^%.%d+()", digits)
    end
    if stop then stop = text:match("^[eE][+-]?%d+()", stop) or stop end
    return json5 and (text:match("^0[xX]%x+()", digits)
        or text:match("^Infinity()", digits) or text:match("^NaN()", digits))
        or stop
end

local kinds = { ["{"] = "object", ["["] = "array", ['"'] = "string",
                ["'"] = "string" }

function value_at(state, depth)
    local text, at = state.text, state.at
    local c = text:sub(at, at)
    local node = { first = at, kind = kinds[c] }
    if node.kind == "string" then
        node.text, node.last = string_at(state)
        return node
    end
    if node.kind then return container(state, node, depth) end
    local stop = number_end(state)
    node.kind = stop and "number"
    if not stop then
        local word = text:match("^%a+", at)
        node.kind = words[word]
        stop = word and at + #word
    end
    if not node.kind then
        fail(state, at, c == "" and "unexpected end of the text"
            or "a value was expected")
    end
    node.text, node.last = text:sub(at, stop - 1), stop - 1
    state.at = stop
    return node
end

--- The tree of `text`; what is not JSON fails by try.check with a sentence that
-- names the line.
function json_parse.parse(text, options)
    local state = { text = text, json5 = options and options.json5 }
    state.at = text:match("^\239\187\191()") or 1
    skip(state)
    local node = value_at(state, 1)
    skip(state)
    if state.at <= #text then
        fail(state, state.at, "more text after the value")
    end
    return node
end

--- The node as a Lua value; null becomes nil.
function json_parse.value(node)
    if node.kind == "string" then return node.text end
    if node.kind == "number" then return tonumber(node.text) end
    if node.kind == "boolean" then return node.text == "true" end
    if node.kind == "null" then return nil end
    local out = {}
    for i, item in ipairs(node.items) do
        out[item.key or i] = json_parse.value(item.value)
    end
    return out
end

--- "an object", "a number": the kind with its article.
function json_parse.a(kind)
    return (kind:find("^[ao]") and "an " or "a ") .. kind
end

return json_parse
