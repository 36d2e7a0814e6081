---@meta engine.postgres

--- Shared stores on PostgreSQL, by libpq. A module of its own, loaded when a
--- store needs it.
---@class engine.postgres
local postgres = {}

---@class engine.postgres.options
---@field workspace? string the PostgreSQL schema that all tables live in,
--- any text of 1 to 63 bytes; heal makes it when it is absent. Without it:
--- what the URL says in `?workspace=`, else `public`
---@field connect_timeout? integer seconds for the whole connect, 1 to 3600;
--- without it what the URL says, else 10
---@field timeout_ms? integer for the answer to one statement (30 times as long
--- for an index); then the connection is closed and the error has code "io".
--- Without it there is no limit of ours

--- Connects to `postgres://user:password@host:port/database`, or any libpq
--- connection string; what it leaves out comes from PGHOST, PGUSER,
--- ~/.pgpass and so on. Raises on arguments of a wrong type.
---
--- Values come back as integers (int2, int4, int8, whole numeric), floats
--- (float4, float8, numeric of up to 15 digits), booleans, nil, and text for
--- everything else.
---
--- Each call runs one statement: two in one text are refused. A connection
--- that is found dead before a statement is sent is opened again, outside a
--- transaction; inside one, everything up to its end fails with code "io".
--- When the connection is lost while a statement runs, the error says
--- `unclear = true` if the statement may have been carried out.
---
--- Behind a pooler that gives each transaction another session (PgBouncer) a
--- statement finds the workspace as well, at the cost of no further round trip.
--- What a session would have to remember is not kept there (SET, LISTEN, a
--- temporary table, PREPARE, pg_advisory_lock), and what must stand outside a
--- transaction (VACUUM, CREATE INDEX CONCURRENTLY) is "unsupported".
---
--- Errors: "io" (unreachable, no answer in time, connection lost), "auth"
--- (wrong user or password), "arg" (not an address), "sql" (no such database, and
--- what the server refuses), "busy" (lock or statement timeout, deadlock).
--- No message holds the password.
---@param url string
---@param options? engine.postgres.options
---@return engine.store? store
---@return engine.error? err
function postgres.open(url, options) end

return postgres
