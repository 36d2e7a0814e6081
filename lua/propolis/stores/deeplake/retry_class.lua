--- What may be sent again when nobody knows whether it was carried out.
local retry_class = {}

-- The statement without its literals, upper case: enough to tell its verb.
local function outline(sql)
    return sql:gsub("[Ee]?'[^']*'", "?"):upper()
end

-- An UPDATE whose new values are all literals comes to the same done twice.
local function sets_literals(text)
    local set = text:match("%sSET%s(.*)")
    set = set and (set:match("^(.-)%sWHERE%s") or set)
    if not set then return false end
    set = set:gsub("::%s*[%w_]+%[?%]?", ""):gsub("ARRAY%b[]", "?")
    for piece in (set .. ","):gmatch("([^,]*),") do
        local value = piece:match("^%s*\"?[%w_]+\"?%s*=%s*(.-)%s*$")
        if not value or not (value:find("^%?+$") or value == "NULL" or
            tonumber(value)) then
            return false
        end
    end
    return true
end

--- "read", "again" (a write that may be repeated) or "once".
--- @param info idempotent= overrides what the statement looks like
function retry_class.of(sql, info)
    local text = outline(sql)
    local verb = text:match("^[%s(]*(%u+)")
    local reads = verb == "SELECT" or verb == "SHOW" or verb == "EXPLAIN" or
        verb == "VALUES" or verb == "WITH"
    if reads and not text:find("%f[%w]INSERT%f[%W]") and
        not text:find("%f[%w]UPDATE%f[%W]") and
        not text:find("%f[%w]DELETE%f[%W]") then
        return "read"
    end
    if info.idempotent ~= nil then
        return info.idempotent and "again" or "once"
    end
    if verb == "CREATE" or verb == "ALTER" or verb == "DROP" or
        verb == "DELETE" or (verb == "UPDATE" and sets_literals(text)) then
        return "again"
    end
    return "once"
end

return retry_class
