--- propolis.edit.json_layout: where text goes into or out of a JSON container,
-- in the layout that the file has.  Pure; nodes are those of
-- propolis.edit.json_parse.
local edit_text = require "propolis.edit.text"

local layout = {}

local eol, lead = edit_text.eol, edit_text.lead

--- The blanks at the start of the line of a byte.
function layout.indent_of_line(text, at)
    return text:match("^[ \t]*", edit_text.line_start(text, at))
end

--- Whether a node stands on one line.
function layout.one_line(text, node)
    return not text:sub(node.first, node.last):find("[\r\n]")
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

--- A node of `text` laid out anew in a style (see style_of), its first line at
-- `indent`.
function layout.render(node, text, style, indent)
    if not node.items then return text:sub(node.first, node.last) end
    local open, close = "{", "}"
    if node.kind == "array" then open, close = "[", "]" end
    if #node.items == 0 then return open .. close end

    local inner = indent .. style.unit
    local parts = {}
    for _, item in ipairs(node.items) do
        local value = layout.render(item.value, text, style, inner)
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

--- How a file is laid out: { unit, newline, colon, flat = on one line, comma }.
function layout.style_of(text, root)
    local items = root.items or {}
    local flat = #items > 0 and layout.one_line(text, root)
    local colon = ": "
    if flat and root.kind == "object" then
        colon = text:sub(items[1].key_last + 1, items[1].value.first - 1)
    end
    return {
        unit = unit(text, root), newline = edit_text.newline(text),
        colon = colon, flat = flat,
        comma = flat and colon == ":" and "," or ", ",
    }
end

--- The text with one more item at the end of the container `node`, on a line of
-- its own where the others are; make(indent [, style]) gives the item's text.
function layout.add(text, node, style, make)
    local last = node.items[#node.items]
    if not last then
        local inside = text:sub(node.first + 1, node.last - 1)
        if style.flat then
            return edit_text.splice(text, node.first + 1, node.last - 1,
                inside .. make(""))
        end
        local outer = layout.indent_of_line(text, node.first)
        local inner = outer .. style.unit
        local kept = inside:gsub("%s+$", "")
        return edit_text.splice(text, node.first + 1, node.last - 1,
            kept .. style.newline .. inner .. make(inner)
            .. style.newline .. outer)
    end
    if layout.one_line(text, node) then
        local flat = {}
        for k, v in pairs(style) do flat[k] = v end
        flat.flat = true
        local at = last.value.last
        return edit_text.splice(text, at + 1, at, style.comma .. make("", flat))
    end
    local inner = lead(text, last.first)
        or layout.indent_of_line(text, node.last) .. style.unit
    local after = last.comma or last.value.last
    local tail = line_tail(text, after + 1)
    local comma = last.comma and "" or ","
    return text:sub(1, after) .. comma .. text:sub(after + 1, tail - 1)
        .. style.newline .. inner .. make(inner)
        .. (last.comma and "," or "") .. text:sub(tail)
end

--- The text without one item of a container, its comma and its line.
function layout.cut(text, node, item)
    local before, last = node.items[item.index - 1], #node.items == item.index
    local stop = item.comma or item.value.last
    if not before and last and not (text:sub(node.first + 1, item.first - 1)
        .. text:sub(stop + 1, node.last - 1)):find("%S") then
        return edit_text.splice(text, node.first + 1, node.last - 1, "")
    end
    local own, from = lead(text, item.first), item.first
    local to = text:match("^[ \t]*()", stop + 1)
    if own or not before and last then
        to = line_tail(text, stop + 1)
        -- What else follows on the line is kept where it stands.
        local below = own and eol(text, to)
        if below then
            from, to = from - #own, below
        elseif own and before and to == node.last then
            -- The bracket that follows stood behind the item before.
            from = text:sub(1, from - #own - 1):match("()\r?\n?$")
        end
    elseif last then
        -- `[a, b]`: the blank before goes with the item.
        from, to = before.comma + 1, stop + 1
    end
    local out = edit_text.splice(text, from, to - 1, "")
    if before and last and not item.comma then
        out = edit_text.splice(out, before.comma, before.comma, "")
    end
    return out
end

return layout
