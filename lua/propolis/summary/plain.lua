--- plain: texts of a session made short and safe for a summary.  Pure.
local message = require "propolis.search.message"

local plain = {}

local find, gsub, match, sub = string.find, string.gsub, string.match,
    string.sub

-- Characters that change how a line is shown and say nothing: directions, zero
-- widths, line and paragraph separators, the byte order mark.
local INVISIBLE = { "\u{200B}", "\u{200C}", "\u{200D}", "\u{200E}", "\u{200F}",
    "\u{2028}", "\u{2029}", "\u{202A}", "\u{202B}", "\u{202C}", "\u{202D}",
    "\u{202E}", "\u{2060}", "\u{2066}", "\u{2067}", "\u{2068}", "\u{2069}",
    "\u{FEFF}" }

-- Without what a reader does not see, or should not.
local function visible(text)
    text = gsub(require("engine.text").utf8(text), "\xC2[\x80-\x9F]", "")
    if find(text, "\xF3\xA0", 1, true) then
        text = gsub(text, "\xF3\xA0[\x80\x81][\x80-\xBF]", "") -- tags
    end
    if find(text, "\xE2[\x80\x81]") or find(text, "\xEF\xBB\xBF", 1, true) then
        for _, character in ipairs(INVISIBLE) do
            text = gsub(text, character, "")
        end
    end
    return text
end

--- A text on one line, without control and invisible characters, escapes of
-- terminals, and bytes that are no UTF-8.
function plain.line(text)
    if find(text, "\27", 1, true) then
        text = gsub(text, "\27%[[%d;?]*%a", "")
        text = gsub(text, "\27%][^\7\27]*\7?", "")
    end
    if find(text, "[\x80-\xFF]") then
        text = visible(text)
    end
    if find(text, "  ", 1, true) or find(text, "%c") then
        text = gsub(text, "[%c%s]+", " ")
    end
    return (gsub(gsub(text, "^ +", ""), " $", ""))
end

--- Such a line of at most so many bytes, "…" at the end of one that was longer;
-- cut between words where that is near.
function plain.short(text, bound)
    text = plain.line(message.head(text, 8 * bound + 200))
    if #text <= bound then return text end
    text = message.head(text, bound - 3)
    local space = find(text, " [^ ]*$")
    if space and space > #text * 2 // 3 then
        text = sub(text, 1, space - 1)
    end
    return text .. "…"
end

-- Prompts -------------------------------------------------------------------

-- What programs put into prompts around the person's words.
local WRAPPERS = { "system-reminder", "local-command-stdout",
    "local-command-stderr", "local-command-caveat", "command-message",
    "hook_context", "environment_context", "user_instructions",
    "ide_selection", "ide_opened_file", "task-notification" }

