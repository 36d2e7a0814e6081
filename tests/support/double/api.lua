--- The Deeplake API over one real SQLite file per workspace.
-- Statements are executed, not imagined: what a test reads back was stored.
local api = {}

local cjson = require "cjson"
local net = require "netdouble"

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local BARE = {}
for _, name in ipairs { "values", "index", "exists", "set", "add", "commit",
    "transaction", "nothing", "isnull", "notnull", "escape", "if" } do
    BARE[name] = '"' .. name .. '"'
end

-- Reads the literal whose first quote is at `at`; the text and where it ends.
local function literal(sql, at, escaped)
    local out = {}
    local i = at + 1
    while true do
        local stop = sql:find(escaped and "['\\]" or "'", i)
        if not stop then return nil end
        out[#out + 1] = sql:sub(i, stop - 1)
        local c, d = sql:sub(stop, stop), sql:sub(stop + 1, stop + 1)
        if c == "'" and d ~= "'" then return table.concat(out), stop end
        out[#out + 1] = c == "\\" and ESCAPES[d] or d
        i = stop + 2
    end
end

-- PostgreSQL's words outside of quotes as SQLite knows them.
local function words(text)
    if not text:find("%a") then return text end
    text = text:gsub("::%s*[%a_][%w_]*%s*%[%]", "")
    text = text:gsub("::%s*[%a_][%w_]*", "")
    text = text:gsub("%f[%w]USING%s+deeplake%f[^%w_]", "")
    text = text:gsub("%f[%w]USING%s+deeplake_index%f[^%w_]", "")
    text = text:gsub("%f[%w]ILIKE%f[^%w]", "LIKE")
    text = text:gsub("%f[%w]JSONB%f[^%w]", "TEXT")
    text = text:gsub("%f[%w]FLOAT4%[%]", "TEXT")
    -- Names that PostgreSQL takes bare; as keywords they come in capitals.
    text = text:gsub("%f[%w_][%l_]+%f[^%w_]", BARE)
    text = text:gsub("ARRAY(%b[])", function(list)
        return "'{" .. list:sub(2, -2) .. "}'"
    end)
    return text
end

--- PostgreSQL's text as SQLite's; nil when a quote never ends.
function api.translate(sql)
    local out = {}
    local i = 1
    while i <= #sql do
        local at = sql:find("['\"]", i)
        if not at then
            out[#out + 1] = words(sql:sub(i))
            break
        end
        local before = sql:sub(i, at - 1)
        if sql:sub(at, at) == '"' then
            local stop = sql:find('"', at + 1, true)
            if not stop then return nil end
            out[#out + 1] = words(before)
            out[#out + 1] = sql:sub(at, stop)
            i = stop + 1
        else
            local escaped = before:find("%f[%w][Ee]$") ~= nil
            if escaped then before = before:sub(1, -2) end
            local text, stop = literal(sql, at, escaped)
            if not text then return nil end
            out[#out + 1] = words(before)
            out[#out + 1] = "'" .. text:gsub("'", "''") .. "'"
            i = stop + 1
        end
    end
    return table.concat(out)
end

local function catalogue(ws)
    return "(SELECT m.name AS table_name, p.name AS column_name, '" ..
        ws:gsub("'", "''") .. "' AS table_schema, p.type AS data_type " ..
        "FROM sqlite_master m, pragma_table_info(m.name) p " ..
        "WHERE m.type = 'table')"
end

-- SQLite's message in the words of the real service, and its status.
local function refusal(message)
    local name = message:match("no such table: (.*)")
    if name then return 400, ('relation "%s" does not exist'):format(name) end
    name = message:match("has no column named (.*)") or
        message:match("no such column: (.*)")
    if name then return 400, ('column "%s" does not exist'):format(name) end
    name = message:match("duplicate column name: (.*)")
    if name then return 500, ('column "%s" already exists'):format(name) end
    if message:find("already exists", 1, true) then return 500, message end
    return 400, message
end

local function reply(status, value)
    return { status = status, body = cjson.encode(value),
        headers = { ["content-type"] = "application/json" } }
end

-- cjson would round what has more than 14 digits.
local function encode_row(row)
    local cells = {}
    for i, v in ipairs(row) do
        cells[i] = math.type(v) == "integer" and ("%d"):format(v) or
            cjson.encode(v)
    end
    return "[" .. table.concat(cells, ",") .. "]"
end

--- An API over the files of a folder; opts: dir, token, org.
function api.new(opts)
    local self = { opts = opts, files = {} }

    local function file(ws)
        if not self.files[ws] then
            local name = ws:gsub("[^%w_.-]", "_")
            local db = net.database(opts.dir .. "/" .. name .. ".sqlite")
            db:run("PRAGMA journal_mode = WAL")
            db:run("PRAGMA synchronous = OFF")
            self.files[ws] = db
        end
        return self.files[ws]
    end

    --- Runs one statement: an answer { status, headers, body }.
    function self.query(ws, sql)
        local text = api.translate(sql)
        if not text then
            return reply(400, { error = "unterminated quoted string" })
        end
        text = text:gsub("information_schema%.columns",
            (catalogue(ws):gsub("%%", "%%%%")))
        local names, rows = file(ws):run(text, cjson.null)
        if not names then
            local status, message = refusal(rows)
            return reply(status, { error = message })
        end
        if #names == 0 then
            return { status = 200, body = "null",
                headers = { ["content-type"] = "application/json" } }
        end
        local list = {}
        for i, row in ipairs(rows) do list[i] = encode_row(row) end
        return { status = 200,
            headers = { ["content-type"] = "application/json" },
            body = ('{"columns":%s,"rows":[%s],"row_count":%d}'):format(
                cjson.encode(names), table.concat(list, ","), #rows) }
    end

    local function tables(ws)
        local _, rows = file(ws):run(
            "SELECT name FROM sqlite_master WHERE type = 'table'", cjson.null)
        local list = {}
        for i, row in ipairs(rows) do
            list[i] = cjson.encode { table_name = row[1] }
        end
        return { status = 200,
            headers = { ["content-type"] = "application/json" },
            body = '{"tables":[' .. table.concat(list, ",") .. "]}" }
    end

    --- Answers one request as the service would.
    function self.answer(req)
        if opts.token and
            req.headers.authorization ~= "Bearer " .. opts.token then
            return reply(401, { error = "invalid token" })
        end
        if opts.org and req.headers["x-activeloop-org-id"] ~= opts.org then
            return reply(403, { error = "not a member of the organization" })
        end
        local ws, what = req.path:match("^/workspaces/([^/]+)/(.*)$")
        if not ws then return reply(404, { error = "not found" }) end
        ws = ws:gsub("%%(%x%x)", function(hex)
            return string.char(tonumber(hex, 16))
        end)
        if what == "tables" and req.method == "GET" then return tables(ws) end
        if what == "tables/query" and req.method == "POST" then
            if not req.sql then
                return reply(400, { error = "body has no query" })
            end
            return self.query(ws, req.sql)
        end
        return reply(404, { error = "not found" })
    end

    return self
end

return api
