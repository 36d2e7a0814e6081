---@meta engine.sql
--- engine.sql: the one place where names and values become SQL text.
--- Each returns nil and an error with code "arg" for what cannot be written
--- safely; a key that is no column, and a value of a type that has no literal
--- at all, raise.

---@class engine.sql
local sql = {}

---@alias engine.dialect "sqlite"|"postgres"|"deeplake"
---@alias engine.sql.value string|number|boolean|number[]|nil

--- The name in double quotes; only [A-Za-z_][A-Za-z0-9_]* of at most 63 bytes.
---@param name string
---@return string? text
---@return engine.error? err
function sql.ident(name) end

--- The literal for a column of that type.  NaN and Inf, NUL and invalid UTF-8
--- have none; an empty vector, or one with such a number, is NULL.
---@param value engine.sql.value
---@param type? "text"|"bigint"|"jsonb"|"float4[]" ("text")
---@param dialect? engine.dialect ("postgres")
---@return string? text
---@return engine.error? err
function sql.literal(value, type, dialect) end

--- One INSERT; columns that are nil in every row are left out.
---@param schema engine.schema.object
---@param rows table one row by column name, or a list of them
---@param dialect? engine.dialect ("postgres")
---@param once? string rows whose id is there are left out, however late the
--- statement arrives: the column, "id" or a copy of it, with a unique index
--- over its values other than ''; "" when the table has none
---@return string? text
---@return engine.error? err
function sql.insert(schema, rows, dialect, once) end

--- CREATE TABLE IF NOT EXISTS with every column in order.
---@param schema engine.schema.object
---@param dialect? engine.dialect ("postgres")
---@return string? text
---@return engine.error? err
function sql.create(schema, dialect) end

--- A statement from a constant template: each ? outside quotes and comments,
--- as the dialect has them,
--- becomes the literal of values[1], values[2], ... (values.n says how many
--- when some are nil), each {key} the quoted name values.key.
---@param text string
---@param values table
---@param dialect? engine.dialect ("postgres")
---@return string? text
---@return engine.error? err
function sql.bind(text, values, dialect) end

--- Whether a statement goes on: an open quote, comment or parenthesis, or a
--- comma at its end.
---@param text string
---@param dialect? engine.dialect ("postgres")
---@return boolean
function sql.unfinished(text, dialect) end

--- Whether the text is one statement that starts like one which only reads, and
--- holds no word that writes. Only for a service that has no read-only mode: a
--- function that it calls may still write.
---@param text string
---@return boolean
function sql.reads(text) end

return sql
