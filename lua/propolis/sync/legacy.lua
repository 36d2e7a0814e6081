--- legacy: outbox, ledger and state as versions up to 0.1 named them move into
-- the tables of today, without a row lost.
--
-- The old names may as well be a user's own tables.  Ours are known by their
-- columns.  A table that has others beside them is a user's which the old
-- version has healed into: it stays as it is, what was ours in it is copied,
-- and the state remembers how far.
local outbox = require "propolis.sync.outbox"

local legacy = {}

-- A table's columns as one text, each with type, NOT NULL and default.
local function columns_of(store, name)
    local parts = { "" }
    for _, row in ipairs(assert(store:query([[SELECT name, type, "notnull",
        dflt_value FROM pragma_table_info(?) ORDER BY cid]], { name }))) do
        parts[#parts + 1] = ("%s %s %s %s"):format(row.name, row.type,
            row.notnull, row.dflt_value)
    end
    return table.concat(parts, ",") .. ","
end

local function our_columns(of)
    local parts, names = { "" }, {}
    for i, column in ipairs(of.columns) do
        names[i] = column.name
        parts[i + 1] = column.name .. " TEXT 1 ''"
    end
    return table.concat(parts, ",") .. ",", names
end

-- What lies behind a place comes before all that is in the new table already:
-- rowid is the order.
local COPY = [[INSERT INTO {new} (rowid, {c})
    SELECT rowid - (SELECT MAX(rowid) FROM {old})
        + (SELECT COALESCE(MIN(rowid), 1) FROM {new}) - 1, {c}
    FROM {old} WHERE rowid > ? AND {k} <> '']]

-- One table; raises what stops it.
local function move(store, of)
    local old = outbox.legacy[of.table]
    local there, ours, names = columns_of(store, old), our_columns(of)
    if not there:find(ours, 1, true) then
        return -- not there any more, or never ours
    end
    local key = "moved." .. old
    assert(store:exec(COPY, { old = old, new = of.table, c = names,
        k = names[1], math.tointeger(outbox.get(store, key) or 0) }))
    if there == ours then
        assert(store:exec("DROP TABLE {t}", { t = old }))
    else
        local last = assert(store:query("SELECT MAX(rowid) AS n FROM {t}",
            { t = old }))
        assert(outbox.set(store, { [key] = last[1].n or 0 }))
    end
end

--- Moves what is there into the tables of outbox.all, in one transaction;
-- raises what stops it.
function legacy.adopt(store)
    local names = {}
    for _, name in pairs(outbox.legacy) do
        names[#names + 1] = name
    end
    local found = assert(store:query([[SELECT name FROM sqlite_master
        WHERE type = 'table' AND name IN (??)]], { names }))
    if #found > 0 then
        assert(store:heal(outbox.all))
        assert(store:transaction(function()
            for _, of in ipairs(outbox.all) do
                move(store, of)
            end
            return true
        end))
    end
end

return legacy
