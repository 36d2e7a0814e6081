--- codex.install: hooks in Codex's hooks.json, the switch that turns hooks on
-- and the memory server in config.toml; see propolis.agents. Approving the
-- hooks is left to the user.
local edit_text = require "propolis.edit.text"
local hooks = require "propolis.install.hooks_json"
local toml = require "propolis.edit.toml"

-- Timeouts in seconds. What runs beside the agent may overtake what came
-- before and is cancelled when the session ends, so only notes do.
local SHAPE = { agent = "codex", nested = true, events = {
    { "SessionStart", 10 }, { "UserPromptSubmit", 5 },
    { "PermissionRequest", 10, beside = true }, { "PostToolUse", 5 },
    { "PreCompact", 10, beside = true }, { "PostCompact", 10, beside = true },
    { "SubagentStart", 10, beside = true }, { "SubagentStop", 5 },
    { "Stop", 5 }, { "Interrupt", 1 }, { "SessionEnd", 1 },
} }

local SWITCHES = { { "features", "hooks" }, { "features", "codex_hooks" } }
local SERVER = { "mcp_servers", "propolis" }

local function switched_off(text)
    for _, path in ipairs(SWITCHES) do
        local value, err = toml.value(text, path)
        if err then return nil, err end
        if value == false then return path end
    end
end

local function add(ctx, text)
    local out = text or ""
    local off, err = switched_off(out)
    if err then return nil, err end
    while off do
        out, err = toml.set(out, off, "true")
        if not out then return nil, err end
        off = switched_off(out)
    end
    if ctx.mcp then
        out, err = toml.set_table(out, SERVER, {
            { "command", toml.quote(ctx.program) }, { "args", '["mcp"]' },
        })
        if not out then return nil, err end
    end
    return out ~= "" and out or text
end

-- The switch goes back to what it was only where nobody else changed it since.
local function drop(text, before)
    local out, err = toml.remove_table(text, SERVER, before)
    for _, path in ipairs(out and before and SWITCHES or {}) do
        if out and toml.value(before, path) == false
            and toml.value(out, path) == true then
            out, err = toml.set(out, path, "false")
        end
    end
    return out and edit_text.unended(out, before), err
end

local function config_file(ctx, folder)
    return {
        path = folder .. "/config.toml",
        add = function(text) return add(ctx, text) end,
        drop = drop,
        empty = function(text) return not text:find("%S") end,
        server = function(text)
            local program, err = toml.value(text, { "mcp_servers", "propolis",
                "command" })
            return program and { command = program }, err
        end,
    }
end

local function snake(event)
    return (event:gsub("(%l)(%u)", "%1_%2"):lower())
end

-- "waiting", "disabled" or "approved" for each of our hooks, by Codex's own
-- record: [hooks.state."FILE:event:group:handler"].
local function trust(config, file, found)
    local state, err = toml.under(config or "", { "hooks", "state" })
    if not state then return nil, err end
    local seen = {}
    for _, entry in ipairs(state) do
        local name, key = entry.path[1], entry.path[2]
        seen[name] = seen[name] or {}
        if key then seen[name][key] = entry.value end
    end
    local out = {}
    for i, hook in ipairs(found) do
        local name = ("%s:%s:%d:%d"):format(file, snake(hook.event),
            hook.path[3] - 1, hook.path[5] - 1)
        local record = seen[name] or {}
        out[i] = { event = hook.event, state = record.enabled == false
            and "disabled" or record.trusted_hash and "approved"
            or "waiting" }
    end
    return out
end

local function approvals(read, folder)
    local file = folder .. "/hooks.json"
    local text = read(file)
    local found = text and hooks.find(text, SHAPE)
    if not found then return {} end
    return trust(read(folder .. "/config.toml"), file, found) or {}
end

return {
    title = "Codex",
    summarize = {
        programs = { "codex" },
        arguments = { "exec", "--sandbox", "read-only", "--disable",
            "shell_tool", "--disable", "unified_exec", "--disable",
            "multi_agent", "--disable", "view_image", "-c",
            'web_search="disabled"', "--ephemeral",
            "--skip-git-repo-check", "--color", "never", "-" },
        stdin = true,
    },
    gaps = { ["a turn that ended in an error"] = "-", thoughts = "-" },
    folder = function(ctx)
        return ctx.env("CODEX_HOME") or ctx.home .. "/.codex"
    end,
    targets = function(ctx, folder)
        return {
            hooks.target(ctx, folder .. "/hooks.json", SHAPE),
            config_file(ctx, folder),
        }
    end,
    approvals = approvals,
    asks = {
        { "waiting", "Codex runs a hook only after you approved it: start "
            .. "codex, type /hooks and approve the %d lines that name "
            .. "propolis" },
        { "disabled", "%d of our hooks are switched off in Codex: start "
            .. "codex, type /hooks" },
    },
}
