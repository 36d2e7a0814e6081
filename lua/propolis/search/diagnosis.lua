--- diagnosis: what the output of a command says about its end.  Pure.
--
-- Some agents store what a command printed and not how it ended.  Then the
-- forms count in which shells, compilers and test runners tell of a failure:
-- rather a failure that is not seen than one that was none.
local diagnosis = {}

local find, match, sub = string.find, string.match, string.sub

--- The exit code that an agent wrote before or behind the output, or nil.
function diagnosis.exit_code(text)
    local head = sub(text, 1, 400)
    local code = match(head, "^[Ee]xit [Cc]ode:? (%-?%d+)%f[^%d]")
        or match(head, "^Chunk ID.-\nProcess exited with code (%d+)\n")
        or match(head, "^Wall time.-\nProcess exited with code (%d+)\n")
    if not code then
        local tail = sub(text, -160):gsub("%s+$", "")
        code = match(tail, "Command exited with code (%d+)%)?$")
            or match(tail, "exited with non%-zero status code (%d+)%.?$")
            or match(tail, "[Cc]ommand failed with exit code (%d+)%.?$")
    end
    return math.tointeger(tonumber(code))
end

-- Words without which a line "program: ..." is no complaint.
local COMPLAINTS = { "cannot", "can't", "not found", "no such", "denied",
    "error", "fail", "fatal", "invalid", "unrecognized", "illegal", "unknown",
    "missing", "refused", "could not", "couldn't", "not a ", "is a directory",
    "unable", "***", "timed out" }

local function complains(line)
    local lower = line:lower()
    for _, word in ipairs(COMPLAINTS) do
        if find(lower, word, 1, true) then return true end
    end
    return false
end

-- Words that stand before the program which a command line runs.
local BEFORE = { sudo = true, time = true, nice = true, env = true,
    xargs = true, exec = true, nohup = true, command = true }

--- The programs that a command line runs: a set of names, and the last, whose
-- exit code the shell returns.
function diagnosis.programs(command)
    local names, last = {}, nil
    command = command:gsub("%d?>&%d?", "")
    for part in command:gmatch("[^;|&\n()]+") do
        for word in part:gmatch("%S+") do
            if not find(word, "^[%a_][%w_]*=") then
                last = match(word, "[^/]*$")
                names[last] = true
                if not BEFORE[last] then break end
            end
        end
    end
    return names, last
end

-- A program of the command, or the shell, says what went wrong.
local function by_program(line, names)
    local name = match(line, "^([%w_./+-]+): ")
    name = name and match(name, "[^/]*$")
    return name and (names[name] or find(name, "^%a*sh$")) and complains(line)
end

local STARTS = { "^fatal: ", "^error: ", "^error%[E%d+%]", "^Error: ",
    "^ERROR: ", "^npm ERR!", "^npm error ", "^E: ", "^panic: ",
    "^Segmentation fault", "^Traceback %(most recent", "^FAIL%f[%s\0]",
    "^FAILED%f[%W]", "^%-%-%- FAIL", "^make%[?%d*%]?: %*%*%*",
    "^[%w_.]+Error: ", "^[%w_.]+Exception: ", "^%S+:%d+:%d*:? ?error: ",
    "^%S+:%d+:%d*:? fatal error: ", "^thread '.-' panicked", "^✗ " }

-- How test runners count.
local COUNTS = { "%f[%d][1-9]%d* failed%f[%A]", "%f[%d][1-9]%d* failing%f[%A]",
    "%f[%d][1-9]%d* failures?%f[%A]", "%f[%d][1-9]%d* errors?%f[%A]",
    "failures?[=:] ?[1-9]", "errors?[=:] ?[1-9]" }

local function any(line, patterns)
    for _, pattern in ipairs(patterns) do
        if find(line, pattern) then return true end
    end
    return false
end

-- Programs that print what stands in files, whatever that is.
local READERS = {}
for word in ([[cat head tail less more sed awk grep egrep rg ag find echo
    printf jq nl strings diff xxd curl wget sqlite3 psql journalctl docker zcat
    kubectl propolis hivemind]]):gmatch("%S+") do
    READERS[word] = true
end

-- Programs behind a pipe that pass on what they are given.
local FILTERS = { tail = true, head = true, cat = true, less = true,
    tee = true, more = true }

-- A command line without the filters at its end, and whether there were any.
local function unfiltered(command)
    local piped = false
    while true do
        local rest, program = match(command, "^(.-[^|%s])%s*|%s*(%l+)[^|;&]*$")
        if not rest or not FILTERS[program] then return command, piped end
        command, piped = rest:gsub("%s*%d?>&%d?$", ""), true
    end
end

--- Whether the exit code of a command line is that of a filter at its end, and
-- says nothing of the program before it.
function diagnosis.is_filtered(command)
    return select(2, unfiltered(command))
end

local FIRST, LAST = 3, 5 -- lines that are looked at

local function edges(text)
    local lines = {}
    for line in sub(text, 1, 2000):gmatch("[^\r\n]+") do
        if find(line, "%S") then lines[#lines + 1] = line end
        if #lines == FIRST then break end
    end
    local last = {}
    for line in sub(text, -2000):gmatch("[^\r\n]+") do
        if find(line, "%S") then last[#last + 1] = line end
    end
    return lines, table.move(last, math.max(1, #last - LAST + 1), #last, 1,
        {})
end

--- Whether what a command printed says that it failed.
function diagnosis.says_failure(text, command)
    local first, last = edges(text)
    local names, program = diagnosis.programs((unfiltered(command)))
    local reader, git = READERS[program], program == "git"
    for i = 1, #last + #first do
        local line = i <= #first and first[i] or last[i - #first]
        if by_program(line, names) then return true end
        if not reader and (any(line, STARTS) or i > #first and not git
            and any(line, COUNTS)) then
            return true
        end
    end
    return false
end

return diagnosis
