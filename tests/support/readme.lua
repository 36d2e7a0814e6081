--- Takes a document of this project apart, for its spec.
--
--   for _, block in ipairs(readme.blocks(text)) do ... end
--
-- A block is { lang =, marks = { word = true }, file =, line =, lines = }:
-- what stands behind the opening fence is its language, then words:
--   ```console              `$ command` lines, each with its output below
--   ```console repl         a session: `$ propolis`, then what is typed at >
--   ```console background   one command that goes on until the tests end
--   ```console skip=WORD    not run; the spec says why, by WORD
--   ```lua file=PATH        is written to that file
--   ```lua                  is run by the interpreter
--   ```diff file=PATH       is applied to that file
--   ```console varies       run to exit code 0; what it prints may differ
--   ```text                 neither
local readme = {}

--- The fenced blocks in order.
function readme.blocks(text)
    local blocks, block, number = {}, nil, 0
    for line in (text .. "\n"):gmatch("(.-)\n") do
        number = number + 1
        local info = line:match("^```(.*)$")
        if info and block then
            block = nil
        elseif info then
            block = { line = number, lines = {}, marks = {},
                lang = info:match("^%w+") or "",
                file = info:match("file=(%S+)"),
                skip = info:match("skip=(%S+)") }
            for word in info:gmatch("%S+") do
                block.marks[word] = true
            end
            blocks[#blocks + 1] = block
        elseif block then
            block.lines[#block.lines + 1] = line
        end
    end
    return blocks
end

--- A console block as steps { command =, output =, line = }: a command goes on
-- in the next line while it ends with a backslash.
function readme.steps(block)
    local steps = {}
    for i, line in ipairs(block.lines) do
        local command = line:match("^%$ (.*)$")
        local last = steps[#steps]
        if command then
            steps[#steps + 1] = { command = command, output = {},
                line = block.line + i }
        elseif last and #last.output == 0 and last.command:find("\\$") then
            last.command = last.command .. "\n" .. line
        elseif last then
            last.output[#last.output + 1] = line
        else
            error(("line %d: output without a command"):format(
                block.line + i))
        end
    end
    return steps
end

--- A text with a diff block applied: its lines that begin with a space or "-"
-- are found in the text, once, and replaced by those with a space or "+".
function readme.patched(text, lines)
    local old, new = {}, {}
    for _, line in ipairs(lines) do
        local sign, rest = line:sub(1, 1), line:sub(2)
        if sign ~= "+" then
            old[#old + 1] = rest .. "\n"
        end
        if sign ~= "-" then
            new[#new + 1] = rest .. "\n"
        end
    end
    old, new = table.concat(old), table.concat(new)
    local first, last = text:find(old, 1, true)
    assert(first, "is not in the file:\n" .. old)
    assert(not text:find(old, last, true), "is there twice:\n" .. old)
    return text:sub(1, first - 1) .. new .. text:sub(last + 1)
end

-- What differs from run to run, as { pattern, placeholder }.
local VARIES = {
    { "%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*Z", "TIME" },
    { "%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-"
        .. "%x%x%x%x%x%x%x%x%x%x%x%x", "UUID" },
    { "%f[%w.]%d+%.%d+%.%d+[-+][%w.-]*g%x+[.-]?%l*", "VERSION" },
    { "%f[%w.]%d+%.%d+%.%d+%f[^%w.]", "VERSION" },
    { "%d%d%d%d%-%d%d%-%d%d %d%d:%d%d%f[^%d]", "WHEN" },
    { "%d%d%d%d%-%d%d%-%d%d, %a+day%f[%A]", "DAY" },
    { "%f[%d]%d%d:%d%d:%d%d%f[^%d]", "CLOCK" },
    { "%f[%w]%d+ ms%f[%W]", "TIME" },
    { "%f[%w.]%d+%.%d+ [KM]iB%f[%W]", "SIZE" },
    { "%f[%w]%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%f[^%w]", "ID" },
    { "%f[%w]%x%x%x%x%x%x%x%x%x%x%x%x%f[^%w]", "REF" },
}

--- A text without what differs from run to run. In a text that has any of it,
-- the width of columns is not kept either, nor process ids (in lines with a
-- time).
function readme.steady(text)
    local varies = false
    for _, rule in ipairs(VARIES) do
        local n
        text, n = text:gsub(rule[1], rule[2])
        varies = varies or n > 0
    end
    if varies then
        text = (text .. "\n"):gsub("(.-)\n", function(line)
            if line:find("TIME", 1, true) then
                line = line:gsub("%f[%w]%d%d%d+%f[^%w]", "PID")
            end
            line = line:gsub("  +", "  "):gsub("%-%-%-+", "---")
            return line .. "\n"
        end)
    end
    return (text:gsub("[ \t]+\n", "\n"):gsub("%s+$", ""))
end

--- True when a text is what README.md shows: a line "…" there stands for any
-- lines. Both as steady() gives them.
function readme.same(shown, text)
    local pattern = ("\n" .. shown .. "\n"):gsub("%p", "%%%0")
        :gsub("\n…%f[\n]", "\n[^\0]-")
    return ("\n" .. text .. "\n"):find("^" .. pattern .. "$") ~= nil
end

return readme
