---@meta engine.schema
--- engine.schema: what a table is to be, linted when it is made.

---@class engine.schema
local schema = {}

--- One column: `{ "name", "type", default = "" }`, or with keys.
---@class engine.schema.column
---@field name string [A-Za-z_][A-Za-z0-9_]*, at most 63 bytes
---@field type "text"|"bigint"|"jsonb"|"float4[]"
---@field default? string|integer a constant; it makes the column NOT NULL
---@field not_null? boolean false keeps a column with a default nullable
---@field since? integer for people; means nothing to the engine

---@class engine.schema.spec
---@field table string
---@field columns (engine.schema.column|table)[] in order
---@field indexes? string[][] columns of each, named idx_TABLE_COL_COL
---@field required? string[] columns that must be there
---@field version? integer for people; means nothing to the engine
---@field name? string what it is called where its table may be renamed
---@field sync? table how its rows reach a team: propolis.schemas.sync

--- What a schema tells: its table, its columns in order, its indexes (lists
--- of column names with their .name).
---@class engine.schema.object
---@field table string
---@field name string as in the spec; else the table's
---@field sync? table as in the spec
---@field columns engine.schema.column[]
---@field indexes table[]

--- Makes a schema.  Raises, naming the column, on a bad or repeated name
--- (compared without case), an unknown type or key, NOT NULL without a
--- default, and a default that is no constant of the column's type.
---@param spec engine.schema.spec
---@return engine.schema.object
function schema.new(spec) end

return schema
