--- propolis.edit.yaml: adds and removes entries in block-style YAML.
-- Pure: text in, text out. Only whole lines are added or taken away, so that
-- comments, order and quoting of everything else stay. Where a place is
-- written in a form that whole lines cannot change (`hooks: {a: 1}`), the
-- answer is nil and a sentence, and the caller says what to do by hand. No
-- edit is given out before the data of everything else was found unchanged.
-- A body is a list of { key, YAML text } pairs.
local edit_text = require "propolis.edit.text"
local parse = require "propolis.edit.yaml_parse"
local try = require "propolis.try"

local line_start, line_end = edit_text.line_start, edit_text.line_end
local walk = edit_text.walk
local edit = {}

--- `text` as a double-quoted YAML scalar.
edit.quote = edit_text.quote

local function key_text(key)
    local plain = key:find("^[%a_][%w_.-]*$")
    return plain and key or edit.quote(key)
end

--- The node at `path`, see propolis.edit.yaml_parse; nil when there is none;
-- nil and a sentence on errors.
function edit.get(text, path)
    local node, depth = walk(text, parse(text), path)
    return depth == #path and node or nil
end

--- A map of scalars as { key = text }: the shape of a body that was read.
function edit.fields(node)
    local out = {}
    for _, item in ipairs(node.items or {}) do
        if item.key then out[item.key] = item.value.value end
    end
    return out
end

local function refuse(text, node, path, depth)
    edit_text.fail(text, node.first, ("%s is not written as a block of lines, "
        .. "so nothing can be changed there safely"):format(
        table.concat(path, ".", 1, math.max(depth, 1))))
end

