--- propolis.edit.yaml_parse: block-style YAML as a tree of line numbers.
-- A strict subset: one document, block mappings and sequences, plain, quoted
-- and block scalars, flow collections as closed values. Anything else is
-- refused: what this cannot read exactly, the editor must not change.
-- A node: { kind = "map"|"seq"|"scalar"|"flow"|"null", first =, last = (line
-- numbers), col = (of map and seq), value = (of scalars) }. Entries of a map:
-- { key =, line =, node =, at = column after the colon }; items of a seq:
-- { line =, node = }.
local lex = require "propolis.edit.yaml_lexer"

local yaml_parse = {}

local DEPTH = 64

local function split(text)
    local lines = {}
    for line in text:gmatch("([^\n]*)\n?") do
        lines[#lines + 1] = (line:gsub("\r$", ""))
    end
    return lines
end

local function empty(line)
    return line:find("^%s*$") or line:find("^%s*#")
end

-- The next line with content at or after `n`, and its indentation.
local function look(state, n)
    local line
    while true do
        line = state.lines[n]
        if not line then return nil end
        if line:find("^ *\t") then lex.fail(n, "a tab in the indentation") end
        if not empty(line) then break end
        n = n + 1
    end
    if line:find("^%-%-%-") or line:find("^%.%.%.") then
        lex.fail(n, "a second document")
    end
    return n, #line:match("^ *")
end

local function rest_is_empty(line, col)
    local rest = line:sub(col)
    return rest:find("^ *$") or rest:find("^ +#")
end

local function plain_end(line, col)
    local body = line:sub(col)
    local comment = body:find("%s+#")
    if comment then body = body:sub(1, comment - 1) end
    return (body:gsub("%s+$", ""))
end

local nulls = { [""] = true, ["~"] = true, null = true, Null = true,
                NULL = true }

local function plain(state, n, col, indent)
    local body = plain_end(state.lines[n], col)
    if body:find("^[&!]") then lex.fail(n, "a second anchor or tag") end
    if body:find("^[%%@`,%]}|>]") or body:find("^[-?:] ")
        or body:find("^[-?:]$") then
        lex.fail(n, "a value that must be quoted")
    end
    if state.lines[n]:find("\t", col, true) then lex.fail(n, "a tab") end
    if body:find("^%*") and not state.anchors[body:sub(2)] then
        lex.fail(n, "an alias without its anchor")
    end
    if body:find(":%s") or body:find(":$") then
        lex.fail(n, "a second colon in one line")
    end
    local node = { kind = "scalar", first = n, last = n, value = body }
    if nulls[body] then node.kind = "null" end
    local at, deep = look(state, n + 1)
    -- A plain value goes on while the lines are indented deeper.
    while at and deep > indent do
        local more = plain_end(state.lines[at], deep + 1)
        if state.lines[n]:find("%s#") or state.lines[at]:find("\t", 1, true)
            or more:find(":%s")
            or more:find(":$") or more:find("^%- ") then
            lex.fail(at, "unexpected indentation")
        end
        node.value, node.last = nil, at
        n = at
        at, deep = look(state, n + 1)
    end
    return node
end

-- The key that starts at col: its text and the column after its colon.
local function key_at(state, n, col)
    local line = state.lines[n]
    local c = line:sub(col, col)
    if c == '"' or c == "'" then
        local last, stop = lex.quoted_end(state, n, col)
        local colon = last == n and line:match("^ *:()", stop)
        if not colon or not line:find("^%s", colon) and colon <= #line then
            return nil
        end
        return lex.quoted(state, n, col).value, colon
    end
    if c:find("^[%[{&*!|>%%@`#,%]}]") or line:find("^[-?] ", col) then
        return nil
    end
    local body = line:sub(col)
    local comment = body:find("%s#")
    if comment then body = body:sub(1, comment - 1) end
    local key, colon = body:match("^(.-) *:()%s")
    if not key then key, colon = body:match("^(.-) *:()$") end
    if key and key ~= "" and not key:find("\t", 1, true) then
        return key, col + colon - 1
    end
end

local node_at

-- Where a value begins behind its anchor and its tag, which belong to it
-- wherever it stands.
local function skip_properties(state, n, at)
    local line, seen = state.lines[n], {}
    while line:find("^[&!]", at) and not seen[line:sub(at, at)] do
        seen[line:sub(at, at)] = true
        local anchor = line:match("^&([%w_-]+)", at)
        if anchor then state.anchors[anchor] = true end
        at = line:match("^&[%w_-]+ +()", at)
            or line:match("^&[%w_-]+()$", at)
            or line:match("^![%w_!:/.-]* +()", at)
            or line:match("^![%w_!:/.-]*()$", at)
        if not at then
            lex.fail(n, "an anchor or a tag that is not read here")
        end
    end
    return at
end

-- The value after a colon or a dash: on this line, or in a block below it.
local function value_at(state, n, col, indent, in_map, depth)
    local line = state.lines[n]
    local at = skip_properties(state, n, line:match("^ *()", col))
    if at > #line or line:sub(at, at) == "#" then
        local below, deep = look(state, n + 1)
        local dash = below and state.lines[below]:find("^ *%- ")
            or below and state.lines[below]:find("^ *%-$")
        if below and (deep > indent or in_map and deep == indent and dash) then
            return node_at(state, below, deep + 1, depth + 1)
        end
        return { kind = "null", first = n, last = n }
    end
    local c = line:sub(at, at)
    if c == "|" or c == ">" then
        if not line:find("^[|>][%d+-]* *$", at)
            and not line:find("^[|>][%d+-]* +#", at) then
            lex.fail(n, "an invalid block scalar")
        end
        return lex.block_scalar(state, n, indent)
    end
    local node, stop
    if c == '"' or c == "'" then
        node, stop = lex.quoted(state, n, at)
    elseif c == "[" or c == "{" then
        node, stop = lex.flow(state, n, at)
    else
        return plain(state, n, at, indent)
    end
    if not rest_is_empty(state.lines[node.last], stop) then
        lex.fail(node.last, "text after the end of a value")
    end
    local below, deep = look(state, node.last + 1)
    if below and deep > indent then
        lex.fail(below, "unexpected indentation")
    end
    return node
end

local function map_at(state, n, col, depth)
    local node = { kind = "map", col = col, first = n, last = n, entries = {} }
    while true do
        local key, after = key_at(state, n, col)
        if not key then lex.fail(n, "a key and a colon were expected") end
        local value = value_at(state, n, after, col - 1, true, depth)
        node.entries[#node.entries + 1] =
            { key = key, line = n, node = value, at = after }
        node.last = value.last
        local indent
        n, indent = look(state, node.last + 1)
        if not n or indent < col - 1 then return node end
        if indent > col - 1 then lex.fail(n, "unexpected indentation") end
    end
end

local function seq_at(state, n, col, depth)
    local node = { kind = "seq", col = col, first = n, last = n, items = {} }
    while true do
        local inner = state.lines[n]:match("^%- +()", col)
        local value
        local rest = inner and state.lines[n]:sub(inner)
        if rest and rest ~= "" and (key_at(state, n, inner)
            or rest:find("^%- ") or rest == "-") then
            value = node_at(state, n, inner, depth + 1)
        else
            value = value_at(state, n, inner or col + 1, col - 1, false, depth)
        end
        node.items[#node.items + 1] = { line = n, node = value }
        node.last = value.last
        local indent
        n, indent = look(state, node.last + 1)
        if not n or indent < col - 1 then return node end
        if indent > col - 1 then lex.fail(n, "unexpected indentation") end
        if not state.lines[n]:find("^%-%s", col)
            and not state.lines[n]:find("^%-$", col) then
            return node
        end
    end
end

function node_at(state, n, col, depth)
    if depth > DEPTH then lex.fail(n, "nested too deeply") end
    local line = state.lines[n]
    if line:find("^%-%s", col) or line:find("^%-$", col) then
        return seq_at(state, n, col, depth)
    end
    if key_at(state, n, col) then return map_at(state, n, col, depth) end
    return value_at(state, n, col, col - 2, false, depth)
end

local function document(state)
    local n = 1
    while state.lines[n] and empty(state.lines[n]) do n = n + 1 end
    if state.lines[n] and state.lines[n]:find("^%-%-%- *$") then
        n = n + 1
    else
        n = 1
    end
    local indent
    n, indent = look(state, n)
    if not n then return { kind = "null", first = 1, last = #state.lines } end
    if state.lines[n]:find("^%%") then lex.fail(n, "a directive") end
    local node = node_at(state, n, indent + 1, 1)
    if node.kind ~= "map" then
        lex.fail(n, "a key and a colon were expected")
    end
    local more = look(state, node.last + 1)
    if more then lex.fail(more, "unexpected indentation") end
    return node
end

--- The tree of `text`; what is not YAML or not in the subset fails by try.check
-- with a sentence that names the line.
function yaml_parse.parse(text)
    local lines = split((text:gsub("^\239\187\191", "")))
    return document { lines = lines, anchors = {} }
end

--- The entry of a map by key, and the second one when it stands twice.
function yaml_parse.entry(node, key)
    local found
    for _, entry in ipairs(node.entries or {}) do
        if entry.key == key then
            if found then return found, entry end
            found = entry
        end
    end
    return found
end

return yaml_parse
