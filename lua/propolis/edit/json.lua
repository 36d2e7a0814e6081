--- propolis.edit.json: changes one value in a JSON text, and nothing else.
-- Pure: text in, text out. Order, comments, indentation, line ends and the
-- final newline stay as the user wrote them. Comments and trailing commas are
-- accepted; `{ json5 = true }` also accepts bare keys and single quotes.
-- Every function returns nil and a sentence when the text does not parse.
local jsonc = require "propolis.edit.jsonc"

local edit = {}

local function newline(text)
    return text:match("\r?\n") or "\n"
end

-- The blanks before `at` when nothing else stands before it on its line.
local function lead(text, at)
    local from = at
    while from > 1 and text:sub(from - 1, from - 1):match("[ \t]") do
        from = from - 1
    end
    if from == 1 or text:sub(from - 1, from - 1) == "\n" then
        return text:sub(from, at - 1)
    end
end

local function indent_of_line(text, at)
    local from = at
    while from > 1 and text:sub(from - 1, from - 1) ~= "\n" do
        from = from - 1
    end
    return text:match("^[ \t]*", from)
end

-- One step of indentation: what the first member of the root adds.
local function unit(text, root)
    local first = root.items and root.items[1]
    local step = first and lead(text, first.first)
    return step and step ~= "" and step or "  "
end

-- Where a member's own line ends: past its comma and a comment beside it.
local function line_tail(text, at)
    while true do
        local blank = text:match("^[ \t]+()", at)
        at = blank or at
        if text:sub(at, at + 1) == "//" then
            return text:match("^[^\r\n]*()", at)
        end
        local comment = text:match("^/%*[^\r\n]-%*/()", at)
        if not comment then return at end
        at = comment
    end
end

