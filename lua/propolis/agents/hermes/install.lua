--- hermes.install: hooks and the memory server in Hermes' config.yaml and,
-- only when the user asked for it, the approval of our own lines in its
-- allow-list; see propolis.agents. `hooks_auto_accept` would approve
-- everybody's and is not touched.
local command = require "propolis.install.command"
local edit_text = require "propolis.edit.text"
local json = require "propolis.edit.json"
local yaml = require "propolis.edit.yaml"

local NAME = "hermes"

local EVENTS = {
    "on_session_start", "pre_llm_call", "post_tool_call", "post_llm_call",
    "subagent_stop", "on_session_end", "on_session_finalize",
}

local SERVER = { "mcp_servers", "propolis" }

local function find(text)
    local root, err = yaml.get(text, { "hooks" })
    if err then return nil, err end
    local found = {}
    for _, entry in ipairs(root and root.items or {}) do
        for i, item in ipairs(entry.value.items or {}) do
            local fields = yaml.fields(item.value)
            local ours = command.parse(fields.command)
            if ours and ours.agent == NAME then
                found[#found + 1] = {
                    event = entry.key, index = i, line = fields.command,
                    program = ours.program, edited = ours.edited,
                    timeout = fields.timeout,
                }
            end
        end
    end
    return found
end

local function body(line)
    return { { "command", yaml.quote(line) }, { "timeout", "10" } }
end

local function by_hand(ctx, err)
    local lines = { err .. ". Add these lines by hand:" }
    lines[2] = "hooks:"
    for _, event in ipairs(EVENTS) do
        lines[#lines + 1] = "  " .. event .. ":"
        lines[#lines + 1] = "    - command: "
            .. yaml.quote(command.line(ctx.program, NAME, event, true))
        lines[#lines + 1] = "      timeout: 10"
    end
    return nil, table.concat(lines, "\n")
end

local function take(text, hook, before)
    local path = { "hooks", hook.event }
    local out, err = yaml.remove_item(text, path, hook.index)
    if not out then return nil, err end
    return yaml.prune(out, path, before)
end

local function add_hooks(ctx, text)
    local found, err = find(text)
    if not found then return nil, err end
    local there = {}
    for i = #found, 1, -1 do
        local hook = found[i]
        local line = command.line(ctx.program, NAME, hook.event, true)
        if command.kept(ctx, found, hook.event) == hook
            and (command.stays(hook, ctx)
                or hook.line == line and hook.timeout == "10") then
            there[hook.event] = true
        else
            text, err = take(text, hook)
            if not text then return nil, err end
        end
    end
    for _, event in ipairs(EVENTS) do
        if not there[event] then
            text, err = yaml.append(text, { "hooks", event },
                body(command.line(ctx.program, NAME, event, true)))
            if not text then return by_hand(ctx, err) end
        end
    end
    return text
end

local function drop(text, before)
    local found, err = find(text)
    if not found then return nil, err end
    for i = #found, 1, -1 do
        text, err = take(text, found[i], before)
        if not text then return nil, err end
    end
    text, err = yaml.remove(text, SERVER)
    if not text then return nil, err end
    local places = { { "mcp_servers" } }
    for i, event in ipairs(EVENTS) do places[i + 1] = { "hooks", event } end
    for _, place in ipairs(places) do
        text, err = yaml.prune(text, place, before)
        if not text then return nil, err end
    end
    return edit_text.unended(text, before)
end

local function config(ctx, folder)
    return {
        path = folder .. "/config.yaml",
        add = function(text)
            local out, err = add_hooks(ctx, text or "")
            if not out or not ctx.mcp then return out, err end
            local now = yaml.get(out, SERVER)
            if now and yaml.fields(now).command == ctx.program then
                return out
            end
            return yaml.set(out, SERVER, {
                { "command", yaml.quote(ctx.program) }, { "args", '["mcp"]' },
            })
        end,
        drop = drop,
        empty = function(text) return not text:find("%S") end,
        find = find,
        wanted = EVENTS,
        server = function(text)
            local node, err = yaml.get(text, SERVER)
            return node and yaml.fields(node), err
        end,
    }
end

local function approvals_of(text)
    local list = text and text:find("%S") and json.value(text, { "approvals" })
    return type(list) == "table" and list or {}
end

local function approved(list, event, line)
    for _, one in ipairs(list) do
        if type(one) == "table" and one.event == event
            and one.command == line then
            return true
        end
    end
    return false
end

-- The place in the list of the last line of ours.
local function ours_in(list)
    for i = #list, 1, -1 do
        local ours = type(list[i]) == "table"
            and command.parse(list[i].command)
        if ours and ours.agent == NAME then return i end
    end
end

local function allow_list(ctx, folder)
    return {
        path = folder .. "/shell-hooks-allowlist.json",
        add = function(text)
            if not ctx.approve then return text end
            local out, err = text or ""
            for _, event in ipairs(EVENTS) do
                local line = command.line(ctx.program, NAME, event, true)
                if not approved(approvals_of(out), event, line) then
                    out, err = json.append(out, { "approvals" }, json.encode {
                        { "approved_at", ctx.now }, { "command", line },
                        { "event", event },
                        { "script_mtime_at_approval", ctx.program_time },
                    })
                    if not out then return nil, err end
                end
            end
            return out
        end,
        drop = function(text, before)
            local at = ours_in(approvals_of(text))
            while at do
                local out, err = json.remove(text, { "approvals", at })
                if not out then return nil, err end
                text, at = out, ours_in(approvals_of(out))
            end
            if not text:find("%S") then return text end
            return json.prune(text, { "approvals" }, before)
        end,
        empty = function(text) return not text:find("[^%s{}]") end,
        entry = function(text) return ours_in(approvals_of(text)) end,
    }
end

local function approvals(read, folder)
    local text = read(folder .. "/config.yaml")
    local list = approvals_of(read(folder .. "/shell-hooks-allowlist.json"))
    local root = text and yaml.get(text, { "hooks_auto_accept" })
    local all, out = root and root.value == "true", {}
    for i, hook in ipairs(text and find(text) or {}) do
        out[i] = { event = hook.event, state = (all or approved(list,
            hook.event, hook.line)) and "approved" or "waiting" }
    end
    return out
end

return {
    title = "Hermes",
    summarize = {
        programs = { "hermes" },
        arguments = { "chat", "-Q", "-t", "todo", "--query-file", "-" },
        stdin = true,
    },
    gaps = { ["a turn that ended in an error"] = "-", subagents = "end only",
        compaction = "-", ["permission requests"] = "-", thoughts = "-" },
    no_shell = true,
    folder = function(ctx)
        return ctx.env("HERMES_HOME") or ctx.home .. "/.hermes"
    end,
    targets = function(ctx, folder)
        return { config(ctx, folder), allow_list(ctx, folder) }
    end,
    approvals = approvals,
    asks = { { "waiting", "Hermes asks once for each of our %d lines when it "
        .. "starts: answer y, or run `propolis install hermes --approve` to "
        .. "approve exactly these" } },
}
