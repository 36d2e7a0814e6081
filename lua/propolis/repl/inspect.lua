--- Values as a person reads them: keys sorted, long values cut, cycles marked.
local inspect = {}

local LIMITS = { depth = 5, items = 60, text = 400 }

local ESCAPES = {
    ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"',
    ["\\"] = "\\\\",
}

--- The words that Lua keeps for itself, as a set.
inspect.keywords = {}
for word in ([[and break do else elseif end false for function goto if in local
    nil not or repeat return then true until while]]):gmatch("%a+") do
    inspect.keywords[word] = true
end

local function escape(c)
    return ESCAPES[c] or ("\\x%02X"):format(c:byte())
end

-- Text in quotes; what would steer a terminal, or is no UTF-8, as escapes.
local function quoted(text, max)
    local rest = ""
    if #text > max then
        local whole = utf8.offset(text, 0, max + 1) or max + 1
        rest = (" … (%d bytes)"):format(#text)
        text = text:sub(1, whole - 1)
    end
    local set = utf8.len(text) and '[%c"\\]' or '[%c"\\\x80-\xFF]'
    text = text:gsub(set, escape):gsub("\xC2([\x80-\x9F])", function(c)
        return "\\xC2" .. escape(c)
    end)
    return '"' .. text .. '"' .. rest
end

-- tostring that survives a broken __tostring.
local function named(value)
    local ok, text = pcall(tostring, value)
    if not ok then
        return ("<%s: its __tostring failed>"):format(type(value))
    end
    return (text:gsub("%c", escape))
end

local RANK = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
    local ra, rb = RANK[type(a)] or 4, RANK[type(b)] or 4
    if ra ~= rb then
        return ra < rb
    elseif ra <= 2 then
        return a < b
    end
    return named(a) < named(b)
end

-- The keys that are no part of the list 1..n, sorted.
local function keys_after(t, n)
    local keys = {}
    for k in next, t do
        local listed = math.type(k) == "integer" and k >= 1 and k <= n
        if not listed then
            keys[#keys + 1] = k
        end
    end
    table.sort(keys, before)
    return keys
end

local write

local function key_text(k, state)
    if type(k) == "string" and k:find("^[%a_][%w_]*$")
        and not inspect.keywords[k] then
        return k
    end
    return "[" .. write(k, state, 99) .. "]"
end

local function list_length(t)
    local n = 0
    while rawget(t, n + 1) ~= nil do
        n = n + 1
    end
    return n
end

-- The items of a table as text, at most state.items of them.
local function items_of(t, state, depth)
    local n, out = list_length(t), {}
    local keys = keys_after(t, n)
    local total = n + #keys
    for i = 1, math.min(total, state.items) do
        if i <= n then
            out[i] = write(rawget(t, i), state, depth)
        else
            local k = keys[i - n]
            out[i] = key_text(k, state) .. " = "
                .. write(rawget(t, k), state, depth)
        end
    end
    if total > state.items then
        out[#out + 1] = ("… %d more"):format(total - state.items)
    end
    return out
end

local function fits(items, state, depth)
    local width = 4 + 4 * depth
    for _, item in ipairs(items) do
        width = width + #item + 2
        if item:find("\n", 1, true) then return false end
    end
    return width <= state.width
end

local function write_table(t, state, depth)
    if state.open[t] then
        return "<cycle>"
    elseif next(t) == nil then
        return "{}"
    elseif depth >= state.depth then
        return "{…}"
    end
    state.open[t] = true
    local items = items_of(t, state, depth + 1)
    state.open[t] = nil
    if fits(items, state, depth) then
        return "{ " .. table.concat(items, ", ") .. " }"
    end
    local pad = "\n" .. ("    "):rep(depth + 1)
    return "{" .. pad .. table.concat(items, "," .. pad) .. ",\n"
        .. ("    "):rep(depth) .. "}"
end

function write(value, state, depth)
    local kind = type(value)
    if kind == "string" then
        return quoted(value, state.text)
    elseif kind ~= "table" then
        return named(value)
    end
    local meta = debug.getmetatable(value)
    if type(meta) == "table" and rawget(meta, "__tostring") then
        return named(value)
    end
    return write_table(value, state, depth)
end

--- A value as text of several lines when it is wider than width (default 80).
-- @return text without a line end
function inspect.pretty(value, width)
    local state = setmetatable({ width = width or 80, open = {} },
        { __index = LIMITS })
    return write(value, state, 0)
end

--- A value as one line, whatever its width.
function inspect.line(value)
    return inspect.pretty(value, math.huge)
end

return inspect
