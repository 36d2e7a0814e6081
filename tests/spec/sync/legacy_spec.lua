--- A store, spool and outbox as version 0.1.0 left them (fixtures/legacy):
-- nothing in them is lost, nothing is sent twice.
local hooks = require "hooks"
local json = require "propolis.json"
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local pg = require "postgres"
local propolis = require "propolis"
local serving = require "serving"
local sys = require "engine.sys"
local tmp = require "tmp"

local FIXTURES = debug.getinfo(1, "S").source:match("^@(.*)/spec/")
    .. "/fixtures/legacy"

-- What each event of the fixture says, in the order in which they happened.
local TEXTS = { "session_start", "it's \\ the first", "sent, no answer",
    "set aside", "waits", "spooled first", "spooled second" }

local function said(row)
    local message = row.message
    if type(message) == "string" then
        message = assert(json.decode(message))
    end
    return message.content or message.type
end

-- A machine with the fixture's store; shown is its remote as the state has it.
local function old_machine(opts, shown)
    opts.workspace, opts.user = "ws", "ann"
    local m = machine.real(opts)
    local store <close> = assert(propolis.open(m.conf.local_store))
    local text = assert(sys.read(FIXTURES .. "/store_0_1.sql"))
    local id = ("%s %s ws"):format(shown, m.conf.org_id)
    for statement in text:gsub("@REMOTE@ local ws", id):gmatch("(.-;)\n") do
        assert(store:exec(statement))
    end
    return m
end

local function with_spool(m)
    local dir = m.home .. "/state/spool"
    assert(sys.mkdir(dir))
    for _, name in ipairs(sys.list(FIXTURES .. "/spool")) do
        local text = assert(sys.read(FIXTURES .. "/spool/" .. name))
        tmp.write(dir .. "/" .. name, (text:gsub("local@ws.db",
            m.conf.local_store:match("[^/]*$"))))
    end
    return m
end

