--- propolis.edit.yaml_parse: one YAML document as a tree of byte positions.
-- libyaml reads it, and only where YAML is edited is that library loaded.  The
-- nodes are those of propolis.edit.json_parse: a mapping is an "object", a
-- sequence an "array", what else stands there a "scalar", "null" or "alias".
-- `value` is the text of a scalar; `plain`: it is not quoted; `tag` as it was
-- resolved; `flow`: in braces or brackets; `shared`: an alias repeats it.  A
-- node starts with its tag and anchor; one that nothing is written for ends
-- before it starts.  Items: { key = text or nil, name = node of the key,
-- first = its byte or that of the ? or the dash before it, value = node }.
local edit_text = require "propolis.edit.text"
local try = require "propolis.try"

local DEPTH = 64

local nulls = { [""] = true, ["~"] = true, null = true, Null = true,
                NULL = true }

-- libyaml counts characters, from the byte order mark on.  The result gives
-- the byte of a mark.
local function positions(text)
    local char, byte = 0, text:match("^\239\187\191()") or 1
    return function(mark)
        local steps = mark.index - char
        char = mark.index
        byte = utf8.offset(text, steps < 0 and steps or steps + 1, byte)
        return byte
    end
end

-- libyaml says `WHAT at document: 1, line: 2, column: 1`, and on a second line
-- what it was doing: `while parsing a flow sequence at line: 1, column: 4`.
local function sentence(err)
    local what, place = err:match("^(.-) at document: %d+([^\n]*)")
    local line = place and place:match("line: (%d+)")
    local doing, from = err:match("\n(while .-) at line: (%d+)")
    return (line and "line " .. line .. ": " or "") .. (what or err)
        .. (doing and (" %s that starts on line %s"):format(doing, from) or "")
end

-- The events of a text one by one, with their first and last byte.
local function reader(text)
    local there, yaml = pcall(require, "yaml")
    try.check(there, "YAML is read with the Lua module yaml, which is not "
        .. "installed (on Debian: lua-yaml)")
    local whole, bad = utf8.len(text)
    if not whole then edit_text.fail(text, bad, "not UTF-8") end
    local following, position = yaml.parser(text), positions(text)
    return function()
        local ok, event = pcall(following)
        try.check(ok, not ok and sentence(event))
        event.first = position(event.start_mark)
        event.last = position(event.end_mark) - 1
        return event
    end
end

local node_of

-- The nodes up to the end of a collection.
local function nodes(state, node, depth)
    local out = {}
    local event = state.next()
    while not event.type:find("_END$") do
        out[#out + 1] = node_of(state, event, depth + 1)
        event = state.next()
    end
    if node.flow then
        node.last = event.last
    elseif out[1] then
        node.last = out[#out].last
    end
    return out
end

-- A key starts where its question mark stands when it has one.
local function object(text, list)
    local items = {}
    for i = 1, #list, 2 do
        local first = list[i].first
        local line = edit_text.line_start(text, first)
        local mark = text:sub(line, first - 1):match("()%?[ \t]+$")
        items[#items + 1] = { key = list[i].value, name = list[i],
            first = mark and line + mark - 1 or first, value = list[i + 1] }
    end
    return items
end

-- The dash of an item is the first after the item before, past comments and
-- the anchor and tag of the list.
local function dash(text, at)
    local after = at
    repeat
        at = after
        after = text:match("^[^-#&!]+()", at) or text:match("^#[^\r\n]*()", at)
            or text:match("^[&!]%S*()", at)
    until not after
    return at
end

local function array(text, node, list)
    local items, at = {}, node.first
    for i, value in ipairs(list) do
        items[i] = { value = value,
            first = node.flow and value.first or dash(text, at) }
        at = value.last + 1
    end
    return items
end

-- Empty lines after block text belong to it only when it says so; blanks in
-- them may be text.
local function scalar(text, node, event)
    node.kind = node.plain and not node.tag and nulls[node.value] and "null"
        or "scalar"
    if event.style == "LITERAL" or event.style == "FOLDED" then
        local body = text:sub(node.first, node.last)
        if not body:find("^[^|>]*[|>]%d?%+") then
            node.last = node.first + #body:match("^.*[^\r\n]") - 1
        end
    end
end

function node_of(state, event, depth)
    local text, anchors = state.text, state.anchors
    if depth > DEPTH then
        edit_text.fail(text, event.first, "nested too deeply")
    end
    local node = { first = event.first, last = event.last, tag = event.tag,
        value = event.value, plain = event.style == "PLAIN",
        flow = event.style == "FLOW" }
    if event.type == "ALIAS" then
        local named = anchors[event.anchor]
        if not named then
            edit_text.fail(text, node.first, "an alias without its anchor")
        end
        named.shared = true
        node.kind, node.value, node.name = "alias", named.value, event.anchor
        return node
    end
    if event.anchor then anchors[event.anchor] = node end
    if event.type == "SCALAR" then
        scalar(text, node, event)
    elseif event.type == "MAPPING_START" then
        node.kind = "object"
        node.items = object(text, nodes(state, node, depth))
    else
        node.kind = "array"
        node.items = array(text, node, nodes(state, node, depth))
    end
    return node
end

--- The tree of `text`, whose root is an object or null; what is not one
-- document of YAML fails by try.check with a sentence that names the line.
return function(text)
    local state = { text = text, next = reader(text), anchors = {} }
    local root = { kind = "null", first = #text + 1, last = #text }
    state.next()
    local event = state.next()
    if event.type == "STREAM_END" then return root end
    root = node_of(state, state.next(), 1)
    event = state.next()
    if root.kind == "null" then
        root.first, root.last = event.first, event.first - 1
    elseif root.kind ~= "object" then
        edit_text.fail(text, root.first, "a key and a colon were expected")
    end
    event = state.next()
    if event.type ~= "STREAM_END" then
        edit_text.fail(text, event.first, "a second document")
    end
    return root
end
