--- propolis.install.command: the command line of a hook, written and read.
-- A line is ours when it runs a program called propolis with the words hook
-- and an agent's name.  It was edited when it is not exactly what this version
-- or an older one writes for an absolute path.
local quote = require("propolis.install.program").quote

local command = {}

-- What a line is made of: the quoted program, the agent and the event. It
-- tests for the program, so that an agent whose hooks outlive the program runs
-- on undisturbed. BARE alone is what earlier versions wrote.
local BARE = "{program} hook {agent} {event}"
local SHELL = "[ ! -x {program} ] || exec " .. BARE
local SPAWNED = [[sh -c '[ ! -x "$0" ] || exec "$0" "$@"' ]] .. BARE

local function fill(form, program, agent, event)
    return (form:gsub("{(%a+)}", { program = quote(program),
        agent = agent, event = event }))
end

--- The hook line for an agent's event.
-- @param no_shell true when the agent starts the line's words itself
function command.line(program, agent, event, no_shell)
    return fill(no_shell and SPAWNED or SHELL, program, agent, event)
end

--- The words of a line that uses no more of the shell than quotes; nil else.
-- @param loose takes any line with whole quotes: what separates commands and
-- redirects them is false among the words
function command.split(line, loose)
    local words, word, at = {}, nil, 1
    local plain = loose and '^([^"]*)()"' or '^([^"\\$`]*)()"'
    local stops = loose and "[|&;<>()\r\n]" or "[|&;<>()$`*?%[#~{}\r\n]"
    while at <= #line do
        local c, stop = line:sub(at, at), at
        if c:find("[ \t]") then
            words[#words + 1], word = word, nil
        elseif c == "'" then
            stop = line:find("'", at + 1, true)
            if not stop then return nil end
            word = (word or "") .. line:sub(at + 1, stop - 1)
        elseif c == '"' then
            local body
            body, stop = line:match(plain, at + 1)
            if not body then return nil end
            word = (word or "") .. body
        elseif c == "\\" then
            stop = at + 1
            word = (word or "") .. line:sub(stop, stop)
        elseif c:find(stops) then
            if not loose then return nil end
            words[#words + 1], word = word, nil
            words[#words + 1] = false
        elseif c == "#" and not word then
            return words -- a comment, to the end of the line
        else
            word = (word or "") .. c
        end
        at = stop + 1
    end
    words[#words + 1] = word
    return words
end

local READ = {
    [SHELL] = "^%[ ! %-x (.+) %] || exec .+ hook ([%w-]+) ([%w_]+)$",
    [SPAWNED] = "^sh %-c %b'' (.+) hook ([%w-]+) ([%w_]+)$",
    [BARE] = "^(.+) hook ([%w-]+) ([%w_]+)$",
}

-- The same of a line that somebody edited: where our words stand in it, also in
-- what it gives a shell with -c.
local function parse_edited(line)
    local words = command.split(line, true) or {}
    for i, word in ipairs(words) do
        local verb, agent, event = table.unpack(words, i + 1, i + 3)
        local ours = word and ("/" .. word):find("/propolis$")
            and verb == "hook" and agent and agent:find("^%l[%w-]*$")
        if ours then
            return { program = word, agent = agent, edited = true,
                event = event and event:match("^%a[%w_]*$") or nil }
        end
        local inner = word and word:find("^%-%a*c$") and verb
        ours = inner and inner:find("%s") and parse_edited(inner)
        if ours then return ours end
    end
end

--- { program =, agent =, event =, edited = true or nil } when the line is one
-- of ours, of this version or an older one, else nil.  An edited one may name
-- the program in any way, and no event.
function command.parse(line)
    if type(line) ~= "string" then return nil end
    for form, pattern in pairs(READ) do
        local quoted, agent, event = line:match(pattern)
        local words = quoted and command.split(quoted) or {}
        local program = #words == 1 and words[1] or ""
        if program:find("^/") and program:find("/propolis$")
            and fill(form, program, agent, event) == line then
            return { program = program, agent = agent, event = event }
        end
    end
    return parse_edited(line)
end

--- Whether a hook (program and edited as from parse) stays as somebody edited
-- it: it names this program, or not in so many words another one.
-- @param ctx see propolis.install.context
function command.stays(hook, ctx)
    local program = hook.program:gsub("^~/", ctx.home .. "/")
        :gsub("^%$HOME/", ctx.home .. "/")
        :gsub("^%${HOME}/", ctx.home .. "/")
    return hook.edited and (not program:find("^/[^$`]*$")
        or program == ctx.program or ctx.is_program(program)) or false
end

--- The hook of ours that an event keeps: one that stays as it was edited, else
-- the first; nil without any.
-- @param found list of { event, program, edited }
function command.kept(ctx, found, event)
    local first
    for _, hook in ipairs(found) do
        if hook.event == event then
            if command.stays(hook, ctx) then return hook end
            first = first or hook
        end
    end
    return first
end

return command
