--- Sessions as they are stored, made by hand for specs of what is read in them.
--
--   local s = session.new { project = "acme" }
--   s:prompt("fix it"):run("make test", "FAILED", 2):edit("src/a.c")
--   local rows = s.rows
local json = require "propolis.json"
local sys = require "engine.sys"

local session = {}
session.__index = session

--- opts: id, author, agent, project, cwd, start (a date's first 16 characters)
function session.new(opts)
    opts = opts or {}
    local id = opts.id or sys.uuid()
    local author, project = opts.author or "alice", opts.project or "acme"
    return setmetatable({
        id = id, author = author, agent = opts.agent or "claude_code",
        project = project, cwd = opts.cwd or "/home/alice/" .. project,
        start = opts.start or "2026-11-24T10", rows = {}, more = {},
        path = ("/sessions/%s/%s_%s_%s_%s.jsonl"):format(author, author,
            opts.org or "local", opts.workspace or "default", id),
    }, session)
end

--- Adds an event; more: fields of the message.
function session:event(name, body)
    body.session_id, body.cwd = self.id, body.cwd or self.cwd
    for key, value in pairs(self.more) do
        body[key] = value
    end
    local n = #self.rows
    local time = ("%s:%02d:%02d.%03dZ"):format(self.start, n // 60 % 60,
        n % 60, n // 3600)
    local text = assert(json.encode(body))
    self.rows[n + 1] = {
        id = sys.uuid(), path = self.path, filename = self.path:match "[^/]*$",
        message = text, author = self.author, size_bytes = #text,
        project = self.project, description = name, agent = self.agent,
        plugin_version = "9", creation_date = time, last_update_date = time,
    }
    return self
end

function session:prompt(text)
    return self:event("UserPromptSubmit", { type = "user_message",
        content = text })
end

function session:reply(text)
    return self:event("Stop", { type = "assistant_message", content = text })
end

function session:tool(name, input, response, failed)
    return self:event("PostToolUse", { type = "tool_call", tool_name = name,
        tool_input = json.encode(input), is_error = failed or nil,
        tool_response = type(response) == "table" and json.encode(response)
            or response })
end

--- A command with what it printed, and its exit code (0).
function session:run(command, output, code)
    if code and code ~= 0 then
        return self:tool("Bash", { command = command }, { error =
            ("Exit code %d\n%s"):format(code, output or "") }, true)
    end
    return self:tool("Bash", { command = command }, { stdout = output or "",
        stderr = "" })
end

function session:edit(path, failed)
    path = path:find "^/" and path or self.cwd .. "/" .. path
    return self:tool("Edit", { file_path = path, old_string = "a",
        new_string = "b" }, failed and { error = "String to replace not found" }
        or { filePath = path, structuredPatch = {} }, failed)
end

function session:write(path)
    path = path:find "^/" and path or self.cwd .. "/" .. path
    return self:tool("Write", { file_path = path, content = "x" },
        { type = "create", filePath = path })
end

--- All that follows is done by a subagent, or (nil) no longer.
function session:by(subagent)
    self.more = subagent and { agent_id = "a-1", agent_type = subagent } or {}
    return self
end

function session:start_it()
    return self:event("SessionStart", { type = "session_start",
        source = "startup" })
end

function session:end_it()
    return self:event("SessionEnd", { type = "session_end", reason = "other" })
end

return session
