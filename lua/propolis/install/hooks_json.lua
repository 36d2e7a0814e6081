--- propolis.install.hooks_json: our hooks in an agent's JSON file of hooks.
-- Pure. Two shapes: nested, hooks.EVENT[i].hooks[j] (Claude Code, Codex), and
-- flat, hooks.EVENT[i] (Cursor). A `shape` is { agent =, nested = }; a wanted
-- hook { event =, matcher = or nil, handler = { {key, value}, ... } }.
local command = require "propolis.install.command"
local edit = require "propolis.edit.json"

local hooks = {}

local function handlers(shape, event, list, found)
    local function look(item, path)
        local node = item.value
        if node.kind ~= "object" then return end
        for _, member in ipairs(node.items) do
            local ours = member.key == "command"
                and member.value.kind == "string"
                and command.parse(member.value.text)
            if ours and ours.agent == shape.agent then
                found[#found + 1] = {
                    event = event, path = path, line = member.value.text,
                    program = ours.program, named = ours.event,
                }
            end
        end
    end
    for i, item in ipairs(list.items or {}) do
        if not shape.nested then
            look(item, { "hooks", event, i })
        elseif item.value.kind == "object" then
            for _, member in ipairs(item.value.items) do
                local inner = member.key == "hooks" and member.value.items
                for j, one in ipairs(inner or {}) do
                    look(one, { "hooks", event, i, "hooks", j })
                end
            end
        end
    end
end

--- Our hooks in the text, in order: { event =, path =, line =, program = };
-- nil and a sentence when it does not parse.
function hooks.find(text, shape)
    if not text:find("%S") then return {} end
    local node, err = edit.get(text, { "hooks" })
    if err then return nil, err end
    local found = {}
    for _, member in ipairs(node and node.items or {}) do
        if member.key and member.value.kind == "array" then
            handlers(shape, member.key, member.value, found)
        end
    end
    return found
end

local function block(shape, want)
    if not shape.nested then return edit.encode(want.handler) end
    local pairs_ = {}
    if want.matcher then pairs_[1] = { "matcher", want.matcher } end
    pairs_[#pairs_ + 1] = { "hooks", edit.list { want.handler } }
    return edit.encode(pairs_)
end

local function up(path, steps)
    return { table.unpack(path, 1, #path - steps) }
end

-- Takes one hook away and what it leaves empty; a container that `keep` knows
-- was there before us stays.
local function take(text, hook, keep)
    local out, err = edit.remove(text, hook.path)
    local path = up(hook.path, 1)
    while out and #path > 0 do
        local node = edit.get(out, path)
        if not node or #node.items > 0 or keep(path) then return out end
        if type(path[#path]) == "number" then break end
        -- A block whose list of handlers is empty goes as a whole.
        local above = type(path[#path - 1]) == "number"
        path = above and up(path, 1) or path
        out, err = edit.remove(out, path)
        path = up(path, 1)
    end
    return out, err
end

local function first_of(found, event)
    for _, hook in ipairs(found) do
        if hook.event == event then return hook end
    end
end

--- The text with exactly the wanted hooks of ours: new ones added at the end
-- of their event, ours replaced where they stand, old ones taken away.
function hooks.merge(text, shape, wanted)
    local by_event = {}
    for _, want in ipairs(wanted) do by_event[want.event] = want end
    local found, err = hooks.find(text, shape)
    if not found then return nil, err end

    for i = #found, 1, -1 do
        local hook = found[i]
        if not by_event[hook.event] or first_of(found, hook.event) ~= hook then
            text, err = take(text, hook, function() return false end)
            if not text then return nil, err end
        end
    end
    for _, want in ipairs(wanted) do
        found = hooks.find(text, shape)
        local hook = first_of(found, want.event)
        if hook then
            text, err = edit.set(text, hook.path, edit.encode(want.handler))
        else
            text, err = edit.append(text, { "hooks", want.event },
                block(shape, want))
        end
        if not text then return nil, err end
    end
    return text
end

--- The text without our hooks; containers that became empty go too, unless
-- `before` (the text we once found, or nil) has them.
function hooks.strip(text, shape, before)
    local found, err = hooks.find(text, shape)
    if not found then return nil, err end
    local function keep(path)
        return before and edit.get(before, path) ~= nil
    end
    for i = #found, 1, -1 do
        text, err = take(text, found[i], keep)
        if not text then return nil, err end
    end
    return text
end

--- One wanted hook of a shape's agent: timeout in seconds; beside: the agent
-- does not wait for it.
function hooks.want(ctx, shape, event, timeout, beside)
    local handler = {
        { "type", "command" },
        { "command", command.line(ctx.program, shape.agent, event) },
        { "timeout", timeout },
    }
    if beside then handler[4] = { "async", true } end
    return { event = event, handler = handler }
end

--- The target (see propolis.install.claude_code) for the file at `path` with
-- these wanted hooks.
function hooks.target(path, shape, wanted)
    local events = {}
    for i, want in ipairs(wanted) do events[i] = want.event end
    return {
        path = path,
        add = function(text) return hooks.merge(text or "", shape, wanted) end,
        drop = function(text, before)
            return hooks.strip(text, shape, before)
        end,
        empty = function(text) return not text:find("[^%s{}]") end,
        find = function(text) return hooks.find(text, shape) end,
        wanted = events,
    }
end

return hooks
