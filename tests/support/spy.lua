--- A store of Lua functions that answers by a script and keeps what it was
-- asked: what heal sends, statement by statement.
--
--   local s = spy { columns = { t = { "id" } } }
--   s.store, s.sql (list of texts), s.kinds (list of kinds)
--
-- columns says what the catalogue shows per table; a CREATE that meets no
-- table adds all columns of `create[table]`; an ALTER adds its column.
-- on(sql, info, n) may answer first: rows, or nil and a message.
local store = require "engine.store"

local function look_answer(columns)
    local rows = {}
    for _, name in ipairs(columns or {}) do
        rows[#rows + 1] = { column_name = name }
    end
    return rows
end

local function create_columns(sql)
    local list = {}
    for name in sql:match("%((.*)%)"):gsub("%b''", "")
        :gmatch('"?([%a_][%w_]*)"? [A-Z][%w%[%]]+') do
        if name:lower() == name then list[#list + 1] = name end
    end
    return list
end

return function(opts)
    local s = { sql = {}, kinds = {}, columns = opts.columns or {} }
    local spec = {
        dialect = opts.dialect or "deeplake",
        workspace = opts.workspace or "ws",
    }
    function spec.query(sql, info)
        s.sql[#s.sql + 1], s.kinds[#s.kinds + 1] = sql, info.kind
        if opts.on then
            local rows, err = opts.on(sql, info, #s.sql)
            if rows or err then return rows, err end
        end
        local t = info.table
        if info.kind == "catalog" then
            return look_answer(s.columns[t])
        elseif info.kind == "create" then
            s.columns[t] = s.columns[t] or create_columns(sql)
        elseif info.kind == "alter" then
            local name = sql:match('ADD COLUMN "?([%w_]+)"?')
            table.insert(s.columns[t], name)
        end
        return {}
    end
    if opts.listed then
        function spec.listed(t)
            s.kinds[#s.kinds + 1] = "list"
            return opts.listed(t, s)
        end
    end
    s.store = store.from(spec)
    s.store.heal_log = false
    return s
end
