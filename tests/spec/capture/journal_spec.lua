--- The journal: what hooks append comes into the store once, in order,
-- whatever else is in the file and whoever dies on the way.
local eventually = require "eventually"
local hooks = require "hooks"
local intake = require "propolis.capture.intake"
local journal = require "propolis.capture.journal"
local json = require "propolis.json"
local propolis = require "propolis"
local run = require "run"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))

local function item(id, more)
    local row = { id = id, path = "/p", message = "{}", description = id }
    for key, value in pairs(more or {}) do row[key] = value end
    return { table = "sessions", row = row }
end

describe("the journal", function()
    local home, file, path, conf
    local hook_ms = intake.hook_ms

    before_each(function()
        home = tmp.dir()
        conf = { paths = { state = home .. "/state" } }
        file = home .. "/data/x.db"
        path = home .. "/data/x.journal"
        conf.local_store = "sqlite:" .. file
    end)
    after_each(function()
        intake.hook_ms = hook_ms
        tmp.clean()
    end)

    local function append(...)
        for _, id in ipairs { ... } do
            assert(journal.append(file, { item(id) }))
        end
    end

    local function stored(text)
        local store <close> = assert(sqlite.open(file))
        local ids = {}
        for i, row in ipairs(store:query(text
            or "SELECT id FROM sessions ORDER BY rowid") or {}) do
            ids[i] = row.id
        end
        return table.concat(ids, " ")
    end

    -- What was set aside: all of it as one text.
    local function aside()
        local list = {}
        for _, name in ipairs(sys.list(home .. "/data")) do
            if name:find("^x%.journal%.bad%-%x+$") then
                list[#list + 1] = assert(sys.read(home .. "/data/" .. name))
            end
        end
        return table.concat(list, "|")
    end

    it("is a private file beside the store, made with its folder", function()
        append("a")
        assert.equal(tonumber("600", 8), sys.stat(path).mode)
        assert.equal(tonumber("700", 8), sys.stat(home .. "/data").mode)
        assert.is_true(journal.waits(file))
    end)

    it("comes into the store in order, with the outbox as captured", function()
        append("a", "b")
        local shared = item("c")
        shared.queue = true
        assert(journal.append(file, { shared, { table = "memory",
            once = "path", row = { id = "m", path = "/m" } }, item("d") }))
        assert(intake.take_in(conf))
        assert.equal("a b c d", stored())
        assert.equal("m", stored("SELECT id FROM memory"))
        assert.equal("c", stored("SELECT row_id AS id FROM propolis_outbox"))
        assert.is_false(journal.waits(file))
        assert.is_true(intake.take_in(conf))
    end)

    it("says how large it has become", function()
        local from, to = journal.append(file, { item("a") })
        assert.same({ 0, sys.stat(path).size }, { from, to })
        from = to
        assert.equal(from, (journal.append(file, { item("b") })))
    end)

    it("is taken in by whoever opens the store of a home", function()
        local data = assert(require("propolis.config").paths()).data
        file = data .. "/api@spec.db"
        append("a")
        local store <close> = assert(propolis.open("sqlite:" .. file))
        assert.equal(1, #store:query("SELECT * FROM sessions"))
        for _, name in ipairs(sys.list(data)) do
            if name:find("^api@spec") then
                assert(sys.remove(data .. "/" .. name))
            end
        end
    end)

    it("a file of that name beside another store is nobody's", function()
        append("a")
        propolis.open("sqlite:" .. file):close()
        assert.truthy(sys.stat(path))
    end)

    it("needs one transaction for many records", function()
        for i = 1, 40 do append("r" .. i) end
        local store <close> = assert(intake.open(conf))
        assert(store:ensure())
        local count, transaction = 0, store.transaction
        local counted = setmetatable({}, { __index = function(_, name)
            local value = store[name]
            if type(value) ~= "function" then return value end
            return function(_, ...)
                count = count + (value == transaction and 1 or 0)
                return value(store, ...)
            end
        end })
        assert(intake.take_in(conf, counted))
        assert.equal(40, #store:query("SELECT * FROM sessions"))
        assert.equal(1, count)
    end)

    it("goes on in batches when there is more than fits one", function()
        for i = 1, 25 do append("r" .. i) end
        local rows = intake.rows
        intake.rows = 10
        local ok = intake.take_in(conf)
        intake.rows = rows
        assert.is_true(ok)
        assert.equal(25, select(2, stored():gsub("r%d+", "")))
    end)

    it("heals as it goes", function()
        append("a")
        assert(sys.mkdir(home .. "/data"))
        local old <close> = assert(sqlite.open(file))
        assert(old:exec("CREATE TABLE sessions (id TEXT, path TEXT)"))
        old:close()
        assert(intake.take_in(conf))
        assert.equal("a", stored("SELECT description AS id FROM sessions"))
    end)

    describe("holding", function()
        -- a, then these bytes, then b.
        local function around(bytes, want)
            append("a")
            assert(sys.append(path, bytes))
            append("b")
            assert(intake.take_in(conf))
            assert.is_false(journal.waits(file))
            assert.equal(want or "a b", stored())
        end

        local one = assert(journal.record { item("torn") })
        for what, bytes in pairs {
            ["half a record"] = one:sub(1, #one // 2),
            ["only the first byte of one"] = one:sub(1, 1),
            ["a record without its last byte"] = one:sub(1, -3) .. "\n",
            ["a record with a bit turned"] = one:gsub("torn", "tOrn"),
            ["a record of an older version"] = one:gsub("^\x1E1", "\x1E0"),
            ["a record of a newer version"] = one:gsub("^\x1E1", "\x1E2"),
            ["a length without end"] = "\x1E1 " .. ("9"):rep(400) .. " ab {}\n",
            ["a list of something else"] = assert(journal.record { item("c"),
                { table = "sessions" }, 7 }),
            ["no JSON"] = "\x1E1 2 " .. sys.sha256("{]"):sub(1, 16) .. " {]\n",
            ["another program's text"] = "PGDMP\nhello\n  world",
            ["zeros of a lost block"] = ("\0"):rep(4096),
            ["noise"] = "\xff\xfe\x1E\x1E\x1E1 \x80\n\x1E",
        } do
            it(what .. ": the rest is stored, that is kept aside", function()
                around(bytes)
                assert.equal(bytes, aside())
            end)
        end

        it("two records mixed by a file system without appends", function()
            local other = assert(journal.record { item("c") })
            around(one:sub(1, 30) .. other .. one:sub(31), "a c b")
            assert.equal(one, aside())
        end)

        it("nothing but line ends: nothing is kept", function()
            around("\n\n")
            assert.equal("", aside())
        end)

        it("50 MB of anything", function()
            around(("noise "):rep(50 << 20 >> 3) .. "\n"
                .. ("\x1E1 9 ab"):rep(1 << 17))
            assert.is_true(#aside() > 32 << 20)
        end)

        it("50 MB of records", function()
            local text = ("x"):rep(500000)
            for i = 1, 100 do
                assert(journal.append(file, { item("r" .. i,
                    { message = '"' .. text .. '"' }) }))
            end
            assert(intake.take_in(conf))
            assert.equal(100, select(2, stored():gsub("r%d+", "")))
        end)
    end)

    it("stores the good ones around what can never be stored", function()
        append("a")
        assert(journal.append(file, { item("b", { nonsense = 1 }),
            { table = "no_such_table", row = { id = "c" } }, item("d") }))
        append("e")
        assert(intake.take_in(conf))
        assert.equal("a d e", stored())
        assert.is_false(journal.waits(file))
        -- They are there as records, which could be given another try.
        local kept = {}
        assert(sys.replace(home .. "/kept", aside()))
        assert(journal.read(home .. "/kept", function(list)
            kept[#kept + 1] = list[1].row.id
            return true
        end, error))
        assert.same({ "b", "c" }, kept)
    end)

    it("says in the log what it kept aside, without its content", function()
        local at = require("propolis.log").path()
        local before = #(sys.read(at) or "")
        append("a")
        assert(sys.append(path, "canary"))
        assert(intake.take_in(conf))
        local said = sys.read(at):sub(before + 1)
        assert.truthy(said:find("6 bytes could not be stored", 1, true), said)
        assert.truthy(said:find(path .. ".bad-", 1, true))
        assert.is_nil(said:find("canary", 1, true))
    end)

    it("stores nothing twice when a process died before the end", function()
        append("a", "b")
        local bytes = assert(sys.read(path))
        assert(intake.take_in(conf))
        assert(sys.replace(journal.taken(file), bytes))
        append("c")
        assert(intake.take_in(conf))
        assert.equal("a b c", stored())
        assert.is_false(journal.waits(file))
    end)

    it("keeps aside nothing twice either", function()
        append("a")
        assert(sys.append(path, "noise"))
        local bytes = assert(sys.read(path))
        for _ = 1, 2 do
            assert(intake.take_in(conf))
            assert.equal("noise", aside())
            assert(sys.replace(journal.taken(file), bytes))
        end
    end)

    it("stays while what is bad in it cannot be kept aside", function()
        append("a")
        assert(sys.append(path, "noise"))
        assert(sys.mkdir(path .. ".bad-"
            .. sys.sha256("noise"):sub(1, 12) .. "/x"))
        assert.is_nil((intake.take_in(conf)))
        assert.is_true(journal.waits(file))
        assert.is_nil((intake.take_in(conf)))
        assert.equal("a", stored())
    end)

    it("waits while the store is locked, then comes, once", function()
        append("a")
        assert(intake.take_in(conf))
        local other <close> = assert(sqlite.open(file))
        assert(other:exec("BEGIN IMMEDIATE"))
        append("b")
        local busy = intake.busy_ms
        intake.busy_ms = 1
        local ok, err = intake.take_in(conf)
        assert.is_nil(ok)
        assert.equal("busy", err.code)
        append("c")
        assert.is_nil((intake.take_in(conf)))
        intake.busy_ms = busy
        assert(other:exec("ROLLBACK"))
        assert(intake.take_in(conf))
        assert.equal("a b c", stored())
    end)

    it("is taken in by one process at a time", function()
        append("a")
        local lock <close> = assert(sys.lock(path .. ".lock"))
        local busy = intake.busy_ms
        intake.busy_ms = 1
        local ok, err = intake.take_in(conf)
        intake.busy_ms = busy
        assert.is_nil(ok)
        assert.equal("busy", err.code)
        lock:release()
        assert(intake.take_in(conf))
        assert.equal("a", stored())
    end)

    -- As a hook that was stopped between its lock and its write.
    it("is not removed below a hook that holds it", function()
        append("a")
        intake.hook_ms = 0
        local hook <close> = assert(sys.lock(path))
        assert(intake.take_in(conf))
        append("b") -- to the new file
        local late = assert(journal.record { item("late") })
        assert(sys.append(journal.taken(file), late:sub(1, 20)))
        assert(intake.take_in(conf))
        assert.equal("a b", stored())
        assert(sys.append(journal.taken(file), late:sub(21)))
        assert(intake.take_in(conf))
        assert.equal("a b late", stored())
        hook:release()
        append("c")
        assert(intake.take_in(conf))
        assert.equal("a b late c", stored())
        assert.is_false(journal.waits(file))
        assert.equal("", aside())
    end)

    it("takes an event though another program locks it", function()
        append("a")
        local lock <close> = assert(sys.lock(path))
        append("b")
        lock:release()
        assert(intake.take_in(conf))
        assert.equal("a b", stored())
    end)

    for what, make in pairs {
        ["a link"] = function()
            tmp.write(home .. "/other", "theirs")
            assert(sys.symlink(home .. "/other", path))
        end,
        ["a pipe"] = function()
            assert.equal(0, sys.run({ "mkfifo", path }).code)
        end,
        ["a folder"] = function() assert(sys.mkdir(path)) end,
    } do
        it("is not " .. what, function()
            assert(sys.mkdir(home .. "/data"))
            make()
            local size, err = journal.append(file, { item("a") })
            assert.is_nil(size)
            assert.truthy(tostring(err):find(path, 1, true))
            assert.is_true(intake.take_in(conf))
            local kind = sys.stat(path, true).type
            assert(journal.append(home .. "/state/journal/x.db", { item("b") }))
            assert.is_true(intake.take_in(conf))
            assert.equal("b", stored())
            assert.equal(kind, sys.stat(path, true).type)
        end)
    end
end)

describe("what was captured", function()
    local home, file

    before_each(function()
        home = hooks.home()
        file = hooks.store_path(home)
    end)
    after_each(tmp.clean)

    local function prompt(text)
        hooks.run(home, "claude-code", nil, hooks.prompt(text))
    end

    local function works(words, code)
        local r = run(words, { home = home })
        assert.equal(code or 0, r.code, r.stderr)
        return r.stdout
    end

    it("is there for the query that follows, also the first one", function()
        for n = 1, 2 do
            prompt("p" .. n)
            local rows = json.decode(works { "query", "--json",
                "SELECT message FROM sessions" })
            assert.equal(n, #rows)
            assert.equal("p" .. n, json.decode(rows[n].message).content)
        end
    end)

    it("is there for status, doctor, scripts and the REPL", function()
        prompt("one")
        assert.equal(0, json.decode(works { "status", "--json" }).journal)
        assert.is_false(journal.waits(file))
        prompt("two")
        works { "doctor" }
        assert.is_false(journal.waits(file))
        prompt("three")
        tmp.write(home .. "/payload", hooks.prompt("more"))
        local script = tmp.write(home .. "/count.lua", [[
            local conf = require("propolis.config").load()
            local store <close> = require("propolis").open(conf.local_store)
            print(store:query("SELECT COUNT(*) AS n FROM sessions")[1].n)]])
        assert.equal("3\n", works { script })
        prompt("four")
        local r = run({ "-i" }, { home = home, stdin =
            "SELECT 'rows: ' || COUNT(*) FROM sessions;\n"
            .. "for n = 1, 2 do os.execute(\"'" .. PROGRAM
            .. "' hook claude-code <" .. home .. "/payload\") end\n"
            .. "SELECT 'rows: ' || COUNT(*) FROM sessions;\n",
            env = { PROPOLIS_AUTOSYNC = "false" } })
        local counts = {}
        for count in r.stdout:gmatch("\nrows: (%d+)") do
            counts[#counts + 1] = count
        end
        assert.same({ "4", "6" }, counts, r.stdout .. r.stderr)
    end)

    it("is left alone by a plan, which changes nothing", function()
        prompt("one")
        run({ "heal", "--plan" }, { home = home })
        assert.is_true(journal.waits(file))
        assert.is_nil(sys.stat(file))
    end)

    it("is read though it cannot be stored, and status counts it", function()
        prompt("one")
        hooks.take_in(home)
        local other <close> = assert(sqlite.open(file))
        assert(other:exec("BEGIN IMMEDIATE"))
        prompt("two")
        local r = run({ "query", "--json", "SELECT id FROM sessions" },
            { home = home })
        assert.equal(1, #json.decode(r.stdout))
        assert.truthy(r.stderr:find("captured last is not in it yet: .*locked"),
            r.stderr)
        local status = json.decode(works { "status", "--json" })
        assert.equal(1, status.journal)
        assert.truthy(works({ "doctor" }, 1):find("1 event waits", 1, true))
    end)

    it("comes by itself after a turn, a session, and a lot", function()
        local env = { PROPOLIS_AUTOSYNC = false }
        for n, event in ipairs { "Stop", "SessionEnd" } do
            prompt("p" .. n)
            hooks.run(home, "claude-code", event, json.encode {
                session_id = "s1", cwd = "/w", hook_event_name = event,
            }, { env = env })
            eventually(function()
                return not journal.waits(file)
            end, "no worker came after " .. event)
        end
        local text = ("long text "):rep(journal.large // 20)
        hooks.run(home, "claude-code", nil, hooks.prompt(text), { env = env })
        assert.is_true(journal.waits(file))
        hooks.run(home, "claude-code", nil, hooks.prompt(text), { env = env })
        eventually(function()
            return not journal.waits(file)
        end, "no worker came for a large journal")
    end)

    it("comes from another file system", function()
        local far = (sys.stat("/dev/shm") and "/dev/shm" or tmp.dir())
            .. "/propolis-journal-" .. sys.uuid()
        assert(sys.mkdir(far))
        finally(function() assert(sys.run { "rm", "-r", far }) end)
        assert(sys.mkdir(home .. "/data"))
        sqlite.open(far .. "/x.db"):close()
        assert(sys.symlink(far .. "/x.db", file))
        prompt("one")
        hooks.take_in(home)
        prompt("two")
        assert.same({ "one", "two" }, hooks.contents(home))
    end)

    it("opens no database, and waits for nobody", function()
        prompt("one")
        hooks.take_in(home)
        local other <close> = assert(sqlite.open(file))
        assert(other:exec("BEGIN EXCLUSIVE"))
        local _ <close> = assert(sys.lock(journal.path(file) .. ".lock"))
        prompt("two")
        assert.equal(1, #hooks.waiting(home))
    end)
end)
