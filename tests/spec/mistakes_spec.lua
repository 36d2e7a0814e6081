--- What a caller gets wrong raises, with a sentence at the caller's line.
local propolis = require "propolis"

-- A call from the second line of a file of its own; what it raises.
local function mistake(fn, ...)
    local ok, err = pcall(load("local fn, args = ...\n"
        .. "return (fn(table.unpack(args, 1, args.n)))", "=caller"), fn,
        table.pack(...))
    assert(not ok, "nothing was raised")
    return err
end

local function says(sentence, fn, ...)
    assert.equal("caller:2: " .. sentence, mistake(fn, ...))
end

describe("an option that is not there", function()
    local TABLE = { table = "t", columns = { { "id", "text", default = "" } } }

    it("is refused by propolis.open", function()
        says("there is no option 'read_only': say readonly",
            propolis.open, "sqlite::memory:", { read_only = true })
        says("there is no option 'timeoutMs': say timeout_ms",
            propolis.open, "postgres://h/d", { timeoutMs = 1 })
        assert.matches("^caller:2: there is no option 'x': there are "
            .. "workspace, readonly, busy_ms, ", mistake(propolis.open,
            "deeplake:", { x = 1 }))
        assert.matches("^caller:2: there is no option '1': ",
            mistake(propolis.open, "sqlite::memory:", { "readonly" }))
        says("options must be a table, as { key = value }, not a boolean",
            propolis.open, "sqlite::memory:", true)
        says("there is no option 'qeury': there are dialect, query, workspace, "
            .. "listed, close, query_all", propolis.open,
            { dialect = "sqlite", qeury = print })
        says("there is no option 'Query': say query", propolis.open,
            { dialect = "sqlite", Query = print })
    end)

    it("is refused by every engine function that takes some", function()
        local http, sys = require "engine.http", require "engine.sys"
        says("there is no option 'read_only': say readonly",
            require("engine.sqlite").open, ":memory:", { read_only = true })
        says("there is no option 'workspaces': there are workspace, "
            .. "connect_timeout, timeout_ms, readonly",
            require("engine.postgres").open, "postgres://h/d",
            { workspaces = "x" })
        says("there is no option 'stdout': there are cwd, env, stdin, timeout, "
            .. "max", sys.run, { "true" }, { stdout = "x" })
        says("there is no option 'stdin': there are cwd, env, stdout",
            sys.spawn, { "true" }, { stdin = "x" })
        assert.matches("there is no option 'timeout': there are timeout_ms",
            mistake(http.client, { timeout = 5 }))
        local client = http.client()
        assert.matches("there is no option 'header': there are method, url",
            mistake(client.request, client, { url = "x", header = {} }))
        says("there is no option 'schema': there are store, schemas, ensure",
            require("engine.heal").tables, { schema = {} })
    end)

    it("is refused by put", function()
        local store <close> = propolis.open "sqlite::memory:"
        local words = "there is no option 'onc': there are once, queue"
        says(words, store.put, store, TABLE, {}, { onc = true })
        says(words, store.put_many, store, TABLE, {}, { onc = true })
    end)

    it("is refused by a sync", function()
        says("there is no option 'push': there are auto, push_only, pull_only, "
            .. "session, retry, progress, pause", require("propolis.sync").run,
            {}, { push = true })
    end)

    it("is not passed on from a configuration", function()
        local options = require("propolis.stores").options {
            workspace = "w", token = "t", paths = {}, user = "ada",
        }
        assert.same({ workspace = "w", token = "t" }, options)
    end)
end)

