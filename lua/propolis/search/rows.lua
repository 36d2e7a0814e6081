--- search.rows: stored rows as a person would read them, from any store.
--
-- An entry is { table = "sessions", "memory" or "skills", id =, ref =, path =,
-- created =, author =, agent =, project =, kind =, m = what message.of() gives,
-- of a row of sessions, or text = what it says, of another }.
local message = require "propolis.search.message"
local ref = require "propolis.search.ref"

local rows = {}

--- Bytes of a message that are read from a store behind a network, where one
-- row may hold megabytes.
rows.most = 256 * 1024

-- Per table: the columns that every entry has, and those that make its text.
local SHAPES = {
    sessions = { "id, path, author, agent, project, creation_date AS created",
        "message" },
    memory = { "id, path, author, agent, project, CASE WHEN last_update_date"
        .. " <> '' THEN last_update_date ELSE creation_date END AS created",
        "summary, description" },
    skills = { "id, name AS path, author, source_agent AS agent, project,"
        .. " CASE WHEN updated_at <> '' THEN updated_at ELSE created_at END"
        .. " AS created", "name, description, trigger_text, body" },
}

rows.tables = { "sessions", "memory", "skills" }

--- The columns of a table in SQL, their names those of an entry.
-- @param dialect of the store
function rows.columns(name, dialect)
    local shape = SHAPES[name]
    if dialect == "sqlite" then
        return ("rowid AS place, %s, %s"):format(shape[1], shape[2])
    elseif name == "sessions" then
        return ("%s, left(message::text, %d) AS message"):format(shape[1],
            rows.most)
    end
    return shape[1] .. ", " .. shape[2]
end

local function text_of(value)
    return type(value) == "string" and value or ""
end

