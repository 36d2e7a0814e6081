--- mcp.find: what a reference means, as propolis show and propolis log take it.
local rows = require "propolis.search.rows"

local find = {}

--- A row of the memory table by its path, the newest.
-- @return entry, or nil, err (a sentence)
function find.document(store, conf, path)
    local list, err = rows.find(store, conf, "memory",
        "path = ? ORDER BY last_update_date DESC LIMIT 1", { path })
    if not list then return nil, err end
    return list[1], not list[1] and ("there is nothing at '%s'"):format(
        require("engine.text").printable(path:sub(1, 300))) or nil
end

-- The one row of a reference, or nil and why not.
local function row_of(store, conf, text)
    local list, err = rows.by_ref(store, conf, text)
    if not list or #list == 1 then return list and list[1], err end
    local shown = require("engine.text").printable(text:sub(1, 80))
    if #list == 0 then
        return nil, ("there is no row or session '%s': `search` and `sessions`"
            .. " give references"):format(shown)
    end
    return nil, ("'%s' is the beginning of %d rows: write more of it"):format(
        shown, #list)
end

--- What a reference names.
-- @param text a ref, an id, a path, a session's id, or one of our URIs
-- @return an entry; or { session = path }; or nil, err (a sentence)
function find.any(store, conf, text)
    text = text:gsub("^propolis://memory", ""):gsub("^propolis://ref/", "")
    local is_session = text:find("^/sessions/")
    if text:sub(1, 1) == "/" and not is_session then
        return find.document(store, conf, text)
    end
    local e, err
    if not is_session then
        e, err = row_of(store, conf, text)
        if e then return e end
    end
    local path, why = require("propolis.search.session").find(store, conf, text)
    if path then return { session = path } end
    return nil, err or why
end

return find
