--- propolis.edit.text: what the editors of JSON, TOML, YAML and Markdown share.
-- Pure.  Lines end with LF, CR LF or CR.
local try = require "propolis.try"

local edit = {}

--- The line on which a byte stands.
function edit.line(text, at)
    local before = text:sub(1, at - 1):gsub("\r\n?", "\n")
    return select(2, before:gsub("\n", "")) + 1
end

--- Fails by try.check with a sentence about a place.
function edit.fail(text, at, what)
    try.check(nil, ("line %d: %s"):format(edit.line(text, at), what))
end

--- The line end that the text uses.
function edit.newline(text)
    local found = text:match("^[^\r\n]*(\r?\n?)")
    return found ~= "" and found or "\n"
end

--- The first byte of the line on which a byte stands.
function edit.line_start(text, at)
    while at > 1 and not text:find("^[\r\n]", at - 1) do at = at - 1 end
    return at == 1 and text:match("^\239\187\191()") or at
end

--- The byte after the end of the line on which a byte stands.
function edit.line_end(text, at)
    return text:match("^[^\r\n]*\r?\n?()", at)
end

--- The byte after a line end that stands at a byte; nil when none does.
function edit.eol(text, at)
    return text:match("^\r\n?()", at) or text:match("^\n()", at)
end

--- What stands before a byte on its line when that is blank, else nil.
function edit.lead(text, at)
    return text:sub(edit.line_start(text, at), at - 1):match("^[ \t]*$")
end

--- The text with the bytes from..to replaced.
function edit.splice(text, from, to, with)
    return text:sub(1, from - 1) .. with .. text:sub(to + 1)
end

--- `text` in double quotes, as JSON, TOML and YAML read it.
function edit.quote(text)
    return '"' .. text:gsub('[%c"\\\127]', function(c)
        if c == '"' or c == "\\" then return "\\" .. c end
        return ("\\u%04x"):format(c:byte())
    end) .. '"'
end

--- An edited text, when parse still reads it; else it fails.
function edit.parsed(parse, text, options)
    local root, err = try.call(parse, text, options)
    try.check(root, "the edited text would not parse: " .. tostring(err))
    return text
end

--- Takes the container at `path` away when it is empty and `before`, an older
-- text or nil, has none there; then its parents likewise.
-- @param editor an editor's module, and empty(text, node) -> whether nothing
-- is in a node, not even a comment
function edit.prune(editor, empty, text, path, before, options)
    for depth = #path, 1, -1 do
        local steps = table.move(path, 1, depth, 1, {})
        local node, err = editor.get(text, steps, options)
        try.check(not err, err)
        local kept = before and before:find("%S")
            and editor.get(before, steps, options)
        if node and (kept or not empty(text, node)) then return text end
        text = node and try.check(editor.remove(text, steps, options)) or text
    end
    return text
end

--- An edited text without the line end that its last line was given, when that
-- line ended `before`, an older text or nil, without one.
function edit.unended(text, before)
    local last = before and before:match("[^\r\n]+$")
    local body, line = text:match("^(.-([^\r\n]*))\r?\n$")
    return last and line == last and body or text
end

-- The member of an object by key; it fails when the key stands twice.
local function member(text, node, key)
    local found
    for _, item in ipairs(node.items) do
        if item.key == key then
            if found then
                edit.fail(text, item.first,
                    ("the key %q appears twice"):format(key))
            end
            found = item
        end
    end
    return found
end

--- Walks `path` (keys and 1-based indexes) as far as it goes in a tree of
-- nodes, see propolis.edit.json_parse: the last node, how many steps fitted,
-- and the item that holds the node.
function edit.walk(text, root, path)
    local node, item = root, nil
    for i, step in ipairs(path) do
        local found
        if type(step) == "number" then
            found = node.kind == "array" and node.items[step]
        elseif node.kind == "object" then
            found = member(text, node, step)
        end
        if not found then return node, i - 1, item end
        item, node = found, found.value
    end
    return node, #path, item
end

return edit
