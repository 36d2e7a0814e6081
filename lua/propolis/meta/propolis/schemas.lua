---@meta propolis.schemas
--- propolis.schemas: the wanted shape of every table.  `schemas.NAME` is the
--- schema of that name, nil when there is none; it raises when the file that
--- says so was refused.

---@class propolis.schemas
---@field memory engine.schema.object
---@field sessions engine.schema.object
---@field skills engine.schema.object
---@field [string] engine.schema.object?
local schemas = {}

--- The data of one schema file, loaded without any library.
---@param path string
---@return engine.schema.spec? spec
---@return string? err a sentence that names the file
function schemas.read(path) end

--- Checks one file; a user's columns for a shipped table together with it.
---@param path string
---@return engine.schema.object? schema
---@return string? err a sentence with file, column and reason
function schemas.lint(path) end

--- A schema by its name; a shipped one keeps its name when a setting renames
--- its table.
---@param name string
---@return engine.schema.object? schema
---@return string? err
function schemas.get(name) end

--- A schema by its name or its table's.
---@param word string
---@return engine.schema.object? schema
---@return string? err
---@return boolean? unknown nothing is called so; else its file was refused
function schemas.find(word) end

--- The shipped names, then the user's in order.
---@return string[]
function schemas.names() end

--- Every schema that loads, in the order of names().
---@return engine.schema.object[] list
---@return string[] errors sentences about the files that were refused
function schemas.list() end

--- Sentences about the files that were refused so far.
---@return string[]
function schemas.refused() end

--- Those of them whose rows reach the team: with the names in outbox and state.
---@return engine.schema.object[]
function schemas.synced() end

--- The files that a schema is made from.
---@param name string
---@return string[] paths
function schemas.files(name) end

--- Whether a memory table's schema has the column that it must never lose;
--- true for every other table.
---@param wanted engine.schema.object
---@return true? ok
---@return string? err
function schemas.guard(wanted) end

return schemas
