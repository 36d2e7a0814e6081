--- JSON in and out, set up once for the whole program.
--
-- lua-cjson reads; propolis.json.decode adds what it lacks.  Writing is ours,
-- as lua-cjson keeps neither whole numbers nor an order of keys.
--
--   local value, err = json.decode('{"n":1,"list":[]}')
--   local text, err = json.encode({ n = 1, list = json.array {} })
--
-- Both return nil and a sentence on failure and never raise on data.
local pcall = require("engine.sys").pcall -- Ctrl-C goes on up
local reader = require "propolis.json.decode"

local json = {}

--- Deepest nesting of arrays and objects that is read or written.
json.max_depth = reader.max_depth

--- Stands for null where a Lua table cannot hold nil.
json.null = reader.null

--- Reads one JSON text, as strictly as RFC 8259 has it.
-- A number without a fraction is an integer (all of int64 exactly), an empty
-- array stays one, null is json.null.  Escapes of half a surrogate pair become
-- U+FFFD; bytes that are not UTF-8 pass.
-- @return the value, or nil and a sentence with the place of the fault
function json.decode(text)
    return reader.decode(text)
end

--- The same five times as fast, for what was JSON when we stored it: numbers
-- are floats, an empty array is an empty table, and it is not strict.
function json.skim(text)
    return reader.skim(text)
end

local quoted = require("engine.text").quoted
local find, format = string.find, string.format

local array = reader.array
local check = require("engine.store").check
local ORDER = {}
local PAIRS = "an object is made of a list of { key, value }"

--- Marks a list, so that it is written as [] also when it is empty.
-- @param t the list; a new one when absent
-- @return t itself
function json.array(t)
    check(t or {}, "table", "an array must be a table")
    return setmetatable(t or {}, array)
end

--- True when a table came from an empty array or was marked by json.array.
function json.is_array(t)
    return getmetatable(t) == array
end

--- A table whose keys are written in the given order.
-- Reads like any table; a key added later comes last, a pair without a value
-- is left out.
-- @param pairs_ list of { key, value }; keys are strings
function json.object(pairs_)
    local t, order = {}, {}
    for _, pair in ipairs(check(pairs_, "table", PAIRS)) do
        local key, value = check(pair, "table", PAIRS)[1], pair[2]
        check(key, "string", "an object's keys must be strings")
        if value ~= nil then
            if t[key] == nil then
                order[#order + 1] = key
            end
            t[key] = value
        end
    end
    return setmetatable(t, { __name = "propolis.object", [ORDER] = order })
end

--- Some fields of a record as such an object.  A field that is a plain table is
-- taken for a list, also when it is empty.
-- @param keys the fields' names in order
-- @param absent stands for a field that is nil; without it that is left out
function json.pick(record, keys, absent)
    local out = {}
    for i, key in ipairs(keys) do
        local value = record[key]
        if value == nil then
            value = absent
        elseif type(value) == "table" and not getmetatable(value) then
            value = json.array(value)
        end
        out[i] = { key, value }
    end
    return json.object(out)
end

--- The array of what json.pick makes of each record of a list.
function json.pick_all(records, keys, absent)
    local out = json.array()
    for i, record in ipairs(records) do
        out[i] = json.pick(record, keys, absent)
    end
    return out
end

--- The same, but an array or object that is nested too deep comes as its text.
function json.decode_deep(text)
    return reader.decode(text, quoted)
end

local function number(v)
    if math.type(v) == "integer" then
        return format("%d", v)
    elseif v ~= v or v == math.huge or v == -math.huge then
        error({ format("%s has no form in JSON", v) })
    end
    for digits = 15, 17 do
        local text = format("%." .. digits .. "g", v)
        if tonumber(text) == v then
            return find(text, "[.e]") and text or text .. ".0"
        end
    end
end

-- How many elements a table has as a list, or nil when it is an object.
local function list_length(t)
    local count, last = 0, 0
    for k in next, t do
        if math.type(k) ~= "integer" or k < 1 then return nil end
        count = count + 1
        last = k > last and k or last
    end
    -- Holes are written as null, unless they would be most of the list.
    if last > 2 * count + 8 then return nil end
    return last
end

-- The keys of an object in the order they are written, and by each its place
-- in the table.
local function object_keys(t, order)
    local keys, source, listed = {}, {}, {}
    for _, key in ipairs(order or {}) do
        if rawget(t, key) ~= nil then
            keys[#keys + 1] = key
            source[key], listed[key] = key, true
        end
    end
    local rest = {}
    for k in next, t do
        local name = k
        if type(k) == "number" then
            name = number(k)
        elseif type(k) ~= "string" then
            error({ format("a %s cannot be a key in JSON", type(k)) })
        end
        if not listed[k] then
            if source[name] ~= nil then
                error({ format("two keys are written %q in JSON", name) })
            end
            source[name] = k
            rest[#rest + 1] = name
        end
    end
    table.sort(rest)
    return table.move(rest, 1, #rest, #keys + 1, keys), source
end

local write

local function write_list(t, last, out, n, depth)
    n = n + 1
    out[n] = "["
    for i = 1, last do
        if i > 1 then
            n = n + 1
            out[n] = ","
        end
        n = write(t[i], out, n, depth)
    end
    n = n + 1
    out[n] = "]"
    return n
end

local function write_object(t, order, out, n, depth)
    local keys, source = object_keys(t, order)
    local lead = "{"
    for i = 1, #keys do
        local key = keys[i]
        out[n + 1] = lead
        out[n + 2] = quoted(key)
        out[n + 3] = ":"
        n = write(t[source[key]], out, n + 3, depth)
        lead = ","
    end
    out[n + 1] = lead == "{" and "{}" or "}"
    return n + 1
end

local function write_table(t, out, n, depth)
    if depth == json.max_depth then
        error({ format("nested deeper than %d levels, or a table that holds"
            .. " itself", json.max_depth) })
    end
    local mt = getmetatable(t)
    local marked = mt == array
    local order = type(mt) == "table" and mt[ORDER]
    if not order and (marked or next(t) ~= nil) then
        local last = list_length(t)
        if last then
            return write_list(t, last, out, n, depth + 1)
        elseif marked then
            error({ "an array has keys that are no positions" })
        end
    end
    return write_object(t, order, out, n, depth + 1)
end

function write(v, out, n, depth)
    local kind = type(v)
    if kind == "table" then return write_table(v, out, n, depth) end
    n = n + 1
    if kind == "string" then
        out[n] = quoted(v)
    elseif kind == "number" then
        out[n] = number(v)
    elseif kind == "boolean" then
        out[n] = v and "true" or "false"
    elseif v == nil or v == json.null then
        out[n] = "null"
    else
        error({ format("a %s has no form in JSON", kind) })
    end
    return n
end

--- Writes a value as JSON on one line.
-- Keys are sorted, or stand in the order of json.object.  A list with holes
-- has null in them; an empty table is {} unless it is marked as an array.
-- Text is written byte for byte, also where it is no UTF-8.
-- @return the text, or nil and a sentence
function json.encode(v)
    local out = {}
    local ok, err = pcall(write, v, out, 0, 0)
    if not ok then
        return nil, "cannot write JSON: "
            .. (type(err) == "table" and err[1] or tostring(err))
    end
    return table.concat(out)
end

return json
