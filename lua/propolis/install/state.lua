--- propolis.install.state: the state of an agent's installation, read back
-- from its own files. Changes nothing.
local agents = require "propolis.agents"
local command = require "propolis.install.command"
local install = require "propolis.install"
local sys = require "engine.sys"

local state = {}

local EXECUTABLE = tonumber("111", 8)

-- Whether the program of a hook line is there and may be run.
local function runnable(path)
    local file = sys.stat(path)
    return file ~= nil and file.type == "file" and file.mode & EXECUTABLE ~= 0
end

-- The memory server as a file names it, and whether it can be started.
local function server_of(target, report)
    local text = install.read(target.path)
    local entry = text and target.server(text)
    local program = entry and entry.command
    report.servers[#report.servers + 1] = { file = target.path,
        program = type(program) == "string" and program or nil,
        runnable = type(program) == "string" and runnable(program) }
end

local function by_event(list)
    local out = {}
    for _, one in ipairs(list or {}) do out[one.event] = one end
    return out
end

-- Hook lines of one file against what ought to stand there.
local function lines_of(target, agent, ctx, report)
    local text = install.read(target.path)
    local found, err = {}, nil
    if text then found, err = target.find(text) end
    if not found then
        report.error = ("%s: %s"):format(target.path, err)
        return
    end
    local there = by_event(found)
    for _, event in ipairs(target.wanted) do
        local hook = there[event]
        if not hook then
            report.missing[#report.missing + 1] = event
        else
            local line = command.line(ctx.program, agent.name, event,
                agent.no_shell)
            local stays = command.stays(hook, ctx)
            report.hooks[#report.hooks + 1] = {
                event = event, line = hook.line, file = target.path,
                program = hook.program, edited = hook.edited,
                current = hook.line == line or stays,
                runnable = stays or runnable(hook.program),
            }
        end
    end
end

-- A file of ours inside the agent: there, and as this version writes it.
local function shim_of(target, report)
    local text = install.read(target.path)
    if not text then
        report.missing[#report.missing + 1] = target.path
        return
    end
    local program = target.shim(text) or ""
    report.hooks[#report.hooks + 1] = {
        event = "*", file = target.path, line = target.path,
        program = program, current = text == target.add(),
        runnable = runnable(program),
    }
end

local function state_of(report)
    if report.error then return "broken" end
    if #report.hooks == 0 then
        return report.found and "not installed" or "not found"
    end
    if #report.missing > 0 then return "incomplete" end
    local gone, outdated, waits
    for _, hook in ipairs(report.hooks) do
        gone = gone or not hook.runnable
        outdated = outdated or not hook.current
        waits = waits or (hook.approval or "approved") ~= "approved"
    end
    return gone and "program gone" or outdated and "outdated"
        or waits and "waits for approval" or "installed"
end

local function last_of(seen)
    local last
    for _, time in pairs(seen) do
        if not last or time > last then last = time end
    end
    return last
end

-- What was edited in our lines, as a sentence for each.
local function add_edited(report)
    for _, hook in ipairs(report.hooks) do
        if hook.edited and hook.current then
            report.advice[#report.advice + 1] = ("the hook line for %s was "
                .. "edited and stays as it is: %s"):format(hook.event,
                hook.line)
        end
    end
end

--- { agent, title, folder, found, state, error, hooks = { event, line, file,
-- program, edited, current, runnable, approval, seen }, missing = events,
-- advice, seen = last time of any event, servers = { file, program = nil when
-- our server is not there, runnable } for each file that takes one }. `seen`
-- comes from propolis.install.activity.
function state.read(agent, ctx, seen)
    local report = { agent = agent.name, title = agent.title, hooks = {},
        missing = {}, advice = {}, servers = {} }
    report.folder, report.found = install.folder(agent, ctx)
    for _, target in ipairs(agent.targets(ctx, report.folder)) do
        if target.find then
            lines_of(target, agent, ctx, report)
        elseif target.shim then
            shim_of(target, report)
        end
        if target.server then server_of(target, report) end
    end
    local approvals = by_event(agent.approvals
        and agent.approvals(install.read, report.folder))
    local mine = seen and seen[agents.column(agent.name)] or {}
    for _, hook in ipairs(report.hooks) do
        local approval = approvals[hook.event]
        hook.approval = approval and approval.state
        hook.seen = mine[hook.event]
    end
    report.seen = last_of(mine)
    report.state = state_of(report)
    if #report.hooks > 0 then
        report.advice = agents.advice(agent, install.read, report.folder)
        add_edited(report)
    end
    return report
end

--- What to do about a state, as a sentence; nil when there is nothing.
function state.remedy(report)
    local name = report.agent
    return ({
        broken = report.error,
        incomplete = ("%d hooks are missing: run `propolis install %s`")
            :format(#report.missing, name),
        ["program gone"] = ("the program in the hook lines is not there any "
            .. "more: run `propolis install %s`"):format(name),
        outdated = ("the hooks are from another version or place: run "
            .. "`propolis install %s`"):format(name),
    })[report.state]
end

return state
