---@meta propolis.store
--- What propolis.open hands out: engine.store with more comfort.  Rows get
--- their id, tables in jsonb columns become JSON, a heal is written to the
--- heal log.
---
--- Values fill a statement's `?` in order and its `{name}` as quoted names, see
--- engine.sql.bind; a template that does not fit its values raises.

---@class propolis.store.object : engine.store.object
---@field url? string how it was opened, without the password
---@field behind? engine.error why it lacks what hooks captured last
---@field session boolean whether its statements share one session
---@field heal_log? false this store's heals are not logged
local store = {}

--- A schema, or its plain data.
---@alias propolis.schema engine.schema.object|engine.schema.spec

--- Runs one statement.  Of columns with equal names the second is called
--- name_2 in rows and names, the third name_3, where no other column is.
---@param sql string
---@param values? table
---@param kind? engine.stmt.kind what a store behind a network may repeat
---@return table[]? rows by column name; NULL is an absent key
---@return string[]|engine.error names of the columns in order
function store:query(sql, values, kind) end

--- Runs one statement whose rows do not matter.
---@param sql string
---@param values? table
---@param kind? engine.stmt.kind what a store behind a network may repeat
---@return true? done
---@return engine.error? err
function store:exec(sql, values, kind) end

--- for row in store:rows(sql) do ... end; raises the error, also when the store
--- is closed before the last row.  Rows are read as they come, from a service in one piece.
--- Within the loop other statements may be sent on the store, also what begins
--- or ends a transaction: PostgreSQL's other rows are then read into memory
--- first.  A loop may be left early.  PostgreSQL sends the rest all the same,
--- which is dropped, unless the store is read only or kind is "read" outside a
--- transaction: then it is told to stop.
---@param sql string
---@param values? table
---@param kind? engine.stmt.kind what a store behind a network may repeat
---@return fun(): table?
function store:rows(sql, values, kind) end

--- Inserts one row; heals its table when a column or the table is missing.  A
--- row without an id gets one, which is written back into it.  Raises on a key
--- that is no column.
---@param schema propolis.schema
---@param row table by column name
---@return true? done
---@return engine.heal.done|engine.error|nil healed
function store:insert(schema, row) end

--- The same for many rows in one statement, all or none.
---@param schema propolis.schema
---@param rows table[]
---@return true? done
---@return engine.heal.done|engine.error|nil healed
function store:insert_many(schema, rows) end

--- Puts one row into the store as its schema says rows live: appended, or,
--- where it merges, over the older row of its key.  In the local store of a
--- configuration with a remote it is queued for the team in the same
--- transaction.  A row without an id gets one; a merged row without a date gets
--- the time of now.  Raises on a key that is no column.
---@param schema propolis.schema
---@param row table by column name
---@param options? { once: boolean? } once: what is there already is kept
---@return boolean? changed false when the store has it already, or newer
---@return engine.error? err
function store:put(schema, row, options) end

--- The same for many rows, all or none.
---@param schema propolis.schema
---@param rows table[]
---@param options? { once: boolean? }
---@return integer? changed how many are new or changed
---@return engine.error? err
function store:put_many(schema, rows, options) end

--- Adds what tables lack.
---@param schemas? propolis.schema|propolis.schema[] all when absent
---@return engine.heal.done|engine.heal.done[]|nil done a list for a list
---@return engine.error? err
function store:heal(schemas) end

--- The same before a session: a service that lists its tables is asked first,
--- and indexes are made as well.
---@param schemas? propolis.schema|propolis.schema[] all when absent
---@return engine.heal.done|engine.heal.done[]|nil done a list for a list
---@return engine.error? err
function store:ensure(schemas) end

--- All plans, one per table, and what they say together.
---@class propolis.store.plans : engine.heal.plan[]
---@field statements string[]
---@field drift engine.heal.drift[] each with .table

--- What heal would run, and where a table differs in ways that it must not
--- touch.  Changes nothing.
---@param schemas? propolis.schema|propolis.schema[] all when absent
---@return propolis.store.plans? plans
---@return engine.error? err
function store:plan(schemas) end

--- A value as a literal of the store's dialect; raises when it has none.
---@param value any
---@return string sql
function store:quote(value) end

return store
