--- schemas: the wanted shape of every table, one Lua data file each.
--
--   local schemas = require "propolis.schemas"
--   schemas.memory.columns[1].name      --> "id"
--   for _, s in ipairs(schemas.list()) do print(s.table) end
--
-- The shipped files lie in schemas/; a file in the configuration folder's
-- schemas/ adds a table, or adds columns to a shipped one by naming its table.
-- No file can change a shipped column.  A bad file is refused, with file,
-- column and reason; the others still load.
local schema = require "engine.schema"
local sys = require "engine.sys"

local schemas = {}

-- The shipped tables, in order, and the setting that may rename each.
local SHIPPED = { "memory", "sessions", "skills" }
local RENAMED = {
    memory = "HIVEMIND_TABLE",
    sessions = "HIVEMIND_SESSIONS_TABLE",
    skills = "HIVEMIND_SKILLS_TABLE",
}

-- What names of tables do not begin with, and whose those are.
local RESERVED = { propolis_ = "propolis", sqlite_ = "SQLite" }

local check = require("engine.store").check
local loaded = {} -- name -> schema, or false when its file was refused
local refused = {} -- name -> sentence
local extras -- the user's files: table -> { path=, spec= }, read once

--- The data of one schema file, or nil and a sentence.
function schemas.read(path)
    check(path, "string", "a schema's file must be a string")
    local spec, err = sys.load_data(path)
    if err then
        return nil, tostring(err)
    elseif type(spec) ~= "table" then
        return nil, ("%s: a schema file returns a table"):format(path)
    elseif type(spec.table) ~= "string" then
        return nil, ("%s: a schema names its table"):format(path)
    elseif type(spec.columns) ~= "table" then
        return nil, ("%s: there is no list of columns"):format(path)
    elseif type(spec.indexes or {}) ~= "table" then
        return nil, ("%s: indexes is no list"):format(path)
    end
    return spec
end

-- A schema from data, or nil and a sentence that names the file.
local function build(spec, path)
    local ok, made = pcall(schema.new, spec)
    local owner = ok and RESERVED[spec.table:lower():match("^%a+_")]
    if owner then
        ok, made = false, ("the table '%s': names with %s are %s's own")
            :format(spec.table, owner:lower() .. "_", owner)
    end
    if not ok then return nil, ("%s: %s"):format(path, tostring(made)) end
    return made
end

-- The same of a user's table.
-- @return the schema and, when its rows can never be shared, why
local function build_own(spec, path)
    local rules = require "propolis.schemas.sync"
    local ok, err = rules.check(spec)
    local stays = rules.stays(spec)
    if stays then
        spec.sync = nil
    end
    local made
    if ok then
        made, err = build(spec, path)
    else
        err = ("%s: %s"):format(path, err)
    end
    return made, made and stays or err
end

local function shipped_path(name)
    return ("%s/schemas/%s.lua"):format(sys.root, name)
end

-- The user's files by table; two for one table: the later name is refused.
local function read_extras()
    local paths = require("propolis.config.places").paths()
    local dir = paths and paths.config .. "/schemas"

    extras = {}
    for _, file in ipairs(dir and sys.list(dir) or {}) do
        local path = dir .. "/" .. file
        if file:find("%.lua$") then
            local spec, err = schemas.read(path)
            local name = spec and spec.table or file
            if spec and extras[name] then
                name = file
                err = ("%s: %s has table '%s' already"):format(path,
                    extras[spec.table].path, spec.table)
            end
            if err then
                refused[name] = err
            else
                extras[name] = { path = path, spec = spec }
            end
        end
    end
end