-- A text without the elements of a name.
local function without_element(text, name)
    local open, close = "<" .. name, "</" .. name .. ">"
    local first = find(text, open, 1, true)
    while first do
        local _, last = find(text, close, first, true)
        text = sub(text, 1, first - 1) .. sub(text, (last or #text) + 1)
        first = find(text, open, first, true)
    end
    return text
end

-- A slash command as it was typed.
local function command_typed(text)
    local name = match(text, "<command%-name>%s*(.-)%s*</command%-name>")
    if not name then return nil end
    local args = match(text, "<command%-args>%s*(.-)%s*</command%-args>")
    return (find(name, "^/") and name or "/" .. name)
        .. (args and args ~= "" and " " .. args or "")
end

-- Whether a line is rather a program's than a person's.
local function is_output(line)
    return line == "" or #line > 400 or find(line, "^%s*at %S+ ?%(")
        or find(line, "^%[?%d%d%d%d%-%d%d%-%d%d[T ]%d%d:%d%d")
        or find(line, "^%d%d:%d%d:%d%d") or find(line, "^%s*[|+%-=*]+%s*$")
        or find(line, "^[+-][^ ]") or find(line, "^%s+%S") or find(line, "^>")
        or find(line, "^[%w_./-]+:%d+:") or find(line, "^diff %-%-git ")
        or find(line, "^@@ ") or find(line, "^[%w_./ -]*[$#] %S")
        or find(line, "^%u+:? ") and find(line, "%d")
        or find(line, "[{};]$") or find(line, "^Traceback ")
end

local PASTED = 4 -- so many such lines in a row are something pasted

-- A text in which pasted lines are counted instead.
local function without_pasted(text)
    local out, run = {}, {}
    local function flush()
        if #run >= PASTED then
            out[#out + 1] = ("[%d lines]"):format(#run)
        else
            table.move(run, 1, #run, #out + 1, out)
        end
        run = {}
    end
    for line in (text .. "\n"):gmatch("([^\n]*)\n") do
        if is_output(line) then
            run[#run + 1] = line
        else
            flush()
            out[#out + 1] = line
        end
    end
    flush()
    return table.concat(out, "\n")
end

--- What a person said, without code, pasted logs and what programs added.
-- @return the text; "" when nothing is left
function plain.said(text)
    local typed = find(text, "<command-name>", 1, true) and command_typed(text)
    if typed then return typed end
    text = message.head(text, message.longest)
    if find(text, "<", 1, true) then
        for _, name in ipairs(WRAPPERS) do
            text = without_element(text, name)
        end
    end
    text = gsub(text, "\r\n?", "\n")
    if find(text, "```", 1, true) then
        text = gsub(text, "```.-```", "[code]")
        text = gsub(text, "```.*$", "[code]")
    end
    if find(text, "\n.*\n.*\n") then
        text = without_pasted(text)
    end
    return text
end

-- Prompts that ask for nothing that a summary could tell.
local TRIVIAL = { "^/%l[%w:-]*%s*$", "^%p*$", "^[Hh]i%p*$", "^[Hh]ello%p*$",
    "^[Hh]ey%p*$", "^[Yy]es%p*$", "^[Yy]%p*$", "^[Oo][Kk]%p*$", "^[Oo]kay%p*$",
    "^[Nn]o%p*$", "^[Cc]ontinue%p*$", "^[Gg]o on%p*$", "^[Gg]o%p*$",
    "^[Gg]o ahead%p*$", "^[Dd]o it%p*$", "^[Tt]est%p*$", "^[Tt]hanks?%p*$",
    "^[Jj]a%p*$", "^[Oo]ui%p*$", "^[Ss]i%p*$", "^%d%p*$" }

--- Whether a prompt asks for nothing of its own.
function plain.is_trivial(text)
    text = plain.line(text)
    for _, pattern in ipairs(TRIVIAL) do
        if find(text, pattern) then return true end
    end
    return false
end

-- Paths ---------------------------------------------------------------------

-- Letters that mean something in a pattern, made plain.
local function literal(text)
    return (gsub(text, "%p", "%%%0"))
end

--- A function that makes the paths in a text relative to a session's project.
-- @param root the folder of the project, or nil
-- @param home the person's home folder, or nil
function plain.relative(root, home)
    root = root and gsub(root, "/+$", "")
    local in_root = root and root ~= "" and literal(root)
    local in_home = home and home ~= "" and home ~= root and literal(home)
    return function(text)
        if in_root and find(text, root, 1, true) then
            text = gsub(text, in_root .. "/+", "")
            text = gsub(text, in_root .. "%f[^%w._-]", ".")
        end
        if in_home and find(text, home, 1, true) then
            text = gsub(text, in_home .. "%f[^%w._-]", "~")
        end
        return text
    end
end

--- The home folder that a path lies in, by its form.
function plain.home(path)
    return path and (match(path, "^/home/[^/]+") or match(path, "^/Users/[^/]+")
        or match(path, "^/root%f[/\0]"))
end

--- The project's folder: the first part of a path that ends in its name.
function plain.root(path, project)
    if not path or project == "" then return nil end
    local _, last = find(path .. "/", "/" .. literal(project) .. "/")
    return find(path, "^/") and last and sub(path, 1, last - 1) or nil
end

return plain
