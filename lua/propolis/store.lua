--- store: the comfort on top of engine.store, added to its methods once.
--
-- The C side sends one statement at a time and heals; here rows get their id,
-- tables become JSON, what was healed is logged, and a whole list of
-- schemas goes in one call.
local heal = require "engine.heal"
local sql = require "engine.sql"
local store = require "engine.store"
local sys = require "engine.sys"

local methods = store.methods
local raw = {}
for _, name in ipairs { "query", "rows", "exec", "insert", "insert_many" } do
    raw[name] = methods[name]
end

-- Per schema: its id column, if it has one, and its jsonb columns.
local shapes = setmetatable({}, { __mode = "k" })

local function shape_of(schema)
    local shape = shapes[schema]
    if not shape then
        shape = { json = {} }
        for _, column in ipairs(schema.columns) do
            if column.type == "jsonb" then
                shape.json[#shape.json + 1] = column.name
            elseif column.name == "id" and column.type == "text" then
                shape.id = true
            end
        end
        shapes[schema] = shape
    end
    return shape
end

-- A plain table of columns is a schema too; made once per table.
local built = setmetatable({}, { __mode = "k" })

local function as_schema(schema)
    if type(schema) ~= "table" then
        local meta = type(schema) == "userdata" and getmetatable(schema)
        if not meta or meta.__name ~= "engine.schema" then
            store.raise("a schema is wanted here, not a " .. type(schema))
        end
        return schema
    end
    built[schema] = built[schema] or require("engine.schema").new(schema)
    return built[schema]
end

-- The row as it is sent: with an id from birth, and JSON as text.  The
-- caller's table gets the id, so that the caller knows it.
local function prepared(schema, row)
    local shape = shape_of(schema)
    if type(row) ~= "table" then
        store.raise("a row must be a table by column name, not a "
            .. type(row))
    end
    if shape.id and row.id == nil then
        row.id = sys.uuid()
    end
    local copy = row
    for _, name in ipairs(shape.json) do
        if type(row[name]) == "table" then
            if copy == row then
                copy = {}
                for key, value in pairs(row) do
                    copy[key] = value
                end
            end
            copy[name] = assert(require("propolis.json").encode(row[name]))
        end
    end
    return copy
end

local function all_prepared(schema, rows)
    if type(rows) ~= "table" then
        store.raise("rows must be a list of tables, not a " .. type(rows))
    end
    local list = {}
    for i, row in ipairs(rows) do
        list[i] = prepared(schema, row)
    end
    return list
end

-- What a heal did, for `propolis heal --log`; nothing done leaves no line.
local function note(self, done)
    if done.index_error then
        require("propolis.log").warn("%s: index not made: %s", done.table,
            done.index_error)
    end
    if self.heal_log ~= false and (done.created or #done.altered > 0) then
        require("propolis.heal_log").append {
            store = self.url or self.dialect, table = done.table,
            created = done.created, added = done.altered,
            version = sys.version,
        }
    end
    return done
end

local function inserted(self, ok, healed)
    if ok and healed then
        note(self, healed)
    end
    return ok, healed
end

--- Inserts one row (a table by column name), and does no more: the next sync
-- finds and queues it, see put; heals when it must.
-- A row without an id gets one, which is written back into it; a table in a
-- jsonb column is stored as JSON.  Raises on a key that is no column.
-- @return true [, what was healed], or nil, err
function methods.insert(self, schema, row)
    schema = as_schema(schema)
    return inserted(self, raw.insert(self, schema, prepared(schema, row)))
end

--- Inserts many rows in one statement, all or none.
function methods.insert_many(self, schema, rows)
    schema = as_schema(schema)
    local list = all_prepared(schema, rows)
    return inserted(self, raw.insert_many(self, schema, list))
end

--- Puts many rows of one schema into the store, as put does each, all or none.
-- @return how many are new or changed, or nil, err
function methods.put_many(self, schema, rows, options)
    schema = as_schema(schema)
    local list = all_prepared(schema, rows)
    return require("propolis.sync.writer").put(self, schema, list,
        options or {})
end

--- Puts one row (a table by column name) into the store as the schema says its
-- rows live: appended, or, where it merges, over the older row of its key.  In
-- the local store of a configuration with a remote it is queued for the team
-- in the same transaction, if rows of the schema travel; the caller's
-- transaction is used when there is one.  A row without an id gets one, a
-- merged row without a date the time of now, both written back into it.
-- Raises on a key that is no column.
-- @param options nil or { once = true }: what is there already (by its id, or
-- by its key) stays as it is
-- @return true when the row is new or changed something, false when what was
-- there stays; or nil, err
function methods.put(self, schema, row, options)
    local count, err = self:put_many(schema, { row }, options)
    return count and count > 0, err
end

-- The statement with its values in; raises on a template that does not fit.
local function filled(self, text, values)
    if values == nil then return text end
    if type(text) ~= "string" then
        store.raise("a statement must be a string, not a " .. type(text))
    end
    if type(values) ~= "table" then
        store.raise("values must be a table, as { 5 }, not a " .. type(values))
    end
    local full, err = sql.bind(text, values, self.dialect)
    return full or store.raise(err.message)
end

--- Runs a statement: a list of rows by column name, and the column names in
-- order; or nil, err.  values fill each ? and {name}, see engine.sql.bind.
-- kind says what it is, so that a store behind a network knows what it may
-- send again when no clear answer came: "read" (changes nothing) and
-- "idempotent" (a write that comes to the same done twice) may be; what is
-- not said ("query") is never repeated.
function methods.query(self, text, values, kind)
    return raw.query(self, filled(self, text, values), kind)
end

--- for row in store:rows(sql [, values [, kind]]) do ... end; raises the error.
function methods.rows(self, text, values, kind)
    return raw.rows(self, filled(self, text, values), kind)
end

--- Runs a statement whose rows do not matter: true, or nil, err.
function methods.exec(self, text, values, kind)
    return raw.exec(self, filled(self, text, values), kind)
end

-- One schema or a list of them or nil for all, as a list; and whether it was
-- one.  The userdata is one; so is a plain spec with a table's name.
local function wanted(schemas)
    if schemas ~= nil and type(schemas) ~= "table" then
        as_schema(schemas)
    end
    if schemas == nil then
        return require("propolis.schemas").list(), false
    elseif type(schemas) == "userdata" or schemas.table then
        return { schemas }, true
    end
    return schemas, false
end

local function heal_list(self, schemas, ensure)
    local list, one = wanted(schemas)
    for _, schema in ipairs(ensure and list or {}) do
        local ok, why = require("propolis.schemas").guard(schema)
        if not ok then return nil, store.error("schema", why) end
    end
    local done, err, part = heal.tables {
        store = self, schemas = list, ensure = ensure,
    }
    for _, entry in ipairs(done or part) do
        note(self, entry)
    end
    if not done then return nil, err end
    return one and done[1] or done
end

--- Heals one schema, a list of them, or all (nil).
-- @return { table=, created=, missing={}, altered={} }, or a list of those
-- for a list; or nil, err
function methods.heal(self, schemas)
    return heal_list(self, schemas, false)
end

--- The same before a session: lists where a service lists, creates what is
-- absent, always looks, makes indexes.
function methods.ensure(self, schemas)
    return heal_list(self, schemas, true)
end

--- What heal would run, and where a table differs in ways it must not touch.
-- @return a list per table { table=, present=, statements={}, drift={} } that
-- also has .statements and .drift of all tables together; or nil, err
function methods.plan(self, schemas)
    local plans, err = heal.plan { store = self, schemas = (wanted(schemas)) }
    if not plans then return nil, err end
    plans.statements, plans.drift = {}, {}
    for _, plan in ipairs(plans) do
        for _, text in ipairs(plan.statements) do
            plans.statements[#plans.statements + 1] = text
        end
        for _, drift in ipairs(plan.drift) do
            drift.table = plan.table
            plans.drift[#plans.drift + 1] = drift
        end
    end
    return plans
end

--- A value as a literal of the store's dialect; raises when it has none.
function methods.quote(self, value)
    return filled(self, "?", { value, n = 1 })
end

return store
