--- search.fill: what is new in the store goes into the index.
--
-- Events only appear: those behind the greatest rowid that was indexed are new.
-- Rows of memory change, skills get newer versions: these are few and are
-- compared by their dates.
local documents = require "propolis.search.documents"
local file = require "propolis.search.file"
local sys = require "engine.sys"

-- The functions are methods of a run: store and it (file.open) are open, until_
-- is the moment at which it has to end or nil; see search.catch_up.
local fill = {}

--- What one transaction takes: rows, or bytes of text, whatever comes first.
fill.rows, fill.bytes = 4000, 4 << 20

function fill:is_late()
    return self.until_ ~= nil and sys.monotonic() >= self.until_
end

-- The columns of a table that there are and that documents.of reads, as SQL;
-- nil when there is no such table.
function fill:columns(number)
    local rows = assert(self.store:query("SELECT name FROM "
        .. "pragma_table_info(?)", { documents.tables[number] }))
    if #rows == 0 then return nil end
    local have, list = {}, { "rowid AS rowid" }
    for _, row in ipairs(rows) do have[row.name] = true end
    for _, name in ipairs(documents.columns[number]) do
        if have[name] then list[#list + 1] = '"' .. name .. '"' end
    end
    return table.concat(list, ", "), have
end

-- Runs fn in a transaction of the index, whose pages are written then.
function fill:commit(fn)
    local index = self.it.index
    assert(self.it.db:exec("BEGIN IMMEDIATE"))
    local fine, err = sys.pcall(function()
        fn()
        assert(index:flush())
        assert(file.note(self.it.db, self.changes))
        assert(self.it.db:exec("COMMIT"))
    end)
    if not fine then
        self.it.db:exec("ROLLBACK")
        error(err, 0)
    end
    for key, value in pairs(self.changes) do self.it.state[key] = value end
    self.changes = {}
end

-- ---- events ----

local function by_session(a, b)
    if a.path ~= b.path then return a.path < b.path end
    if a.ms ~= b.ms then return a.ms < b.ms end
    return a.rowid < b.rowid
end

-- Puts documents into the index, those of a session side by side; the date
-- stands with the first of each day.
function fill:add(list)
    table.sort(list, by_session)
    local index, path, day = self.it.index, nil, nil
    for _, document in ipairs(list) do
        if document.path == path and document.day == day then
            document.day = ""
        else
            path, day = document.path, document.day
        end
        assert(index:add(document))
    end
end

-- The next events behind a rowid: a list, and whether there may be more.
function fill:events_behind(rowid, columns)
    local list, bytes, read = {}, 0, 0
    for row in self.store:rows("SELECT " .. columns .. " FROM sessions"
        .. " WHERE rowid > ? ORDER BY rowid LIMIT ?",
        { rowid, fill.rows }) do
        local document = documents.of(0, row)
        list[#list + 1] = document
        bytes, read = bytes + #document.body, read + 1
        if bytes >= fill.bytes or read % 256 == 0 and self:is_late() then
            return list, true
        end
    end
    return list, read == fill.rows
end

-- Notes, before they are sorted, that these are indexed.
function fill:note_events(list)
    local state = self.it.state
    self.changes.sessions_rowid = list[#list].rowid
    self.changes.sessions_rows = (state.sessions_rows or 0) + #list
    self.changes.loose = (state.loose or 0) + #list
end

-- Indexes new events; what is left when the time is over, is noted.
function fill:events()
    local columns = self:columns(0)
    if not columns then return end
    local top = self:greatest()
    local more = true
    while more and not self:is_late() do
        local last, list = self.it.state.sessions_rowid or math.mininteger
        list, more = self:events_behind(last, columns)
        if #list == 0 then break end
        self:commit(function()
            self:note_events(list)
            self:add(list)
        end)
        self.added = self.added + #list
        if self.progress then
            self.progress(self.added, self.added
                + self:left(top, self.it.state.sessions_rowid))
        end
    end
    self.behind = self:left(top, self.it.state.sessions_rowid)
end

-- The greatest rowid of the events, or nil.
function fill:greatest()
    return assert(self.store:query(
        "SELECT max(rowid) AS n FROM sessions"))[1].n
end

-- How many rows there are at most behind the one that was indexed last.
function fill:left(top, last)
    if not top then return 0 end
    if last then return math.max(0, top - last) end
    return assert(self.store:query("SELECT count(*) AS n FROM sessions"))[1].n
end

-- ---- rows that change ----

local STAMP = {
    [1] = "coalesce(last_update_date, '') || ' ' || coalesce(size_bytes, 0)"
        .. " || ' ' || length(summary)",
    [2] = "coalesce(version, 0) || ' ' || coalesce(updated_at, '')",
}
local FROM = {
    [1] = "memory",
    [2] = "(SELECT *, rowid, max(version) FROM skills"
        .. " GROUP BY project_key, name)",
}

-- Rows of a table by rowid -> what says that they changed.
function fill:stamps(number)
    local now = {}
    for row in self.store:rows(("SELECT rowid AS rowid, %s AS stamp FROM %s")
        :format(STAMP[number], FROM[number])) do
        now[row.rowid] = row.stamp
    end
    return now
end

-- The known rows that are gone or changed; now keeps those that are new.
local function drop_known(known, now)
    local gone = {}
    for rowid, row in pairs(known) do
        if now[rowid] ~= row.stamp then
            gone[#gone + 1] = row
        else
            now[rowid] = nil
        end
    end
    return gone
end

function fill:kill(number, gone)
    for _, row in ipairs(gone) do
        assert(self.it.index:kill(row.n))
        assert(self.it.db:exec("DELETE FROM document WHERE source = ?"
            .. " AND row = ?", { number, row.row }))
    end
end

function fill:index_row(number, columns, rowid, stamp)
    local rows = assert(self.store:query("SELECT " .. columns .. " FROM "
        .. documents.tables[number] .. " WHERE rowid = ?", { rowid }))
    if not rows[1] then return end
    local n = assert(self.it.index:add(documents.of(number, rows[1])))
    assert(self.it.db:exec("INSERT OR REPLACE INTO document"
        .. " VALUES(?, ?, ?, ?)", { number, rowid, n, stamp }))
end

function fill:known(number)
    local known = {}
    for row in self.it.db:rows("SELECT row, n, stamp FROM document"
        .. " WHERE source = ?", { number }) do
        known[row.row] = row
    end
    return known
end

-- Indexes the rows of memory or skills that are new or changed.
function fill:changing(number)
    local columns = self:columns(number)
    if not columns or self:is_late() then return end
    local now, known = self:stamps(number), self:known(number)
    local gone, todo = drop_known(known, now), {}
    for rowid in pairs(now) do todo[#todo + 1] = rowid end
    if #gone + #todo == 0 then return end
    table.sort(todo)
    self:commit(function()
        self:kill(number, gone)
        for i, rowid in ipairs(todo) do
            if i % 64 == 0 and self:is_late() then
                self.behind = self.behind + #todo - i
                return
            end
            self:index_row(number, columns, rowid, now[rowid])
        end
    end)
end

return fill
