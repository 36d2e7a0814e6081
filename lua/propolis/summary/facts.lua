--- facts: what was asked, done and left open in a session, by rule.  Pure.
local attempts = require "propolis.summary.attempts"
local message = require "propolis.search.message"
local plain = require "propolis.summary.plain"
local sentences = require "propolis.summary.sentences"

local facts = {}

local find, gsub = string.find, string.gsub

--- Most bytes of the texts in the lists, and most items of one.
facts.longest, facts.most = 240, 40

-- What an agent says in the person's name when it goes on after a compaction.
local CONTINUED = "^This session is being continued from a previous conver"

-- Collecting ----------------------------------------------------------------

local Facts = {}
Facts.__index = Facts

--- A record without a row: collected:add(row), then collected:result().
function facts.collect()
    return setmetatable({
        tools = attempts.new(), prompts = {}, replies = 0, events = 0,
        decided = {}, open = {}, still = {}, later = {}, subagents = {},
        agents = {}, refs = {}, answered = true,
    }, Facts)
end

-- What a text decides and leaves open; turn numbers the replies.
function Facts:weigh(text, by_person)
    local found = sentences.read(text, by_person)
    for _, name in ipairs { "decided", "open", "still", "later" } do
        for _, sentence in ipairs(found[name]) do
            table.insert(self[name], { text = sentence,
                reply = self.replies, by_person = by_person })
        end
    end
    self:mention_all(text, "#%d", "%f[#%w]#%d%d?%d?%d?%d?%d?%f[^%w]")
    self:mention_all(text, "%u%-%d", "%f[%w]%u%u+%-%d+%f[^%w]")
    self:mention_all(text, "://", "https?://[%w%-._~:/?#@!&*+,;=%%]+")
end

-- Keeps what a pattern finds, if a text has the hint that it may.
function Facts:mention_all(text, hint, pattern)
    if #self.refs >= facts.most or not find(text, hint) then return end
    for ref in text:gmatch(pattern) do
        self:mention((gsub(ref, "[.,;:!?]+$", "")))
    end
end

function Facts:mention(ref)
    if not self.refs[ref] and #self.refs < facts.most then
        self.refs[ref] = true
        table.insert(self.refs, ref)
    end
end

local ON = {}

function ON.prompt(self, m)
    if find(m.text, CONTINUED) then return end
    local text = plain.said(m.text)
    if not find(text, "%S") then return end
    self.answered, self.interrupted, self.failure = false, nil, nil
    table.insert(self.prompts, text)
    self:weigh(text, true)
end

function ON.reply(self, m)
    if m.subagent or not find(m.text, "%S") then return end
    self.replies = self.replies + 1
    self.answered, self.interrupted, self.failure = true, nil, nil
    self.last = plain.said(m.text)
    self:weigh(self.last, false)
end

function ON.tool(self, m)
    attempts.add(self.tools, m, self.root)
end

function ON.stop(self, m)
    if m.failed then
        self.failure = m.text ~= "" and m.text or "error"
    elseif find(m.text, "interrupt") or find(m.text, "abort") then
        self.interrupted = true
    else
        self.answered = true
    end
end

--- Takes in the next row of the session.
function Facts:add(row)
    local m = message.of(row)
    self.events = self.events + 1
    self.started = self.started or row.creation_date
    self.ended = row.creation_date or self.ended
    self.root = self.root or m.cwd
    self.project = self.project or row.project
    local agent = row.agent
    if agent and agent ~= "" and not self.agents[agent] then
        self.agents[agent] = true
        table.insert(self.agents, agent)
    end
    if m.subagent then
        if not self.subagents[m.subagent] then
            table.insert(self.subagents, m.subagent)
        end
        self.subagents[m.subagent] = (self.subagents[m.subagent] or 0) + 1
    end
    if ON[m.kind] then ON[m.kind](self, m) end
end

-- The outcome ---------------------------------------------------------------

-- The folder to which paths are relative: where the session began, else what
-- its files have in common with its project's name.
function Facts:folder()
    if self.root then return self.root end
    for _, file in ipairs(self.tools.files) do
        local root = plain.root(file.path, self.project or "")
        if root then return root end
    end
    return nil
end

-- A list without repetitions, each item made short; the last ones of many.
local function distinct(list, short, most)
    local out, seen = {}, {}
    for i = #list, 1, -1 do
        local text = short(list[i].text or list[i])
        if not seen[text] and #out < most then
            seen[text] = true
            table.insert(out, 1, text)
        end
    end
    return out