local function joined(first, second)
    local list = table.move(first or {}, 1, #(first or {}), 1, {})
    return table.move(second or {}, 1, #(second or {}), #list + 1, list)
end

-- A shipped table with the user's columns behind its own; they never replace
-- one, because two of one name fail the lint.
local function build_extended(spec, extra, path)
    if extra.sync ~= nil then
        return nil, ("%s: how rows of '%s' travel is said already"):format(
            path, extra.table)
    end
    return build({
        table = spec.table, name = spec.name, sync = spec.sync,
        columns = joined(spec.columns, extra.columns),
        indexes = joined(spec.indexes, extra.indexes),
        required = spec.required,
    }, path)
end

--- Checks one file, a user's columns for a shipped table together with that
-- table: a schema and, when its rows can never be shared, why; or nil and a
-- sentence.
function schemas.lint(path)
    local spec, err = schemas.read(path)
    if not spec then return nil, err end
    local shipped = RENAMED[spec.table] and shipped_path(spec.table)
    if shipped and sys.realpath(path) ~= sys.realpath(shipped) then
        local base
        base, err = schemas.read(shipped)
        if not base then return nil, err end
        return build_extended(base, spec, path)
    end
    return build_own(spec, path)
end

local function load_shipped(name)
    local path = shipped_path(name)
    local spec, err = schemas.read(path)
    if not spec then return nil, err end
    spec.name = name
    local own, renamed = spec.table, os.getenv(RENAMED[name])
    local extra, made = extras[name], nil
    spec.table = renamed and renamed ~= "" and renamed or own
    if extra then
        made, err = build_extended(spec, extra.spec, extra.path)
    end
    if made then return made end
    -- The shipped table is still there, and says why.
    refused[name .. " (yours)"] = err
    made, err = build(spec, path)
    if made or spec.table == own then return made, err end
    refused[RENAMED[name]], spec.table = err, own
    return build(spec, path)
end

local function load_one(name)
    if not extras then
        read_extras()
    end
    local made, err
    if RENAMED[name] then
        made, err = load_shipped(name)
    elseif extras[name] then
        made, err = build_own(extras[name].spec, extras[name].path)
        err = not made and err or nil
    else
        return nil
    end
    loaded[name] = made or false
    refused[name] = err
    return made
end

--- The schema of that name, or nil and a sentence: the shipped ones keep
-- their names when a setting renames their tables.
function schemas.get(name)
    check(name, "string", "a schema's name must be a string")
    local made = loaded[name]
    if made == nil then
        made = load_one(name)
    end
    if made then return made end
    return nil, refused[name] or ("there is no table '%s': there are %s")
        :format(name, table.concat(schemas.names(), ", "))
end

--- The schema that a person means, by its name or its table's.
-- @return the schema; or nil, a sentence and whether nothing is called so (else
-- its file was refused)
function schemas.find(word)
    local found, err = schemas.get(word)
    for _, made in ipairs(found and {} or (schemas.list())) do
        found = found or made.table == word and made or nil
    end
    if found then return found end
    return nil, err, refused[word] == nil
end

--- Every name: the shipped tables, then the user's in order of their names.
function schemas.names()
    if not extras then
        read_extras()
    end
    local names = table.move(SHIPPED, 1, #SHIPPED, 1, {})
    local own = {}
    for name in pairs(extras) do
        if not RENAMED[name] then
            own[#own + 1] = name
        end
    end
    table.sort(own)
    return table.move(own, 1, #own, #names + 1, names)
end

--- The sentences about files that were refused so far.
function schemas.refused()
    local errors = {}
    for _, err in pairs(refused) do
        errors[#errors + 1] = err
    end
    table.sort(errors)
    return errors
end

--- Every schema that loads, in the order of names(), and the list of
-- sentences about the files that were refused.
function schemas.list()
    local list = {}
    for _, name in ipairs(schemas.names()) do
        list[#list + 1] = schemas.get(name)
    end
    return list, schemas.refused()
end

--- Those of them whose rows travel: with the names in outbox and state.
function schemas.synced()
    local list = {}
    for _, made in ipairs((schemas.list())) do
        if made.sync then
            list[#list + 1] = made
        end
    end
    return list
end

--- Where a shipped or user's schema comes from: a list of file paths.
function schemas.files(name)
    local files = {}
    schemas.get(name)
    if RENAMED[name] then
        files[1] = shipped_path(name)
    end
    if extras[name] then
        files[#files + 1] = extras[name].path
    end
    return files
end

--- The embedding column that the memory table must never lose: true, or nil
-- and a sentence.  Ensure asks before it sends any SQL.
function schemas.guard(wanted)
    if type(wanted) ~= "userdata" then
        check(wanted, "table", "a schema is wanted here")
    end
    local renamed = os.getenv(RENAMED.memory)
    local guarded = wanted.table == "memory" or wanted.table == renamed
    for _, column in ipairs(guarded and wanted.columns or {}) do
        guarded = guarded and column.name ~= "summary_embedding"
    end
    if not guarded then return true end
    return nil, ("table '%s': its schema lacks the column"
        .. " 'summary_embedding'; nothing was sent"):format(wanted.table)
end

return setmetatable(schemas, {
    -- schemas.memory: a broken file is an error where it is needed.
    __index = function(_, name)
        if type(name) ~= "string" then return nil end
        local made, err = schemas.get(name)
        if not made and refused[name] then error(err, 2) end
        return made
    end,
})
