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

    it("is not passed on from a configuration", function()
        local options = require("propolis.stores").options {
            workspace = "w", token = "t", paths = {}, user = "ada",
        }
        assert.same({ workspace = "w", token = "t" }, options)
    end)
end)