local function tables_of(store)
    local names = {}
    for _, row in ipairs(assert(store:query [[SELECT name FROM sqlite_master
        WHERE type = 'table' ORDER BY name]])) do
        names[#names + 1] = row.name
    end
    return table.concat(names, " ")
end

-- What the remote had got by then: all but the last three of the store, and
-- the row whose answer was lost.
local function fill(remote, store)
    local rows_of = require "propolis.sync.rows"
    assert(remote:ensure())
    for name, where in pairs { sessions = [[message NOT LIKE '%set aside%'
        AND message NOT LIKE '%waits%']], memory = "path NOT LIKE '/notes/%'",
    } do
        local schema = propolis.schemas[name]
        local rows = assert(store:query("SELECT {c} FROM {t} WHERE " ..
            where, { c = rows_of.columns(schema), t = schema.table }))
        assert(remote:insert_many(schema, rows_of.portable(schema, rows)))
    end
end

local function object(m, code, ...)
    local r = m:run { ... }
    assert.equal(code, r.code, r.stderr)
    return assert(json.decode(r.stdout))
end

local function check(m, remote)
    local status = object(m, 0, "status", "--json")
    assert.equal(5, status.outbox) -- before anything else touched the store
    assert.equal(1, #status.rejected)
    assert.equal("2026-11-24T13:44:44.209Z", status.last_success)

    local did = object(m, 0, "sync", "--json")
    assert.equal(json.null, did.error)
    assert.equal(0, did.rejected)
    status = object(m, 0, "status", "--json")
    assert.equal(0, status.outbox)
    assert.equal(0, status.journal)
    assert.matches("value out of range", status.rejected[1].error)
    assert.equal(1, object(m, 0, "sync", "--retry", "--json").sent)

    local texts = {}
    for i, row in ipairs(assert(remote:query("SELECT message FROM {t}"
        .. " ORDER BY creation_date", { t = "sessions" }))) do
        texts[i] = said(row)
    end
    assert.same(TEXTS, texts)
    local paths = assert(remote:query("SELECT path FROM {t} ORDER BY path",
        { t = "memory" }))
    assert.same({ "/notes/a.md", "/summaries/ann/S1.md",
        "/summaries/bob/B.md" },
        { paths[1].path, paths[2].path, paths[3].path })
    assert.equal(3, #paths)
    local store <close> = m:store()
    assert.equal("memory propolis_ledger propolis_outbox propolis_state"
        .. " sessions skills", tables_of(store))
    assert.equal(7, #store:query("SELECT id FROM sessions"))
end

describe("a store of version 0.1", function()
    after_each(tmp.clean)

    it("is emptied into PostgreSQL without loss", function()
        local url = pg.url(true)
        local m = with_spool(old_machine({ remote = url },
            require("propolis.stores").shown(url)))
        local store = assert(propolis.open(m.conf.local_store))
        local remote <close> = assert(propolis.open(url, { workspace = "ws" }))
        fill(remote, store)
        store:close()
        check(m, remote)
    end)

    it("is emptied into serve without loss", function()
        local db = pg.url(true)
        local server <close> = serving.start { home = tmp.dir(), db = db }
        local token = server:token("t", "--workspace", "ws")
        local m = with_spool(old_machine({ remote = "deeplake:",
            token = token, env = { HIVEMIND_API_URL = server.url } },
            "deeplake:"))
        local store = assert(propolis.open(m.conf.local_store))
        local remote <close> = assert(propolis.open("deeplake:" .. server.url,
            { workspace = "ws", token = token, org_id = "team",
                api_url = server.url }))
        fill(remote, store)
        store:close()
        check(m, remote)
    end)

    it("keeps the order when a hook comes before the first sync", function()
        local m = old_machine({ remote = "postgres://127.0.0.1:9/x" }, "x")
        m:hook("UserPromptSubmit", "S1", "new")
        m:hook("UserPromptSubmit", "S1", "newer")
        m:run { "sync" } -- finds no remote
        local order = {}
        local store <close> = m:store()
        for i, row in ipairs(assert(store:query [[SELECT s.message, o.tbl
            FROM propolis_outbox o LEFT JOIN sessions s ON s.id = o.row_id
            ORDER BY o.rowid]])) do
            order[i] = row.message and said(row) or row.tbl
        end
        assert.same({ "sent, no answer", "set aside", "waits", "memory",
            "new", "newer" }, order)
        assert.equal("1", outbox.get(store, "failures"))
    end)

    it("is taken over once by many processes at the same time", function()
        local m = old_machine({ remote = "postgres://127.0.0.1:9/x" }, "x")
        local jobs, words = {}, { "env" }
        for name, value in pairs(m.env) do
            words[#words + 1] = ("%s='%s'"):format(name, value)
        end
        words[#words + 1] = sys.readlink("/proc/self/exe")
        words[#words + 1] = [[-e '
            local conf = assert(require("propolis.config").load())
            assert(require("propolis.sync").open_local(conf)):close()' 2>&1]]
        for i = 1, 6 do
            jobs[i] = io.popen(table.concat(words, " "))
        end
        for _, job in ipairs(jobs) do
            local text = job:read("a")
            assert.is_true(job:close(), text)
        end
        local store <close> = m:store()
        assert.equal(4, #store:query("SELECT * FROM propolis_outbox"))
        assert.equal(2, #store:query("SELECT * FROM propolis_ledger"))
        assert.equal(7, #store:query("SELECT * FROM propolis_state"))
    end)
end)

describe("a user's own table", function()
    after_each(tmp.clean)

    it("may be called as ours once were, and is not touched", function()
        local m = machine.real { workspace = "ws",
            remote = "postgres://127.0.0.1:9/x" }
        local store = assert(propolis.open(m.conf.local_store))
        for name, columns in pairs { outbox = "id TEXT, tbl TEXT, row_id TEXT",
            ledger = "tbl TEXT, row_id TEXT, date TEXT", -- another NULL
            sync_state = "key TEXT NOT NULL DEFAULT '', value INTEGER" } do
            assert(store:exec(("CREATE TABLE %s (%s)"):format(name, columns)))
        end
        assert(store:exec "INSERT INTO outbox VALUES ('1', 'sessions', 'a')")
        assert(store:exec "INSERT INTO ledger VALUES ('memory', 'b', 'c')")
        assert(store:exec "INSERT INTO sync_state VALUES ('remote', 7)")
        store:close()
        hooks.run(m.home, "claude-code", "UserPromptSubmit",
            hooks.prompt "hello", { env = m.env })
        m:run { "sync" }
        store = m:store()
        assert.same({ { id = "1", tbl = "sessions", row_id = "a" } },
            store:query("SELECT * FROM outbox"))
        assert.same({ { tbl = "memory", row_id = "b", date = "c" } },
            store:query("SELECT * FROM ledger"))
        assert.same({ { key = "remote", value = 7 } },
            store:query("SELECT * FROM sync_state"))
        assert.equal(1, assert(outbox.counts(store)).waiting)
        store:close()
    end)

    it("which the old version had healed into stays, its rows go out once",
        function()
            local url = pg.url(true)
            local m = old_machine({ remote = url }, "another")
            local store = assert(propolis.open(m.conf.local_store))
            -- the user's file was there first, then came the old version
            assert(store:exec "ALTER TABLE outbox RENAME TO old")
            assert(store:exec [[CREATE TABLE outbox (id TEXT, note TEXT,
                "tbl" TEXT NOT NULL DEFAULT '', "row_id" TEXT NOT NULL
                DEFAULT '', "queued_at" TEXT NOT NULL DEFAULT '', "sent_at"
                TEXT NOT NULL DEFAULT '', "error" TEXT NOT NULL DEFAULT '')]])
            assert(store:exec [[INSERT INTO outbox (tbl, row_id, queued_at,
                sent_at, error) SELECT * FROM old]])
            assert(store:exec "INSERT INTO outbox (id, note) VALUES ('1','n')")
            assert(store:exec "DROP TABLE old")
            store:close()
            tmp.write(m.home .. "/config/schemas/outbox.lua", [[return {
                table = "outbox", columns = { { "id", "text" },
                { "note", "text" } } }]])
            assert.equal(0, m:run({ "sync" }).code)
            assert.equal(0, m:run({ "sync" }).code)
            store = m:store()
            assert.equal(5, #store:query("SELECT * FROM outbox"))
            assert.equal(0, assert(outbox.counts(store)).waiting)
            store:close()
            local remote <close> = assert(propolis.open(url,
                { workspace = "ws" }))
            local rows = remote:query("SELECT COUNT(*) AS n,"
                .. " COUNT(DISTINCT id) AS ids FROM sessions")
            -- one was rejected, and is tried when told
            assert.same({ n = 4, ids = 4 }, rows[1])
        end)
end)
