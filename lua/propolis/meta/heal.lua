---@meta engine.heal
--- engine.heal: makes tables match their schemas by adding what is missing,
--- never more.  Works on any store, also on one made by engine.store.from.

---@class engine.heal
local heal = {}

---@class engine.heal.job
---@field store engine.store.object
---@field schemas engine.schema.object[]
---@field ensure? boolean as before a session: a service that lists its tables
--- is asked first, and indexes are made last

---@class engine.heal.done
---@field table string
---@field created boolean this call sent the CREATE
---@field missing string[] columns that the first catalogue query lacked
---@field altered string[] columns that this call itself added
---@field indexed integer indexes made
---@field index_error? string why an index could not be made

---@class engine.heal.plan
---@field table string
---@field present boolean the table is there
---@field columns string[] those of the schema that it has, in the schema's order
---@field statements string[] what heal would run
---@field drift engine.heal.drift[] what it must not touch

---@class engine.heal.drift
---@field kind "type"|"null"|"default"|"case"|"unknown"
---@field column string as the table names it
---@field have string
---@field want string
---@field sql string what a person would run, or a comment why nothing

--- Heals tables; one catalogue query covers them all on SQLite and PostgreSQL.
--- What was healed before a failure stays healed, and is the third result.
---@param job engine.heal.job store and schemas
---@return engine.heal.done[]? done
---@return engine.error? err
---@return engine.heal.done[]? part
function heal.tables(job) end

--- What heal would do; changes nothing.
---@param job engine.heal.job store and schemas
---@return engine.heal.plan[]? plans
---@return engine.error? err
function heal.plan(job) end

--- The code that an error stands for: by its SQLSTATE where there is one, else
--- by its English.  Names in a text are not read.
---@param what any an error or a text; nil and "" are "sql"
---@param sqlstate? string
---@return "no_table"|"no_column"|"exists"|"denied"|"sql"|string
function heal.classify(what, sqlstate) end

return heal
