--- propolis.edit.toml_parse: TOML as a list of tables and keys with their
-- positions.  Pure.
local lex = require "propolis.edit.toml_lexer"

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

local function scalar_at(state)
    local text, at = state.text, state.at
    local date = text:match("^%d%d%d%d%-%d%d%-%d%d()", at)
    if date then
        local time = text:match("^[Tt ]%d%d:%d%d:?[%d.]*()", date)
        local stop = time and (text:match("^[Zz]()", time)
            or text:match("^[+-]%d%d:%d%d()", time) or time) or date
        return { kind = "date" }, stop
    end
    local clock = text:match("^%d%d:%d%d[%d:.]*()", at)
    if clock then return { kind = "date" }, clock end
    for _, pattern in ipairs(scalars) do
        local stop = text:match(pattern, at)
        if stop then
            local digits = text:sub(at, stop - 1):gsub("_", "")
            return { kind = "number", value = tonumber(digits) }, stop
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

-- The tables and keys below a list of tables are another item's from here on.
local function forget_below(doc, name)
    doc.lists[name] = true
    local prefix = name .. SEPARATOR
    for other in pairs(doc.seen) do
        if other:sub(1, #prefix) == prefix then doc.seen[other] = nil end
    end
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
    local name = toml_parse.joined(entry.path)
    if entry.array then
        forget_below(doc, name)
    elseif doc.seen[name] then
        lex.fail(state, entry.first, ("[%s] appears twice"):format(
            table.concat(entry.path, ".")))
    end
    entry.array = in_list(doc, entry.path)
    doc.current = entry
    return entry, name
end

local function key_entry(state, doc, from)
    local path = lex.key_at(state)
    local value = assigned(state)
    local above = doc.current and doc.current.path or {}
    local whole = table.move(path, 1, #path, #above + 1,
        { table.unpack(above) })
    local name = toml_parse.joined(whole)
    if doc.seen[name] then
        lex.fail(state, from, ("the key %q appears twice"):format(
            table.concat(path, ".")))
    end
    return { kind = "key", path = whole, table = doc.current,
             value = value }, name
end

local function statement(state, doc)
    local from = state.at
    lex.blanks(state)
    local blank = not state.text:find("^[^#\r\n]", state.at)
    if blank then return line_end(state) end
    local read = state.text:find("^%[", state.at) and table_entry or key_entry
    local entry, name = read(state, doc, from)
    doc.seen[name] = true
    entry.first = from
    line_end(state)
    entry.last = state.at - 1
    doc.entries[#doc.entries + 1] = entry
end

--- { entries = list of tables and keys in order, with byte positions }; a table
-- is an `array` when it is one of a list of tables or below one.  What is not
-- TOML fails by try.check with a sentence that names the line.
function toml_parse.parse(text)
    local doc = { entries = {}, seen = {}, lists = {} }
    local state = { text = text, at = text:match("^\239\187\191()") or 1 }
    while state.at <= #text do statement(state, doc) end
    return doc
end

return toml_parse
