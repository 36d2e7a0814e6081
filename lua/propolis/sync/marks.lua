--- marks: places in a table that the state keeps as the number of a row.
--
-- A deletion frees the numbers of the last rows, and VACUUM may give all rows
-- other ones.  Who does that notes before which rows the marks stand, and sets
-- them again.
local outbox = require "propolis.sync.outbox"
local schemas = require "propolis.schemas"

local marks = {}

-- The schema of a mark, and whether its value ends with the row's id, which
-- makes one that is out of date known.
local function kind(key)
    local name = key:match("^queued%.(.+)$")
    if name then return name, true end
    return key:match("^adopted/[^/]+/(.+)$"), false
end

--- What the marks of a store stand for now: a list for marks.set.
-- @return a list, or nil, err
function marks.note(store)
    local rows, err = store:query([[SELECT key, value FROM {s}
        WHERE key LIKE 'queued.%' OR key LIKE 'adopted/%']],
        { s = outbox.state.table })
    if not rows then return err.code == "no_table" and {} or nil, err end
    local list = {}
    for _, row in ipairs(rows) do
        local name, with_id = kind(row.key)
        local of = name and schemas.get(name)
        local n = math.tointeger(tonumber(row.value:match("^%d+")))
        local last = of and n and store:query([[SELECT id FROM {t}
            WHERE rowid <= ? ORDER BY rowid DESC LIMIT 1]],
            { t = of.table, n })
        if last then
            list[#list + 1] = { key = row.key, table = of.table,
                with_id = with_id, id = last[1] and last[1].id }
        end
    end
    return list
end

local function value_of(store, mark)
    local rows = mark.id and store:query(
        "SELECT MAX(rowid) AS n FROM {t} WHERE id = ?",
        { t = mark.table, mark.id })
    local n = rows and rows[1] and rows[1].n or 0
    return mark.with_id and n > 0 and ("%d %s"):format(n, mark.id) or n
end

--- Sets marks to the rows that they stood for.
-- @return true, or nil, err
function marks.set(store, list)
    local words = {}
    for _, mark in ipairs(list) do
        words[mark.key] = value_of(store, mark)
    end
    return outbox.set(store, words)
end

--- Sets those that cannot tell when they are out of date to the start of their
-- tables, from where all rows are looked at again.
-- @return true, or nil, err
function marks.reset(store, list)
    local words = {}
    for _, mark in ipairs(list) do
        words[mark.key] = not mark.with_id and 0 or nil
    end
    return outbox.set(store, words)
end

return marks
