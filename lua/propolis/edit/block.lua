--- propolis.edit.block: one marked block in a Markdown file.
-- Pure: text in, text out. The block stands between two comment lines that
-- name it; everything outside them stays byte for byte.
local edit_text = require "propolis.edit.text"
local try = require "propolis.try"

local edit = {}

local function markers(name)
    return "<!-- BEGIN " .. name .. " -->", "<!-- END " .. name .. " -->"
end

-- A marker counts only as a line of its own.
local function find_line(text, marker, from)
    while true do
        local first, last = text:find(marker, from, true)
        if not first then return nil end
        local before = first == 1 or text:sub(first - 1, first - 1) == "\n"
        local eol = text:match("^[ \t]*\r?\n()", last + 1)
            or text:match("^[ \t]*()$", last + 1)
        if before and eol then return first, eol - 1 end
        from = last + 1
    end
end

-- First and last byte of the block; nil when there is none.
local function extent(text, name)
    local begin, finish = markers(name)
    local first, after = find_line(text, begin, 1)
    local stop, last = find_line(text, finish, (after or 0) + 1)
    local again = first and find_line(text, begin, after + 1)
    if first and (not stop or again and again < stop) then
        edit_text.fail(text, first, ("%q without its end"):format(begin))
    elseif stop and not first then
        edit_text.fail(text, stop, ("%q without its beginning"):format(finish))
    end
    return first, last
end

--- What stands between the markers; nil when there is no block; nil and a
-- sentence when the markers do not fit together.
function edit.get(text, name)
    local first, last = extent(text, name)
    if not first then return nil end
    local body = text:sub(first, last):gsub("\r\n", "\n")
    return body:match("^[^\n]*\n(.-)\n?<!%-%- END [^\n]*\n?$")
end

--- Puts `body` into the block: replaced where it stands, else added at the
-- end after a blank line.
function edit.set(text, name, body)
    local first, last = extent(text, name)
    local eol = edit_text.newline(text)
    local begin, finish = markers(name)
    local block = (begin .. "\n" .. body:gsub("\n+$", "") .. "\n" .. finish
        .. "\n"):gsub("\n", eol)
    if first then
        local rest = text:sub(last + 1)
        if rest == "" and not text:find("\n$") then
            block = block:sub(1, -#eol - 1)
        end
        return text:sub(1, first - 1) .. block .. rest
    end
    if not text:find("%S") then return text .. block end
    if not text:find("\n$") then text = text .. eol end
    local gap = text:find("\n\r?\n$") and "" or eol
    return text .. gap .. block
end

--- Takes the block and the blank line before it away. The same text when
-- there is none.
function edit.remove(text, name)
    local first, last = extent(text, name)
    if not first then return text end
    local before, after = text:sub(1, first - 1), text:sub(last + 1)
    if after == "" or after:find("^\r?\n") then
        before = before:gsub("(\n)\r?\n$", "%1")
    end
    return before .. after
end

return try.module(edit)
