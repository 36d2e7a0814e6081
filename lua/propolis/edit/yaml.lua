--- propolis.edit.yaml: adds and removes entries in block-style YAML.
-- Pure: text in, text out. Only whole lines are added or taken away, so that
-- comments, order and quoting of everything else stay. Where a place is
-- written in a form that whole lines cannot extend (`hooks: {a: 1}`), the
-- answer is nil and a sentence, and the caller says what to add by hand.
-- A body is a list of { key, YAML text } pairs.
local edit_text = require "propolis.edit.text"
local yaml_parse = require "propolis.edit.yaml_parse"
local try = require "propolis.try"

local check = try.check
local edit = {}

--- `text` as a double-quoted YAML scalar.
function edit.quote(text)
    return edit_text.quote(text, "\\x%02X")
end

local function key_text(key)
    local plain = key:find("^[%a_][%w_.-]*$")
    return plain and key or edit.quote(key)
end

-- Walks the keys of `path`: the last node, how far it got, its entry.
local function walk(root, path)
    local node, entry = root, nil
    for i, key in ipairs(path) do
        local found, twice = yaml_parse.entry(node, key)
        if twice then
            check(nil, ("line %d: the key %q appears twice"):format(
                twice.line, key))
        end
        if not found then return node, i - 1, entry end
        node, entry = found.node, found
    end
    return node, #path, entry
end

--- The node at `path`; nil when there is none; nil and a sentence on errors.
function edit.get(text, path)
    local root = yaml_parse.parse(text)
    local node, depth = walk(root, path)
    return depth == #path and node or nil
end

--- A map of scalars as { key = text }: the shape of a body that was read.
function edit.fields(node)
    local out = {}
    for _, entry in ipairs(node.entries or {}) do
        out[entry.key] = entry.node.value
    end
    return out
end

-- The lines with their ends, so that joining them gives the text back.
local function split(text)
    local out = {}
    for line in text:gmatch("[^\n]*\n?") do
        if line ~= "" then out[#out + 1] = line end
    end
    return out
end

-- The edited text, when it is still YAML.
local function parsed(text)
    local root, err = try.call(yaml_parse.parse, text)
    check(root, "the edited text would not parse: " .. tostring(err))
    return text
end

local function insert(text, after, new)
    local eol, lines = edit_text.newline(text), split(text)
    local last = lines[after]
    if last and not last:find("\n$") then lines[after] = last .. eol end
    for i, line in ipairs(new) do
        table.insert(lines, after + i, line .. eol)
    end
    return parsed(table.concat(lines))
end

local function delete(text, from, to)
    local lines = split(text)
    return parsed(table.concat(lines, "", 1, from - 1)
        .. table.concat(lines, "", to + 1))
end

-- One step of indentation: what the first nested map of the file adds.
local function unit(root)
    for _, entry in ipairs(root.entries or {}) do
        local node = entry.node
        if node.kind == "map" and node.col > root.col then
            return node.col - root.col
        end
    end
    return 2
end

local function body_lines(body, col, lead)
    local out = {}
    for i, pair in ipairs(body) do
        local before = (" "):rep(col - 1)
        if i == 1 and lead then
            before = before:sub(1, #before - #lead) .. lead
        end
        out[i] = before .. key_text(pair[1]) .. ": " .. pair[2]
    end
    return out
end

local function refuse(node, path, depth)
    check(nil, ("line %d: %s is not written as a block of lines, so nothing "
        .. "can be added there safely"):format(node.first,
        table.concat(path, ".", 1, math.max(depth, 1))))
end

-- Makes `key: {}`, `key: []`, `key: null` a bare `key:`, comment kept.
local function open_up(text, entry)
    local lines = split(text)
    local line = lines[entry.line]
    local rest = line:sub(entry.at)
    local value = rest:match("^%s*[~%w%[%]{} ]*")
    local kept = rest:sub(#value + 1)
    local gap = kept:find("^#") and " " or ""
    lines[entry.line] = line:sub(1, entry.at - 1) .. gap .. kept
    return table.concat(lines)
end

-- Keys for the steps of `path` after `depth`, then what `leaf(col)` gives.
local function nested(path, depth, col, step, leaf)
    local out = {}
    for i = depth + 1, #path do
        out[#out + 1] = (" "):rep(col - 1) .. key_text(path[i]) .. ":"
        col = col + step
    end
    table.move(leaf(col), 1, #leaf(col), #out + 1, out)
    return out
end

-- Adds the lines of `leaf` at `path`, of which `depth` steps are there.
local function grow(text, root, path, leaf)
    local node, depth, entry = walk(root, path)
    local step = unit(root)
    if node.kind == "null" or node.kind == "flow" and node.empty then
        local col = 1
        if entry then
            if node.last > entry.line then return refuse(node, path, depth) end
            text = open_up(text, entry)
            col = #split(text)[entry.line]:match("^[ -]*") + 1 + step
        end
        local after = entry and entry.line or #split(text)
        return insert(text, after, nested(path, depth, col, step, leaf))
    end
    if node.kind ~= "map" or depth == #path then
        return refuse(node, path, depth)
    end
    return insert(text, node.last, nested(path, depth, node.col, step, leaf))
end

--- Adds a map with `body` as the last item of the list at `path`, which is
-- made when it is missing.
function edit.append(text, path, body)
    local root = yaml_parse.parse(text)
    local node, depth = walk(root, path)
    if depth == #path and node.kind == "seq" then
        return insert(text, node.last, body_lines(body, node.col + 2, "- "))
    end
    return grow(text, root, path, function(col)
        return body_lines(body, col + 2, "- ")
    end)
end

--- Makes `path` a map with exactly `body`: replaced where it stands, else
-- added as the last key of the map above it, which is made when missing.
function edit.set(text, path, body)
    local root = yaml_parse.parse(text)
    local node, depth = walk(root, path)
    if depth == #path and node.kind == "map" then
        local lines = split(delete(text, node.first + 1, node.last))
        local new = body_lines(body, node.col)
        local eol = edit_text.newline(text)
        lines[node.first] = table.concat(new, eol) .. eol
        return insert(table.concat(lines), 0, {})
    end
    return grow(text, root, path, function(col)
        return body_lines(body, col)
    end)
end

--- Takes the key at `path` away with everything below it.
function edit.remove(text, path)
    local root = yaml_parse.parse(text)
    local node, depth, entry = walk(root, path)
    if depth ~= #path then return text end
    if split(text)[entry.line]:find("^%s*%-") then
        return refuse(node, path, depth)
    end
    return delete(text, entry.line, math.max(entry.line, node.last))
end

--- Takes the index-th item of the list at `path` away. A list that becomes
-- empty goes with its key; maps above it stay.
function edit.remove_item(text, path, index)
    local root = yaml_parse.parse(text)
    local node, depth = walk(root, path)
    local item = depth == #path and node.items and node.items[index]
    if not item then return text end
    if #node.items == 1 then return edit.remove(text, path) end
    return delete(text, item.line, math.max(item.line, item.node.last))
end

return try.module(edit)