-- The data of a node as one text that only equal data has.  Without what
-- stands at `path`: only its index-th item if an index is given.  What is
-- empty on that way counts as absent.
local function data(node, path, index)
    if path and node.kind == "null" then return "" end
    local tag = node.tag or ""
    if not node.items then
        local value = node.kind == "alias" and node.name or node.value
        return ("%s%s(%s)%q"):format(tag, node.kind, node.plain, value)
    end
    local out = {}
    for i, item in ipairs(node.items) do
        local below = path and item.key and item.key == path[1]
            and { table.unpack(path, 2) }
        local gone = index and path and #path == 0 and i == index
            or not index and below and #below == 0
        local value = gone and "" or data(item.value, below or nil, index)
        if not gone and not (below and value == "") then
            out[#out + 1] = (item.name and data(item.name) or "") .. value
        end
    end
    if path and #out == 0 then return "" end
    return ("%s%s[%s]"):format(tag, node.kind, table.concat(out, ","))
end

-- The edited text, when it still is YAML and has all the data it had but for
-- what stands at `path`: there one item of the list was taken or added.
local function checked(text, root, path, new, taken, added)
    local now = try.call(parse, new)
    if not now or data(root, path, taken) ~= data(now, path, added) then
        refuse(text, walk(text, root, path), path, #path)
    end
    return new
end

-- One step of indentation: what the first nested map of the file adds.
local function unit(text, root)
    for _, item in ipairs(root.items or {}) do
        local node = item.value
        if node.kind == "object" and not node.flow then
            local at = node.items[1].first
            local step = at - line_start(text, at)
            if step > 0 then return step end
        end
    end
    return 2
end

local function body_lines(body, col, lead)
    local out = {}
    for i, pair in ipairs(body) do
        local before = (" "):rep(col)
        if i == 1 and lead then before = before:sub(1, -#lead - 1) .. lead end
        out[i] = before .. key_text(pair[1]) .. ": " .. pair[2]
    end
    return out
end

-- The text with lines put in before a byte.
local function insert(text, at, lines)
    local eol = edit_text.newline(text)
    local gap = at > 1 and not text:find("^[\r\n]", at - 1) and eol or ""
    return edit_text.splice(text, at, at - 1,
        gap .. table.concat(lines, eol) .. eol)
end

-- Whether nothing is in a node, not even a comment.
local function empty(text, node)
    local written = text:sub(node.first, node.last)
    return node.kind == "null" and written:find("^[%a~]*$")
        or node.flow and written:find("^.%s*.$")
end

-- Where lines below a node go, and at which column; an empty node, as in
-- `key: {}`, is made a bare `key:` first, its comment kept.
local function room(text, root, node, item)
    if node.items and not node.flow then
        local at = node.items[1].first
        return text, line_end(text, node.last), at - line_start(text, at)
    end
    if not item then
        text = edit_text.splice(text, node.first, node.last, "")
        return text, line_end(text, node.first), 0
    end
    local key_end = #text:sub(1, node.first - 1):match("^.*[^ \t]")
    text = edit_text.splice(text, key_end + 1, node.last, "")
    return text, line_end(text, key_end + 1),
        item.first - line_start(text, item.first) + unit(text, root)
end

-- Adds a body at `path`, of which some steps are there; `lead` before its
-- first line.
local function grow(text, root, path, body, lead)
    local node, depth, item = walk(text, root, path)
    local listed = lead and depth == #path and node.kind == "array"
    for i = 0, depth do
        local above = walk(text, root, { table.unpack(path, 1, i) })
        if above.shared then refuse(text, above, path, i) end
    end
    -- A new key would hide one that `<<` brings from elsewhere.
    local block = not node.flow and (listed or node.kind == "object"
        and depth < #path and select(2, walk(text, node, { "<<" })) == 0)
    if not block and not empty(text, node) then
        refuse(text, node, path, depth)
    end
    local step = unit(text, root)
    local open, at, col = room(text, root, node, item)
    local lines = {}
    for i = depth + 1, #path do
        lines[#lines + 1] = (" "):rep(col) .. key_text(path[i]) .. ":"
        col = col + step
    end
    local new = body_lines(body, lead and col + #lead or col, lead)
    table.move(new, 1, #new, #lines + 1, lines)
    return checked(text, root, path, insert(open, at, lines), lead and 0,
        lead and (listed and #node.items or 0) + 1)
end

--- Adds a map with `body` as the last item of the list at `path`, which is
-- made when it is missing.
function edit.append(text, path, body)
    return grow(text, parse(text), path, body, "- ")
end

--- Makes `path` a map with exactly `body`: replaced where it stands, else
-- added as the last key of the map above it, which is made when missing.
function edit.set(text, path, body)
    local root = parse(text)
    local node, depth = walk(text, root, path)
    if depth < #path or node.kind ~= "object" or node.flow then
        return grow(text, root, path, body)
    end
    local _, at, col = room(text, root, node)
    local from = line_start(text, node.items[1].first)
    return checked(text, root, path, insert(
        edit_text.splice(text, from, at - 1, ""), from, body_lines(body, col)))
end

-- Takes the lines of an item away.
local function cut(text, root, path, item, index)
    local last = math.max(item.value.last, item.name and item.name.last or 0)
    local function without(stop)
        return checked(text, root, path, edit_text.splice(text,
            line_start(text, item.first), stop, ""), index, index and 0)
    end
    local stop = line_end(text, last) - 1
    -- Blank lines that came behind it would be more of a block text before it
    -- that keeps them.
    local blank = text:match("^%s*()", stop + 1) - 1
    return blank > stop and try.call(without, stop) or without(blank)
end

--- Takes the key at `path` away with everything below it.
function edit.remove(text, path)
    local root = parse(text)
    local _, depth, item = walk(text, root, path)
    if depth ~= #path then return text end
    return cut(text, root, path, item)
end

--- Takes the index-th item of the list at `path` away; the key stays.
function edit.remove_item(text, path, index)
    local root = parse(text)
    local node, depth = walk(text, root, path)
    local item = depth == #path and node.items and node.items[index]
    if not item then return text end
    return cut(text, root, path, item, index)
end

--- Takes the key at `path` away when nothing is below it and `before`, an older
-- text or nil, has no such key; then the keys above likewise.
function edit.prune(text, path, before)
    text = edit_text.prune(edit, empty, text, path, before)
    local node, depth, item = walk(text, parse(text), path)
    if not item or node.last >= node.first or not before then return text end
    -- The `{}` or `[]` that gave way to our lines comes back.
    local was, there = walk(before, parse(before), path)
    local written = before:sub(was.first, was.last)
    if there ~= depth or not empty(before, was) or written == "" then
        return text
    end
    return edit_text.splice(text, node.first, node.last, " " .. written)
end

return try.module(edit)
