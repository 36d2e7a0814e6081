--- Many processes that start at the same moment, and what they say.
--
--   local pipes, pids, held = gate.open(fifo, { { program, arg, ... }, ... })
--   local stored = gate.listen(pipes, result)
--   held:close()
--
-- Each process first says "ready PID", then opens the FIFO for reading, which
-- holds it up until all are there; the FIFO stays open until held is closed.
local gate = {}

local function quote(text)
    return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

local function start(words)
    for i, word in ipairs(words) do words[i] = quote(word) end
    return assert(io.popen("exec " .. table.concat(words, " ") .. " 2>&1"))
end

--- Starts the commands and lets them go once all stand at the gate.
function gate.open(fifo, commands)
    local pipes, pids = {}, {}
    assert(os.execute("mkfifo -m 600 " .. quote(fifo)))
    for i, words in ipairs(commands) do pipes[i] = start(words) end
    for i, pipe in ipairs(pipes) do
        local line = pipe:read("l")
        pids[i] = line and line:match("^ready (%d+)$")
            or error("a process does not start: " .. tostring(line))
    end
    return pipes, pids, assert(io.open(fifo, "w"))
end

--- Reads to the end what they say: "stored ID MORE" each time that something is
-- safe, which is counted as acknowledged; all else goes to on_line(line), if
-- that takes it (gives true), or is an error.
-- @return { [id] = MORE }
function gate.listen(pipes, result, on_line)
    local stored = {}
    for _, pipe in ipairs(pipes) do
        for line in pipe:lines() do
            local id, more = line:match("^stored (%S+) ?(.*)$")
            if id then
                stored[id] = more
                result.acknowledged = result.acknowledged + 1
            elseif not (on_line and on_line(line)) then
                result.errors[#result.errors + 1] = line
            end
        end
        pipe:close()
    end
    return stored
end

return gate
