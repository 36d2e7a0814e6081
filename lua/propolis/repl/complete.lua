--- What the tab key does.
local chunk = require "propolis.repl.chunk"
local dot = require "propolis.repl.dot"
local help = require "propolis.repl.help"
local inspect = require "propolis.repl.inspect"
local session = require "propolis.repl.session"
local sql = require "propolis.repl.sql"

local complete = {}

local SQL_WORDS = {}
for word in ([[ALTER AND AS ASC BEGIN BY COMMIT COUNT CREATE DELETE DESC
    DISTINCT DROP EXPLAIN FROM GROUP HAVING IN INNER INSERT INTO IS JOIN LEFT
    LIKE LIMIT NOT NULL OFFSET ON OR ORDER PRAGMA ROLLBACK SELECT SET TABLE
    UNION UPDATE VALUES WHERE WITH]]):gmatch("%u+") do
    SQL_WORDS[#SQL_WORDS + 1] = word
end

-- The names in a list that start with prefix, sorted, each once.
local function matching(names, prefix, ignore_case)
    local seen, found = {}, {}
    local want = ignore_case and prefix:lower() or prefix
    for _, name in ipairs(names) do
        local have = ignore_case and name:lower() or name
        if have:sub(1, #want) == want and not seen[name] then
            seen[name] = true
            found[#found + 1] = name
        end
    end
    table.sort(found)
    return found
end

-- SQL -----------------------------------------------------------------------

local function add_schemas(names)
    for _, schema in ipairs((session.schemas())) do
        names[#names + 1] = schema.table
        for _, column in ipairs(schema.columns) do
            names[#names + 1] = column.name
        end
    end
end

local function add_catalogue(names, only_tables)
    local store = session.current()
    local ok, tables, columns
    if store then
        ok, tables, columns = pcall(sql.catalogue, store)
    end
    if not ok then return end
    for _, name in ipairs(tables) do
        names[#names + 1] = name
        for _, row in ipairs(only_tables and {} or columns[name]) do
            names[#names + 1] = row.column
        end
    end
end

local function sql_names(prefix)
    local names = {}
    add_schemas(names)
    add_catalogue(names)
    local found = matching(names, prefix, true)
    local lower = prefix:find("%l") ~= nil
    for _, word in ipairs(matching(SQL_WORDS, prefix, true)) do
        found[#found + 1] = lower and word:lower() or word
    end
    return found
end

-- Lua -----------------------------------------------------------------------

local function keys_into(names, t, only_functions)
    for k, v in next, t do
        if type(k) == "string" and k:find("^[%a_][%w_]*$")
            and (not only_functions or type(v) == "function") then
            names[#names + 1] = k
        end
    end
end

-- Where a value's fields come from besides itself; never calls anything.
local function index_of(value)
    local meta = debug.getmetatable(value)
    local index = type(meta) == "table" and rawget(meta, "__index")
    if type(index) == "table" then
        return index
    elseif type(meta) == "table" and index then
        local module = package.loaded[rawget(meta, "__name")]
        return type(module) == "table" and rawget(module, "methods") or nil
    end
end

local function fields(value, only_functions)
    local names, depth = {}, 0
    while value ~= nil and depth < 8 do
        if type(value) == "table" then
            keys_into(names, value, only_functions)
        end
        value, depth = index_of(value), depth + 1
    end
    return names
end

local function field(value, name)
    for _ = 1, 8 do
        if type(value) == "table" and rawget(value, name) ~= nil then
            return rawget(value, name)
        end
        value = index_of(value)
        if value == nil then return nil end
    end
end

-- A global; one of ours is made, but no store is opened by a tab key.
local function global(name)
    local value = rawget(_G, name)
    if value ~= nil or not session.globals()[name] then
        return value
    elseif name == "store" then
        return session.current() or require("engine.store").methods
    end
    local ok, made = pcall(session.globals()[name])
    return ok and made or nil
end

local function global_names()
    local names = {}
    keys_into(names, inspect.keywords)
    keys_into(names, _G)
    for name in pairs(session.globals()) do
        names[#names + 1] = name
    end
    return names
end

local function lua_names(text)
    local path, prefix = text:match("([%a_][%w_.:]-)[.:]([%w_]*)$")
    if not path then
        prefix = text:match("[%a_][%w_]*$") or ""
        return matching(global_names(), prefix), prefix
    end
    local value
    for name in path:gmatch("[^.:]+") do
        if value == nil then
            value = global(name)
        else
            value = field(value, name)
        end
        if value == nil then return {}, prefix end
    end
    local method = text:sub(-#prefix - 1, -#prefix - 1) == ":"
    return matching(fields(value, method), prefix), prefix
end

-- Both ----------------------------------------------------------------------

-- The SQL that ends at the cursor: the line, or an open string in Lua.
local function sql_part(text)
    local open = text:match("^[^'\"]*[\"']([^'\"]*)$")
        or text:match("%[%[([^%]]*)$")
    for _, part in ipairs { text, open } do
        local verb = part:match("^%s*(%a+)%s")
        if verb and chunk.VERBS[verb:upper()]
            and not part:find("^%s*%a+%s*[=(.]") then
            return part
        end
    end
end

local function dot_names(text)
    local command, prefix = text:match("^%s*%.(%a+)%s+(%S*)$")
    if not command then
        local names = {}
        for name in pairs(dot.commands) do
            names[#names + 1] = name
        end
        prefix = text:match("^%s*%.(%a*)$")
        return prefix and matching(names, prefix) or {}, prefix or ""
    end
    local names = {}
    if command == "help" then
        names = help.words()
    elseif command == "schema" then
        add_catalogue(names, true)
        for _, schema in ipairs((session.schemas())) do
            names[#names + 1] = schema.table
        end
    end
    return matching(names, prefix), prefix
end

--- The names that could stand where the text ends, and what of them is typed.
function complete.names(text)
    if text:find("^%s*%.%a*") and not text:find("^%s*%.%.") then
        return dot_names(text)
    end
    local part = sql_part(text)
    if part then
        local prefix = part:match("[%w_]*$")
        return sql_names(prefix), prefix
    end
    return lua_names(text)
end

local function common_prefix(names)
    local prefix = names[1]
    for _, name in ipairs(names) do
        local n = 0
        while n < #prefix
            and prefix:byte(n + 1) == name:byte(n + 1) do
            n = n + 1
        end
        prefix = prefix:sub(1, n)
    end
    return prefix
end

-- Names side by side, as ls does.
local function columns(names)
    local width, widest = require("engine.sys").columns() or 80, 0
    for _, name in ipairs(names) do
        widest = math.max(widest, #name + 2)
    end
    local across = math.max(1, width // widest)
    local down, lines = -(-#names // across), {}
    for row = 1, down do
        local cells = {}
        for i = row, #names, down do
            cells[#cells + 1] = names[i] .. (" "):rep(widest - #names[i])
        end
        lines[row] = (table.concat(cells):gsub(" +$", ""))
    end
    return table.concat(lines, "\n")
end

--- For engine.edit.open: what to insert after the text, and what to show.
function complete.key(text)
    local names, typed = complete.names(text)
    if #names == 0 then return nil end
    local more = common_prefix(names):sub(#typed + 1)
    if more ~= "" or #names == 1 then return more end
    return nil, columns(names)
end

return complete
