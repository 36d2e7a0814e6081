--- propolis.edit.toml_parse: TOML as a list of tables and keys with their
-- positions.  Pure.
local lex = require "propolis.edit.toml_lexer"
local toml_tree = require "propolis.edit.toml_tree"

local toml_parse = {}

local SEPARATOR = "\31"

local value_at

-- What stands behind a key: its = and its value.
local function assigned(state)
    if state.text:sub(state.at, state.at) ~= "=" then
        lex.fail(state, state.at, "= was expected")
    end
    state.at = state.at + 1
    lex.blanks(state)
    return value_at(state)
end

local function array_at(state)
    local node = { kind = "array", items = {} }
    state.at = state.at + 1
    while true do
        lex.space(state)
        if state.text:sub(state.at, state.at) == "]" then
            state.at = state.at + 1
            return node
        end
        node.items[#node.items + 1] = value_at(state)
        lex.space(state)
        local c = state.text:sub(state.at, state.at)
        if c == "," then
            state.at = state.at + 1
        elseif c ~= "]" then
            lex.fail(state, state.at, "a comma or ] was expected")
        end
    end
end

local function inline_at(state)
    local node = { kind = "inline", keys = {} }
    state.at = state.at + 1
    lex.space(state)
    while state.text:sub(state.at, state.at) ~= "}" do
        local path = lex.key_at(state)
        node.keys[#node.keys + 1] = { path = path, value = assigned(state) }
        lex.space(state)
        local c = state.text:sub(state.at, state.at)
        if c == "," then
            state.at = state.at + 1
            lex.space(state)
        elseif c ~= "}" then
            lex.fail(state, state.at, "a comma or } was expected")
        end
    end
    state.at = state.at + 1
    return node
end

local scalars = {
    "^[+-]?[%d_]+%.[%d_]+[eE][+-]?[%d_]+()", "^[+-]?[%d_]+%.[%d_]+()",
    "^[+-]?%d[%d_]*[eE][+-]?[%d_]+()", "^0x[%x_]+()", "^0o[0-7_]+()",
    "^0b[01_]+()", "^[+-]?%d[%d_]*()", "^[+-]?inf()", "^[+-]?nan()",
}

-- Whether a number has no digit too many and no _ but between two digits.
local function is_number(text)
    local digits = text:match("^0[xob](.*)") or text:gsub("[eE.+-]", " ")
    return not text:find("^[+-]?0[%d_]")
        and not (" " .. digits .. " "):find("_[_ ]")
        and not (" " .. digits):find(" _")
end

local DAYS = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function is_day(year, month, day)
    local last = DAYS[tonumber(month)] or 0
    if month == "02" and (year % 4 ~= 0 or year % 100 == 0 and year % 400 ~= 0)
    then
        last = 28
    end
    return tonumber(day) >= 1 and tonumber(day) <= last
end

-- A time of the day, from a byte on: the byte after it, or nil.
local function clock_at(text, at)
    local hour, minute, rest = text:match("^(%d%d):(%d%d)()", at)
    if not hour or hour > "23" or minute > "59" then return nil end
    local second, stop = text:match("^:(%d%d)()", rest)
    if second and second > "60" then return nil end
    return second and text:match("^%.%d+()", stop) or stop or rest
end

local function date_at(text, at)
    local year, month, day, stop = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)()",
        at)
    if not year then return clock_at(text, at) end
    if not is_day(tonumber(year), month, day) then return nil end
    local time = text:match("^[Tt]()", stop) or text:match("^ ()%d%d:", stop)
    time = time and clock_at(text, time)
    return time and (text:match("^[Zz]()", time)
        or text:find("^[+-]%d%d:%d%d", time) and clock_at(text, time + 1)
        or time) or stop
end

local function scalar_at(state)
    local text, at = state.text, state.at
    local date = date_at(text, at)
    if date then return { kind = "date" }, date end
    for _, pattern in ipairs(scalars) do
        local stop = text:match(pattern, at)
        if stop then
            local written = text:sub(at, stop - 1)
            if not is_number(written) then return nil end
            return { kind = "number", value =
                tonumber((written:gsub("_", ""))) }, stop
        end
    end
end

function value_at(state)
    local text, at = state.text, state.at
    local c = text:sub(at, at)
    local node
    if c == '"' or c == "'" then
        node = { kind = "string", value = lex.text_at(state) }
    elseif c == "[" then
        node = array_at(state)
    elseif c == "{" then
        node = inline_at(state)
    else
        local word, stop = text:match("^(%l+)()", at)
        if word == "true" or word == "false" then
            node = { kind = "boolean", value = word == "true" }
        else
            node, stop = scalar_at(state)
        end
        if not node or text:match("^[%w_.:+-]", stop) then
            lex.fail(state, at, "a value was expected")
        end
        state.at = stop
    end
    node.first, node.last = at, state.at - 1
    return node
end

local function line_end(state)
    lex.blanks(state)
    state.at = state.text:match("^#[^\n]*()", state.at) or state.at
    local stop = state.text:match("^\r?\n()", state.at)
    if not stop and state.at <= #state.text then
        lex.fail(state, state.at, "the end of the line was expected")
    end
    state.at = stop or state.at
end

local function header_at(state)
    local from = state.at
    local open = state.text:match("^%[%[?", from)
    state.at = from + #open
    local path = lex.key_at(state)
    local close = ("]"):rep(#open)
    if state.text:sub(state.at, state.at + #close - 1) ~= close then
        lex.fail(state, state.at, close .. " was expected")
    end
    state.at = state.at + #close
    return { kind = "table", array = #open == 2, path = path, first = from }
end

--- A path as one text, for comparing.
function toml_parse.joined(path)
    return table.concat(path, SEPARATOR)
end

local function in_list(doc, path)
    for i = 1, #path do
        if doc.lists[toml_parse.joined { table.unpack(path, 1, i) }] then
            return true
        end
    end
    return false
end

local function table_entry(state, doc)
    local entry = header_at(state)
    local wrong = doc.tree:header(entry.path, entry.array)
    if wrong then lex.fail(state, entry.first, wrong) end
    if entry.array then doc.lists[toml_parse.joined(entry.path)] = true end
    entry.array = in_list(doc, entry.path)
    doc.current = entry
    return entry
end

local function key_entry(state, doc, from)
    local path = lex.key_at(state)
    local value = assigned(state)
    local wrong = doc.tree:key(path, value)
    if wrong then lex.fail(state, from, wrong) end
    local above = doc.current and doc.current.path or {}
    local whole = table.move(path, 1, #path, #above + 1,
        { table.unpack(above) })
    return { kind = "key", path = whole, table = doc.current, value = value }
end

local function statement(state, doc)
    local from = state.at
    lex.blanks(state)
    local blank = not state.text:find("^[^#\r\n]", state.at)
    if blank then return line_end(state) end
    local read = state.text:find("^%[", state.at) and table_entry or key_entry
    local entry = read(state, doc, from)
    entry.first = from
    line_end(state)
    entry.last = state.at - 1
    doc.entries[#doc.entries + 1] = entry
end

--- { entries = list of tables and keys in order, with byte positions }; a table
-- is an `array` when it is one of a list of tables or below one.  What is not
-- TOML fails by try.check with a sentence that names the line.
function toml_parse.parse(text)
    local doc = { entries = {}, lists = {}, tree = toml_tree.new() }
    local state = { text = text, at = text:match("^\239\187\191()") or 1 }
    lex.check(state)
    while state.at <= #text do statement(state, doc) end
    return doc
end

return toml_parse
