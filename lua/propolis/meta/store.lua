---@meta engine.store
--- engine.store: statements, and an INSERT that heals its table when it must.
--- propolis.open gives stores with more comfort: lua/propolis/store.lua.

---@class engine.store
---@field methods table the methods of every store
local store = {}

---@alias engine.error.code
---| "nomem"|"arg"|"schema"|"sql"|"unsupported"|"no_table"|"no_column"
---| "no_schema"|"exists"|"denied"|"auth"|"busy"|"balance"|"io"|"closed"
---| "interrupted"

--- What the world did wrong; prints as its message.
---@class engine.error
---@field code engine.error.code
---@field message string
---@field status? integer of HTTP
---@field unclear? true it may have been carried out all the same

---@class engine.store.spec
---@field dialect engine.dialect
---@field query fun(sql: string, info: table): table?, any rows by column
--- name, or nil and why; info tells .kind and .table
---@field workspace? string ("default")
---@field listed? fun(table: string): boolean whether the service lists it
---@field close? fun()

---@class engine.store.object
---@field dialect engine.dialect
---@field workspace string
local object = {}

--- A store whose statements a function runs; a store is given back as it is.
---@param spec engine.store.spec|engine.store.object
---@return engine.store.object? store
---@return engine.error? err
function store.from(spec) end

--- An error as the engine makes them; an unknown code becomes "sql".
---@param code string
---@param message string
---@return engine.error
function store.error(code, message) end

--- Raises what a caller got wrong, at the caller's line: our own Lua files are
--- passed over.
---@param message string
function store.raise(message) end

--- What a statement is, so that a store behind a network knows what it may
--- send again when no clear answer came.  "query" is anything, which never is;
--- "read" and "catalog" change nothing; "create", "alter", "index" and
--- "idempotent" come to the same done twice.
---@alias engine.stmt.kind "query"|"read"|"begin"|"commit"|"rollback"|"catalog"
---|"create"|"alter"|"index"|"insert"|"idempotent"

--- Runs one statement.  Of columns with equal names the second is called
--- name_2 in rows and names, the third name_3, where no other column is.
---@param sql string
---@param kind? engine.stmt.kind
---@return table[]? rows by column name; NULL is an absent key
---@return string[]|engine.error names of the columns in order
function object:query(sql, kind) end

--- Runs one statement and drops its rows.
---@param sql string
---@param kind? engine.stmt.kind
---@return true? done
---@return engine.error? err
function object:exec(sql, kind) end

--- for row in store:rows(sql) do ... end; raises the error, also when the store
--- is closed before the last row.
---@param sql string
---@param kind? engine.stmt.kind
---@return fun(): table?
function object:rows(sql, kind) end

--- Inserts one row by column name; on a missing table or column heals and
--- sends it once more.  Raises on a key that is no column.
---@param schema engine.schema.object
---@param row table
---@return true? done
---@return engine.heal.done|engine.error|nil healed
function object:insert(schema, row) end

--- The same for many rows in one statement.
---@param schema engine.schema.object
---@param rows table[]
---@return true? done
---@return engine.heal.done|engine.error|nil healed
function object:insert_many(schema, rows) end

--- Runs fn(store) in one transaction: kept when fn returns, undone when it
--- raises or returns nil and an error.  One within another is a savepoint:
--- undone, it leaves the outer one as it was before.  nil and an error also
--- when the database did not keep it, and from a store without transactions.
---@param fn fun(store: engine.store.object): any
---@return any ... what fn returned; or nil and the error
function object:transaction(fn) end

--- Starts a transaction that writes, as the dialect does; an error within one.
---@return true? done
---@return engine.error? err
function object:begin() end

---@return true? done
---@return engine.error? err
function object:commit() end

---@return true? done
---@return engine.error? err
function object:rollback() end

--- Always false where statements share no session.
---@return boolean
function object:in_transaction() end

--- Also on close and gc; doing so again is harmless.  A store cannot be closed
--- by its own query or listed function.
function object:close() end

return store