local function joined(...)
    local parts = {}
    for _, part in ipairs { ... } do
        if part ~= "" then parts[#parts + 1] = part end
    end
    return table.concat(parts, "\n")
end

--- A row that was read with those columns as an entry.
function rows.entry(name, row)
    local e = { table = name, place = row.place, m = nil }
    for _, key in ipairs { "id", "path", "author", "agent", "project",
        "created" } do
        e[key] = text_of(row[key])
    end
    e.ref = ref.of(e.id)
    if name == "sessions" then
        e.m = message.of(row)
        e.kind = e.m.kind
    elseif name == "memory" then
        e.kind, e.text = "summary", text_of(row.summary)
        if e.text == "" then e.text = text_of(row.description) end
    else
        e.kind = "skill"
        e.text = joined(text_of(row.name) .. ": " .. text_of(row.description),
            text_of(row.trigger_text), text_of(row.body))
    end
    return e
end

--- What an entry says.
-- @param bound bytes of a tool's result, see message.text
function rows.text(e, bound)
    if e.m then return message.text(e.m, bound) end
    return message.cut(e.text, message.longest)
end

-- Columns that a store's tables lack, by store and table: a store of an older
-- version that nobody wrote to since is read as it is.
local lacking = setmetatable({}, { __mode = "k" })

-- The statement, with the columns that the table lacks as empty ones.
local function completed(store, name, text)
    local missing = (lacking[store] or {})[name]
    if not missing then return text end
    local parts = { store.dialect == "sqlite" and "rowid AS rowid, *" or "*" }
    for _, column in ipairs(missing) do
        parts[#parts + 1] = ("'' AS %s"):format(column)
    end
    return (text:gsub("FROM {t}", function()
        return "FROM (SELECT " .. table.concat(parts, ", ") .. " FROM {t})"
    end))
end

-- Notes which columns a table lacks; whether there are any that were not known.
local function look(store, conf, name)
    local known = lacking[store] or {}
    if known[name] then return false end
    local list, columns = store:query("SELECT * FROM {t} LIMIT 1",
        { t = conf.tables[name] }, "read")
    if not list then return false end
    local there, missing = {}, {}
    for _, column in ipairs(columns or {}) do there[column] = true end
    for column in pairs(list[1] or {}) do there[column] = true end
    for _, column in ipairs(require("propolis.schemas")[name].columns) do
        if not there[column.name] then
            missing[#missing + 1] = column.name
        end
    end
    known[name], lacking[store] = missing, known
    return #missing > 0
end

--- Rows of a statement that reads one of our tables, which it calls {t}.
-- Columns that the table lacks are empty ones, a table that the store lacks has
-- no rows.
-- @param values list; the store's name of the table is added
-- @return list of rows, or nil, err
function rows.query(store, conf, name, text, values)
    values.t = conf.tables[name]
    local list, err = store:query(completed(store, name, text), values, "read")
    if not list and err.code == "no_column" and look(store, conf, name) then
        list, err = store:query(completed(store, name, text), values, "read")
    end
    if not list and (err.code == "no_table" or err.code == "no_schema") then
        return {}
    end
    return list, err
end

--- Entries of a table by a condition.
-- @param conf its tables are the names of the store's
-- @param condition SQL with a ? for each of values, and what may follow it
-- @return list, or nil, err
function rows.find(store, conf, name, condition, values)
    local list, err = rows.query(store, conf, name,
        ("SELECT %s FROM {t} AS t WHERE %s"):format(
        rows.columns(name, store.dialect), condition), values)
    if not list then return nil, err end
    for i, row in ipairs(list) do list[i] = rows.entry(name, row) end
    return list
end

--- Fills in what hits of an index lack of entries, from a SQLite store; those
-- whose rows are gone are left out.
-- @param hits list of { table =, rowid =, ... }
-- @return the hits, or nil, err
function rows.fill(store, conf, hits)
    local places, found = {}, {}
    for _, hit in ipairs(hits) do
        local list = places[hit.table] or {}
        places[hit.table] = list
        list[#list + 1] = hit.rowid
    end
    for name, list in pairs(places) do
        local entries, err = rows.find(store, conf, name,
            ("rowid IN (%s)"):format(table.concat(list, ",")), {})
        if not entries then return nil, err end
        for _, e in ipairs(entries) do found[name .. e.place] = e end
    end
    local kept = {}
    for _, hit in ipairs(hits) do
        local e = found[hit.table .. hit.rowid]
        if e and e.id == hit.id then
            e.score, e.why = hit.score, hit.why
            kept[#kept + 1] = e
        end
    end
    return kept
end

--- The rows that a reference names, or its beginning.
-- @return list, or nil, err (a sentence)
function rows.by_ref(store, conf, text)
    local condition, values, fits = ref.condition(text, store.dialect)
    if not condition then return nil, values end
    local found = {}
    for _, name in ipairs(rows.tables) do
        local list, err = rows.find(store, conf, name, condition, values)
        if not list then return nil, err end
        for _, e in ipairs(list) do
            if fits(e.id) then found[#found + 1] = e end
        end
    end
    -- The whole id says which is meant, whatever else begins so.
    for _, e in ipairs(found) do
        if e.id == text then return { e } end
    end
    return found
end

-- What puts events of one moment in order.
local function tie(store)
    return store.dialect == "sqlite" and "rowid" or "id"
end

--- The neighbours of an event in its session.
-- @param n how many before and behind
-- @return the list before and the list behind, both in order; or nil, err
function rows.around(store, conf, e, n)
    if e.table ~= "sessions" or n == 0 then return {}, {} end
    local key, mine = tie(store), e.place or e.id
    local function side(than, order)
        return rows.find(store, conf, "sessions", ([[path = ?
            AND (creation_date %s ? OR creation_date = ? AND %s %s ?)
            ORDER BY creation_date %s, %s %s LIMIT ?]]):format(than, key, than,
            order, key, order), { e.path, e.created, e.created, mine, n })
    end
    local before, err = side("<", "DESC")
    if not before then return nil, err end
    local behind, why = side(">", "ASC")
    if not behind then return nil, why end
    local turned = {}
    for i = #before, 1, -1 do turned[#turned + 1] = before[i] end
    return turned, behind
end

--- for e in rows.session(store, conf, condition, values) do ... end: events in
-- the order of time; raises the store's error.
function rows.session(store, conf, condition, values)
    assert(rows.find(store, conf, "sessions", "1 = 0", {})) -- see rows.query
    values.t = conf.tables.sessions
    local next_row, state, _, closing = store:rows(completed(store, "sessions",
        ("SELECT %s FROM {t} AS t WHERE %s ORDER BY creation_date, %s"):format(
        rows.columns("sessions", store.dialect), condition, tie(store))),
        values, "read")
    return function()
        local row = next_row(state)
        return row and rows.entry("sessions", row)
    end, nil, nil, closing
end

return rows
