---@meta engine.http
--- engine.http: several HTTP requests at once over one set of connections.
--- Loaded by require from a module of its own, so that programs which never
--- use the network do not pay for libcurl.

---@class engine.http
local http = {}

---@class engine.http.config
---@field timeout_ms? integer of one attempt, from name look-up to end (10000)
---@field connect_ms? integer of its connection alone (5000)
---@field retries? integer attempts after the first (3)
---@field backoff_ms? integer before retry n: this * 2^n and up to 40 % (500)
---@field max_bytes? integer of a response after decompression (64 MiB)
---@field max_parallel? integer requests at once; the others wait (5)
---@field user_agent? string ("propolis")
---@field ca_file? string trusted certificates (CURL_CA_BUNDLE, SSL_CERT_FILE, the system's)

---@class engine.http.request
---@field url string http:// or https://
---@field method? string ("GET")
---@field headers? table<string, string>
---@field body? string
---@field idempotent? boolean may be sent again though it may have been carried
--- out; what was refused before that is repeated anyway (GET and HEAD: true)
---@field retry_auth? boolean try again after 401 and after a gateway's 403
---@field timeout_ms? integer instead of the client's
---@field follow? boolean follow redirects; another host never gets the
--- Authorization header (false)

---@class engine.http.response
---@field status integer
---@field headers table<string, string> names in lower case
---@field body string
---@field attempts integer
---@field unclear? true an attempt may have been carried out, and no response
--- of the server says whether

---@class engine.http.error
---@field code "io"|"arg"|"closed"|"nomem"
---@field message string what to show, like "Query timeout after 10000ms"
---@field attempts integer
---@field unclear? true the request may have been carried out
---@field timeout? true no response came in time

---@class engine.http.client
local client = {}

--- Makes a client; libcurl is set up by its first request.
--- Retried are 429, 500 (unless it tells of a duplicate), 502, 503, 504 and
--- lost connections, never a timeout.  Retry-After is obeyed up to 30 s;
--- asked to wait longer, the response is handed back at once.
---@param config? engine.http.config
---@return engine.http.client
function http.client(config) end

--- Sends one request and waits for it.
---@param request engine.http.request
---@return engine.http.response|nil
---@return engine.http.error? error when there was no response
function client:request(request) end

--- Sends many and waits for all; one that waits for its retry holds up no
--- other.
---@param requests engine.http.request[]
---@param on_done? fun(i: integer, result: table) told of each as it is done
---@return (engine.http.response|{ error: engine.http.error })[]
function client:all(requests, on_done) end

--- Closes the connections; also on close and gc.
function client:close() end

return http
