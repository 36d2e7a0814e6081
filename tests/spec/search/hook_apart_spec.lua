--- A large store is indexed while hooks run: a hook opens no database and waits
-- for no lock, and indexing never holds the store's write lock.
local child = require "child"
local fill = require "propolis.search.fill"
local hooks = require "hooks"
local index = require "propolis.search.index"
local needs = require "needs"
local propolis = require "propolis"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

local EVENTS = 50000

describe("while a store of 50,000 events is indexed", function()
    local home, conf

    setup(function()
        home = hooks.home()
        assert(sys.mkdir(home .. "/data"))
        conf = { local_store = "sqlite:" .. hooks.store_path(home) }
        local store <close> = assert(propolis.open(conf.local_store))
        assert(store:ensure())
        assert(store:exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
            .. " SELECT i + 1 FROM n WHERE i < " .. EVENTS .. ")"
            .. " INSERT INTO sessions(id, path, author, project, agent,"
            .. " creation_date, message) SELECT 'e' || i, '/sessions/ada/s'"
            .. " || i / 50 || '.jsonl', 'ada', 'nest', 'codex',"
            .. " '2026-11-01T10:00:00.000Z', '{\"type\":\"user_message\","
            .. "\"content\":\"heron ' || i || ' nests\"}' FROM n"))
    end)
    teardown(tmp.clean)
    before_each(function()
        for _, ending in ipairs { "", "-wal", "-shm" } do
            sys.remove(hooks.store_path(home) .. ".search" .. ending)
        end
    end)

    -- Indexes all of it, in many transactions; fn(done) is called after each.
    local function indexing(fn)
        local rows, rounds = fill.rows, 0
        fill.rows = 1000
        local ok, err = index.catch_up(conf, { progress = function(done)
            rounds = rounds + 1
            fn(done)
        end })
        fill.rows = rows
        assert(ok, err)
        assert.equal(EVENTS // 1000, rounds)
    end

    it("the store can be written to at every moment", function()
        local writer <close> = assert(sqlite.open(hooks.store_path(home),
            { busy_ms = 0 }))
        local written = 0
        -- Within a transaction of the index, too: before each row goes in.
        local add, calls = fill.add, 0
        fill.add = function(self, list)
            calls = calls + 1
            assert(writer:exec "BEGIN IMMEDIATE")
            assert(writer:exec("UPDATE sessions SET project = 'nest'"
                .. " WHERE id = 'e1'"))
            assert(writer:exec "COMMIT")
            return add(self, list)
        end
        local ok, err = pcall(indexing, function()
            assert(writer:exec "BEGIN IMMEDIATE")
            assert(writer:exec "ROLLBACK")
            written = written + 1
        end)
        fill.add = add
        assert(ok, err)
        assert.same({ EVENTS // 1000, EVENTS // 1000 }, { written, calls })
    end)

    -- The calls of a hook that runs, as strace shows them.
    local function traced(n)
        local out = ("%s/trace%d"):format(home, n)
        local r = assert(sys.run({ "strace", "-f", "-o", out, "-e",
            "trace=open,openat,flock,fcntl", child.program, "hook",
            "claude-code", "UserPromptSubmit" }, {
            stdin = hooks.prompt("prompt " .. n), timeout = 60,
            env = child.env({ USER = "tester" }, { PROPOLIS_HOME = home,
                HOME = home, PROPOLIS_AUTOSYNC = "false",
                ASAN_OPTIONS = "detect_leaks=0" }) }))
        assert.same({ 0, "" }, { r.code, r.stderr })
        return assert(sys.read(out))
    end

    it("a hook opens no database and takes no lock of theirs", function()
        local missing = needs.strace()
        if missing then return pending(missing) end
        local journal, n = false, 0
        indexing(function(done)
            if done % 10000 ~= 0 then return end
            n = n + 1
            for line in traced(n):gmatch "[^\n]+" do
                local opened = line:match 'open[at]*%([^"]*"([^"]*)"' or ""
                assert.is_nil(opened:find("%.db$"), line)
                assert.is_nil(opened:find("%.db%-"), line)
                assert.is_nil(opened:find(".db.search", 1, true), line)
                journal = journal or opened:find("journal", 1, true)
            end
        end)
        assert.truthy(journal)
        assert.equal(5, n)
        assert.equal(5, #hooks.waiting(home))
    end)
end)
