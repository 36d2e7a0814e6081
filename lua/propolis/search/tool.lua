--- tool: what a tool call was asked to do, from the shapes of all agents. Pure.
local json = require "propolis.json"
local outcome = require "propolis.search.outcome"

local tool = {}

local find, gsub, match, sub = string.find, string.gsub, string.match,
    string.sub

local PATHS = { "file_path", "path", "filePath", "notebook_path",
    "absolute_path", "target_file", "relative_workspace_path", "filename",
    "dir_path", "directory", "file" }
local PATTERNS = { "pattern", "regex", "glob", "glob_pattern",
    "include_pattern", "name_pattern" }
local QUERIES = { "query", "search_term", "q", "url", "uri", "skill",
    "subagent_type", "agent", "ref" }

-- What a call writes or says, beside what it is about.
local DETAILS = { "description", "prompt", "task", "instructions",
    "instruction", "explanation", "old_string", "old_str", "oldText",
    "new_string", "new_str", "newText", "content", "contents", "code_edit",
    "file_text", "text", "code", "message", "subject", "summary", "args",
    "note", "patch", "diff" }

local function text_of(value)
    return type(value) == "string" and value ~= "" and value or nil
end

local function first_of(t, keys)
    for i = 1, #keys do
        local value = t[keys[i]]
        if type(value) == "string" and value ~= "" then return value end
    end
end

--- A text on one line.
function tool.one_line(text)
    if not find(text, "%s%s") and not find(text, "[\n\r\t]") then
        return text
    end
    return (gsub(gsub(text, "%s+", " "), "^ ", ""))
end
local one_line = tool.one_line

-- The command line of a list of words; of a shell's -c only what it runs.
local function command_of(input)
    local words = input.command or input.cmd or input.commandLine
        or input.script
    if type(words) ~= "table" then return text_of(words) end
    local list = {}
    for i, word in ipairs(words) do
        list[i] = tostring(word)
    end
    if #list == 3 and find(list[1], "sh$") and find(list[2], "^%-%l*c$") then
        return text_of(list[3])
    end
    return text_of(table.concat(list, " "))
end

local HOW = { Add = "new", Delete = "deleted" }

-- The files that a patch is about, in its order: { path =, how = }.
local function patched(patch)
    local list = {}
    for verb, path in patch:gmatch("%*%*%* (%a+) File: ([^\n]+)") do
        list[#list + 1] = { path = path, how = HOW[verb] or "modified" }
    end
    return list
end

local function add(list, text)
    if text then list[#list + 1] = text end
end

-- The details of a call: texts, and those of a list of edits.
local function details_of(input, list)
    for i = 1, #DETAILS do
        add(list, text_of(input[DETAILS[i]]))
    end
    local edits = input.edits or input.changes
    for _, edit in ipairs(type(edits) == "table" and edits or {}) do
        if type(edit) == "table" then
            details_of(edit, list)
        end
    end
    return list
end

-- The arguments of a call whose names nobody knows, on one line.
local function unknown(input)
    local text = outcome.fields(input)
    return text and one_line(text)
end

local function read_table(m, input)
    local command = command_of(input)
    local details = details_of(input, {})
    local patch = command and find(command, "*** Begin Patch", 1, true)
        and command or match(text_of(input.patch) or text_of(input.input)
            or "", "^%s*%*%*%* Begin Patch.*")
    m.path = first_of(input, PATHS)
    m.paths = m.path and { m.path } or nil
    if patch then
        m.changes, m.paths = patched(patch), {}
        for i, change in ipairs(m.changes) do
            m.paths[i] = change.path
        end
        m.path = m.paths[1]
        if patch == command then
            command, details = nil, { patch }
        end
    end
    m.command, m.pattern = command, first_of(input, PATTERNS)
    local list = {}
    add(list, command and one_line(command))
    add(list, m.paths and table.concat(m.paths, " "))
    add(list, m.pattern)
    for i = 1, #QUERIES do
        add(list, text_of(input[QUERIES[i]]))
    end
    m.arguments = one_line(table.concat(list, " "))
    m.detail = text_of(table.concat(details, "\n"))
    if m.arguments == "" and not m.detail then
        m.arguments = unknown(input) or ""
    end
end

-- The heart of a tool's name, in small letters: of mcp__server__edit_file
-- "edit_file".
local function bare(name)
    return match(name, "__([^_].*)$") or match(name, "([^:./]+)$") or name
end

-- Tools that change the file they name, and how when that is certain.
local CHANGES = { delete = "deleted", delete_file = "deleted",
    create_file = "new", create = "new" }
for word in ([[edit write multiedit notebookedit update insert replace
    write_file edit_file str_replace search_replace patch str_replace_editor
    str_replace_based_edit_tool write_to_file replace_in_file edit_notebook
    strreplace multi_edit notebook_edit]]):gmatch("%S+") do
    CHANGES[word] = "modified"
end

-- What editors with several commands in one tool call them.
local COMMANDS = { view = false, read = false, create = "new" }

-- How a call changes the file it names: "new", "modified" or "deleted"; or nil.
local function change_of(m, input, response)
    local how = CHANGES[bare(m.tool):lower()]
    if not how or not m.path then return nil end
    local asked = COMMANDS[input.command]
    if asked ~= nil then return asked or nil end
    local made = type(response) == "string"
        and find(response, '"type":%s*"create"')
    return made and "new" or how
end

--- Fills in what a tool call was asked to do and what came of it.
-- @param m the message to be filled, see propolis.search.message
-- @param body the stored message
function tool.read(m, body)
    m.tool = text_of(body.tool_name) or text_of(body.name) or "tool"
    local input = body.tool_input
    if input == nil then input = body.input or body.arguments end
    if type(input) == "string" and find(input, '^%s*[%[{"]') then
        local value = json.skim(input)
        if value ~= nil then input = value end
    end
    if type(input) == "table" then
        read_table(m, input)
        local how = not m.changes and change_of(m, input, body.tool_response)
        if how then m.changes = { { path = m.path, how = how } } end
    else
        m.arguments = type(input) == "string" and one_line(input) or ""
    end
    local is_error = body.is_error
    if type(is_error) ~= "boolean" then is_error = nil end
    m.result, m.failed, m.exit = outcome.of(body.tool_response, is_error,
        m.command)
    m.failed = m.failed or nil
    if #m.arguments > tool.longest then
        m.arguments = sub(m.arguments, 1, tool.longest)
    end
end

--- Arguments are cut to so many bytes; m.command has the whole command.
tool.longest = 4000

return tool
