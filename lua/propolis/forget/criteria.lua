--- criteria: which rows a person means to forget.
--
-- They are { session =, author =, project =, text =, since =, before =,
-- refs = }: all of them hold for a row, one of the refs.  since and before are
-- dates as rows have them, the first included.  A ref is a row's id or how it
-- begins, or a path.
--
-- Events and documents are found by any of them.  Rows of other tables (skills,
-- a user's own) are asked for by their text or by a ref: nobody who forgets a
-- day or a project means those.
local fold = require "propolis.forget.fold"
local forgotten = require "propolis.sync.forgotten"
local json = require "propolis.json"
local message = require "propolis.search.message"
local ref = require "propolis.search.ref"
local sql = require "engine.sql"

local criteria = {}

-- Columns that say who or what wrote a row, never what.
local ABOUT = { id = true, author = true, agent = true, plugin_version = true,
    mime_type = true, install = true, scope = true, source_agent = true }

--- Whether these mean whole sessions up to now, not parts of them.
function criteria.whole_session(spec)
    return spec.session ~= nil and not (spec.author or spec.project
        or spec.text or spec.since or spec.before or spec.refs)
end

-- What a statement looks for to find all rows that may hold a text: the parts
-- of which a row has one, for LIKE.  However often JSON was written as a text
-- in a text, a letter or digit stands there as itself, one beyond ASCII in
-- either case, or as \u with its number.  What a person reads as one text may
-- be several, so a word is looked for.
local function parts(text)
    local best = ""
    for word in text:gmatch("[%w_]+") do
        best = #word > #best and word or best
    end
    local letter = text:match("[\xC3-\xF4][\x80-\xBF]+")
    if #best > 2 or not letter then
        return best ~= "" and { best:lower(), "\\u00" } or {}
    end
    local list = fold.both(letter)
    list[#list + 1] = "\\u"
    return list
end

local function like(text)
    return (text:gsub("[\\%%_]", "\\%0"))
end

--- The columns of a table in which text is looked for.
function criteria.text_columns(of)
    local list = {}
    for _, column in ipairs(of.columns) do
        if (column.type == "text" or column.type == "jsonb")
            and not ABOUT[column.name] then
            list[#list + 1] = column.name
        end
    end
    return list
end

-- Conditions -----------------------------------------------------------------

-- A WHERE in the making: its conditions, and the values for each ?.
local Where = {}
Where.__index = Where

function Where:add(text, ...)
    self.parts[#self.parts + 1] = text
    for _, value in ipairs { ... } do
        self.values[#self.values + 1] = value
    end
end

function Where:equal(column, value)
    if value == nil then return true end
    if not self.has[column] then return false end
    self:add(assert(sql.ident(column)) .. " = ?", value)
    return true
end

function Where:dates(spec, column)
    if not spec.since and not spec.before then return true end
    if not column then return false end
    local name = assert(sql.ident(column))
    if spec.since then self:add(name .. " >= ?", spec.since) end
    if spec.before then self:add(name .. " < ?", spec.before) end
    return true
end

-- The events of a session, or its summary.
function Where:session(name, id)
    if id == nil then return true end
    local path = { sessions = { "/sessions/%\\_", ".jsonl" },
        memory = { "/summaries/%/", ".md" } }
    if not path[name] then return false end
    if id:sub(1, 1) == "/" and name == "sessions" then
        self:add('"path" = ?', id)
    elseif id:sub(1, 1) == "/" then
        self:add('"path" = ?', ("/summaries/%s/%s.md"):format(
            id:match("^/sessions/([^/]*)/") or "",
            require("propolis.search.session").id(id)))
    else
        self:add([["path" LIKE ? ESCAPE '\']],
            path[name][1] .. like(id) .. path[name][2])
    end
    return true
end

function Where:refs(refs, dialect)
    if not refs then return true end
    local any, values = {}, {}
    for _, text in ipairs(refs) do
        if text:sub(1, 1) ~= "/" then
            local condition, more = assert(ref.condition(text, dialect))
            any[#any + 1] = condition
            table.move(more, 1, #more, #values + 1, values)
        elseif self.has.path then
            any[#any + 1], values[#values + 1] = '"path" = ?', text
        end
    end
    if #any == 0 then return false end
    self:add("(" .. table.concat(any, " OR ") .. ")", table.unpack(values))
    return true
end

function Where:text(text, of)
    local any, values = {}, {}
    for _, name in ipairs(criteria.text_columns(of)) do
        for _, part in ipairs(text and self.has[name] and parts(text) or {}) do
            any[#any + 1] = ([[LOWER(CAST(%s AS TEXT)) LIKE ? ESCAPE '\']])
                :format(assert(sql.ident(name)))
            values[#values + 1] = "%" .. like(part) .. "%"
        end
    end
    if #any > 0 then
        self:add("(" .. table.concat(any, " OR ") .. ")",
            table.unpack(values))
    end
    return true
end

local function is_meant(spec, of)
    if of.name == "sessions" or of.name == "memory" then return true end
    return spec.text ~= nil or spec.refs ~= nil
end

--- What a statement can tell of the rows of a table that are meant.
-- @param columns the names of the columns that the table has
-- @param dialect the store's
-- @return a condition and its values; nil when no row of the table is meant
function criteria.where(spec, of, columns, dialect)
    local where = setmetatable({ parts = {}, values = {}, has = {} }, Where)
    for _, name in ipairs(columns) do where.has[name] = true end
    if is_meant(spec, of) and where.has.id
        and where:equal("author", spec.author)
        and where:equal("project", spec.project)
        and where:dates(spec, where.has[forgotten.date_column(of)]
            and forgotten.date_column(of))
        and where:session(of.name, spec.session)
        and where:refs(spec.refs, dialect) and where:text(spec.text, of) then
        return table.concat(where.parts, " AND "), where.values
    end
end

-- Rows -----------------------------------------------------------------------

local holds

-- Whether a decoded value has the text in one of its texts, at any depth, also
-- where one of them is JSON itself.
local function value_holds(value, needle, depth)
    if type(value) == "string" then return holds(value, needle, depth) end
    if type(value) ~= "table" then return false end
    for key, item in pairs(value) do
        if type(key) == "string" and holds(key, needle, depth)
            or value_holds(item, needle, depth) then
            return true
        end
    end
    return false
end

function holds(text, needle, depth)
    if fold.text(text):find(needle, 1, true) then return true end
    if depth == 0 or not text:find("^%s*[%[{]") then return false end
    local value = text:find("\\", 1, true) and json.decode(text)
    return type(value) == "table" and value_holds(value, needle, depth - 1)
end

--- Whether a text holds another, whatever their case: as it stands, and where
-- it is JSON, in the texts that it is made of.
-- @param needle as fold.text gives it
function criteria.holds(text, needle)
    return holds(text, needle, 4)
end

-- Whether an event holds the text as a person reads it.
local function reads(row, needle)
    local m = message.of(row)
    local text = m.kind == "tool" and message.text(m, math.maxinteger)
        or m.text
    return fold.text(text):find(needle, 1, true) ~= nil
end

--- Whether a reference names a row by its id; see propolis.search.ref.
function criteria.names(text, id)
    if id:sub(1, #text) == text then return true end
    if text:sub(1, 1) == "~" then
        return ref.of(id):sub(1, #text) == text:lower()
    end
    local digits = text:lower():gsub("-", "")
    return digits:find("^%x+$") ~= nil
        and id:lower():gsub("-", ""):sub(1, #digits) == digits
end

local function is_of_refs(row, refs)
    for _, text in ipairs(refs) do
        if row.path == text or row.id and criteria.names(text, row.id) then
            return true
        end
    end
    return false
end

--- Whether a row that a statement found is really meant.
function criteria.matches(spec, of, row)
    if spec.refs and not is_of_refs(row, spec.refs) then return false end
    if not spec.text then return true end
    local needle = fold.text(spec.text)
    for _, name in ipairs(criteria.text_columns(of)) do
        local value = row[name]
        if type(value) == "table" then value = assert(json.encode(value)) end
        if type(value) == "string" and holds(value, needle, 4) then
            return true
        end
    end
    -- What a person reads is put together with spaces in between.
    return of.name == "sessions" and needle:find("%s") ~= nil
        and reads(row, needle)
end

-- Rows outside of a store ----------------------------------------------------

local function is_of_session(row, id)
    if id:sub(1, 1) == "/" then return row.path == id end
    return row.path:sub(-#id - 7) == "_" .. id .. ".jsonl"
        or row.path:sub(-#id - 4) == "/" .. id .. ".md"
end

-- Whether one criterion holds for a row; nil where the row lacks what it is
-- about.
local CHECKS = {
    author = function(row, v) return row.author and row.author == v end,
    project = function(row, v) return row.project and row.project == v end,
    since = function(row, v, d) return row[d] and row[d] >= v end,
    before = function(row, v, d) return row[d] and row[d] < v end,
    session = function(row, v) return row.path and is_of_session(row, v) end,
    refs = function(row, v) return row.id and is_of_refs(row, v) end,
}

--- Whether a row that is in no store is meant; nil when that cannot be told, as
-- the row is a part of one.
function criteria.covers(spec, of, row)
    if not is_meant(spec, of) or not criteria.matches(spec, of, row) then
        return false
    end
    local sure, column = true, forgotten.date_column(of)
    for name, check in pairs(CHECKS) do
        local holding = true
        if spec[name] ~= nil then
            holding = check(row, spec[name], column)
        end
        if holding == false then return false end
        sure = sure and holding ~= nil
    end
    return sure or nil
end

return criteria
