--- own_calls: a tool call in which an agent ran `propolis forget` is stored
-- without what it named and what it was shown, as that is what is to be gone.
local json = require "propolis.json"

local own_calls = {}

-- The command where a shell takes a command from.
local RUNS = "[\n;&|(]%s*[^%s;&|()]*propolis%s+forget%f[^%w_-]"

-- Whether the input of a tool, as text or as JSON, has such a command.
local function is_forget(input)
    if type(input) == "string" and input:find("^%s*{") then
        input = json.decode(input) or input
    end
    local command = type(input) == "table"
        and (input.command or input.cmd) or input
    if type(command) == "table" then -- a list of arguments
        local words = {}
        for i, word in ipairs(command) do words[i] = tostring(word) end
        command = table.concat(words, " ")
    end
    return type(command) == "string" and ("\n" .. command):find(RUNS) ~= nil
end

-- One message without them; nil when it is no such call.
local function without(text)
    local message = json.decode(text)
    if type(message) ~= "table" or message.type ~= "tool_call"
        or not is_forget(message.tool_input) then
        return nil
    end
    message.tool_input = '{"command":"propolis forget"}'
    message.tool_response = "(left out)"
    return (json.encode(message))
end

--- Changes those of the records (see propolis.capture.intake) in place.
-- @return records
function own_calls.left_out(records)
    for _, record in ipairs(records) do
        local row = record.row
        local clean = type(row.message) == "string"
            and row.message:find("propolis%s+forget")
            and without(row.message)
        if clean then row.message, row.size_bytes = clean, #clean end
    end
    return records
end

return own_calls
