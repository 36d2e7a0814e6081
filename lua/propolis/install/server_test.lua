--- propolis.install.server_test: speaks with an installed memory server as its
-- agent would.
local json = require "propolis.json"
local sys = require "engine.sys"

local server_test = {}

local LIMIT = 15 -- seconds; an agent gives up later

local function request(id, method, params)
    return { jsonrpc = "2.0", id = id, method = method, params = params }
end

-- A session that lists the tools and uses one that only reads.
local function said()
    local lines = {}
    for i, message in ipairs {
        request(1, "initialize", { protocolVersion = "2025-11-25",
            capabilities = json.object {}, clientInfo = {
                name = "propolis-doctor", version = sys.version } }),
        request(nil, "notifications/initialized"),
        request(2, "tools/list"),
        request(3, "tools/call", { name = "sessions",
            arguments = { all = true, limit = 1 } }),
    } do
        lines[i] = assert(json.encode(message))
    end
    return table.concat(lines, "\n") .. "\n"
end

-- The result of each request, by its id; or nil and a sentence.
local function results_of(text)
    local results = {}
    for line in text:gmatch("[^\n]+") do
        local message = json.decode(line)
        if type(message) ~= "table" then
            return nil, "printed something that is not JSON: "
                .. line:sub(1, 60)
        elseif type(message.error) == "table" then
            return nil, "refused: " .. tostring(message.error.message)
        elseif math.type(message.id) then
            results[message.id] = message.result
        end
    end
    for id = 1, 3 do
        if type(results[id]) ~= "table" then
            return nil, "did not answer"
        end
    end
    return results
end

--- Starts `PROGRAM mcp` and speaks with it.
-- @return how many tools it has, and the seconds all of it took; or nil and a
-- sentence
function server_test.run(program)
    local start = sys.monotonic()
    local ended, err = sys.run({ program, "mcp" }, { stdin = said(),
        timeout = LIMIT })
    if not ended then return nil, tostring(err) end
    if ended.timed_out then
        return nil, ("did not end within %d s"):format(LIMIT)
    elseif ended.code ~= 0 then
        return nil, ("ended with exit code %s: %s"):format(
            tostring(ended.code), ended.stderr:gsub("%s+$", ""):sub(1, 200))
    end
    local results, why = results_of(ended.stdout)
    if not results then return nil, why end
    local tools = results[2].tools
    if type(tools) ~= "table" or #tools == 0 then
        return nil, "offered no tools"
    end
    return #tools, sys.monotonic() - start
end

--- Checks the servers of a report of propolis.install.state.
-- @param say function(ok, format, ...): ok is true, false or nil for a remark
function server_test.check(report, say)
    for _, server in ipairs(report.servers) do
        if not server.program then
            say(nil, "%s does not name the memory server (propolis mcp): run"
                .. " `propolis install %s`", server.file, report.agent)
        elseif not server.runnable then
            say(false, "the memory server that %s names is gone: %s; run"
                .. " `propolis install %s`", server.file, server.program,
                report.agent)
        else
            local tools, seconds = server_test.run(server.program)
            if tools then
                say(true, "the memory server answered with %d tools, in %.0f"
                    .. " ms", tools, seconds * 1000)
            else
                say(false, "the memory server, `%s mcp`, %s; look into"
                    .. " propolis.log", server.program, tostring(seconds))
            end
        end
    end
end

return server_test