describe("a wrong argument", function()
    local store, closed
    local TABLE = { table = "t", columns = { { "id", "text", default = "" } } }

    before_each(function()
        store = propolis.open "sqlite::memory:"
        closed = propolis.open "sqlite::memory:"
        closed:close()
    end)
    after_each(function() store:close() end)

    -- Method, what is wrong, arguments behind the store.
    local METHODS = {
        { "query", "a statement must be a string, not a nil" },
        { "query", "a statement must be a string, not a number", 5 },
        { "query", "values must be a table, as { 5 }, not a number", "?", 5 },
        { "query", "more ? than the 0 values", "SELECT ?" },
        { "query", "more ? than the 1 values", "SELECT ?, ?", { 1 } },
        { "query", "2 values for 1 ?", "SELECT ?", { 1, 2 } },
        { "query", "1 values for 0 ?", "SELECT '?'", { 1 } },
        { "query", "no '{t}' in the statement", "SELECT 1", { t = "x" } },
        { "query", "no name given for '{t}' in the statement",
            "SELECT {t}", {} },
        { "query", "the name for 't' is no text", "SELECT {t}", { t = 5 } },
        { "query", "values.n must be how many values there are", "SELECT 1",
            { n = "x" } },
        { "query", "value: a function has no SQL literal", "?", { print } },
        { "query", "value: a table is a value only when it is a list", "?",
            { { x = 1 } } },
        { "query", "no kind of statement 'x'", "SELECT 1", nil, "x" },
        { "query", "the kind of a statement must be a string, not a number",
            "SELECT 1", nil, 5 },
        { "insert", "a schema is wanted here, not a nil" },
        { "insert", "a schema names its table", {}, {} },
        { "insert", "a row must be a table by column name, not a nil", TABLE },
        { "insert", "t has no column 'x': add it to the schema file first",
            TABLE, { x = 1 } },
        { "insert", "id: a function has no SQL literal", TABLE,
            { id = print } },
        { "insert", "m: cannot write JSON: a function has no form in JSON",
            { table = "j", columns = { { "m", "jsonb" } } },
            { m = { print } } },
        { "insert_many", "rows must be a list of tables, not a nil", TABLE },
        { "insert_many", "rows must be a list of tables, without a key 'id'",
            TABLE, { id = "one row" } },
        { "insert_many", "a row must be a table by column name, not a number",
            TABLE, { 5 } },
        { "heal", "a schema is wanted here, not a string", "t" },
        { "heal", "a schema is wanted here, not a number", { 5 } },
        { "heal", "schemas must be a list, without a key 'x'", { x = TABLE } },
        { "heal", "there is no list of columns", { table = "t", columns = 5 } },
        { "quote", "value: a function has no SQL literal", print },
    }
    local SAME = { query = { "exec", "rows" }, insert = { "put" },
        insert_many = { "put_many" }, heal = { "ensure", "plan" } }

    it("of a store's method", function()
        for _, case in ipairs(METHODS) do
            for _, name in ipairs { case[1],
                table.unpack(SAME[case[1]] or {}) } do
                says(case[2], store[name], store, table.unpack(case, 3, 5))
            end
        end
    end)

    it("in the place of the store", function()
        local args = { query = { "SELECT 1" }, exec = { "SELECT 1" },
            rows = { "SELECT 1" }, insert = { TABLE, {} }, put = { TABLE, {} },
            insert_many = { TABLE, { {} } }, put_many = { TABLE, { {} } },
            heal = { TABLE }, ensure = { TABLE }, plan = { TABLE },
            quote = { 1 }, begin = {}, commit = {}, rollback = {},
            in_transaction = {}, transaction = { print } }
        for name, list in pairs(args) do
            says("the store is closed", store[name], closed,
                table.unpack(list))
            says("a store is wanted here, not a nil: say store:query(...), "
                .. "with a colon", store[name], nil, table.unpack(list))
        end
    end)

    it("of propolis.open", function()
        local open, query = propolis.open, print
        local form = "a store is opened by a URL, or by a table such as "
            .. "{ dialect = \"sqlite\", query = f }"
        says(form, open)
        says(form, open, 5)
        says("a store needs dialect = sqlite, postgres or deeplake", open, {})
        says("a store needs query = function(sql) ... end", open,
            { dialect = "sqlite" })
        says("option 'workspace' must be a string", open,
            { dialect = "sqlite", query = query, workspace = 5 })
        says("option 'workspace' must be a string, not a number", open,
            "postgres://h/d", { workspace = 5 })
        says("option 'workspace' must not be empty", open, "postgres://h/d",
            { workspace = "" })
        says("option 'busy_ms' must be a whole number from 0 to 2147483647",
            open, "sqlite::memory:", { busy_ms = "x" })
        says("'a' goes on behind a NUL byte", open, "sqlite:a\0b")
        local account = { token = "t", org_id = "o", timeout_ms = "x" }
        says("field 'timeout_ms' is no integer from 1 on", open,
            "deeplake:http://127.0.0.1:1", account)
        says("option 'tables' must be a table, not a number", open,
            "deeplake:http://127.0.0.1:1", { tables = 5 })
    end)

    it("of the other public modules", function()
        local config, json = require "propolis.config", require "propolis.json"
        local schemas = propolis.schemas
        for _, case in ipairs {
            { schemas.read, "a schema's file must be a string, not a nil" },
            { schemas.lint, "a schema's file must be a string, not a nil" },
            { schemas.get, "a schema's name must be a string, not a nil" },
            { schemas.find, "a schema's name must be a string, not a nil" },
            { schemas.files, "a schema's name must be a string, not a nil" },
            { schemas.guard, "a schema is wanted here, not a nil" },
            { config.key, "a setting's name must be a string, not a nil" },
            { config.set, "a setting's name must be a string, not a nil" },
            { config.read_settings,
                "a file must be named by a string, not a nil" },
            { config.credentials,
                "a file must be named by a string, not a nil" },
            { config.store_file,
                "paths must be those of config.paths(), not a nil" },
            { json.object, "an object is made of a list of { key, value }, "
                .. "not a nil" },
        } do
            says(case[2], case[1])
        end
        says("organisation and workspace must be strings, not a number",
            config.store_file, { data = "d" }, 5, "w")
        says("an array must be a table, not a number", json.array, 5)
        says("an object is made of a list of { key, value }, not a number",
            json.object, { 5 })
        says("an object's keys must be strings, not a number", json.object,
            { { 5, 5 } })
    end)
end)