end

-- How an error went away, for a reader: what changed in between.
local function by_what(fix, short)
    local names = {}
    for _, path in ipairs(fix.files) do
        names[#names + 1] = short(path)
    end
    for _, command in ipairs(fix.commands) do
        names[#names + 1] = short(command, 80)
    end
    return names
end

local function error_of(source, short)
    return source.error and short(source.error, 160)
        or source.exit and "exit code " .. source.exit or nil
end

-- Commands, what fails, and what was repaired.
function Facts:outcomes(short)
    local commands, failed, fixed = {}, {}, {}
    for _, entry in ipairs(self.tools.list) do
        local label = short(attempts.label(entry), 160)
            :gsub("^cd %. && ", "")
        local failing = attempts.is_failing(entry)
        if entry.command then
            commands[#commands + 1] = { command = label, runs = entry.runs,
                failed = entry.failed, failing = failing, exit = entry.exit,
                error = failing and error_of(entry, short) or nil,
                looks = entry.looks, subagent = entry.subagent }
        end
        if failing then
            failed[#failed + 1] = { what = label, exit = entry.exit,
                error = error_of(entry, short), looks = entry.looks }
        end
        for _, fix in ipairs(entry.fixes or {}) do
            fixed[#fixed + 1] = { what = label, error = error_of(fix, short),
                by = by_what(fix, short) }
        end
    end
    return commands, failed, fixed
end

-- What was left open: an unanswered question or prompt, what was said to be
-- left, and what an agent named as to come at the end.
function Facts:left(short)
    local list = {}
    local function keep(from, test)
        for _, item in ipairs(from) do
            if test(item) then list[#list + 1] = item.text end
        end
    end
    keep(self.open, function() return true end)
    keep(self.still, function(item) return item.reply >= self.replies - 1 end)
    keep(self.later, function(item)
        return item.reply == self.replies and self.answered
    end)
    local asked = self.answered and self.last
        and sentences.question(self.last)
    if not self.prompts[1] then
        return distinct(list, short, facts.most)
    elseif asked then
        list[#list + 1] = "Asked and not answered: " .. asked
    elseif not self.answered then
        list[#list + 1] = "Not answered: " .. self.prompts[#self.prompts]
    end
    return distinct(list, short, facts.most)
end

function Facts:goal(short)
    for _, text in ipairs(self.prompts) do
        if not plain.is_trivial(text) then return short(text) end
    end
    return self.prompts[1] and short(self.prompts[1])
end

-- Why the last turn ended without an answer, or nil.
function Facts:broken(short)
    return self.failure and "error: " .. short(self.failure, 160)
        or self.interrupted and "interrupted" or nil
end

local HIDDEN = "^%.%.?/?$"

function Facts:result()
    local root = self:folder()
    local relative = plain.relative(root, plain.home(root))
    local function short(text, bound)
        return plain.short(relative(text), bound or facts.longest)
    end
    local files = {}
    for _, file in ipairs(self.tools.files) do
        local path = short(file.path, 200)
        if not find(path, HIDDEN) then
            files[#files + 1] = { path = path, how = file.how,
                times = file.times, subagent = file.subagent }
        end
    end
    local commands, failed, fixed = self:outcomes(short)
    local prompts = {}
    for i, text in ipairs(self.prompts) do
        prompts[i] = short(text)
    end
    local commits = {}
    for i, commit in ipairs(self.tools.commits) do
        commits[i] = { id = commit.id, branch = short(commit.branch, 80),
            subject = short(commit.subject, 120) }
    end
    return {
        goal = self:goal(short), prompts = prompts, files = files,
        commands = commands, failed = failed, fixed = fixed,
        decisions = distinct(self.decided, short, facts.most),
        open = self:left(short), commits = commits,
        last = self.last and sentences.first(relative(message.head(self.last,
            4000)), 400),
        broken = self:broken(short), replies = self.replies,
        started = self.started, ended = self.ended, events = self.events,
        calls = self.tools.calls, agents = self.agents,
        subagents = self.subagents, refs = { table.unpack(self.refs) },
        project = self.project, root = root,
    }
end

--- What a session was about and what came of it.
-- @param rows its rows, oldest first, or an iterator of them
-- @return see propolis.summary.facts
function facts.of(rows)
    local collected = facts.collect()
    if type(rows) == "table" then
        for _, row in ipairs(rows) do
            collected:add(row)
        end
        return collected:result()
    end
    for row in rows do
        collected:add(row)
    end
    return collected:result()
end

return facts
