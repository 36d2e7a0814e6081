--- mcp.documents: the rows of the memory table as a list.
local documents = {}

--- A text for the beginning of LIKE, in which % and _ stand for themselves.
function documents.like(text)
    return (text:gsub("[\\%%_]", "\\%0"))
end

--- Documents whose path begins so, newest first.
-- @return list of { path, filename, description, project, author, mime_type,
-- size_bytes, last_update_date }, or nil, err
function documents.list(store, conf, prefix, limit, offset)
    local list, err = store:query([[SELECT path, filename, description, project,
        author, mime_type, size_bytes, last_update_date FROM {t}
        WHERE path LIKE ? ESCAPE '\'
        ORDER BY last_update_date DESC, path LIMIT ? OFFSET ?]],
        { t = conf.tables.memory, documents.like(prefix) .. "%", limit,
            offset }, "read")
    if not list and err.code == "no_table" then return {} end
    return list, err
end

return documents