local function render(node, text, style, indent)
    if not node.items then return text:sub(node.first, node.last) end
    local open, close = "{", "}"
    if node.kind == "array" then open, close = "[", "]" end
    if #node.items == 0 then return open .. close end

    local inner = indent .. style.unit
    local parts = {}
    for _, item in ipairs(node.items) do
        local value = render(item.value, text, style, inner)
        if node.kind == "object" then
            value = text:sub(item.first, item.key_last) .. style.colon .. value
        end
        parts[#parts + 1] = value
    end
    if style.flat then
        return open .. table.concat(parts, style.comma) .. close
    end
    return open .. style.newline .. inner
        .. table.concat(parts, "," .. style.newline .. inner)
        .. style.newline .. indent .. close
end

local function style_of(text, root)
    local items = root.items or {}
    local flat = #items > 0 and not text:sub(root.first, root.last):find("\n")
    local colon = ": "
    if flat and root.kind == "object" then
        colon = text:sub(items[1].key_last + 1, items[1].value.first - 1)
    end
    return {
        unit = unit(text, root), newline = newline(text), colon = colon,
        flat = flat, comma = flat and colon == ":" and "," or ", ",
    }
end

local function load(text, options)
    local root, err = jsonc.parse(text, options)
    if not root then return nil, err end
    return root
end

--- The tree of `text` (see propolis.edit.jsonc), or nil and a sentence.
edit.parse = load

--- The text with which `key` stands as a JSON string.
function edit.quote(key)
    return '"' .. key:gsub('[%c"\\\127]', function(c)
        if c == '"' or c == "\\" then return "\\" .. c end
        return ("\\u%04x"):format(c:byte())
    end) .. '"'
end

--- JSON text of a value: text, number, boolean, a list marked by `edit.list`,
-- or an object given as { {key, value}, ... }, in that order.
function edit.encode(value)
    if type(value) == "string" then return edit.quote(value) end
    if type(value) ~= "table" then return tostring(value) end
    local out = {}
    for i, item in ipairs(value) do
        if value.list then
            out[i] = edit.encode(item)
        else
            out[i] = edit.quote(item[1]) .. ":" .. edit.encode(item[2])
        end
    end
    local inner = table.concat(out, ",")
    return value.list and "[" .. inner .. "]" or "{" .. inner .. "}"
end

--- Marks a list for `edit.encode`.
function edit.list(items)
    local out = { list = true }
    for i, item in ipairs(items) do out[i] = item end
    return out
end

-- Walks `path` (keys and 1-based indexes) as far as it goes: the last node,
-- how many steps fitted, and the item that holds the node.
local function walk(text, root, path)
    local node, item = root, nil
    for i, step in ipairs(path) do
        local next_item
        if type(step) == "number" then
            next_item = node.kind == "array" and node.items[step]
        elseif node.kind == "object" then
            local found, twice = jsonc.member(node, step)
            if twice then
                return nil, nil, nil,
                    ("line %d: the key %q stands there twice"):format(
                        jsonc.line(text, twice.first), step)
            end
            next_item = found
        end
        if not next_item then return node, i - 1, item end
        item, node = next_item, next_item.value
    end
    return node, #path, item
end

--- The node at `path`, nil when there is none; nil and a sentence on errors.
function edit.get(text, path, options)
    local root, err = load(text, options)
    if not root then return nil, err end
    local node, depth, _, twice = walk(text, root, path)
    if twice then return nil, twice end
    if depth ~= #path then return nil end
    return node
end

--- The value at `path` as Lua: text, number, boolean, or a table for objects
-- and arrays; nil for null and for what is not there.
function edit.value(text, path, options)
    local node, err = edit.get(text, path, options)
    if not node then return nil, err end
    return jsonc.value(node)
end

local function splice(text, from, to, with)
    return text:sub(1, from - 1) .. with .. text:sub(to + 1)
end

local function add(text, node, style, make)
    local last = node.items[#node.items]
    if not last then
        local inside = text:sub(node.first + 1, node.last - 1)
        if style.flat then
            return splice(text, node.first + 1, node.last - 1,
                inside .. make(""))
        end
        local outer = indent_of_line(text, node.first)
        local inner = outer .. style.unit
        local kept = inside:gsub("%s+$", "")
        return splice(text, node.first + 1, node.last - 1,
            kept .. style.newline .. inner .. make(inner)
            .. style.newline .. outer)
    end
    if not text:sub(node.first, node.last):find("\n") then
        local flat = {}
        for k, v in pairs(style) do flat[k] = v end
        flat.flat = true
        local at = last.value.last
        return splice(text, at + 1, at, style.comma .. make("", flat))
    end
    local inner = lead(text, last.first)
        or indent_of_line(text, node.last) .. style.unit
    local after = last.comma or last.value.last
    local tail = line_tail(text, after + 1)
    local comma = last.comma and "" or ","
    return text:sub(1, after) .. comma .. text:sub(after + 1, tail - 1)
        .. style.newline .. inner .. make(inner)
        .. (last.comma and "," or "") .. text:sub(tail)
end

-- Whether two values are the same, order of keys aside.
local function same(a, b)
    if type(a) ~= "table" or type(b) ~= "table" then return a == b end
    for k, v in pairs(a) do
        if not same(v, b[k]) then return false end
    end
    for k in pairs(b) do
        if a[k] == nil then return false end
    end
    return true
end

local function fragment_of(json)
    local node, err = jsonc.parse(json)
    if not node then error("bad fragment: " .. err, 3) end
    return node
end

local function check(text, options)
    local root, err = jsonc.parse(text, options)
    if not root then
        return nil, "the edited text would not parse: " .. err
    end
    return text
end

-- A container of the wrong kind on the way is the user's, not ours to replace.
local function misfit(text, path, depth, node, wanted)
    local names = {}
    for i = 1, depth do names[i] = tostring(path[i]) end
    local where = #names > 0 and table.concat(names, ".") or "the file"
    return nil, ("line %d: %s is %s, not %s"):format(
        jsonc.line(text, node.first), where, jsonc.a(node.kind),
        jsonc.a(wanted))
end

-- Wraps a fragment in objects for the keys of `path` after the first `depth`.
local function wrapped(path, depth, json)
    for i = #path, depth + 1, -1 do
        json = "{" .. edit.quote(path[i]) .. ":" .. json .. "}"
    end
    return json
end

--- Puts the JSON text `json` at `path` (keys; the last may be an index that
-- exists): replaces what is there or adds it at the end, with the objects on
-- the way. The same text when the value is there already. An empty text
-- counts as `{}`.
function edit.set(text, path, json, options)
    local blank = not text:find("%S")
    local source = blank and "{}" .. newline(text) or text
    local root, err = load(source, options)
    if not root then return nil, err end
    local node, depth, _, twice = walk(text, root, path)
    if twice then return nil, twice end
    local style = style_of(source, root)

    if depth == #path then
        local part = fragment_of(json)
        if node.kind == part.kind
            and same(jsonc.value(node), jsonc.value(part)) then
            return text
        end
        local indent = indent_of_line(source, node.first)
        local own = style
        if not source:sub(root.first, root.last):find("\n") then
            own = setmetatable({ flat = true }, { __index = style })
        end
        return check(splice(source, node.first, node.last,
            render(part, json, own, indent)), options)
    end
    if node.kind ~= "object" then
        return misfit(source, path, depth, node, "object")
    end
    local key = path[depth + 1]
    local body = wrapped(path, depth + 1, json)
    local part = fragment_of(body)
    return check(add(source, node, style, function(indent, other)
        local how = other or style
        return edit.quote(key) .. how.colon .. render(part, body, how, indent)
    end), options)
end

--- Adds the JSON text `json` as the last item of the array at `path`, which is
-- made when it is missing.
function edit.append(text, path, json, options)
    local blank = not text:find("%S")
    local source = blank and "{}" .. newline(text) or text
    local root, err = load(source, options)
    if not root then return nil, err end
    local node, depth, _, twice = walk(text, root, path)
    if twice then return nil, twice end
    if depth < #path then
        return edit.set(source, path, "[" .. json .. "]", options)
    end
    if node.kind ~= "array" then
        return misfit(source, path, depth, node, "array")
    end
    local part = fragment_of(json)
    local style = style_of(source, root)
    return check(add(source, node, style, function(indent, other)
        return render(part, json, other or style, indent)
    end), options)
end

local function position(node, item)
    for i, one in ipairs(node.items) do
        if one == item then return i end
    end
end

local function cut_only(text, node)
    local item = node.items[1]
    local stop = item.comma or item.value.last
    local rest = text:sub(node.first + 1, item.first - 1)
        .. text:sub(stop + 1, node.last - 1)
    if not rest:find("%S") then
        return splice(text, node.first + 1, node.last - 1, "")
    end
    local own = lead(text, item.first)
    local from = own and item.first - #own or item.first
    local to = line_tail(text, stop + 1)
    local eol = own and text:match("^\r?\n()", to)
    return splice(text, from, (eol or to) - 1, "")
end

local function cut(text, node, index)
    local items = node.items
    if #items == 1 then return cut_only(text, node) end
    local item = items[index]
    local own = lead(text, item.first)
    local stop = item.comma or item.value.last
    local from, to
    if own then
        from, to = item.first - #own, line_tail(text, stop + 1)
        local eol = text:match("^\r?\n()", to)
        -- Something else follows on the line: keep it where it stands.
        if eol then
            to = eol
        else
            from = item.first
        end
    else
        from = item.first
        to = text:match("^[ \t]*()", stop + 1)
    end
    local last = index == #items
    if last and not own then
        -- `[a, b]`: the blank before goes with the item.
        from = items[index - 1].comma + 1
        to = stop + 1
    end
    local out = splice(text, from, to - 1, "")
    if last and not item.comma then
        local comma = items[index - 1].comma
        out = splice(out, comma, comma, "")
    end
    return out
end

--- JSON text laid out over lines, two blanks a step, with a final newline.
function edit.pretty(json)
    local part = fragment_of(json)
    return render(part, json, { unit = "  ", newline = "\n", colon = ": " },
        "") .. "\n"
end

--- Takes the member or item at `path` away. The same text when there is none.
function edit.remove(text, path, options)
    local root, err = load(text, options)
    if not root then return nil, err end
    local _, depth, item, twice = walk(text, root, path)
    if twice then return nil, twice end
    if depth ~= #path then return text end
    local parent = walk(text, root, { table.unpack(path, 1, #path - 1) })
    return check(cut(text, parent, position(parent, item)), options)
end

--- Takes the container at `path` away when it is empty, then its parents
-- below the root likewise. A comment inside keeps it.
function edit.prune(text, path, options)
    local steps = { table.unpack(path) }
    while #steps > 0 do
        local node, err = edit.get(text, steps, options)
        if err then return nil, err end
        if not node or not node.items or #node.items > 0
            or text:sub(node.first + 1, node.last - 1):find("%S") then
            return text
        end
        text, err = edit.remove(text, steps, options)
        if not text then return nil, err end
        steps[#steps] = nil
    end
    return text
end

return edit
