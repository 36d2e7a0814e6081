---@meta propolis.json
--- propolis.json: JSON in and out.  Integers stay integers (all of int64), an
--- empty array stays one.  No function raises on data.

---@class propolis.json
---@field max_depth integer deepest nesting that is read or written
---@field null userdata stands for null where a table cannot hold nil
local json = {}

--- Reads one JSON text.
---@param text string
---@return any value
---@return string? err a sentence with the place of the fault
function json.decode(text) end

--- The same, but an array or object that is nested too deep comes as its text.
---@param text string
---@return any value
---@return string? err
function json.decode_deep(text) end

--- The same five times as fast: numbers are floats, an empty array is an empty
--- table, and it is not strict.
---@param text string
---@return any value
---@return string? err
function json.skim(text) end

--- Writes a value on one line: keys sorted, or in the order of json.object; an
--- empty table is {} unless it is marked as an array.
---@param v any
---@return string? text
---@return string? err
function json.encode(v) end

--- Marks a list, so that it is written as [] also when it is empty.
---@param t? table
---@return table t
function json.array(t) end

--- Whether a table came from an array or was marked as one.
---@param t any
---@return boolean
function json.is_array(t) end

--- A table whose keys are written in the given order; a pair without a value
--- is left out.
---@param pairs_ table[] { key, value } each
---@return table
function json.object(pairs_) end

--- Some fields of a record as such an object; a field that is a plain table is
--- taken for a list, also when it is empty.
---@param record table
---@param keys string[] the fields' names in order
---@param absent any stands for a field that is nil; without it that is left out
---@return table
function json.pick(record, keys, absent) end

--- The array of what json.pick makes of each record of a list.
---@param records table[]
---@param keys string[]
---@param absent any
---@return table
function json.pick_all(records, keys, absent) end

return json
