--- attempts: the tool calls of a session: which commands ran and how they
-- ended, which errors went away and what changed in between, and which files
-- were touched.  Pure.
local diagnosis = require "propolis.search.diagnosis"
local shell = require "propolis.summary.shell"

local attempts = {}

local find, gsub = string.find, string.gsub

-- Programs that only look, and those whose exit code 1 means "nothing found".
local LOOKS, FINDS = {}, {}
for word in ([[cat ls cd pwd echo head tail less more grep egrep fgrep rg ag
    find wc which file stat tree sort uniq diff cmp true date env printf sed
    awk nl type whoami ps df du jq test pgrep cut tr xxd od basename dirname
    propolis hivemind]]):gmatch("%S+") do
    LOOKS[word] = true
end
for word in ("grep egrep fgrep rg ag diff cmp test which pgrep [ type command")
    :gmatch("%S+") do
    FINDS[word] = true
end

-- Whether a command only looks around.
local function only_looks(command)
    if find(command, "^git %a") then
        return find(command, "^git status") or find(command, "^git diff")
            or find(command, "^git log") or find(command, "^git show")
            or find(command, "^git branch$") or find(command, "^git blame")
    elseif find(command, "%f[%a]sed %-i") or find(command, ">") then
        return false
    end
    for name in pairs((diagnosis.programs(command))) do
        if not LOOKS[name] then return false end
    end
    return true
end

-- A command without what does not matter for whether it is the same.
local function essence(command)
    command = gsub(command, "^cd [^&;|]+&& *", "")
    command = gsub(command, " *2>&1", "")
    command = gsub(command, " *| *tail[^|;&]*$", "")
    command = gsub(command, " *| *head[^|;&]*$", "")
    command = gsub(command, "^timeout %S+ ", "")
    return (gsub(gsub(command, "%s+", " "), "^ ", ""))
end

local TELLING = { "[Ee]rror", "ERR!", "[Ff]ail", "FAIL", "No such", "not found",
    "denied", "[Ee]xception", "cannot", "[Ee]xpected", "fatal", "panic",
    "refused", "[Tt]imed? ?out", "[Ii]nvalid", "undefined" }

--- The line of a result that tells most about a failure, or nil.
function attempts.error_line(result)
    local first, last
    local trace = find(result, "Traceback (most recent call last)", 1, true)
    for line in result:sub(1, 20000):gmatch("[^\r\n]+") do
        if find(line, "%S") and not find(line, "^[Ee]xit [Cc]ode:? %d+$")
            and not find(line, "ommand exited with code %d+")
            and not find(line, "^Traceback ") then
            last = line
            if not first and not trace then
                for i = 1, #TELLING do
                    if find(line, TELLING[i]) then
                        first = line
                        break
                    end
                end
            end
        end
    end
    return first or last
end

--- An empty record.
function attempts.new()
    return { list = {}, by_key = {}, files = {}, by_path = {}, acts = {},
        commits = {}, calls = 0 }
end

local function touch(self, path, how, subagent)
    local file = self.by_path[path]
    if not file then
        file = { path = path, how = how, times = 0 }
        self.by_path[path] = file
        self.files[#self.files + 1] = file
    elseif how == "deleted" then
        file.how = "deleted"
    elseif file.how == "deleted" then
        file.how = "modified"
    end
    file.times = file.times + 1
    file.subagent = file.subagent or subagent
    self.acts[#self.acts + 1] = { path = path }
end

-- An absolute path where that can be known.
local function whole(path, cwd)
    path = gsub(path, "^%./+", "")
    if find(path, "^[/~]") or find(path, "^%a:[\\/]") or not cwd then
        return path
    end
    return (gsub(cwd, "/+$", "")) .. "/" .. path
end

local function note_changes(self, m, root)
    local cwd = m.cwd or root
    for _, change in ipairs(m.changes or {}) do
        touch(self, whole(change.path, cwd), change.how, m.subagent)
    end
    local command = m.command
    for _, change in ipairs(command and shell.changes(command) or {}) do
        local path = whole(change.path, cwd)
        if not find(change.path, "^/") or root
            and path:sub(1, #root + 1) == root .. "/" then
            touch(self, path, change.how, m.subagent)
        end
    end
    if command and find(command, "git commit", 1, true) and m.result then
        for branch, id, subject in m.result:gmatch(
            "%f[^\n\0]%[([^%s%]]+)[^%]\n]- (%x+)%] ([^\n]*)") do
            if #id >= 7 then
                self.commits[#self.commits + 1] = { id = id:sub(1, 12),
                    branch = branch, subject = subject }
            end
        end
    end
end

-- What happened after a place in the list of acts: files, and commands that
-- did something.
local function between(self, from)
    local seen, files, commands = {}, {}, {}
    for i = from + 1, #self.acts do
        local act = self.acts[i]
        local what = act.path or act.command
        if not seen[what] then
            seen[what] = true
            table.insert(act.path and files or commands, what)
        end
    end
    return files, commands
end

-- Names of tools that only look.
local READERS = { "read", "grep", "glob", "search", "fetch", "list", "view",
    "^ls$", "find", "get" }

local function is_reader(m)
    local name = m.tool:lower()
    for i = 1, #READERS do
        if find(name, READERS[i]) then return not m.changes end
    end
    return false
end

local function entry_of(self, m)
    local key = m.command and essence(m.command)
        or m.tool .. "\0" .. (m.path or m.arguments)
    local entry = self.by_key[key]
    if not entry then
        local looks = m.command and only_looks(key)
            or not m.command and is_reader(m)
        entry = { command = m.command and gsub(m.command, "^%s+", "") or nil,
            what = not m.command and m.tool .. " " .. (m.path or m.arguments)
                or nil,
            looks = looks and true or nil, runs = 0, failed = 0,
            subagent = m.subagent }
        self.by_key[key] = entry
        self.list[#self.list + 1] = entry
    end
    return entry, key
end

-- A search that found nothing did not fail.
local function really_failed(m)
    if not m.failed then return false end
    if not m.command or m.exit ~= 1 then return true end
    local _, last = diagnosis.programs(m.command)
    return not FINDS[last]
end

--- Takes in one tool call.
-- @param m from message.of()
-- @param root the folder of the session's project, or nil
function attempts.add(self, m, root)
    self.calls = self.calls + 1
    local entry, key = entry_of(self, m)
    entry.runs = entry.runs + 1
    if really_failed(m) then
        entry.failed = entry.failed + 1
        entry.exit = m.exit
        entry.error = m.result and attempts.error_line(m.result)
        entry.failing_from = entry.failing_from or #self.acts
        return
    end
    if entry.failing_from then
        local files, commands = between(self, entry.failing_from)
        entry.fixes = entry.fixes or {}
        table.insert(entry.fixes, { error = entry.error, exit = entry.exit,
            files = files, commands = commands })
        entry.failing_from, entry.exit, entry.error = nil, nil, nil
    end
    note_changes(self, m, root)
    if m.command and not entry.looks then
        self.acts[#self.acts + 1] = { command = key }
    end
end

-- What an entry tried, for a reader.
function attempts.label(entry)
    return entry.command or entry.what
end

--- Whether an entry failed when it was last tried.
function attempts.is_failing(entry)
    return entry.failing_from ~= nil
end

return attempts
