--- The recorded sessions multiplied: real payloads of every agent in which the
-- words are changed, and what was really done in each.
local agents = require "propolis.agents"
local event = require "propolis.capture.event"
local json = require "propolis.json"
local recorded = require "recorded"
local redact = require "propolis.capture.redact"
local sys = require "engine.sys"

local variations = {}

-- What the recorded programs said and did.
local PROMPT, REPLY = "please do it", "All of it is done, says the model."
local GOOD, OUTPUT = "echo propolis-e2e-output", "propolis-e2e-output"
local BAD = "ls /propolis-e2e-missing"
local ERROR = "ls: cannot access '/propolis-e2e-missing': No such file or "
    .. "directory"

-- Each agent's tool that changes a file: its name, and its arguments.
local EDITS = {
    ["claude-code"] = function(path)
        return "Edit", { file_path = path, old_string = "a", new_string = "b" }
    end,
    codex = function(path)
        return "apply_patch", { command = "*** Begin Patch\n*** Update File: "
            .. path .. "\n-a\n+b\n*** End Patch" }
    end,
    gemini = function(path)
        return "replace", { file_path = path, old_string = "a",
            new_string = "b" }
    end,
    openclaw = function(path)
        return "edit", { path = path, oldText = "a", newText = "b" }
    end,
    pi = function(path)
        return "edit", { path = path, oldText = "a", newText = "b" }
    end,
}

-- Commands that may fail, and what they print then.
local COMMANDS = {
    { "make test-%d", "cc -c a.c\nmake: *** [Makefile:3: test] Error 1" },
    { "npm run check%d", "> check\n\n  3 passing\n  1 failing\n" },
    { "pytest -q tests/test_%d.py", "F.\n=== 1 failed, 1 passed in 1s ===" },
    { "cargo test part%d", "error: could not compile `part` (lib)" },
    { "go test ./pkg%d", "--- FAIL: TestIt (0.00s)\nFAIL\tacme/pkg\t0.01s" },
    { "ls /srv/none%d", "ls: cannot access '/srv/none': No such file or "
        .. "directory" },
}

-- A copy in which texts are changed, wherever they stand.
local function changed(value, words)
    if type(value) == "table" then
        local copy = {}
        for key, item in pairs(value) do copy[key] = changed(item, words) end
        return setmetatable(copy, getmetatable(value))
    elseif type(value) ~= "string" then
        return value
    end
    for _, pair in ipairs(words) do
        local from, to = value:find(pair[1], 1, true)
        if from then
            return value:sub(1, from - 1) .. pair[2] .. value:sub(to + 1)
        end
    end
    return value
end

-- A recorded session's payloads by what they tell: "good" and "bad" calls, the
-- rest in front of and behind them.
local function parts_of(agent)
    local parts = { before = {}, after = {} }
    for _, item in ipairs(recorded.payloads(agent)) do
        local payload = assert(json.decode(item.text))
        payload = { event = item.event, payload = payload }
        if item.text:find("agent_end", 1, true)
            or not item.event:find("[Tt]ool") then
            table.insert(parts.good and parts.after or parts.before, payload)
        elseif item.text:find(BAD, 1, true) then
            parts.bad = payload
        elseif item.text:find(GOOD, 1, true) then
            parts.good = payload
        end
    end
    return parts
end

-- The call of a tool in place of the recorded one.
local function set_tool(payload, name, input)
    local at = payload.event or payload
    local tool = at.toolName and "toolName" or "tool_name"
    at[tool] = name
    for _, key in ipairs { "params", "input", "tool_input" } do
        if type(at[key]) == "table" then at[key] = input end
    end
    return payload
end

-- Notes a run of a command, and the step that makes it.
local function run(steps, truth, command, failure)
    local entry = truth.commands[command] or { runs = 0, failed = 0 }
    truth.commands[command] = entry
    entry.runs = entry.runs + 1
    entry.failed = entry.failed + (failure and 1 or 0)
    entry.failing = failure ~= nil
    steps[#steps + 1] = { failure and "bad" or "good", failure
        and { { BAD, command }, { ERROR, failure } }
        or { { GOOD, command }, { OUTPUT, "fine" } } }
