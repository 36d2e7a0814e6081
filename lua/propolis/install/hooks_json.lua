--- propolis.install.hooks_json: our hooks in an agent's JSON file of hooks.
-- Pure. A shape says how the agent wants them:
--   agent    the agent's name in the hook lines
--   nested   hooks.EVENT[i].hooks[j] when true, else hooks.EVENT[i]
--   events   list of { event, timeout, beside =, matcher = }: timeout in the
--            agent's own unit; beside: the agent does not wait for the hook
--            (`async`); matcher: which of the events run it
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
                    program = ours.program, edited = ours.edited,
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

-- The handler of one of a shape's events, as pairs.
local function handler(ctx, shape, want)
    return {
        { "type", "command" },
        { "command", command.line(ctx.program, shape.agent, want[1]) },
        { "timeout", want[2] }, want.beside and { "async", true } or nil,
    }
end

local function block(shape, want, pairs_)
    if not shape.nested then return edit.encode(pairs_) end
    local list = { "hooks", edit.list { pairs_ } }
    return edit.encode(want.matcher and { { "matcher", want.matcher }, list }
        or { list })
end

-- Takes one hook away and what it leaves empty, but for what was there
-- `before` us.
local function take(text, hook, before)
    local out, err = edit.remove(text, hook.path)
    local list = { table.unpack(hook.path, 1, #hook.path - 1) }
    local node = out and edit.get(out, list)
    -- A block whose list of handlers is empty goes as a whole.
    if #list > 2 and node and #node.items == 0
        and not (before and edit.get(before, list)) then
        out, err = edit.remove(out, { table.unpack(list, 1, 3) })
    end
    if not out then return nil, err end
    return edit.prune(out, { "hooks", hook.event }, before)
end

-- The text with exactly the shape's hooks of ours: new ones added at the end
-- of their event, ours replaced where they stand, old ones taken away; what was
-- edited stays.
local function add(text, ctx, shape)
    local wanted = {}
    for _, want in ipairs(shape.events) do wanted[want[1]] = true end
    local found, err = hooks.find(text, shape)
    if not found then return nil, err end

    for i = #found, 1, -1 do
        local hook = found[i]
        local stays = wanted[hook.event] or command.stays(hook, ctx)
        if not stays or command.kept(ctx, found, hook.event) ~= hook then
            text, err = take(text, hook)
            if not text then return nil, err end
        end
    end
    for _, want in ipairs(shape.events) do
        found = hooks.find(text, shape)
        local hook = command.kept(ctx, found, want[1])
        local ours = handler(ctx, shape, want)
        if not hook then
            text, err = edit.append(text, { "hooks", want[1] },
                block(shape, want, ours))
        elseif not command.stays(hook, ctx) then
            text, err = edit.set(text, hook.path, edit.encode(ours))
        end
        if not text then return nil, err end
    end
    return text
end

-- The text without our hooks; containers that are empty go too, unless
-- `before` (the text we once found, or nil) has them.
local function drop(text, shape, before)
    local found, err = hooks.find(text, shape)
    for i = #(found or {}), 1, -1 do
        text, err = take(text, found[i], before)
        if not text then return nil, err end
    end
    if not found or not text:find("%S") then return found and text, err end
    for _, want in ipairs(shape.events) do
        text, err = edit.prune(text, { "hooks", want[1] }, before)
        if not text then return nil, err end
    end
    return text
end

--- The target (see propolis.agents) for the file at `path`.
function hooks.target(ctx, path, shape)
    local events = {}
    for i, want in ipairs(shape.events) do events[i] = want[1] end
    return {
        path = path,
        add = function(text) return add(text or "", ctx, shape) end,
        drop = function(text, before) return drop(text, shape, before) end,
        empty = function(text) return not text:find("[^%s{}]") end,
        find = function(text) return hooks.find(text, shape) end,
        wanted = events,
    }
end

return hooks
