--- What the API answers: rows, or an error that says what to do.
local classify = require("engine.heal").classify
local json = require "propolis.json"

local response = {}

local PREFIX = 200 -- characters of a refusal's body that an error shows

local fault = { __name = "propolis.error" }
function fault.__tostring(e) return e.message end

--- nil and the error, which prints as its message.
function response.failure(e) return nil, setmetatable(e, fault) end

--- A body as one line that is safe to print and never shows the token; at most
-- 200 characters of it.
local function clean(text, token)
    local at = 1
    local parts = {}
    while token ~= "" do
        local from, to = text:find(token, at, true)
        if not from then break end
        parts[#parts + 1] = text:sub(at, from - 1) .. "***"
        at = to + 1
    end
    text = table.concat(parts) .. text:sub(at)
    text = text:gsub("[%c\127]+", " "):gsub("^ +", "")
    local stop = utf8.len(text) and utf8.offset(text, PREFIX + 1) or PREFIX + 1
    return text:sub(1, (stop or #text + 1) - 1)
end
response.clean = clean

local function cell(value)
    if value == json.null then return nil end
    if type(value) == "table" then return json.encode(value) end
    return value
end

-- The columns' names, each once, as engine.store names equal ones.
local function distinct(names)
    local taken, columns = {}, {}
    for _, name in ipairs(names) do
        taken[name] = false
    end
    for i, name in ipairs(names) do
        local column, number = name, 2
        while taken[column] or number > 2 and taken[column] ~= nil do
            column, number = ("%s_%d"):format(name, number), number + 1
        end
        taken[column], columns[i] = true, column
    end
    return columns
end

-- The rows of a decoded answer and the names of its columns, or nil when it has
-- not the API's shape.
local function zip(value)
    if value == json.null then return {} end
    if type(value) ~= "table" or json.is_array(value) or value[1] ~= nil then
        return nil
    end
    local columns, rows = value.columns, value.rows
    if type(columns) ~= "table" or type(rows) ~= "table" then return {} end
    for _, name in ipairs(columns) do
        if type(name) ~= "string" then return nil end
    end
    columns = distinct(columns)
    local list = {}
    for i, row in ipairs(rows) do
        if type(row) ~= "table" then return nil end
        local record = {}
        for c, name in ipairs(columns) do
            record[name] = cell(row[c])
        end
        list[i] = record
    end
    return list, columns
end

--- Rows of a body, and the names of its columns in order; write: the statement
-- behind it changed something.
function response.read(body, write)
    local value, err = json.decode(body)
    local rows, columns
    if value ~= nil then
        rows, columns = zip(value)
    end
    if rows then return rows, columns end
    return response.failure { code = "io", unclear = write or nil,
        message = "the answer cannot be read: " ..
            (value == nil and err or "no columns and rows in it") }
end

local function cents(text)
    local value = json.decode(text)
    if type(value) ~= "table" then return nil end
    local n = value.balance_cents
    if n == nil and type(value.error) == "table" then
        n = value.error.balance_cents
    end
    return math.type(n) and n or nil
end

local ADVICE = {
    auth = " (log in again: propolis login)",
    balance = " (the account's balance is used up)",
}

-- Statuses that are about the line or the load, not about the statement.
local TEMPORARY = { [429] = true, [502] = true, [503] = true, [504] = true }

-- The SQLSTATE that propolis serve puts beside an error's text, or nil.
local function sqlstate(body)
    local value = json.decode(body)
    local state = type(value) == "table" and value.code
    return type(state) == "string" and state:find("^[%dA-Z]+$") and #state == 5
        and state:find("%d") and state or nil
end

--- The error that an answer other than 2xx stands for.
-- The whole body is classified, and its first 200 characters are shown.
function response.refusal(res, write, token)
    local status = res.status
    local code = classify(res.body, sqlstate(res.body))
    if status == 401 or status == 403 and code ~= "denied" then
        code = "auth" -- unless the database itself denied it
    elseif status == 402 then
        code = "balance"
    elseif TEMPORARY[status] or status < 400 then
        code = "io"
    end
    local e = { code = code, status = status,
        message = ("Query failed: %d: %s%s"):format(status,
            clean(res.body, token), ADVICE[code] or "") }
    if write and res.unclear and (code == "io" or code == "sql") then
        e.unclear = true
    end
    if code == "balance" then e.balance_cents = cents(res.body) end
    return response.failure(e)
end

return response
