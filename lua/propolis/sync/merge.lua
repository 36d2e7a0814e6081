--- merge: tables with one row per key (path, say), of which the newest wins.
--
-- Going out: look which keys the remote has, then one UPDATE or one INSERT
-- each.  Coming in: the same on the local store.  Both may be repeated.  Two
-- that insert a key at once leave two rows; who looks last removes the older.
local guard = require "propolis.sync.guard"
local raise = require("engine.store").raise
local rows_of = require "propolis.sync.rows"
local sql = require "engine.sql"

local merge = {}

local CHUNK = 100

-- Every column of the schema, but for the row's id and its key, over what is
-- older: the statement may arrive late.  Raises, as an insert does, on a key of
-- the row that is no column.
local function update(store, schema, row)
    local key, set, n, known = schema.sync.merge, {}, 0, {}
    local values = { t = schema.table, k = key }
    for _, column in ipairs(schema.columns) do
        local value = row[column.name]
        known[column.name] = true
        if column.name ~= "id" and column.name ~= key then
            n = n + 1
            set[n], values["c" .. n] = ("{c%d} = ?"):format(n), column.name
            values[n] = value == nil and column.default or value
        end
    end
    for name in pairs(row) do
        if not known[name] then
            raise(("%s has no column '%s'"):format(schema.table, name))
        end
    end
    values.d, values.n = schema.sync.newest, n + 2
    values[n + 1], values[n + 2] = row[key] or "", row[values.d] or ""
    return store:exec(([[UPDATE {t} SET %s WHERE {k} = ?
        AND ({d} < ? OR {d} IS NULL)]]):format(table.concat(set, ", ")),
        values, "idempotent")
end

-- Of several rows of a key the newest stays.
local function remove_older(store, schema, key)
    return store:exec([[DELETE FROM {t} WHERE {k} = ? AND EXISTS (
        SELECT 1 FROM {t} AS o WHERE o.{k} = {t}.{k} AND (o.{d} > {t}.{d}
        OR (o.{d} = {t}.{d} AND o.id < {t}.id)))]], {
            t = schema.table, k = schema.sync.merge,
            d = schema.sync.newest, key }, "idempotent")
end

--- What a store has of these rows' keys: key -> { id =, date = of the newest,
-- n = how many rows }.
-- @return a table, or nil, err
function merge.current(store, schema, rows)
    local found, keys = {}, rows_of.field(rows, schema.sync.merge)
    for from = 1, #keys, CHUNK do
        local list, err = store:query([[SELECT {k} AS key, MIN(id) AS id,
            MAX({d}) AS date, COUNT(*) AS n FROM {t} WHERE {k} IN (??)
            GROUP BY {k}]], {
                k = schema.sync.merge, d = schema.sync.newest,
                t = schema.table, table.move(keys, from,
                    math.min(from + CHUNK - 1, #keys), 1, {}),
            }, "read")
        if not list then return nil, err end
        for _, row in ipairs(list) do
            found[row.key] = { id = row.id, date = row.date or "",
                n = math.tointeger(tonumber(row.n)) }
        end
    end
    return found
end

--- Puts one row into a store that has `current`, which is kept up to date.
-- @param how the remote's guard (propolis.sync.guard), nil in a local store
-- @return "inserted", "updated" or "kept" (what is there is as new), and the
-- id that the store has for the row; or nil, err
function merge.put(store, schema, row, current, how)
    local key = row[schema.sync.merge] or ""
    local date = row[schema.sync.newest] or ""
    local there = current[key]
    if there and there.date >= date then return "kept", there.id end
    local ok, err
    if there then
        ok, err = update(store, schema, row)
    elseif how then
        ok, err = sql.insert(schema, row, store.dialect,
            how == "lock" and "" or how)
        if ok then
            ok, err = guard.exec(store, schema, how, ok)
        end
    else
        ok, err = store:insert(schema, row)
    end
    if not ok then return nil, err end
    current[key] = { id = there and there.id or row.id, date = date,
        n = there and there.n }
    return there and "updated" or "inserted", current[key].id
end

-- After rows of keys that were new, or there several times: another may have
-- inserted the same key at the same moment.
local function settle(self, schema, refs)
    if #refs == 0 then return end
    local current = assert(merge.current(self.remote, schema,
        rows_of.field(refs, "row")))
    for _, ref in ipairs(refs) do
        local key = ref.row[schema.sync.merge] or ""
        local there = current[key]
        if there and there.date < (ref.row[schema.sync.newest] or "") then
            assert(update(self.remote, schema, ref.row))
        end
        if there and there.n > 1 then
            local ok, err = remove_older(self.remote, schema, key)
            assert(ok or err.code == "denied", err)
        end
    end
    self:confirm(schema, refs)
end

--- Sends rows of one schema from the outbox; called by push with its own
-- state.  Raises what stops the push.
function merge.push(self, schema, refs)
    local unsettled, how = {}, self:guard(schema)
    local current = assert(merge.current(self.remote, schema,
        rows_of.field(refs, "row")))
    for _, ref in ipairs(refs) do
        assert(self.in_time())
        local done, err = merge.put(self.remote, schema, ref.row, current, how)
        local there = current[ref.row[schema.sync.merge] or ""]
        if done == "inserted" or done and (there.n or 1) > 1 then
            unsettled[#unsettled + 1] = ref
        elseif done then
            self:confirm(schema, { ref })
        elseif err.unclear or self.stops[err.code] then
            error(err, 0)
        else
            self:set_aside(ref, err)
        end
    end
    settle(self, schema, unsettled)
end

return merge
