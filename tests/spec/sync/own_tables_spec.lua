--- Tables and columns of the user travel as the shipped ones do.
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local pg = require "postgres"
local propolis = require "propolis"
local serving = require "serving"
local sys = require "engine.sys"
local tmp = require "tmp"

local SCHEMAS = {
    -- appended, and everybody gets it
    log = [[return { table = "log", sync = { append = true, pull = "day" },
        columns = { { "id", "text", default = "" },
        { "day", "text", default = "" }, { "n", "bigint" },
        { "data", "jsonb" }, { "v", "float4[]" } } }]],
    -- appended, and only sent
    quiet = [[return { table = "quiet", sync = { append = true },
        columns = { { "id", "text", default = "" },
        { "path", "bigint", default = 0 } } }]],
    -- appended, and fetched with the session in its path
    marks = [[return { table = "marks", sync = { append = true,
        fetch = "day" }, columns = { { "id", "text", default = "" },
        { "path", "text", default = "" }, { "day", "text", default = "" },
        { "what", "text", default = "" } } }]],
    -- merged by a key of its own
    prefs = [[return { table = "prefs", sync = { merge = "name",
        newest = "changed" }, columns = { { "id", "text", default = "" },
        { "name", "text", default = "" },
        { "changed", "text", default = "" }, { "value", "jsonb" } } }]],
    -- stays here, with an id and without
    mine = [[return { table = "mine", columns = {
        { "id", "text", default = "" } } }]],
    bare = [[return { table = "bare", sync = { append = true }, columns = {
        { "n", "bigint", default = 0 } } }]],
    -- a column of the user's on a shipped table
    mood = [[return { table = "memory", columns = {
        { "mood", "text", default = "calm" }, { "score", "bigint" } } }]],
}

local function script(m, text)
    local r = m:run { "-e", [[local propolis = require "propolis"
        local schemas = propolis.schemas
        local conf = require("propolis.config").load()
        local store <close> = assert(propolis.open(conf.local_store))
        ]] .. text }
    assert.equal(0, r.code, r.stderr)
    return r.stdout
end

local function sync(m)
    local r = m:run { "sync" }
    assert.equal(0, r.code, r.stderr)
    return r.stdout
end

local function with_schemas(m)
    for name, text in pairs(SCHEMAS) do
        tmp.write(("%s/config/schemas/%s.lua"):format(m.home, name), text)
    end
    return m
end

