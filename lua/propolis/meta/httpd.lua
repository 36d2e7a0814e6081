---@meta engine.httpd
--- engine.httpd: serves a PostgreSQL database over the Deeplake HTTP API.  A
--- module of its own, loaded by `propolis serve` only.

---@class engine.httpd
local httpd = {}

---@class engine.httpd.options
---@field host string a numeric address to listen at
---@field port integer 0: the kernel chooses
---@field db string the administrator's URL of the database
---@field secret string the roles' passwords come from it
---@field tokens string the file whose change asks for a new list
---@field tls_cert? string with tls_key, PEM
---@field tls_key? string
---@field threads integer 0: half the processors
---@field connections integer clients at once
---@field requests integer at once
---@field backends integer connections to the database at once
---@field statement_ms integer
---@field client_ms integer to send a request, and to take an answer
---@field max_body integer bytes
---@field max_answer integer bytes
---@field max_memory integer bytes of all bodies and answers together
---@field verbose? boolean one line per request on stderr

---@class engine.httpd.grant
---@field id string
---@field salt string
---@field hash string
---@field name string
---@field org string
---@field org_name string
---@field write? boolean
---@field workspaces string[]

---@class engine.httpd.server
local server = {}

--- Raises on an option that is absent or out of range.
---@param options engine.httpd.options
---@return engine.httpd.server? server
---@return engine.error? err
function httpd.start(options) end

--- A new token, and what is kept of it.
---@return string? token
---@return { id: string, salt: string, hash: string }|engine.error
function httpd.mint() end

--- Whether a name can be a workspace's.
---@param name string
---@return boolean
function httpd.workspace(name) end

--- What becomes of a client's statement.
---@param sql string
---@return "run"|"nothing"|"refused" verdict
---@return string? text the statement as it is sent, or why not
function httpd.screen(sql) end

---@return integer
function server:port() end

--- Makes a workspace's schema and roles.
---@param workspace string
---@return true? done
---@return engine.error? err
function server:provision(workspace) end

--- Replaces the tokens; nil: whoever asks is let in.
---@param grants? engine.httpd.grant[]
---@return true? done
---@return engine.error? err
function server:grant(grants) end

--- Does the blocking work until the caller is needed: on "reload" read the
--- tokens and grant, on "repair" provision every workspace again.
---@param seconds number
---@return "tick"|"reload"|"repair"|"stop"
function server:wait(seconds) end

--- Finishes what runs; also on close and gc.
function server:close() end

return httpd
