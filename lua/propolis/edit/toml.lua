--- propolis.edit.toml: changes keys and tables in a TOML text, nothing else.
-- Pure: text in, text out. What stands around an edit stays byte for byte.
-- Every function returns nil and a sentence when the text does not parse or
-- the place is written in a form that cannot be extended safely.
local edit = {}

local function line_of(text, at)
    local _, count = text:sub(1, at - 1):gsub("\n", "")
    return count + 1
end

local function fail(state, at, what)
    error({ message = ("line %d: %s"):format(line_of(state.text, at), what) },
        0)
end

local function blanks(state)
    state.at = state.text:match("^[ \t]*()", state.at)
end

-- Blanks, line ends and comments: allowed inside arrays.
local function space(state)
    local text = state.text
    repeat
        local before = state.at
        state.at = text:match("^[ \t\r\n]*()", state.at)
        state.at = text:match("^#[^\n]*()", state.at) or state.at
    until state.at == before
end

local escapes = {
    b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", e = "\27",
    ['"'] = '"', ["\\"] = "\\",
}

local function escape(state, out)
    local text, at = state.text, state.at
    local c = text:sub(at + 1, at + 1)
    if escapes[c] then
        out[#out + 1] = escapes[c]
        state.at = at + 2
        return
    end
    local hex = c == "u" and text:match("^%x%x%x%x", at + 2)
        or c == "U" and text:match("^%x%x%x%x%x%x%x%x", at + 2)
        or c == "x" and text:match("^%x%x", at + 2)
    local code = hex and tonumber(hex, 16)
    if not code or code > 0x10FFFF then fail(state, at, "a broken escape") end
    out[#out + 1] = utf8.char(code)
    state.at = at + 2 + #hex
end

local function basic(state, close)
    local text, from, out = state.text, state.at, {}
    state.at = from + #close
    if #close == 3 then
        state.at = text:match("^\r?\n()", state.at) or state.at
    end
    while true do
        local stop = text:find('["\\\n]', state.at)
        if not stop then fail(state, from, "text without its end quote") end
        out[#out + 1] = text:sub(state.at, stop - 1)
        state.at = stop
        local c = text:sub(stop, stop)
        if text:sub(stop, stop + #close - 1) == close then
            -- Up to two quotes may stand right before the closing three.
            local extra = #close == 3 and text:match('^"""("?"?)', stop) or ""
            out[#out + 1] = extra
            state.at = stop + #close + #extra
            return table.concat(out)
        elseif c == "\\" then
            local joined = #close == 3 and text:match("^\\[ \t]*\r?\n%s*()",
                stop)
            if joined then state.at = joined else escape(state, out) end
        elseif c == "\n" and #close == 1 then
            fail(state, from, "text without its end quote")
        else
            out[#out + 1] = c
            state.at = stop + 1
        end
    end
end

local function literal(state, close)
    local text, from = state.text, state.at
    local start = from + #close
    local stop = text:find(close, start, true)
    local body = stop and text:sub(start, stop - 1)
    if not stop or #close == 1 and body:find("\n") then
        fail(state, from, "text without its end quote")
    end
    local extra = #close == 3 and text:match("^'''('?'?)", stop) or ""
    state.at = stop + #close + #extra
    return (body .. extra):gsub("^\r?\n", "", #close == 3 and 1 or 0)
end

local function text_at(state, single_line)
    local text, at = state.text, state.at
    local quote = text:sub(at, at)
    local close = quote
    if text:sub(at, at + 2) == quote:rep(3) then
        if single_line then fail(state, at, "a key was expected") end
        close = quote:rep(3)
    end
    return ((quote == '"' and basic or literal)(state, close))
end

-- A dotted key: { "a", "b c" }.
local function key_at(state)
    local path = {}
    while true do
        blanks(state)
        local at = state.at
        local bare = state.text:match("^[%w_-]+", at)
        if bare then
            path[#path + 1] = bare
            state.at = at + #bare
        elseif state.text:match("^[\"']", at) then
            path[#path + 1] = text_at(state, true)
        else
            fail(state, at, "a key was expected")
        end
        blanks(state)
        if state.text:sub(state.at, state.at) ~= "." then return path end
        state.at = state.at + 1
    end
end

local value_at

local function array_at(state)
    local node = { kind = "array", items = {} }
    state.at = state.at + 1
    while true do
        space(state)
        if state.text:sub(state.at, state.at) == "]" then
            state.at = state.at + 1
            return node
        end
        node.items[#node.items + 1] = value_at(state)
        space(state)
        local c = state.text:sub(state.at, state.at)
        if c == "," then
            state.at = state.at + 1
        elseif c ~= "]" then
            fail(state, state.at, "a comma or ] was expected")
        end
    end
end

local function inline_at(state)
    local node = { kind = "inline", keys = {} }
    state.at = state.at + 1
    space(state)
    while state.text:sub(state.at, state.at) ~= "}" do
        local path = key_at(state)
        if state.text:sub(state.at, state.at) ~= "=" then
            fail(state, state.at, "= was expected")
        end
        state.at = state.at + 1
        blanks(state)
        node.keys[#node.keys + 1] = { path = path, value = value_at(state) }
        space(state)
        local c = state.text:sub(state.at, state.at)
        if c == "," then
            state.at = state.at + 1
            space(state)
        elseif c ~= "}" then
            fail(state, state.at, "a comma or } was expected")
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
        node = { kind = "string", value = text_at(state) }
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
            fail(state, at, "a value was expected")
        end
        state.at = stop
    end
    node.first, node.last = at, state.at - 1
    return node
end

local function line_end(state)
    blanks(state)
    state.at = state.text:match("^#[^\n]*()", state.at) or state.at
    local stop = state.text:match("^\r?\n()", state.at)
    if not stop and state.at <= #state.text then
        fail(state, state.at, "the end of the line was expected")
    end
    state.at = stop or state.at
end

local function header_at(state)
    local from = state.at
    local open = state.text:match("^%[%[?", from)
    state.at = from + #open
    local path = key_at(state)
    local close = ("]"):rep(#open)
    if state.text:sub(state.at, state.at + #close - 1) ~= close then
        fail(state, state.at, close .. " was expected")
    end
    state.at = state.at + #close
    return { kind = "table", array = #open == 2, path = path, first = from }
end

local function joined(path)
    return table.concat(path, "\31")
end

local function concat(a, b)
    local out = { table.unpack(a) }
    for _, part in ipairs(b) do out[#out + 1] = part end
    return out
end

local function statement(state, doc, seen)
    local from = state.at
    blanks(state)
    local c = state.text:sub(state.at, state.at)
    if c == "#" or c == "\r" or c == "\n" or c == "" then
        return line_end(state)
    end
    local entry
    if c == "[" then
        entry = header_at(state)
        doc.current = entry
        local name = joined(entry.path)
        if not entry.array and seen[name] then
            fail(state, from, ("[%s] stands there twice"):format(
                table.concat(entry.path, ".")))
        end
        seen[name] = true
        doc.scope = entry.array and {} or seen
    else
        local path = key_at(state)
        if state.text:sub(state.at, state.at) ~= "=" then
            fail(state, state.at, "= was expected")
        end
        state.at = state.at + 1
        blanks(state)
        local above = doc.current and doc.current.path or {}
        entry = { kind = "key", path = concat(above, path), own = path,
                  table = doc.current, value = value_at(state) }
        local name = joined(entry.path)
        if doc.scope[name] then
            fail(state, from, ("the key %q stands there twice"):format(
                table.concat(path, ".")))
        end
        doc.scope[name] = true
    end
    entry.first = from
    line_end(state)
    entry.last = state.at - 1
    doc.entries[#doc.entries + 1] = entry
end

--- { entries = list of tables and keys in order, with byte positions }, or
-- nil and a sentence with the line.
function edit.parse(text)
    local seen = {}
    local doc = { entries = {}, scope = seen }
    local state = { text = text, at = text:match("^\239\187\191()") or 1 }
    local ok, err = pcall(function()
        while state.at <= #text do statement(state, doc, seen) end
    end)
    if ok then return doc end
    if type(err) ~= "table" then error(err, 0) end
    return nil, err.message
end

local function same(a, b)
    return #a == #b and joined(a) == joined(b)
end

local function below(path, prefix)
    return #path >= #prefix
        and same({ table.unpack(path, 1, #prefix) }, prefix)
end

local function plain(node)
    if node.kind == "array" then
        local out = {}
        for i, item in ipairs(node.items) do out[i] = plain(item) end
        return out
    end
    return node.value
end

-- The value inside an inline table.
local function inside(node, path)
    if #path == 0 then return node end
    for _, key in ipairs(node.keys or {}) do
        if below(path, key.path) then
            return inside(key.value, { table.unpack(path, #key.path + 1) })
        end
    end
end

local function find_key(doc, path)
    for _, entry in ipairs(doc.entries) do
        if entry.kind == "key" and below(path, entry.path)
            and not (entry.table and entry.table.array) then
            local node = inside(entry.value,
                { table.unpack(path, #entry.path + 1) })
            if node then return entry, node end
        end
    end
end

local function find_table(doc, path)
    for i, entry in ipairs(doc.entries) do
        if entry.kind == "table" and same(entry.path, path) then
            return entry, i
        end
    end
end

--- The value of the key at `path`: text, number, boolean, a list for arrays;
-- nil when it is not there; nil and a sentence when the text does not parse.
function edit.value(text, path)
    local doc, err = edit.parse(text)
    if not doc then return nil, err end
    local _, node = find_key(doc, path)
    return node and plain(node)
end

--- Every key below `path` as { path = rest of the path, value = }, or nil and
-- a sentence.
function edit.under(text, path)
    local doc, err = edit.parse(text)
    if not doc then return nil, err end
    local out = {}
    for _, entry in ipairs(doc.entries) do
        if entry.kind == "key" and below(entry.path, path) then
            out[#out + 1] = {
                path = { table.unpack(entry.path, #path + 1) },
                value = plain(entry.value),
            }
        end
    end
    return out
end

--- `text` as a TOML string.
function edit.quote(text)
    return '"' .. text:gsub('[%c"\\\127]', function(c)
        if c == '"' or c == "\\" then return "\\" .. c end
        return ("\\u%04X"):format(c:byte())
    end) .. '"'
end

local function name_of(path)
    local out = {}
    for i, part in ipairs(path) do
        out[i] = part:find("^[%w_-]+$") and part or edit.quote(part)
    end
    return table.concat(out, ".")
end

local function newline(text)
    return text:match("\r?\n") or "\n"
end

local function splice(text, from, to, with)
    return text:sub(1, from - 1) .. with .. text:sub(to + 1)
end

local function check(text)
    local doc, err = edit.parse(text)
    if not doc then return nil, "the edited text would not parse: " .. err end
    return text
end

local function block(path, pairs_, eol)
    local lines = { "[" .. name_of(path) .. "]" }
    for _, pair in ipairs(pairs_) do
        lines[#lines + 1] = name_of { pair[1] } .. " = " .. pair[2]
    end
    return table.concat(lines, eol) .. eol
end

local function append(text, path, pairs_)
    local eol = newline(text)
    local gap = ""
    if text:find("%S") then
        if not text:find("\n$") then text = text .. eol end
        if not text:find("\n\r?\n$") then gap = eol end
    end
    return check(text .. gap .. block(path, pairs_, eol))
end

-- The last key that stands directly in the table, or its header.
local function table_tail(doc, head)
    local tail = head
    for _, entry in ipairs(doc.entries) do
        if entry.kind == "key" and entry.table == head then tail = entry end
    end
    return tail
end

-- Another form of the same table that a second header would clash with.
local function clash(doc, path)
    for _, entry in ipairs(doc.entries) do
        if entry.kind == "key" and below(entry.path, path)
            and not (entry.table and below(entry.table.path, path)) then
            return entry
        end
        if entry.kind == "key" and below(path, entry.path) then
            return entry
        end
        if entry.array and below(path, entry.path) then return entry end
    end
end

local function clashing(text, entry, path)
    return nil, ("line %d: %s is written in a form that cannot be extended "
        .. "safely"):format(line_of(text, entry.first), name_of(path))
end

--- Gives the key at `path` the value `literal` (TOML text): replaced where it
-- stands, else added to its table, else added with its table at the end.
function edit.set(text, path, literal_)
    local doc, err = edit.parse(text)
    if not doc then return nil, err end
    local _, node = find_key(doc, path)
    if node then
        return check(splice(text, node.first, node.last, literal_))
    end
    local up, key = { table.unpack(path, 1, #path - 1) }, path[#path]
    local head = find_table(doc, up)
    if not head or head.array then
        local other = clash(doc, up)
        if other then return clashing(text, other, up) end
        return append(text, up, { { key, literal_ } })
    end
    local tail = table_tail(doc, head)
    local eol = newline(text)
    local line = name_of { key } .. " = " .. literal_ .. eol
    if text:sub(tail.last, tail.last) ~= "\n" then line = eol .. line end
    return check(splice(text, tail.last + 1, tail.last, line))
end

--- Takes the key at `path` away with its line. The same text if not there.
function edit.remove(text, path)
    local doc, err = edit.parse(text)
    if not doc then return nil, err end
    local entry, node = find_key(doc, path)
    if not entry then return text end
    if entry.value ~= node then return clashing(text, entry, path) end
    return check(splice(text, entry.first, entry.last, ""))
end

-- From the header to the line before the next header; blank lines and
-- comments after the last key belong to what follows.
local function extent(doc, index)
    local head = doc.entries[index]
    return head.first, table_tail(doc, head).last
end

--- Gives the table at `path` exactly these keys, { {key, literal}, ... }:
-- replaced where it stands, else added at the end.
function edit.set_table(text, path, pairs_)
    local doc, err = edit.parse(text)
    if not doc then return nil, err end
    local head, index = find_table(doc, path)
    if not head then
        local other = clash(doc, path)
        if other then return clashing(text, other, path) end
        return append(text, path, pairs_)
    end
    if head.array then return clashing(text, head, path) end
    local from, to = extent(doc, index)
    return check(splice(text, from, to, block(path, pairs_, newline(text))))
end

--- Takes the table at `path` and the tables below it away, and the blank line
-- before each. The same text if there is none.
function edit.remove_table(text, path)
    local doc, err = edit.parse(text)
    if not doc then return nil, err end
    for i = #doc.entries, 1, -1 do
        local entry = doc.entries[i]
        if entry.kind == "table" and below(entry.path, path) then
            local from, to = extent(doc, i)
            local before = text:sub(1, from - 1)
            local last = not text:find("%S", to + 1)
            local gap = before:match("\n()\r?\n$")
            if gap and (last or text:find("^\r?\n", to + 1)) then
                from = gap
            end
            text = splice(text, from, to, "")
        end
    end
    return check(text)
end

return edit
