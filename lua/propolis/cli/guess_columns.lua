--- The columns of rows whose store does not tell their order: as the statement
-- names them, then as the schemas do, then by name.
-- @param rows list of tables by column name
-- @param text the statement
-- @param schemas list
-- @return list of names; a column that is NULL in every row is not seen
return function(rows, text, schemas)
    local known, names = {}, {}
    for _, schema in ipairs(schemas) do
        for i, column in ipairs(schema.columns) do
            known[column.name] = known[column.name] or i
        end
    end
    local place = {}
    for _, row in ipairs(rows) do
        for name in pairs(row) do
            if not place[name] then
                local pattern = "%f[%w_]" .. name:gsub("%p", "%%%0")
                    .. "%f[^%w_]"
                place[name] = text:find(pattern)
                    or 1e6 + (known[name] or 1e6)
                names[#names + 1] = name
            end
        end
    end
    table.sort(names, function(a, b)
        if place[a] ~= place[b] then
            return place[a] < place[b]
        end
        return a < b
    end)
    return names
end
