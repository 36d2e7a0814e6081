--- skills: one row per version of a skill, append-only.
-- Pure data, loaded with an empty environment.  To change it, append a column;
-- never edit, reorder or remove one: every store out there has them.
return {
    table = "skills",
    columns = {
        { "id", "text", default = "" },
        { "name", "text", default = "" },
        { "project", "text", default = "" },
        { "project_key", "text", default = "" },
        { "local_path", "text", default = "" },
        { "install", "text", default = "project" },
        { "source_sessions", "text", default = "[]" },
        { "source_agent", "text", default = "" },
        { "scope", "text", default = "me" },
        { "author", "text", default = "" },
        { "contributors", "text", default = "[]" },
        { "description", "text", default = "" },
        { "trigger_text", "text", default = "" },
        { "body", "text", default = "" },
        { "version", "bigint", default = 1 },
        { "created_at", "text", default = "" },
        { "updated_at", "text", default = "" },
    },
    -- The team's come here with every sync, found by that date.
    sync = { append = true, pull = "updated_at" },
    indexes = {
        { "project_key", "name" },
    },
}
