--- What a schema file may say of how its rows reach the team, and its check.
--
--   sync = { append = true }      rows only ever appear: each goes out once
--   sync = { append = true, pull = COLUMN }   and the team's come here with
--                                 every sync, found by that date
--   sync = { append = true, fetch = COLUMN }  and those of one session come
--                                 when they are asked for, by their `path` and
--                                 in the order of that date
--   sync = { merge = COLUMN, newest = COLUMN }   one row per value of merge,
--                                 of which the one with the newest date wins;
--                                 the team's come here with every sync
--
-- Without it the rows stay on this machine; so they do without a text column
-- `id`, by which a row is known everywhere.
local rules = {}

-- What each key goes with, and whether it names a column.
local KEYS = {
    append = {}, merge = { column = true, with = "newest" },
    newest = { column = true, with = "merge" },
    pull = { column = true, with = "append" },
    fetch = { column = true, with = "append" },
}

local function text_column(spec, name)
    for _, column in ipairs(spec.columns) do
        if type(column) == "table" and (column[1] or column.name) == name
            and (column[2] or column.type) == "text" then
            return column
        end
    end
end

-- One key of sync: nil when it is right, else a sentence.
local function fault(spec, key, value)
    local rule = KEYS[key]
    if not rule then
        return ("the key '%s' means nothing there"):format(tostring(key))
    elseif rule.with and spec.sync[rule.with] == nil then
        return ("'%s' goes with '%s'"):format(key, rule.with)
    elseif key == "append" and value ~= true then
        return "'append' can only be true"
    elseif rule.column then
        local column = text_column(spec, value)
        if not column or column.default == nil then
            return ("'%s' names '%s', which is no text column with a default")
                :format(key, tostring(value))
        end
    end
end

--- Whether the sync of a schema file's data can be carried out.
-- @return true, or nil and a sentence
function rules.check(spec)
    local sync, wrong = spec.sync, nil
    if sync == nil then
        return true
    elseif type(sync) ~= "table" then
        wrong = "it is a table, as in { append = true }"
    elseif (sync.append == nil) == (sync.merge == nil) then
        wrong = "say either append or merge"
    elseif sync.fetch and not text_column(spec, "path") then
        wrong = "'fetch' needs a text column 'path'"
    else
        local keys = {}
        for key in pairs(sync) do
            keys[#keys + 1] = tostring(key)
        end
        table.sort(keys)
        for _, key in ipairs(keys) do
            wrong = wrong or fault(spec, key, sync[key])
        end
    end
    return not wrong or nil, wrong and "sync: " .. wrong
end

--- Why rows of such a table can never be shared; nil when they can.
function rules.stays(spec)
    if not text_column(spec, "id") then
        return "its rows stay on this machine: it has no text column 'id'"
    end
end

return rules
