--- propolis.install.command: the command line of a hook, written and read.
-- A line is ours when it is exactly what `line` writes for some place of the
-- program: an absolute path that ends in /propolis, then the three words.
local command = {}

--- `word` as a POSIX shell, and a program that splits like one, reads it.
function command.quote(word)
    if word:find("^[%w/_.+@%%:,=-]+$") then return word end
    return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- The hook line for an agent's event.
function command.line(program, agent, event)
    return table.concat({ command.quote(program), "hook", agent, event }, " ")
end

--- The words of a line that uses no more of the shell than quotes; nil else.
function command.split(line)
    local words, word, at = {}, nil, 1
    while at <= #line do
        local c = line:sub(at, at)
        local stop
        if c:find("[ \t]") then
            words[#words + 1], word = word, nil
            stop = at
        elseif c == "'" then
            stop = line:find("'", at + 1, true)
            if not stop then return nil end
            word = (word or "") .. line:sub(at + 1, stop - 1)
        elseif c == '"' then
            local body
            body, stop = line:match('^([^"\\$`]*)()"', at + 1)
            if not body then return nil end
            word = (word or "") .. body
        elseif c == "\\" then
            stop = at + 1
            word = (word or "") .. line:sub(stop, stop)
        elseif c:find("[|&;<>()$`*?%[#~{}\r\n]") then
            return nil
        else
            stop = at
            word = (word or "") .. c
        end
        at = stop + 1
    end
    words[#words + 1] = word
    return words
end

--- { program =, agent =, event = } when the line is one of ours, else nil.
function command.parse(line)
    if type(line) ~= "string" then return nil end
    local words = command.split(line)
    if not words or #words ~= 4 or words[2] ~= "hook" then return nil end
    if not words[1]:find("^/") or not words[1]:find("/propolis$") then
        return nil
    end
    if command.line(words[1], words[3], words[4]) ~= line then return nil end
    return { program = words[1], agent = words[3], event = words[4] }
end

return command
