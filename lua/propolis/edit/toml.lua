--- propolis.edit.toml: changes keys and tables in a TOML text, nothing else.
-- Pure: text in, text out. What stands around an edit stays byte for byte.
-- Every function returns nil and a sentence when the text does not parse or
-- the place is written in a form that cannot be extended safely.
local edit_text = require "propolis.edit.text"
local toml_parse = require "propolis.edit.toml_parse"
local try = require "propolis.try"

local edit = {}

local function same(a, b)
    return #a == #b and toml_parse.joined(a) == toml_parse.joined(b)
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
    local doc = toml_parse.parse(text)
    local _, node = find_key(doc, path)
    return node and plain(node)
end

--- Every key below `path` as { path = rest of the path, value = }, or nil and
-- a sentence.
function edit.under(text, path)
    local doc = toml_parse.parse(text)
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
edit.quote = edit_text.quote

local function name_of(path)
    local out = {}
    for i, part in ipairs(path) do
        out[i] = part:find("^[%w_-]+$") and part or edit.quote(part)
    end
    return table.concat(out, ".")
end

-- The edited text, when it is still TOML.
local function parsed(text)
    return edit_text.parsed(toml_parse.parse, text)
end

local function block(path, pairs_, eol)
    local lines = { "[" .. name_of(path) .. "]" }
    for _, pair in ipairs(pairs_) do
        lines[#lines + 1] = name_of { pair[1] } .. " = " .. pair[2]
    end
    return table.concat(lines, eol) .. eol
end

local function append(text, path, pairs_)
    local eol = edit_text.newline(text)
    local gap = ""
    if text:find("%S") then
        if not text:find("\n$") then text = text .. eol end
        if not text:find("\n\r?\n$") then gap = eol end
    end
    return parsed(text .. gap .. block(path, pairs_, eol))
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
        if entry.kind == "key" and below(path, entry.path) then return entry end
        if entry.array and below(path, entry.path) then return entry end
    end
end

local function clashing(text, entry, path)
    edit_text.fail(text, entry.first, name_of(path)
        .. " is written in a form that cannot be extended safely")
end

--- Gives the key at `path` the value `literal` (TOML text): replaced where it
-- stands, else added to its table, else added with its table at the end.
function edit.set(text, path, literal_)
    local doc = toml_parse.parse(text)
    local _, node = find_key(doc, path)
    if node then
        return parsed(edit_text.splice(text, node.first, node.last, literal_))
    end
    local up, key = { table.unpack(path, 1, #path - 1) }, path[#path]
    local head = find_table(doc, up)
    if not head or head.array then
        local other = clash(doc, up)
        if other then return clashing(text, other, up) end
        return append(text, up, { { key, literal_ } })
    end
    local tail = table_tail(doc, head)
    local eol = edit_text.newline(text)
    local line = name_of { key } .. " = " .. literal_ .. eol
    if text:sub(tail.last, tail.last) ~= "\n" then line = eol .. line end
    return parsed(edit_text.splice(text, tail.last + 1, tail.last, line))
end

--- Takes the key at `path` away with its line. The same text if not there.
function edit.remove(text, path)
    local doc = toml_parse.parse(text)
    local entry, node = find_key(doc, path)
    if not entry then return text end
    if entry.value ~= node then return clashing(text, entry, path) end
    return parsed(edit_text.splice(text, entry.first, entry.last, ""))
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
    local doc = toml_parse.parse(text)
    local head, index = find_table(doc, path)
    if not head then
        local other = clash(doc, path)
        if other then return clashing(text, other, path) end
        return append(text, path, pairs_)
    end
    if head.array then return clashing(text, head, path) end
    local from, to = extent(doc, index)
    local new = block(path, pairs_, edit_text.newline(text))
    return parsed(edit_text.splice(text, from, to, new))
end

-- Whether the blank line before a table came with it; nil where an older text
-- does not tell.
local function came_with_gap(before, path)
    if not before or not before:find("%S")
        or find_table(toml_parse.parse(before), path) then
        return nil
    end
    return not before:find("\n\r?\n$")
end

--- Takes the table at `path` and the tables below it away, and the blank line
-- before each. The same text if there is none.
-- @param before an older text, without them; or nil
function edit.remove_table(text, path, before)
    local doc, ours = toml_parse.parse(text), came_with_gap(before, path)
    for i = #doc.entries, 1, -1 do
        local entry = doc.entries[i]
        if entry.kind == "table" and below(entry.path, path) then
            local from, to = extent(doc, i)
            local gap = text:sub(1, from - 1):match("\n()\r?\n$")
            local own = ours
            if own == nil then
                own = not text:find("%S", to + 1)
                    or text:find("^\r?\n", to + 1)
            end
            from = gap and own and gap or from
            text = edit_text.splice(text, from, to, "")
        end
    end
    return parsed(text)
end

return try.module(edit)
