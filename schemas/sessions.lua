--- sessions: one row per agent event, append-only.
-- Pure data, loaded with an empty environment.  To change it, append a column;
-- never edit, reorder or remove one: every store out there has them.
return {
    table = "sessions",
    columns = {
        { "id", "text", default = "" },
        { "path", "text", default = "" },
        { "filename", "text", default = "" },
        { "message", "jsonb" },
        { "message_embedding", "float4[]" },
        { "author", "text", default = "" },
        { "mime_type", "text", default = "application/json" },
        { "size_bytes", "bigint", default = 0 },
        { "project", "text", default = "" },
        { "description", "text", default = "" },
        { "agent", "text", default = "" },
        { "plugin_version", "text", default = "" },
        { "creation_date", "text", default = "" },
        { "last_update_date", "text", default = "" },
    },
    -- Everybody's go to the team; those of one session come when asked for.
    sync = { append = true, fetch = "creation_date" },
    indexes = {
        { "path", "creation_date" },
    },
}
