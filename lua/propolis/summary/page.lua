--- page: a session's facts as the document that both products keep of it: the
-- headings and the fields of its head are the same.  Pure.
local message = require "propolis.search.message"
local plain = require "propolis.summary.plain"

local page = {}

local find, gsub, match = string.find, string.gsub, string.match

--- Most bytes of a summary, and of its description.
page.longest, page.described = 3990, 300

local function count(n, what)
    return ("%d %s%s"):format(n, what, n == 1 and "" or "s")
end

-- A text inside backticks.
local function code(text)
    return "`" .. gsub(text, "`", "'") .. "`"
end

-- What became of commands, in words.
local function command_line(c)
    local parts = {}
    if c.runs > 1 then
        parts[#parts + 1] = count(c.runs, "run")
    end
    if c.failing then
        parts[#parts + 1] = (c.failed == c.runs and c.runs > 1
            and "all failed" or "failed")
            .. (c.exit and " (exit code " .. c.exit .. ")" or "")
            .. (c.looks and c.error and ": " .. c.error or "")
    elseif c.failed > 0 then
        parts[#parts + 1] = ("%d failed, then passed"):format(c.failed)
    else
        parts[#parts + 1] = "passed"
    end
    if c.subagent then
        parts[#parts + 1] = "by subagent " .. c.subagent
    end
    return ("- %s: %s"):format(code(c.command), table.concat(parts, ", "))
end

local function failing_count(f)
    local n = 0
    for _, one in ipairs(f.failed) do
        if not one.looks then n = n + 1 end
    end
    return n
end

--- The numbers of a session in a sentence.
function page.numbers(f)
    local parts = { count(#f.prompts, "prompt"), count(f.calls, "tool call"),
        count(#f.files, "file") .. " changed" }
    if #f.commands > 0 then
        local failing = failing_count(f)
        parts[#parts + 1] = count(#f.commands, "command")
            .. (failing > 0 and (" (%d failing at the end)"):format(failing)
                or "")
    end
    return table.concat(parts, ", ") .. "."
end

local function what_happened(f)
    local text = f.goal and "Asked: " .. plain.short(f.goal, 200)
        or "No prompt was recorded."
    if not find(text, "[.!?…]$") then text = text .. "." end
    text = text .. " " .. page.numbers(f)
    if f.broken then
        text = text .. " The last turn was not answered: " .. f.broken .. "."
    end
    if f.last then
        text = text .. " Last answer: " .. plain.short(f.last, 400)
    end
    return { text }
end

local function people(f, meta)
    local list = {}
    list[1] = #f.prompts > 0 and ("- %s – person – %s"):format(meta.author,
        count(#f.prompts, "prompt")) or nil
    for _, agent in ipairs(f.agents) do
        list[#list + 1] = ("- %s – agent – %s, %s"):format(agent,
            f.replies == 1 and "1 reply" or f.replies .. " replies",
            count(f.calls, "tool call"))
    end
    for _, name in ipairs(f.subagents) do
        list[#list + 1] = ("- %s – subagent – %s"):format(
            plain.short(name, 80), count(f.subagents[name], "event"))
    end
    return list
end

local function entities(f)
    local list = {}
    for _, c in ipairs(f.commits) do
        list[#list + 1] = ("- commit %s (%s): %s"):format(c.id, c.branch,
            c.subject)
    end
    for _, ref in ipairs(f.refs) do
        list[#list + 1] = "- " .. plain.short(ref, 160) .. " – mentioned"
    end
    return list
end

local function decisions(f)
    local list = {}
    for i, text in ipairs(f.decisions) do
        list[i] = "- " .. text
    end
    return list
end

local function repaired(fix)
    local by = {}
    for i, name in ipairs(fix.by) do
        if i > 5 then
            by[i] = ("%d more"):format(#fix.by - 5)
            break
        end
        by[i] = code(name)
    end
    return ("- %s failed%s and passed later%s"):format(code(fix.what),
        fix.error and " (" .. fix.error .. ")" or "", #by > 0
            and ", after " .. table.concat(by, ", ") or "")
end

-- What was repaired, what was asked besides, then every command, those that
-- only look last.
local function key_facts(f)
    local list = {}
    for _, fix in ipairs(f.fixed) do
        list[#list + 1] = repaired(fix)
    end
    local goal = f.goal
    for _, text in ipairs(f.prompts) do
        if text == goal then
            goal = nil
        elseif not plain.is_trivial(text) then
            list[#list + 1] = "- Asked: " .. plain.short(text, 160)
        end
    end
    for _, looks in ipairs { false, true } do
        for _, c in ipairs(f.commands) do
            if (c.looks or false) == looks then
                list[#list + 1] = command_line(c)
            end
        end
    end
    return list
end

local function files(f)
    local list = {}
    for i, file in ipairs(f.files) do
        list[i] = ("- %s (%s%s%s)"):format(file.path, file.how,
            file.times > 1 and ", " .. file.times .. " times" or "",
            file.subagent and ", by subagent " .. file.subagent or "")
    end
    return list
end

local function open_ends(f)
    local list = {}
    for _, one in ipairs(f.failed) do
        if not one.looks then
            list[#list + 1] = ("- Still failing: %s%s"):format(code(one.what),
                one.error and ": " .. one.error or "")
        end
    end
    for _, text in ipairs(f.open) do
        list[#list + 1] = "- " .. text
    end
    return list
end

--- The headings in order.
page.headings = { "What Happened", "People", "Entities",
    "Decisions & Reasoning", "Key Facts", "Files Modified",
    "Open Questions / TODO" }

-- The sections in the same order: their lines, and how few may stay.
local SECTIONS = {
    { what_happened, 1 }, { people, 3 }, { entities, 3 }, { decisions, 5 },
    { key_facts, 8 }, { files, 10 }, { open_ends, 5 },
}

-- The text of a section; nothing of what was left out is hidden.
local function section(part)
    local lines = part.lines
    if #lines == 0 then return ("## %s\nNone found.\n"):format(part.heading) end
    local text = ("## %s\n%s\n"):format(part.heading,
        table.concat(lines, "\n"))
    if part.left > 0 then
        text = text .. ("- … and %d more\n"):format(part.left)
    end
    return text
end

-- Takes the last line of the section that has most to spare; its number, or nil
-- when none has.
local function shrink(parts)
    local longest, most = nil, 0
    for i, part in ipairs(parts) do
        local size = 0
        for n = part.least + 1, #part.lines do
            size = size + #part.lines[n]
        end
        if size > most then
            longest, most = i, size
        end
    end
    local part = parts[longest]
    if part then
        table.remove(part.lines)
        part.left = part.left + 1
    end
    return longest
end

-- Where a value has no room in a line of the head.
local function field(text)
    return (gsub(plain.short(text or "", 300), "%*%*", ""))
end

--- The lines above a document's sections; arguments as for page.text.
function page.head(f, meta)
    return ("# Session %s\n- **Source**: %s\n- **Started**: %s\n"
        .. "- **Ended**: %s\n- **Project**: %s\n- **JSONL offset**: %d\n"
        .. "- **Written by**: %s\n"):format(field(meta.session),
        field(meta.source), f.started or "", f.ended or "",
        field(f.project), meta.offset, meta.by)
end

local MOST_LINES = 100 -- of a section

local function part_of(i, lines, bound, least)
    local part = { heading = page.headings[i], lines = {},
        left = math.max(0, #lines - MOST_LINES),
        least = least or SECTIONS[i][2] }
    for n = 1, math.min(#lines, MOST_LINES) do
        part.lines[n] = i == 1 and lines[n] or plain.short(lines[n], bound)
    end
    return part
end

-- The document with lines of at most so many bytes, as many of them as fit; nil
-- when even the least of each section do not.
local function fitted(top, sections, bound, least)
    local parts, list = {}, { top }
    for i, lines in ipairs(sections) do
        parts[i] = part_of(i, lines, bound, least)
        list[i + 1] = section(parts[i])
    end
    while true do
        local size = #list - 1
        for _, text in ipairs(list) do
            size = size + #text
        end
        if size <= page.longest then return table.concat(list, "\n") end
        local changed = shrink(parts)
        if not changed then return nil end
        list[changed + 1] = section(parts[changed])
    end
end

--- The document of a session.
-- @param f facts, see propolis.summary.facts
-- @param meta { session =, source = path of its events, author =, offset = how
-- many events it tells of, by = who wrote it }
-- @return the text, at most page.longest bytes
function page.text(f, meta)
    local top, sections = page.head(f, meta), {}
    for i, s in ipairs(SECTIONS) do
        sections[i] = s[1](f, meta)
    end
    return fitted(top, sections, 400) or fitted(top, sections, 160)
        or fitted(top, sections, 100) or fitted(top, sections, 100, 1)
        or message.head(top, page.longest)
end

--- What a summary says under "What Happened", as a description.
function page.description(text)
    local what = match(text, "\n## What Happened[^\n]*\n(.-)\n## ")
        or match(text, "\n## What Happened[^\n]*\n(.*)$")
    what = what and plain.line(what)
    if not what or what == "" then return "completed" end
    return message.head(what, page.described)
end

--- How many events a summary tells of: its JSONL offset, 0 without one.
function page.offset(text)
    return math.tointeger(tonumber(match(text,
        "%*%*JSONL offset%*%*: *(%d+)"))) or 0
end

return page
