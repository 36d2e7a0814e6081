--- merge: documents of the memory table, of which the newest of a path wins.
--
-- Going out: look which paths the remote has, then one UPDATE or one INSERT
-- each.  Coming in: the same on the local store.  Both may be repeated.
local deadline = require "propolis.sync.deadline"
local schemas = require "propolis.schemas"

local merge = {}

local CHUNK = 100

local UPDATE = [[UPDATE {t} SET filename = ?, summary = ?,
    summary_embedding = ?, author = ?, mime_type = ?, size_bytes = ?,
    project = ?, description = ?, agent = ?, plugin_version = ?,
    last_update_date = ? WHERE path = ?]]

local function update(store, row)
    return store:exec(UPDATE, {
        t = schemas.memory.table, n = 12,
        row.filename or "", row.summary or "", row.summary_embedding,
        row.author or "", row.mime_type or "text/plain",
        row.size_bytes or 0, row.project or "", row.description or "",
        row.agent or "", row.plugin_version or "",
        row.last_update_date or "", row.path,
    }, "idempotent")
end

--- Which of these paths a store has: path -> newest last_update_date.
-- @return a table, or nil, err
function merge.dates(store, paths)
    local dates = {}
    for from = 1, #paths, CHUNK do
        local chunk = table.move(paths, from,
            math.min(from + CHUNK - 1, #paths), 1, {})
        local list, err = store:query([[SELECT path,
            MAX(last_update_date) AS date FROM {t} WHERE path IN (??)
            GROUP BY path]], { t = schemas.memory.table, chunk }, "read")
        if not list then
            return nil, err
        end
        for _, row in ipairs(list) do
            dates[row.path] = row.date or ""
        end
    end
    return dates
end

--- Puts one document into a store that has the given date for its path.
-- @return "inserted", "updated" or "kept" (what is there is as new); or nil,
-- err
function merge.put(store, row, date)
    local ok, err
    if not date then
        ok, err = store:insert(schemas.memory, row)
        return ok and "inserted", err
    elseif date >= (row.last_update_date or "") then
        return "kept"
    end
    ok, err = update(store, row)
    return ok and "updated", err
end

--- Sends documents of the outbox; called by push with its own state.
-- @return true, or nil, err when the push has to stop
function merge.push(self, refs)
    local paths = {}
    for i, ref in ipairs(refs) do
        paths[i] = ref.row.path
    end
    local dates, err = merge.dates(self.remote, paths)
    if not dates then
        return nil, err
    end
    for _, ref in ipairs(refs) do
        local row = ref.row
        local done
        done, err = deadline.holds(self.deadline)
        if not done then
            return nil, err
        end
        done, err = merge.put(self.remote, row, dates[row.path])
        if done then
            dates[row.path] = done == "kept" and dates[row.path]
                or row.last_update_date
            self:confirm(schemas.memory, { ref })
        elseif err.unclear or self.stops[err.code] then
            return nil, err
        else
            self:suspect(ref, err)
        end
    end
    return true
end

return merge
