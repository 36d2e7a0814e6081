---@meta propolis
--- propolis: what a script requires.
---
---     local propolis = require "propolis"
---     local store <close> = assert(propolis.open("sqlite:/path/x.db"))
---     assert(store:insert(propolis.schemas.skills, { name = "x" }))

---@class propolis
---@field version string "0.1.0" of a release, "0.1.0-12-gabc1234" between two
---@field schemas propolis.schemas loaded when it is first asked for
local propolis = {}

---@class propolis.open.options
---@field workspace? string on PostgreSQL and Deeplake; a URL's own wins
---@field busy_ms? integer SQLite: how long to wait for another process (5000)
---@field readonly? boolean refuses to change anything
---@field connect_timeout? integer PostgreSQL: seconds
---@field timeout_ms? integer PostgreSQL, Deeplake: for one statement's answer
---@field api_url? string Deeplake, as what follows; without token the account
---@field token? string
---@field org_id? string
---@field retries? integer how often what may be sent again is
---@field backoff_ms? integer
---@field max_bytes? integer of an answer
---@field ca_file? string

--- Opens a store; close it, or declare it `<close>`.
---  * `sqlite:PATH`: a file, made when it is not there; a local store first
---    takes in what hooks captured, unless it is readonly
---  * `postgres://USER@HOST/DB?workspace=NAME`: a schema of that database
---  * `deeplake:` or `deeplake:https://HOST`: the HTTP API, with the account in
---    force
---  * a table: a store made of Lua functions, see engine.store.from
---@param url string|engine.store.spec
---@param options? propolis.open.options a key that is none of them raises
---@return propolis.store.object? store
---@return engine.error? err "arg" when nothing opens such a URL
function propolis.open(url, options) end

return propolis
