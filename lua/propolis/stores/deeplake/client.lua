--- What the stores of this process share: one HTTP client for those with the
-- same settings, so that they share connections and the limit of five at once;
-- and how SQL is traced.
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

local TRACE = 220 -- characters of a statement that a line shows

--- One line of the SQL trace on stderr, when it was asked for.
-- @param on asked for by the settings; the environment is looked at each time
function client.trace(on, fmt, sql, ...)
    if not (on or os.getenv("HIVEMIND_TRACE_SQL") == "1" or
        os.getenv("HIVEMIND_DEBUG") == "1") then
        return
    end
    local text = fmt:format(...) .. sql:gsub("%s+", " "):sub(1, TRACE)
    io.stderr:write("[deeplake-sql] ", require("engine.text").printable(text),
        "\n")
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
