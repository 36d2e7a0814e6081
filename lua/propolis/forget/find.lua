--- find: the rows of a store that are meant, and what a person is told of them.
--
-- A finding is { tables = list of { schema =, ids =, numbers =, paths =,
-- dates = }, authors = { name = rows }, sessions = { path = rows }, count =,
-- first =, last =, examples = list of { table =, row = } }.  ids and numbers
-- (in a local store) are those of the rows, in one order; paths and dates too,
-- in tables with one row per path.
local criteria = require "propolis.forget.criteria"
local forgotten = require "propolis.sync.forgotten"
local pages = require "propolis.forget.pages"

local find = {}

local EXAMPLES = 5

local function note_date(found, date)
    if not date or date == "" then return end
    if not found.first or date < found.first then found.first = date end
    if not found.last or date > found.last then found.last = date end
end

local function new_list(of)
    return { schema = of, ids = {}, numbers = {}, paths = {}, dates = {} }
end

-- Counts one row.
local function note(found, list, row, column)
    local of, n = list.schema, #list.ids + 1
    local date = column and row[column] or ""
    found.each(of, row)
    list.ids[n], list.numbers[n] = row.id or "", row.row_number
    if of.sync and of.sync.merge then
        list.paths[n], list.dates[n] = row.path or "", date
    end
    found.count = found.count + 1
    if row.author and row.author ~= "" then
        found.authors[row.author] = (found.authors[row.author] or 0) + 1
    end
    if of.name == "sessions" and row.path then
        found.sessions[row.path] = (found.sessions[row.path] or 0) + 1
    end
    note_date(found, date)
end

-- A few of the rows of a table, whole.
local function add_examples(store, found, list, columns)
    local room = EXAMPLES - #found.examples
    local some = table.move(list.ids, 1, math.min(room, #list.ids), 1, {})
    if #some == 0 then return end
    for rows in pages.each(store, list.schema, { columns = columns,
        where = "id IN (??)", values = { some } }) do
        for _, row in ipairs(rows) do
            if #found.examples < EXAMPLES then
                table.insert(found.examples,
                    { table = list.schema.table, row = row })
            end
        end
    end
end

-- What has to be read of each row.
local function needed(spec, found, columns, date)
    if spec.text or found.whole then return columns end
    local list = {}
    for _, name in ipairs(columns) do
        if name == "id" or name == "path" or name == "author"
            or name == date then
            list[#list + 1] = name
        end
    end
    return list
end

-- The rows of one table that are meant; nil when none can be.
local function look(store, of, spec, found)
    local columns, err = pages.columns(store, of)
    assert(columns or not err, err)
    local where, values = criteria.where(spec, of, columns or {},
        store.dialect)
    if not columns or not where then return nil end
    local list, column = new_list(of), forgotten.date_column(of)
    for rows in pages.each(store, of, { where = where, values = values,
        columns = needed(spec, found, columns, column) }) do
        for _, row in ipairs(rows) do
            if criteria.matches(spec, of, row) then
                note(found, list, row, column)
            end
        end
        found.progress(#rows)
    end
    add_examples(store, found, list, columns)
    return list
end

-- Summaries ------------------------------------------------------------------

-- The paths at which a session's summary may stand, the likeliest first: what
-- an id and what a name is cannot be told from a file's name alone.
local function summary_paths(path)
    local user, file = path:match("^/sessions/([^/]+)/(.*)%.jsonl$")
    local list = {}
    for at in (file or ""):gmatch("_()") do
        list[#list + 1] = ("/summaries/%s/%s.md"):format(user, file:sub(at))
    end
    return list
end

-- Whether a summary is not one of another session.
local function is_of(row, path)
    local source = (row.summary or ""):match("%*%*Source%*%*: ([^\n]+)")
    return not source or source == path
end

local BATCH = 100

-- The rows of memory at these paths, by path.
local function documents(store, memory, columns, paths)
    local there = {}
    for from = 1, #paths, BATCH do
        for rows in pages.each(store, memory, { columns = columns,
            where = "path IN (??)", values = { table.move(paths, from,
                math.min(from + BATCH - 1, #paths), 1, {}) } }) do
            for _, row in ipairs(rows) do
                there[row.path] = there[row.path] or {}
                table.insert(there[row.path], row)
            end
        end
    end
    return there
end

-- What says in short what a session was may say what was forgotten of it.
local function add_summaries(store, found, memory)
    local columns = pages.columns(store, memory)
    if not columns or not next(found.sessions) then return end
    local list, has, paths = nil, {}, {}
    for _, one in ipairs(found.tables) do
        list = one.schema.name == "memory" and one or list
    end
    if not list then
        list = new_list(memory)
        table.insert(found.tables, list)
    end
    for _, id in ipairs(list.ids) do has[id] = true end
    for path in pairs(found.sessions) do
        local more = summary_paths(path)
        table.move(more, 1, #more, #paths + 1, paths)
    end
    local there = documents(store, memory, columns, paths)
    for path in pairs(found.sessions) do
        for _, at in ipairs(summary_paths(path)) do
            local rows = there[at]
            if rows and is_of(rows[1], path) then
                for _, row in ipairs(rows) do
                    if not has[row.id] then
                        has[row.id] = true
                        note(found, list, row, memory.sync.newest)
                    end
                end
                break
            end
        end
    end
end

local function nothing() end

--- Finds them.  Raises what stops it.
-- @param spec see propolis.forget.criteria
-- @param opts { progress = function told how many rows were read, each =
-- function called with the schema and each row that is meant, whole = true
-- where that needs all of the row }
-- @return a finding
function find.rows(store, spec, opts)
    local schemas = require "propolis.schemas"
    local found = { tables = {}, authors = {}, sessions = {}, count = 0,
        examples = {}, progress = opts.progress or nothing,
        each = opts.each or nothing, whole = opts.whole }
    for _, of in ipairs((schemas.list())) do
        found.tables[#found.tables + 1] = look(store, of, spec, found)
    end
    if schemas.memory then add_summaries(store, found, schemas.memory) end
    return found
end

--- A finding of nothing.
function find.none()
    return { tables = {}, authors = {}, sessions = {}, count = 0,
        examples = {} }
end

return find
