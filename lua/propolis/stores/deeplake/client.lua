--- One HTTP client serves every store of this process with the same settings,
-- so that all of them share connections and the limit of five at once.
local http = require "engine.http"
local json = require "propolis.json"

local client = {}

local clients = {}

local gone = { code = "closed", message = "the store is closed" }

--- Stands for the client of a store that is closed.
client.closed = { client = {
    request = function() return nil, gone end,
    all = function(_, list, on_done)
        for i in ipairs(list) do on_done(i, { error = gone }) end
    end,
} }

--- A text as one segment of a URL's path; the caller refuses "." and "..".
function client.segment(text)
    return (text:gsub("[^%w._~-]", function(c)
        return ("%%%02X"):format(c:byte())
    end))
end

--- The client with these settings (engine.http's), counted; its .client.
function client.take(c)
    local settings = { timeout_ms = c.timeout_ms, retries = c.retries,
        backoff_ms = c.backoff_ms, max_bytes = c.max_bytes,
        ca_file = c.ca_file, max_parallel = 5 }
    local key = json.encode(settings)
    local shared = clients[key]
    if not shared then
        shared = { client = assert(http.client(settings)), users = 0,
            key = key }
        clients[key] = shared
    end
    shared.users = shared.users + 1
    return shared
end

--- Ends one use; the last one closes the connections.
function client.give_back(shared)
    if shared == client.closed then return end
    shared.users = shared.users - 1
    if shared.users > 0 then return end
    clients[shared.key] = nil
    shared.client:close()
end

return client