end

local function edit(steps, truth, path)
    truth.files[path] = (truth.files[path] or 0) + 1
    steps[#steps + 1] = { "edit", path }
end

-- One of four things that happen in a session.
local function happen(steps, truth, kind, command, failure, path)
    if kind == 2 then return edit(steps, truth, path) end
    run(steps, truth, command, kind ~= 1 and failure or nil)
    if kind == 3 then
        edit(steps, truth, path)
        run(steps, truth, command)
        truth.fixed[command] = path
    elseif kind == 4 then
        truth.failing[command] = true
    end
end

-- What happens in the n-th session: steps { "good" or "bad", words } and
-- { "edit", path }, and the truth about it.
local function script(n, random)
    local truth = { files = {}, commands = {}, fixed = {}, failing = {},
        prompt = ("repair part %d of the import"):format(n),
        reply = ("Part %d is repaired."):format(n) }
    local steps = {}
    for i = 1, random(4) do
        local pick = COMMANDS[random(#COMMANDS)]
        happen(steps, truth, random(4), pick[1]:format(n * 10 + i), pick[2],
            ("src/m%d/f%d.c"):format(n, random(3)))
    end
    if random(3) == 1 then
        truth.decision = ("We use table %d instead of the old one."):format(n)
        truth.prompt = truth.prompt .. ". " .. truth.decision
    end
    if random(3) == 1 then
        truth.todo = ("Todo: describe part %d."):format(n)
        truth.reply = truth.reply .. " " .. truth.todo
    end
    return steps, truth
end

-- Rows of payloads, a second apart.
local function rows_of(agent, list, id, redactor)
    local rows, mapping = {}, agents.part(agent, "events")
    for i, item in ipairs(list) do
        for _, e in ipairs(mapping.read(item.event, item.payload) or {}) do
            if e.entry then
                e.session, e.key = id, nil
                rows[#rows + 1] = event.row(agents.column(agent), e, {
                    id = sys.uuid(), row_id = sys.uuid(), sha256 = sys.sha256,
                    time = ("2026-11-24T10:%02d:%02d.000Z"):format(i // 60,
                        i % 60), version = "9", who = { user = "alice",
                        org_name = "local", workspace = "default" },
                }, redactor)
            end
        end
    end
    return rows
end

-- The payloads of a session.
local function payloads_of(agent, parts, steps, truth)
    local list, words = {}, { { PROMPT, truth.prompt },
        { REPLY, truth.reply } }
    local function add(part, some)
        local payload = changed(part.payload, some)
        list[#list + 1] = { event = part.event, payload = payload }
        return payload
    end
    for _, part in ipairs(parts.before) do add(part, words) end
    for _, step in ipairs(steps) do
        if step[1] == "edit" then
            set_tool(add(parts.good, { { OUTPUT, "done" } }),
                EDITS[agent]("/home/alice/project/" .. step[2]))
        else
            add(parts[step[1]], step[2])
        end
    end
    for _, part in ipairs(parts.after) do add(part, words) end
    return list
end

--- n sessions, always the same ones: calls each(rows, truth) for every one.
-- truth: { id =, agent =, prompt =, reply =, decision =, todo = or nil,
-- files = { path = how often }, commands = { command = { runs =, failed =,
-- failing = } }, fixed = { command = path }, failing = { command = true } }
function variations.each(n, each)
    local seed = 20261124
    local function random(most)
        seed = (seed * 1103515245 + 12345) % 2147483648
        return seed // 65536 % most + 1
    end
    local names, parts, redactor = recorded.agents(), {}, redact.load()
    for i = 1, n do
        local agent = names[i % #names + 1]
        parts[agent] = parts[agent] or parts_of(agent)
        local steps, truth = script(i, random)
        truth.id = ("00000000-0000-4000-8000-%012d"):format(i)
        truth.agent = agent
        local list = payloads_of(agent, parts[agent], steps, truth)
        each(rows_of(agent, list, truth.id, redactor), truth)
    end
end

return variations
