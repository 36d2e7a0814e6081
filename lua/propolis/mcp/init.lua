--- mcp: a server of the Model Context Protocol on stdin and stdout.
--
--   require("propolis.mcp").serve({ store = url or nil, remote = bool })
--
-- One request is answered at a time, in the order in which they came; while one
-- runs, what comes meanwhile is looked at, so that it can be cancelled.
local inbox = require "propolis.mcp.inbox"
local json = require "propolis.json"
local methods = require "propolis.mcp.methods"
local pcall = require("engine.sys").pcall -- Ctrl-C goes on up
local rpc = require "propolis.mcp.rpc"
local versions = require "propolis.mcp.versions"

local mcp = {}

--- Bytes of the longest message, and the most messages of a batch.
mcp.longest, mcp.batch = 4 << 20, 1000

local META = "io.modelcontextprotocol/"

-- The life of a server: made by serve(); `version` is what `initialize` agreed
-- on, `client` how the client calls itself; ends with its inbox.
local Server = {}
Server.__index = Server

--- Sends a message; a client that is gone ends the server.
function Server:send(message)
    if not self.inbox:send(rpc.encode(message)) then self.inbox.ended = true end
end

-- What a request without a usable id is answered with.
function Server:nobody()
    if self.version and versions.has(self.version, "anonymous") then
        return nil
    end
    return json.null
end

-- The version that a request speaks; raises what it must say and does not.
function Server:version_of(request, params)
    local meta = params._meta
    if meta ~= nil and not rpc.is_object(meta) then
        rpc.fail(rpc.PARAMS, "params._meta must be an object")
    end
    local version = meta and meta[META .. "protocolVersion"]
    if version == nil then
        if request.method == "server/discover" then
            rpc.fail(rpc.PARAMS, "params._meta must name the version, as "
                .. META .. "protocolVersion")
        end
        return self.version or versions.newest_session
    elseif type(version) ~= "string" then
        rpc.fail(rpc.PARAMS, META .. "protocolVersion must be a string")
    elseif not versions.is_known(version) then
        rpc.fail(rpc.VERSION, "Unsupported protocol version", {
            supported = json.array { table.unpack(versions.all) },
            requested = version })
    elseif versions.is_stateless(version)
        and not rpc.is_object(meta[META .. "clientCapabilities"]) then
        rpc.fail(rpc.PARAMS, "params._meta must have an object "
            .. META .. "clientCapabilities")
    end
    return version
end

-- How the client calls itself.
function Server:client_of(params)
    local info = params._meta and params._meta[META .. "clientInfo"]
    local name = rpc.is_object(info) and info.name or self.client
    return type(name) == "string" and name or nil
end

-- The result of a request; raises.
function Server:perform(request)
    local params = request.params
    if params == nil or params == json.null then params = {} end
    if not rpc.is_object(params) then
        rpc.fail(rpc.PARAMS, "params must be an object")
    end
    local version = self:version_of(request, params)
    local method = methods.find(request.method, version)
    if not method then
        rpc.fail(rpc.NO_METHOD, ("there is no method '%s' in %s"):format(
            request.method:sub(1, 100), version))
    end
    local call = { id = request.id, version = version, server = self,
        client = self:client_of(params) }
    return method(params, call), version
end

-- What every result of a version has.
local function finished(result, version)
    if result and versions.is_stateless(version) then
        result.resultType = "complete"
        result._meta = result._meta or {}
        result._meta[META .. "serverInfo"] = methods.info(version)
    end
    return result and rpc.object(result)
end

-- A request's answer, or nil when it is to have none.
function Server:answer(request)
    local ok, result, version = pcall(self.perform, self, request)
    if ok then
        result = finished(result, version)
        return result and rpc.result(request.id, result)
    elseif inbox.is_cancelled(result) then
        return nil
    elseif rpc.is_fault(result) then
        return rpc.error(request.id, result.code, result.message, result.data)
    end
    require("propolis.log").error("mcp: %s: %s", request.method,
        tostring(result))
    return rpc.error(request.id, rpc.INTERNAL, "an error inside propolis; its"
        .. " log has more: " .. tostring(result):sub(1, 300))
end

-- One message; returns its answer, if it has one.
function Server:handle(message)
    local kind, why = rpc.kind(message)
    if not kind then
        local id = rpc.is_object(message) and message.id
        local known = type(id) == "string" or math.type(id)
        return rpc.error(known and id or self:nobody(), rpc.INVALID, why)
    elseif kind == "request" then
        return self:answer(message)
    end
    -- Of notifications only cancellations mean something: see the inbox.
end

-- The messages of an array, answered with one.
function Server:handle_batch(list)
    if not versions.has_batches(self.version or "2025-03-26") then
        return rpc.error(self:nobody(), rpc.INVALID, "this version of the"
            .. " protocol has no batches: send one message a line")
    elseif #list == 0 or #list > mcp.batch then
        return rpc.error(self:nobody(), rpc.INVALID, ("a batch has 1 to %d"
            .. " messages"):format(mcp.batch))
    end
    local answers = json.array()
    for _, message in ipairs(list) do
        local first = rpc.is_object(message) and message.method == "initialize"
        answers[#answers + 1] = first and rpc.error(message.id or json.null,
            rpc.INVALID, "initialize cannot be part of a batch")
            or self:handle(message)
    end
    return #answers > 0 and answers or nil
end

--- Handles one line.
function Server:line(line)
    if not line:find("%S") then return end
    local message, err = json.decode(line)
    local answer
    if message == nil then
        answer = rpc.error(self:nobody(), rpc.PARSE, "no valid JSON: " .. err)
    elseif json.is_array(message) or type(message) == "table"
        and #message > 0 then
        answer = self:handle_batch(message)
    else
        answer = self:handle(message)
    end
    if answer then self:send(answer) end
end

--- Serves until the client is gone.
-- @param opts store, remote: what propolis.cli.target opens
function mcp.serve(opts)
    local box <close> = inbox.open(mcp.longest)
    local server = setmetatable({ inbox = box, opts = opts, listening = {} },
        Server)
    function box.on_cancel(id) methods.stop_listening(server, id) end
    while not box.ended do
        local line, why = box:next()
        if line then
            server:line(line)
        elseif why == "long" then
            server:send(rpc.error(server:nobody(), rpc.INVALID, ("a message is"
                .. " longer than %d bytes and was skipped"):format(
                mcp.longest)))
        else
            break
        end
    end
    methods.leave(server)
end

return mcp
