---@meta engine.serve

--- engine.serve: the Deeplake-shaped HTTP API over PostgreSQL, on
--- libmicrohttpd and libpq. A module of its own, loaded by propolis serve.
---@class engine.serve
local serve = {}

---@class engine.serve.options
---@field db string the administrator's URL
---@field secret string what the passwords of the database roles come from
---@field tokens string path of the file whose change asks for a reload
---@field host string a numeric address
---@field port integer 0 is any
---@field tls_cert? string PEM text
---@field tls_key? string PEM text
---@field threads integer event loops, 1 to 64; 0 is half the processors
---@field connections integer of clients at once; fewer where files are few
---@field requests integer under way at once, the others get 429
---@field backends integer database connections, for all workspaces together
---@field statement_ms integer for one statement, then 408
---@field client_ms integer to send a request and to take a response
---@field max_body integer bytes of a request, then 413
---@field max_answer integer bytes of a response, then 413
---@field max_memory integer bytes of all bodies and responses, then 503
---@field verbose? boolean a line on stderr for every request

---@class engine.serve.token
---@field id string 16 digits
---@field salt string 32 digits
---@field hash string 64 digits
---@field name string
---@field org string
---@field org_name string
---@field write boolean
---@field workspaces string[]

---@class engine.serve.server
local server = {}

--- Binds, connects once to the database, starts the event loops. Requests wait
--- for the first set_tokens(). SIGINT, SIGTERM and SIGHUP are the server's until
--- it is closed. Raises on options of a wrong type. Errors: "io" (address taken,
--- database unreachable), "arg" (no address, no URL, encoding not UTF8).
---@param options engine.serve.options
---@return engine.serve.server?
---@return engine.error? err
function serve.start(options) end

--- A fresh token and what may be kept of it.
---@return string? token pls_ID_SECRET
---@return { id: string, salt: string, hash: string }|engine.error kept
function serve.new_token() end

--- Whether a name can be a workspace.
---@param name string
---@return boolean
function serve.workspace_ok(name) end

--- What becomes of a token's statement: "run" and the text that is sent,
--- "nothing" (answered without asking the database), "refused" and why.
---@param sql string
---@return "run"|"nothing"|"refused" verdict
---@return string? text
function serve.filter(sql) end

--- The port it listens on.
---@return integer
function server:port() end

--- Makes the schema and the two roles of a workspace, or repairs them.
---@param workspace string
---@return true? ok
---@return engine.error? err
function server:setup_workspace(workspace) end

--- Who may come in from the next request on; without a list nobody (503).
---@param list engine.serve.token[]?
---@return true? ok
---@return engine.error? err
function server:set_tokens(list) end

--- Waits for what the caller must do: "reload" (the token file has changed:
--- set the tokens again), "repair" (a role cannot log in, or SIGHUP: set up all
--- workspaces again, too), "stop" (SIGINT or SIGTERM), "tick" (the time is over).
---@param seconds number
---@return "tick"|"reload"|"repair"|"stop"
function server:wait(seconds) end

--- Finishes what runs and ends; also on close and gc.
function server:close() end

return serve
