--- The table that the processes of a race meet in: as an old version made
-- it, and as the new one wants it.
local schema = require "engine.schema"

local columns = {
    { "id", "text", default = "" },
    { "kind", "text", default = "none" },
    { "size", "bigint", default = 7 },
    { "body", "jsonb" },
    { "note", "text" },
    { "one", "text", default = "" },
    { "two", "text", default = "" },
    { "three", "text" },
}

return {
    old = schema.new { table = "race", columns = { columns[1], columns[2] } },
    new = schema.new { table = "race", columns = columns,
        indexes = { { "kind", "size" } } },
}
