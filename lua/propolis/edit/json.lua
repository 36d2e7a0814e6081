--- propolis.edit.json: changes one value in a JSON text, and nothing else.
-- Pure: text in, text out. Order, comments, indentation, line ends and the
-- final newline stay as the user wrote them. Comments and trailing commas are
-- accepted; `{ json5 = true }` also accepts bare keys and single quotes.
-- Every function returns nil and a sentence when the text does not parse.
local edit_text = require "propolis.edit.text"
local json_parse = require "propolis.edit.json_parse"
local layout = require "propolis.edit.json_layout"
local try = require "propolis.try"

local walk = edit_text.walk
local edit = {}

--- A key as a JSON string.
edit.quote = edit_text.quote

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

--- The node at `path`, nil when there is none; nil and a sentence on errors.
function edit.get(text, path, options)
    local root = json_parse.parse(text, options)
    local node, depth = walk(text, root, path)
    if depth ~= #path then return nil end
    return node
end

--- The value at `path` as Lua: text, number, boolean, or a table for objects
-- and arrays; nil for null and for what is not there.
function edit.value(text, path, options)
    local node, err = edit.get(text, path, options)
    if not node then return nil, err end
    return json_parse.value(node)
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
    local node, err = try.call(json_parse.parse, json)
    if not node then error("bad fragment: " .. err, 3) end
    return node
end

-- The edited text, when it is still JSON.
local function parsed(text, options)
    return edit_text.parsed(json_parse.parse, text, options)
end

-- A container of the wrong kind on the way is the user's, not ours to replace.
local function misfit(text, path, depth, node, wanted)
    local names = {}
    for i = 1, depth do names[i] = tostring(path[i]) end
    local where = #names > 0 and table.concat(names, ".") or "the file"
    edit_text.fail(text, node.first, ("%s is %s, not %s"):format(where,
        json_parse.a(node.kind), json_parse.a(wanted)))
end

-- Wraps a fragment in objects for the keys of `path` after the first `depth`.
local function wrapped(path, depth, json)
    for i = #path, depth + 1, -1 do
        json = "{" .. edit.quote(path[i]) .. ":" .. json .. "}"
    end
    return json
end

-- Where `path` leads in a text that may be blank: text to edit, root, node and
-- depth.
local function open(text, path, options)
    local blank = not text:find("%S")
    local source = blank and "{}" .. edit_text.newline(text) or text
    local root = json_parse.parse(source, options)
    local node, depth = walk(source, root, path)
    return source, root, node, depth
end

--- Puts the JSON text `json` at `path` (keys; the last may be an index that
-- exists): replaces what is there or adds it at the end, with the objects on
-- the way. The same text when the value is there already. An empty text
-- counts as `{}`.
function edit.set(text, path, json, options)
    local source, root, node, depth = open(text, path, options)
    local style = layout.style_of(source, root)

    if depth == #path then
        local part = fragment_of(json)
        if node.kind == part.kind
            and same(json_parse.value(node), json_parse.value(part)) then
            return text
        end
        local indent = layout.indent_of_line(source, node.first)
        local own = style
        if layout.one_line(source, root) then
            own = setmetatable({ flat = true }, { __index = style })
        end
        return parsed(edit_text.splice(source, node.first, node.last,
            layout.render(part, json, own, indent)), options)
    end
    if node.kind ~= "object" then
        return misfit(source, path, depth, node, "object")
    end
    local key = path[depth + 1]
    local body = wrapped(path, depth + 1, json)
    local part = fragment_of(body)
    return parsed(layout.add(source, node, style, function(indent, other)
        local how = other or style
        return edit.quote(key) .. how.colon
            .. layout.render(part, body, how, indent)
    end), options)
end

--- Adds the JSON text `json` as the last item of the array at `path`, which is
-- made when it is missing.
function edit.append(text, path, json, options)
    local source, root, node, depth = open(text, path, options)
    if depth < #path then
        return edit.set(source, path, "[" .. json .. "]", options)
    end
    if node.kind ~= "array" then
        return misfit(source, path, depth, node, "array")
    end
    local part = fragment_of(json)
    local style = layout.style_of(source, root)
    return parsed(layout.add(source, node, style, function(indent, other)
        return layout.render(part, json, other or style, indent)
    end), options)
end

--- JSON text laid out over lines, two blanks a step, with a final newline.
function edit.pretty(json)
    local part = fragment_of(json)
    local style = { unit = "  ", newline = "\n", colon = ": " }
    return layout.render(part, json, style, "") .. "\n"
end

--- Takes the member or item at `path` away. The same text when there is none.
function edit.remove(text, path, options)
    local root = json_parse.parse(text, options)
    local _, depth, item = walk(text, root, path)
    if depth ~= #path then return text end
    local parent = walk(text, root, { table.unpack(path, 1, #path - 1) })
    return parsed(layout.cut(text, parent, item), options)
end

local function empty(text, node)
    return node.items and #node.items == 0
        and not text:sub(node.first + 1, node.last - 1):find("%S")
end

-- What stands in the container at `path` when no item does; nil where one does.
local function blank_of(text, path, options)
    local root = json_parse.parse(text, options)
    local node, depth = walk(text, root, path)
    if depth < #path or not node.items or #node.items > 0 then return nil end
    return text:sub(node.first + 1, node.last - 1), node
end

-- The text with the blanks of containers that are empty again as they were.
local function restored(text, path, before, options)
    for depth = 0, #path do
        local steps = table.move(path, 1, depth, 1, {})
        local now, node = blank_of(text, steps, options)
        local was = now and blank_of(before, steps, options)
        if was and was:gsub("%s+", "") == now:gsub("%s+", "") then
            text = edit_text.splice(text, node.first + 1, node.last - 1, was)
        end
    end
    return text
end

--- Takes the container at `path` away when it is empty and `before`, an older
-- text or nil, has none there; then its parents likewise. A comment inside
-- keeps it.
function edit.prune(text, path, before, options)
    text = edit_text.prune(edit, empty, text, path, before, options)
    if not before or not before:find("%S") then return text end
    return restored(text, path, before, options)
end

return try.module(edit)
