--- outcome: what came of a tool call, from the shapes in which the agents tell
-- it.  Pure.
local diagnosis = require "propolis.search.diagnosis"
local json = require "propolis.json"

local outcome = {}

local find, match, sub = string.find, string.match, string.sub
local null = json.null

local EXIT = { "exit_code", "exitCode", "exitcode", "returncode",
    "return_code", "exit_status" }

local FAILED = { failed = true, failure = true, error = true, timeout = true,
    timed_out = true, cancelled = true, aborted = true, interrupted = true,
    killed = true }

-- Fields that tell nothing to a person.
local NOISE = {}
for word in ([[interrupted isImage noOutputExpected type structuredPatch
    userModified originalFile replaceAll totalDurationMs totalTokens usage
    totalToolUseCount toolStats durationMs durationSeconds duration_ms bytes
    agentId agentType verificationNudgeNeeded numLines numFiles truncated
    statusChange updatedFields isAgent success isError is_error exit_code
    exitCode startLine totalLines mode]]):gmatch("%S+") do
    NOISE[word] = true
end

local function text_of(value)
    return type(value) == "string" and value ~= "" and value or nil
end

local function present(value)
    return value ~= nil and value ~= null and value ~= false and value ~= ""
end

--- A message's text: a string, or the text parts of a list joined by newlines;
-- nil when there is none.
function outcome.joined(content)
    if type(content) ~= "table" then return text_of(content) end
    if content[1] == nil then return text_of(content.text) end
    local parts = {}
    for _, part in ipairs(content) do
        if type(part) == "table" then
            part = text_of(part.text) or part.type ~= "text"
                and type(part.type) == "string" and "[" .. part.type .. "]"
        end
        parts[#parts + 1] = text_of(part)
    end
    return text_of(table.concat(parts, "\n"))
end
local joined = outcome.joined

local function scalar(value)
    if type(value) == "number" then return ("%.14g"):format(value) end
    if type(value) == "boolean" then return tostring(value) end
    return text_of(value)
end

local MOST_LINES = 200

-- "key: value" lines of what a table holds, its keys sorted.
local function list_fields(t, prefix, lines, depth)
    local keys = {}
    for key in next, t do
        if not NOISE[key] then keys[#keys + 1] = key end
    end
    table.sort(keys, function(a, b)
        if type(a) == type(b) then return a < b end
        return type(a) == "number"
    end)
    for _, key in ipairs(keys) do
        local value = t[key]
        if #lines >= MOST_LINES then return end
        local name = type(key) == "number" and prefix
            or prefix .. (prefix ~= "" and "." or "") .. key
        if type(value) == "table" and depth < 4 then
            list_fields(value, name, lines, depth + 1)
        elseif present(value) and scalar(value) then
            lines[#lines + 1] = (name ~= "" and name .. ": " or "")
                .. scalar(value)
        end
    end
end

--- What a table holds as "key: value" lines; nil when that is nothing.
function outcome.fields(t)
    local lines = {}
    list_fields(t, "", lines, 1)
    return text_of(table.concat(lines, "\n"))
end

-- Gemini CLI's text for the model, without the words around the output.
local function for_model(content)
    local text = joined(content)
    if not text then return nil end
    local code = match(sub(text, -400), "\n[Ee]xit Code: (%-?%d+)\n")
    local output = match(text, "^<untrusted_context>\n?(.*)$")
    if output then
        output = output:gsub("\n?</untrusted_context>%s*$", "")
            :gsub("\nProcess Group PGID: %d+$", "")
            :gsub("\nExit Code: %-?%d+$", ""):gsub("^Output: ", "")
    end
    return output or text, tonumber(code)
end

local function error_text(err)
    if type(err) ~= "table" then return scalar(err) end
    return text_of(err.message) or outcome.fields(err)
end

-- Titles and addresses of what was found.
local function listed(list)
    if type(list) ~= "table" then return nil end
    local lines = {}
    for i, one in ipairs(list) do
        if i > MOST_LINES then break end
        if type(one) == "table" then
            one = text_of(one.title) or text_of(one.url) or text_of(one.path)
                or outcome.fields(one)
        end
        lines[#lines + 1] = scalar(one)
    end
    return text_of(table.concat(lines, "\n"))
end

-- What a file tool answers says no more than its arguments.
local function is_edit(r)
    return text_of(r.filePath) and (r.structuredPatch ~= nil
        or r.oldString ~= nil or r.type == "create" or r.type == "update")
end

-- Both streams of a command.
local function streams(r)
    if r.stdout == nil and r.stderr == nil then return nil end
    local out, err = text_of(r.stdout), text_of(r.stderr)
    return out and err and out .. "\n" .. err or out or err or ""
end

local function body_of(r)
    local text = streams(r) or joined(r.output)
    if text then return text end
    if is_edit(r) then return "" end
    local file = r.file
    if type(file) == "table" then
        return text_of(file.content) or text_of(file.filePath)
    end
    return joined(r.content) or listed(r.filenames) or listed(r.matches)
        or listed(r.results) or joined(r.result) or text_of(r.text)
        or text_of(r.message) or joined(r)
end

local function exit_of(t)
    if type(t) ~= "table" then return nil end
    for _, key in ipairs(EXIT) do
        local code = math.tointeger(tonumber(t[key]))
        if code then return code end
    end
end

-- Whether the fields say that the call failed (true) or did not (false).
local function verdict(r, details, exit)
    if present(r.error) or r.isError == true or r.is_error == true
        or r.success == false or r.interrupted == true
        or r.timed_out == true or present(details.exitSignal)
        or FAILED[r.status] or FAILED[details.status] then
        return true
    elseif exit then
        return exit ~= 0
    end
    return false
end

local function from_table(r)
    local details = type(r.details) == "table" and r.details or r
    local exit = exit_of(r) or exit_of(details) or exit_of(r.metadata)
    local text = body_of(r)
    if r.llmContent ~= nil then
        local model, code = for_model(r.llmContent)
        exit = exit or code
        text = text_of(r.returnDisplay) or model
    end
    local failed = verdict(r, details, exit)
    local err = present(r.error) and error_text(r.error)
    if err then
        exit = exit or diagnosis.exit_code(err)
        text = text_of(text) and text ~= err and err .. "\n" .. text or err
    elseif text and not exit and failed then
        exit = diagnosis.exit_code(text)
    end
    if not text then
        text = outcome.fields(r)
    end
    return text, failed, exit
end

--- What came of a tool call.
-- @param response as stored: text, JSON text, or a table; nil
-- @param is_error what the message itself says: true, false or nil
-- @param command the command that ran, or nil: where an agent tells no outcome
-- it is looked for in what the command printed
-- @return the text that a person would read, or nil; true when it failed, else
-- false; its exit code, or nil
function outcome.of(response, is_error, command)
    local value = response
    if type(value) == "string" and find(value, '^%s*[%[{"]') then
        local read = json.skim(value)
        if read ~= nil then value = read end
    end
    local text, failed, exit
    if type(value) == "table" then
        text, failed, exit = from_table(value)
        if not failed and text and command
            and diagnosis.is_filtered(command) then
            failed = diagnosis.says_failure(text, command)
        end
    elseif value ~= nil and value ~= null and value ~= "null" then
        text = scalar(value)
        exit = text and diagnosis.exit_code(text)
        failed = exit and exit ~= 0
        if exit == nil and text and command and is_error == nil then
            failed = diagnosis.says_failure(text, command)
        end
    end
    return text, is_error == true or failed == true, exit
end

return outcome
