--- A client of propolis mcp: what it says is written, what the server says is
-- read to its end.
--
--   local talk = mcp_client.talk(home, {
--       mcp_client.hello "2025-11-25",
--       { method = "tools/list" },          -- gets the next id
--       "not JSON",                         -- as it stands
--   })
--   talk.by_id[2].result.tools, talk.messages, talk.run.code
local json = require "propolis.json"
local run = require "run"

local client = {}

local META = "io.modelcontextprotocol/"

--- The request that begins a session.
function client.hello(version)
    return { method = "initialize", params = { protocolVersion = version,
        capabilities = json.object {}, clientInfo = { name = "Spec-Client",
            version = "1" } } }
end

--- What a request of a version without sessions has in its params.
function client.meta(version, more)
    local meta = { [META .. "protocolVersion"] = version or "2026-07-28",
        [META .. "clientCapabilities"] = json.object {},
        [META .. "clientInfo"] = { name = "Spec-Client", version = "1" } }
    for key, value in pairs(more or {}) do meta[key] = value end
    return meta
end

--- A call of a tool.
function client.call(name, args, meta)
    return { method = "tools/call", params = { name = name,
        arguments = next(args) and args or json.object {}, _meta = meta } }
end

local function line_of(message, n)
    if type(message) == "string" then return message, n end
    if not message.method or message.jsonrpc or message[1] then
        return assert(json.encode(message)), n
    end
    local id = message.id
    if id == nil and not message.method:find("^notifications/") then
        n = n + 1
        id = n
    end
    return assert(json.encode { jsonrpc = "2.0", id = id,
        method = message.method, params = message.params }), n
end

--- Says all of it in one write and reads what comes until the server ends.
-- @param opts of tests/support/run.lua, and args for propolis mcp
function client.talk(home, messages, opts)
    opts = opts or {}
    local lines, n = {}, 0
    for i, message in ipairs(messages) do
        lines[i], n = line_of(message, n)
    end
    opts.home, opts.stdin = home, table.concat(lines, "\n") .. "\n"
    local args = table.move(opts.args or {}, 1, #(opts.args or {}), 2,
        { "mcp" })
    local talk = { run = run(args, opts), by_id = {}, messages = {} }
    for line in talk.run.stdout:gmatch("[^\n]+") do
        local message = assert(json.decode(line))
        talk.messages[#talk.messages + 1] = message
        local id = message.id
        if id ~= nil and id ~= json.null then talk.by_id[id] = message end
    end
    return talk
end

return client
