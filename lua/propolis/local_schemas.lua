--- local_schemas: tables that only a local store has.
--
-- outbox: rows that the remote has not confirmed, by table and id; in the
-- order of its rowid.
local schema = require "engine.schema"

local local_schemas = {}

local specs = {
    outbox = {
        table = "outbox",
        columns = {
            { "table_name", "text", default = "" },
            { "row_id", "text", default = "" },
            { "queued_at", "text", default = "" },
        },
        indexes = { { "row_id" } },
    },
}

return setmetatable(local_schemas, {
    __index = function(self, name)
        local made = specs[name] and schema.new(specs[name])
        rawset(self, name, made)
        return made
    end,
})
