--- memory: one row per document: session summaries, notes, shared files.
-- Pure data, loaded with an empty environment.  To change it, append a column;
-- never edit, reorder or remove one: every store out there has them.
return {
    table = "memory",
    columns = {
        { "id", "text", default = "" },
        { "path", "text", default = "" },
        { "filename", "text", default = "" },
        { "summary", "text", default = "" },
        { "summary_embedding", "float4[]" },
        { "author", "text", default = "" },
        { "mime_type", "text", default = "text/plain" },
        { "size_bytes", "bigint", default = 0 },
        { "project", "text", default = "" },
        { "description", "text", default = "" },
        { "agent", "text", default = "" },
        { "plugin_version", "text", default = "" },
        { "creation_date", "text", default = "" },
        { "last_update_date", "text", default = "" },
    },
    -- One row per path; of two machines' the newest wins.
    sync = { merge = "path", newest = "last_update_date" },
    -- Search by meaning reads it; without it every such query would fail.
    required = { "summary_embedding" },
}
