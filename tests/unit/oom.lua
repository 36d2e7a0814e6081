--- The scenarios of oom_test.c: a list of { name=, setup=, run=, verify= }.
--
-- run() is called again and again with ever more memory until it returns; it
-- fails for want of memory or not at all.  setup() and verify() have memory.
local heal = require "engine.heal"
local schema = require "engine.schema"
local sql = require "engine.sql"
local sqlite = require "engine.sqlite"
local store = require "engine.store"
local sys = require "engine.sys"

-- Lua's own buffers keep half a metatable when memory runs out while it is
-- made (lauxlib's "_UBOX*"); here it is made while there is enough.
assert(#("x"):rep(1 << 16) == 1 << 16)

local scenarios = {}

local function add(scenario)
    scenarios[#scenarios + 1] = scenario
end

-- What failed, as an error whose text tells want of memory from the rest.
local function ok(value, err)
    if value == nil then error(err, 0) end
    return value, err
end

local COLUMNS = {
    { "id", "text", default = "" }, { "body", "jsonb" },
    { "size", "bigint", default = 7 }, { "v", "float4[]" },
    { "author", "text", default = "it's" },
}
local SPEC = { table = "notes", columns = COLUMNS, indexes = { { "id" } } }
local notes = schema.new(SPEC)
local ROW = {
    id = "a\\b'c", body = '{"x":[1,2]}', size = 3, v = { 0.5, 1, -2 },
    author = ("long text "):rep(30),
}

local dir = ("%s/propolis-oom-%s"):format(os.getenv("TMPDIR") or "/tmp",
    sys.uuid())

local function fresh()
    assert(sys.mkdir(dir))
    return dir
end

local function tidy()
    for _, name in ipairs(sys.list(dir) or {}) do
        assert(sys.remove(dir .. "/" .. name))
    end
    assert(sys.rmdir(dir))
end

add { name = "schema.new", run = function()
    local s = schema.new(SPEC)
    assert(#s.columns == 5 and s.indexes[1].name == "idx_notes_id")
    assert(s.table == "notes" and tostring(s):find("notes"))
    local good, why = pcall(schema.new, { table = "t", columns = {
        { "a", "text" }, { "A", "text" },
    } })
    assert(not good)
    if not why:find("'A'") then error(why, 0) end
end }

add { name = "sql.ident", run = function()
    assert(ok(sql.ident("path")) == '"path"')
    local none, why = sql.ident('no"name')
    assert(none == nil and why.code == "arg")
end }

for _, dialect in ipairs { "sqlite", "postgres", "deeplake" } do
    add { name = "sql.literal " .. dialect, run = function()
        ok(sql.literal(ROW.id, "text", dialect))
        ok(sql.literal(ROW.body, "jsonb", dialect))
        ok(sql.literal(12, "bigint", dialect))
        ok(sql.literal({ 1, 2.5, 3 }, "float4[]", dialect))
    end }
    add { name = "sql.insert " .. dialect, run = function()
        ok(sql.insert(notes, ROW, dialect))
        ok(sql.insert(notes, { ROW, { id = "2" } }, dialect))
    end }
    add { name = "sql.create " .. dialect, run = function()
        ok(sql.create(notes, dialect))
    end }
    add { name = "sql.bind " .. dialect, run = function()
        ok(sql.bind("SELECT x FROM {t} WHERE a = ? AND b = ? -- ?",
            { t = "notes", "it's", 4 }, dialect))
    end }
end

add { name = "heal.classify", run = function()
    assert(heal.classify("no such table: x") == "no_table")
    assert(heal.classify { message = 'column "a" does not exist' }
        == "no_column")
    assert(tostring(store.error("io", "gone")) == "gone")
end }

-- A store of Lua functions over a table: every statement kind, no I/O.
local function fake(dialect)
    local have = { "id" }
    local made = false
    return store.from {
        dialect = dialect, workspace = "ws",
        query = function(text, info)
            if info.kind == "catalog" then
                local rows = {}
                for i, name in ipairs(made and have or {}) do
                    rows[i] = { table_name = "notes", column_name = name,
                        data_type = "TEXT", not_null = false }
                end
                return rows
            elseif info.kind == "create" then
                made = true
            elseif info.kind == "alter" then
                for name in text:gmatch('ADD COLUMN "?([%w_]+)') do
                    have[#have + 1] = name
                end
            elseif info.kind == "insert" and #have < 5 then
                return nil, made and 'column "v" does not exist'
                    or 'relation "notes" does not exist'
            end
            return {}
        end,
        listed = dialect == "deeplake" and function() return made end or nil,
    }
end

for _, dialect in ipairs { "sqlite", "postgres", "deeplake" } do
    add { name = "store.from " .. dialect, run = function()
        local s <close> = ok(fake(dialect))
        local _, healed = ok(s:insert(notes, ROW))
        assert(healed.created and #healed.missing >= 4)
        ok(heal.tables { store = s, schemas = { notes }, ensure = true })
        ok(heal.plan { store = s, schemas = { notes } })
        ok(heal.tables { store = s, schemas = { notes, SPEC } })
        ok(s:query("SELECT 1"))
        for row in s:rows("SELECT 1") do error(row) end
    end }
end

add { name = "sqlite insert", setup = function()
    fresh()
    local s <close> = assert(sqlite.open(dir .. "/a.db"))
    assert(s:exec("CREATE TABLE notes (id TEXT)"))
end, run = function()
    local s <close> = ok(sqlite.open(dir .. "/a.db"))
    ok(s:insert(notes, ROW))
end, verify = function()
    local s <close> = assert(sqlite.open(dir .. "/a.db"))
    local rows = assert(s:query("SELECT * FROM notes"))
    assert(#rows >= 1)
    for _, row in ipairs(rows) do
        assert(row.id == ROW.id and row.author == ROW.author)
    end
    s:close()
    tidy()
end }

add { name = "sqlite heal", run = function()
    local s <close> = ok(sqlite.open(":memory:"))
    ok(s:exec("CREATE TABLE notes (id TEXT, extra INTEGER)"))
    local job = { store = s, schemas = { notes } }
    local healed = ok(heal.tables(job))[1]
    assert(#healed.altered == 4 and not healed.created)
    assert(#ok(heal.tables(job))[1].missing == 0)
    job.schemas[2] = schema.new { table = "more", columns = COLUMNS }
    job.ensure = true
    ok(heal.tables(job))
end }

add { name = "sqlite plan", run = function()
    local s <close> = ok(sqlite.open(":memory:"))
    ok(s:exec("CREATE TABLE notes (ID INTEGER NOT NULL DEFAULT 3, x, size)"))
    local plan = ok(heal.plan { store = s, schemas = { notes } })[1]
    assert(#plan.drift >= 2)
end }

add { name = "sqlite query", setup = fresh, run = function()
    local s <close> = ok(sqlite.open(dir .. "/q.db"))
    local rows = ok(s:query("SELECT 1 AS a, 'text' AS b, 2.5 AS c, NULL AS d"))
    assert(rows[1].b == "text")
    local n = 0
    for row in s:rows("SELECT value FROM json_each('[1,2,3]')") do
        n = n + row.value
    end
    assert(n == 6)
    local none, err = s:query("SELECT a FROM nowhere")
    assert(none == nil)
    if err.code ~= "no_table" then error(err, 0) end
end, verify = tidy }

add { name = "equal names, nested transactions", run = function()
    local s <close> = ok(sqlite.open(":memory:"))
    local rows, names = ok(s:query("SELECT 1 AS a, 2 AS a, 3 AS a_2"))
    assert(rows[1].a == 1 and rows[1].a_3 == 2 and names[3] == "a_2")
    local done = ok(s:transaction(function()
        return ok(s:transaction(function()
            return ok(s:insert(notes, ROW))
        end))
    end))
    assert(done and not s:in_transaction())
end }

add { name = "sys", setup = fresh, run = function()
    assert(#sys.uuid() == 36 and #sys.now() == 24)
    ok(sys.environ())
    ok(sys.hostname())
    ok(sys.getcwd())
    assert(#sys.sha256("x") == 64)
end, verify = tidy }

add { name = "sys files", setup = fresh, run = function()
    ok(sys.mkdir(dir .. "/sub/deep"))
    ok(sys.replace(dir .. "/f", ("bytes"):rep(2000)))
    ok(sys.append(dir .. "/f", "more", nil, true))
    assert(#ok(sys.read(dir .. "/f")) == 10004)
    assert(#ok(sys.list(dir)) == 2)
    ok(sys.stat(dir .. "/f"))
    ok(sys.realpath(dir .. "/f"))
    local none, err = sys.create(dir .. "/f", "x")
    assert(none == nil)
    if err.code ~= "exists" then error(err, 0) end
    local lock <close> = ok(sys.lock(dir .. "/f"))
    assert(lock)
end, verify = function()
    sys.rmdir(dir .. "/sub/deep")
    sys.rmdir(dir .. "/sub")
    tidy()
end }

add { name = "sys.load_data", setup = function()
    assert(sys.create(fresh() .. "/data.lua", [[
        local list = { "text", deep = { { 1, 2.5, true } } }
        for i = 1, 100 do list[i] = "text " .. i end
        return list]]))
    assert(sys.create(dir .. "/large.lua", "local s = 'x' while true do s ="
        .. " s .. s end"))
end, run = function()
    assert(#ok(sys.load_data(dir .. "/data.lua")) == 100)
    local none, err = sys.load_data(dir .. "/large.lua")
    assert(none == nil)
    if not err.message:find("8 MiB") then error(err, 0) end
end, verify = tidy }

add { name = "sys.run", run = function()
    local done = ok(sys.run({ "/bin/sh", "-c", "cat; echo $X >&2" },
        { stdin = "hello", env = { X = "world" }, timeout = 20 }))
    assert(done.stdout == "hello" and done.stderr == "world\n")
    ok(sys.which("sh"))
    ok(sys.spawn({ "/bin/true" }))
end }

-- The modules that are files of their own, those that are there.
local function with(name, run)
    local there, module = pcall(require, "engine." .. name)
    if there then
        add { name = name, run = function() run(module) end }
    end
end

with("postgres", function(postgres)
    local none, err = postgres.open("postgres://u:p@127.0.0.1:1/x")
    assert(none == nil)
    if err.code ~= "io" then error(err, 0) end
end)

with("http", function(http)
    local client <close> = ok(http.client { retries = 0, timeout_ms = 5000 })
    local none, err = client:request {
        url = "http://127.0.0.1:1/", method = "POST", body = "{}",
        headers = { Authorization = "Bearer t" },
    }
    assert(none == nil)
    if err.code ~= "io" then error(err, 0) end
    local all = client:all {
        { url = "http://127.0.0.1:1/a" }, { url = "http://127.0.0.1:1/b" },
    }
    for i = 1, 2 do
        if all[i].error.code ~= "io" then error(all[i].error, 0) end
    end
end)

with("serve", function(serve)
    assert(#ok(serve.new_token()) > 20)
    assert(serve.workspace_ok("team") == true)
    assert(ok(serve.filter("SELECT 1")) == "run")
end)

with("redact", function(redact)
    local set = redact.new({}, redact.pack { { id = "key", set = "a-z",
        keywords = { "kk-" }, min = 4 } })
    assert(ok(set:mask("a kk-abcd b")) == "a [redacted:key] b")
    assert(#ok(set:find("kk-abcd kk-efgh")) == 2)
    assert(ok(redact.storable("a\0b\xff")) == "a\u{FFFD}b\u{FFFD}")
end)

with("search", function(search)
    assert(#ok(search.tokens("the caches missed")) == 3)
    local pieces = ok(search.snippet("why the cache missed",
        { { term = "cach" }, { term = "mis", prefix = true } }, 12))
    assert(table.concat(pieces, "|") == "|cache| |missed|", pieces[2])
end)

return scenarios