local function suite(name, pair)
    describe("tables of one's own over " .. name, function()
        local closing
        after_each(function()
            if closing then
                closing:stop()
            end
            closing = nil
            tmp.clean()
        end)

        it("travel as their schemas say, the others stay", function()
            local a, b, server = pair()
            closing = server
            script(a, [[
                assert(store:put(schemas.log, { day = "2026-01-01", n = 7,
                    data = { a = {} }, v = { 0.5, -1 } }))
                assert(store:put(schemas.quiet, { path = 3 }))
                assert(store:put(schemas.prefs, { name = "x",
                    changed = "2026-01-01", value = { 1 } }))
                assert(store:put(schemas.mine, {}))
                assert(store:put(schemas.bare, { n = 1 }))]])
            assert.equal("3 rows sent, 0 rows fetched\n", sync(a))
            assert.equal("0 rows sent, 2 rows fetched\n", sync(b))
            script(b, [[
                local row = store:query("SELECT * FROM log")[1]
                assert(row.n == 7 and row.day == "2026-01-01")
                assert(require("propolis.json").decode(row.data).a)
                assert(row.v:find("0.5", 1, true), row.v)
                assert(#store:query("SELECT * FROM quiet") == 0)
                assert(#store:query("SELECT * FROM mine") == 0)
                assert(store:put(schemas.prefs, { name = "x",
                    changed = "2026-01-02", value = { 2 } }))]])
            sync(b)
            assert.equal("0 rows sent, 1 row fetched\n", sync(a))
            assert.equal("[2]\n", (script(a, [[
                print((store:query("SELECT * FROM prefs")[1].value
                    :gsub("%s", "")))]])))
            assert.equal("0 rows sent, 0 rows fetched\n", sync(a))
        end)

        it("come with a session that is asked for", function()
            local a, b, server = pair()
            closing = server
            a:hook("UserPromptSubmit", "S9", "hello")
            script(a, [[for i = 1, 3 do assert(store:put(schemas.marks, {
                path = "/sessions/u/u_o_w_S" .. (i < 3 and 9 or 8)
                    .. ".jsonl", day = "2026-01-0" .. i })) end]])
            sync(a)
            assert.equal("0 rows sent, 0 rows fetched\n", sync(b))
            local r = b:run { "sync", "--session", "S9" }
            assert.equal("3 events fetched, 3 new\n", r.stdout, r.stderr)
            assert.equal("2\n", script(b,
                [[print(#store:query("SELECT * FROM marks"))]]))
        end)

        it("carry columns of one's own through a merge", function()
            local a, b, server = pair()
            closing = server
            script(a, [[assert(store:put(schemas.memory, { path = "/n",
                summary = "1", mood = "bad", score = 1 }))]])
            sync(a)
            sync(b)
            script(b, [[
                local row = store:query("SELECT * FROM memory")[1]
                assert(row.mood == "bad" and row.score == 1)
                assert(store:put(schemas.memory, { path = "/n",
                    summary = "2", mood = "good" }))]])
            sync(b)
            sync(a)
            assert.equal("2 good nil\n", script(a, [[
                local row = store:query("SELECT * FROM memory")[1]
                print(row.summary .. " " .. row.mood .. " "
                    .. tostring(row.score))]]))
        end)
    end)
end

suite("PostgreSQL", function()
    local url = pg.url(true)
    return with_schemas(machine.real { remote = url, workspace = "ws" }),
        with_schemas(machine.real { remote = url, workspace = "ws" })
end)

suite("serve", function()
    local db = pg.url(true)
    local server = serving.start { home = tmp.dir(), db = db }
    local token = server:token("t", "--workspace", "ws")
    local function new()
        return with_schemas(machine.real { remote = "deeplake:",
            token = token, workspace = "ws",
            env = { HIVEMIND_API_URL = server.url } })
    end
    return new(), new(), server
end)

describe("a row that cannot travel", function()
    after_each(tmp.clean)

    it("of a table that nobody knows any more waits, and disturbs nobody",
        function()
            local m = with_schemas(machine.real { workspace = "ws",
                remote = pg.url(true) })
            script(m, [[assert(store:put(schemas.log, { n = 1 }))
                assert(store:put(schemas.sessions, { path = "/p" }))]])
            local path = m.home .. "/config/schemas/log.lua"
            assert(sys.rename(path, path .. ".off"))
            assert.equal("1 row sent, 0 rows fetched\n", sync(m))
            local store = m:store()
            assert.equal(1, assert(outbox.counts(store)).waiting)
            store:close()
            assert(sys.rename(path .. ".off", path))
            assert.equal("1 row sent, 0 rows fetched\n", sync(m))
        end)

    it("of a table without an id is not adopted either", function()
        local m = with_schemas(machine.real { workspace = "ws",
            token = "t", remote = "postgres://127.0.0.1:9/x" })
        local old <close> = assert(propolis.open(
            ("sqlite:%s/data/local@ws.db"):format(m.home)))
        assert(old:exec "CREATE TABLE bare (n BIGINT NOT NULL DEFAULT 0)")
        assert(old:exec "INSERT INTO bare VALUES (1)")
        assert(old:exec "CREATE TABLE mine (id TEXT NOT NULL DEFAULT '')")
        assert(old:exec "INSERT INTO mine VALUES ('a')")
        assert(old:exec [[CREATE TABLE quiet (id TEXT NOT NULL DEFAULT '',
            path BIGINT NOT NULL DEFAULT 0)]])
        assert(old:exec "INSERT INTO quiet VALUES ('b', 2)")
        local r = m:run { "adopt", "--json" }
        assert.equal(0, r.code, r.stderr)
        assert.matches('"mine":1', r.stdout)
        assert.matches('"quiet":1', r.stdout)
        assert.matches('"bare":0', r.stdout)
        local store <close> = m:store()
        assert.same({ { tbl = "quiet", row_id = "b" } },
            store:query("SELECT tbl, row_id FROM propolis_outbox"))
    end)
end)

describe("the names of tables", function()
    it("stand in no file of sync, capture and stores", function()
        local found = sys.run { "grep", "-rnE", "--include=*.lua",
            [=[["'](memory|sessions|skills)["']|schemas\.(memory|sess|skil)]=],
            sys.root .. "/lua/propolis/sync",
            sys.root .. "/lua/propolis/capture",
            sys.root .. "/lua/propolis/stores" }
        -- the Deeplake store asks the configuration what sessions are called
        local text = found.stdout:gsub('[^\n]*config.tables.sessions[^\n]*\n',
            "")
        assert.equal("", text)
    end)
end)
