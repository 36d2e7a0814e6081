--- propolis.install.command: the command line of a hook, written and read.
-- A line is ours when it is exactly what this version or an older one writes
-- for some place of the program: an absolute path that ends in /propolis.
local command = {}

--- `word` as a POSIX shell, and a program that splits like one, reads it.
function command.quote(word)
    if word:find("^[%w/_.+@%%:,=-]+$") then return word end
    return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- What a line is made of: the quoted program, the agent and the event. It
-- tests for the program, so that an agent whose hooks outlive the program runs
-- on undisturbed. BARE alone is what earlier versions wrote.
local BARE = "{program} hook {agent} {event}"
local SHELL = "[ ! -x {program} ] || exec " .. BARE
local SPAWNED = [[sh -c '[ ! -x "$0" ] || exec "$0" "$@"' ]] .. BARE

local function fill(form, program, agent, event)
    return (form:gsub("{(%a+)}", { program = command.quote(program),
        agent = agent, event = event }))
end

--- The hook line for an agent's event.
-- @param no_shell true when the agent starts the line's words itself
function command.line(program, agent, event, no_shell)
    return fill(no_shell and SPAWNED or SHELL, program, agent, event)
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

local READ = {
    [SHELL] = "^%[ ! %-x (.+) %] || exec .+ hook (%S+) (%S+)$",
    [SPAWNED] = "^sh %-c %b'' (.+) hook (%S+) (%S+)$",
    [BARE] = "^(.+) hook (%S+) (%S+)$",
}

--- { program =, agent =, event = } when the line is one of ours, of this
-- version or an older one, else nil.
function command.parse(line)
    for form, pattern in pairs(type(line) == "string" and READ or {}) do
        local quoted, agent, event = line:match(pattern)
        local words = quoted and command.split(quoted) or {}
        local program = #words == 1 and words[1] or ""
        if program:find("^/") and program:find("/propolis$")
            and fill(form, program, agent, event) == line then
            return { program = program, agent = agent, event = event }
        end
    end
end

return command
