--- mcp.rpc: JSON-RPC 2.0 messages.
local json = require "propolis.json"
local text = require "engine.text"

local rpc = {}

rpc.PARSE = -32700
rpc.INVALID = -32600
rpc.NO_METHOD = -32601
rpc.PARAMS = -32602
rpc.INTERNAL = -32603
rpc.NO_RESOURCE = -32002 -- before 2026-07-28
rpc.VERSION = -32022

local Fault = { __name = "propolis.mcp.fault" }

function Fault:__tostring()
    return self.message
end

--- Raises what becomes the request's error.
-- @param data more for a program, or nil
function rpc.fail(code, message, data)
    error(setmetatable({ code = code, message = message, data = data }, Fault),
        0)
end

--- True for what rpc.fail raises.
function rpc.is_fault(raised)
    return getmetatable(raised) == Fault
end

--- Whether a decoded value is a JSON object.
function rpc.is_object(value)
    return type(value) == "table" and not json.is_array(value)
        and #value == 0
end

--- An object that stays {} when it is empty.
function rpc.object(t)
    return next(t) == nil and json.object {} or t
end

--- An error's message.
-- @param id of the request; json.null when it is not known, nil to leave it out
function rpc.error(id, code, message, data)
    return json.object { { "jsonrpc", "2.0" }, { "id", id },
        { "error", json.object { { "code", code },
            { "message", text.utf8(message) }, { "data", data } } } }
end

function rpc.result(id, result)
    return json.object { { "jsonrpc", "2.0" }, { "id", id },
        { "result", result } }
end

function rpc.notification(method, params)
    return json.object { { "jsonrpc", "2.0" }, { "method", method },
        { "params", params } }
end

--- What a message is: "request", "notification", "response", or nil and why it
-- is none of them.
function rpc.kind(message)
    if not rpc.is_object(message) then
        return nil, "a message must be a JSON object"
    elseif message.jsonrpc ~= "2.0" then
        return nil, "a message must say \"jsonrpc\": \"2.0\""
    elseif message.method == nil and (message.result ~= nil
        or message.error ~= nil) then
        return "response"
    elseif type(message.method) ~= "string" then
        return nil, "a request must name its method"
    elseif message.id == nil then
        return "notification"
    elseif type(message.id) ~= "string" and not math.type(message.id) then
        return nil, "an id must be a string or a number"
    end
    return "request"
end

--- The message as one line.
function rpc.encode(message)
    return text.utf8(assert(json.encode(message)))
end

return rpc
