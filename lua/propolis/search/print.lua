--- search.print: entries as a person reads them on a terminal.
--
-- Whatever a row holds, its text is indented, and nothing in it steers the
-- terminal: no line of it can pass for one of ours.
local cli = require "propolis.cli"
local message = require "propolis.search.message"
local rows = require "propolis.search.rows"

local print_of = {}

local INDENT = "    "
local LONGEST = 2000 -- bytes of one line

--- A row's date as local time, to the minute; as it stands when it is none.
function print_of.time(created, format)
    local iso = created:find("[Z+]") and created or created .. "Z"
    local seconds = require("propolis.date").seconds(iso)
    if not seconds then return cli.printable(created:sub(1, 24)) end
    return os.date(format or "%Y-%m-%d %H:%M", seconds // 1)
end

-- A short text of a row within a line of ours.
local function word(text)
    return cli.printable(message.head(text, 80))
end

--- The line above an entry's text: reference, when, who, agent, project, kind.
function print_of.head(e)
    local parts = { cli.colour(word(e.ref), "yellow"),
        print_of.time(e.created) }
    for _, text in ipairs { e.author, e.agent, e.project } do
        if text ~= "" then parts[#parts + 1] = word(text) end
    end
    local kind = e.kind
    if e.m and e.m.tool then kind = word(e.m.tool) end
    if e.m and e.m.failed then kind = kind .. " (failed)" end
    parts[#parts + 1] = kind
    return table.concat(parts, "  ")
end

--- A text as indented lines.
-- @param out has a method write
-- @param most how many lines, or nil for all of them
-- @return whether anybody still reads
function print_of.text(out, text, most)
    local n = 0
    for line in (text:gsub("%s+$", "") .. "\n"):gmatch("(.-)\r?\n") do
        n = n + 1
        if most and n > most then
            return out:write(INDENT, "...\n")
        end
        if #line > LONGEST then
            line = message.head(line, LONGEST) .. "\u{2026}"
        end
        line = cli.printable(line:gsub("\t", "    "))
        if not out:write(line ~= "" and INDENT or "", line, "\n") then
            return false
        end
    end
    return true
end

-- One line of words cut so that each fits.
local function wrapped(text, room)
    local lines, line, width = {}, {}, 0
    for piece in text:gmatch("%S+") do
        local w = cli.width((piece:gsub("\27%[%d*m", "")))
        if width > 0 and width + 1 + w > room then
            lines[#lines + 1] = table.concat(line, " ")
            line, width = {}, 0
        end
        line[#line + 1] = piece
        width = width + w + (width > 0 and 1 or 0)
    end
    lines[#lines + 1] = table.concat(line, " ")
    return lines
end

--- What is marked in a snippet: bold on a terminal, ** around it elsewhere.
local function marked(piece)
    local bold = cli.colour(piece, "bold")
    return bold ~= piece and bold or "**" .. piece .. "**"
end

--- A snippet as indented lines.
-- @param s { pieces =, before =, behind = }, see search.snippets
function print_of.snippet(out, s)
    local parts = { s.before and "\u{2026}" or "" }
    for i, piece in ipairs(s.pieces) do
        if i % 2 == 0 and piece ~= "" then piece = marked(piece) end
        parts[#parts + 1] = piece
    end
    parts[#parts + 1] = s.behind and "\u{2026}" or ""
    local text = table.concat(parts)
    local room = require("engine.sys").isatty(1)
        and require("engine.sys").columns()
    local lines = room and wrapped(text, math.max(room - #INDENT, 20))
        or { text }
    for _, line in ipairs(lines) do out:write(INDENT, line, "\n") end
end

--- An entry with its text.
-- @param how { most = lines of it, bound = bytes of a tool's result, results =
-- whether those that did not fail are shown }
-- @return whether anybody still reads
function print_of.entry(out, e, how)
    if not out:write(print_of.head(e), "\n") then return false end
    local text
    if e.kind == "tool" and not how.results and not e.m.failed then
        text = e.m.arguments
    elseif e.kind == "tool" then
        text = message.text(e.m, how.bound)
            :sub(#e.m.tool + 3) -- the head has it
    else
        text = rows.text(e, how.bound)
    end
    if not text:find("%S") then return true end
    return print_of.text(out, text, how.most)
end

return print_of
