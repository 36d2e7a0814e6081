--- What the search index stands: damage, another version, no room, no right to
-- write, processes that die or do the same, and a store that changes under it.
local catch_up = require "propolis.search.catch_up"
local child = require "child"
local file = require "propolis.search.file"
local index = require "propolis.search.index"
local propolis = require "propolis"
local query = require "propolis.search.query"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("the search index", function()
    local dir, conf, store, path

    before_each(function()
        dir = tmp.dir()
        conf = { local_store = "sqlite:" .. dir .. "/a.db" }
        path = dir .. "/a.db.search"
        store = assert(propolis.open(conf.local_store))
        assert(store:ensure())
    end)
    after_each(function()
        store:close()
        tmp.clean()
    end)

    local function row(n, text)
        return {
            id = "e" .. n, path = "/sessions/ada/s" .. n // 10 .. ".jsonl",
            author = "ada", project = "nest", agent = "codex",
            creation_date = ("2026-11-%02dT%02d:%02d:00.000Z"):format(
                1 + n // 1440 % 28, n // 60 % 24, n % 60),
            message = { type = "user_message", content = text },
        }
    end

    local function add(from, to, text)
        local rows = {}
        for n = from, to do
            rows[#rows + 1] = row(n, (text or "heron number %d"):format(n))
        end
        assert(store:insert_many(propolis.schemas.sessions, rows))
    end

    local function search(text, limit)
        local ix <close> = assert(index.open(conf))
        return assert(ix:events(query.parse(text), {}, limit or 1000)), ix
    end

    local function bytes_of()
        local all = {}
        for _, ending in ipairs { "", "-wal", "-shm", ".lock" } do
            all[#all + 1] = sys.read(path .. ending) or ""
        end
        return table.concat(all)
    end

    it("is made anew when it was deleted", function()
        add(1, 50)
        assert.equal(50, #search "heron")
        assert(file.remove(path))
        assert.equal(50, #search "heron")
    end)

    it("is made anew when it was cut short anywhere", function()
        add(1, 300)
        assert.is_true(index.catch_up(conf))
        local whole = assert(sys.read(path))
        for cut = 0, #whole, #whole // 16 do
            assert(file.remove(path))
            assert(sys.replace(path, whole:sub(1, cut)))
            local ix = assert(index.open(conf))
            local hits = ix:events(query.parse "heron", {}, 1000)
            ix:close()
            assert.equal(300, hits and #hits, "cut at " .. cut)
        end
    end)

    it("is made anew when it is noise, or no index", function()
        add(1, 50)
        local noise = {}
        for i = 1, 20000 do noise[i] = string.char(i * 7919 % 251) end
        for _, content in ipairs { table.concat(noise), "x",
            "SQLite format 3\0" .. table.concat(noise) } do
            assert(file.remove(path))
            assert(sys.replace(path, content))
            assert.equal(50, #search "heron")
        end
        assert(file.remove(path))
        local other <close> = assert(sqlite.open(path))
        assert(other:exec "CREATE TABLE page(a, b)")
        assert(other:exec "CREATE TABLE state(key, value)")
        assert(other:exec "INSERT INTO state VALUES('version', 99)")
        assert.equal(50, #search "heron")
    end)

    it("never lies and never crashes with noise inside", function()
        add(1, 300)
        assert.is_true(index.catch_up(conf))
        local whole = assert(sys.read(path))
        for i = 1, 24 do
            local at = 100 + (#whole - 300) * i // 25
            assert(file.remove(path))
            assert(sys.replace(path, whole:sub(1, at) .. ("\xA5"):rep(64)
                .. whole:sub(at + 65)))
            local ix = index.open(conf)
            local hits = ix and ix:events(query.parse "heron 7", {}, 1000)
            for _, hit in ipairs(hits or {}) do
                assert.equal("sessions", hit.table)
            end
            if ix then ix:close() end
        end
    end)

    it("is made anew when it is of another version", function()
        add(1, 20)
        assert.equal(20, #search "heron")
        do
            local db <close> = assert(sqlite.open(path))
            assert(db:exec "UPDATE state SET value = 0 WHERE key = 'version'")
            assert(db:exec "DELETE FROM page")
        end
        assert.equal(20, #search "heron")
    end)

    it("answers from memory where its place is taken", function()
        add(1, 20)
        assert(sys.mkdir(path))
        assert(sys.create(path .. "/mine", "x"))
        local hits, ix = search "heron"
        assert.equal(20, #hits)
        assert.is_truthy(ix.reason)
        assert.equal("x", sys.read(path .. "/mine"))
    end)

    it("answers with what it has while another process indexes", function()
        add(1, 20)
        assert.equal(20, #search "heron")
        add(21, 30)
        local lock = assert(file.lock(path))
        local hits, ix = search "heron"
        assert.same({ 20, 10 }, { #hits, ix.behind })
        lock:release()
        assert.equal(30, #search "heron")
    end)

    it("notices rows that went away", function()
        add(1, 30)
        assert.equal(30, #search "heron")
        assert(store:exec "DELETE FROM sessions WHERE id = 'e7'")
        assert.equal(29, #search "heron")
        assert.is_nil(bytes_of():find("number7", 1, true))
    end)

    it("notices another store in the place of its own", function()
        add(1, 30)
        assert.equal(30, #search "heron")
        store:close()
        for _, ending in ipairs { "", "-wal", "-shm" } do
            sys.remove(dir .. "/a.db" .. ending)
        end
        store = assert(propolis.open(conf.local_store))
        assert(store:ensure())
        add(101, 160, "swan number %d")
        assert.same({}, search "heron")
        assert.equal(60, #search "swan")
    end)

    it("is right after VACUUM, whatever became of the row ids", function()
        add(1, 40)
        assert.equal(40, #search "heron")
        assert(store:exec "DELETE FROM sessions WHERE rowid % 3 = 0")
        assert(store:exec "VACUUM")
        add(41, 44)
        local n = store:query("SELECT count(*) AS n FROM sessions")[1].n
        assert.equal(n, #search "heron")
        for _, hit in ipairs(search "heron 38") do
            local found = store:query("SELECT id FROM sessions WHERE rowid = ?",
                { hit.rowid })
            assert.equal(hit.id, found[1].id)
        end
    end)

    it("has no byte of a row that was forgotten", function()
        add(1, 30)
        add(31, 31, "canarybird %d secretbird")
        assert.equal(31, #search "heron secretbird")
        assert.is_truthy(bytes_of():find("canarybird", 1, true))
        assert(store:exec "DELETE FROM sessions WHERE id = 'e31'")
        assert.is_true(index.forget(conf, { { id = "e31" } }))
        assert.is_nil(bytes_of():find("canarybird", 1, true))
        assert.equal(30, #search "heron")
    end)

    it("follows a scrub", function()
        add(1, 30)
        add(31, 31, "canarybird %d")
        assert.equal(31, #search "heron canarybird")
        assert(store:exec("UPDATE sessions SET message = '{}'"
            .. " WHERE id = 'e31'"))
        assert.is_true(index.follow(store, propolis.schemas.sessions,
            { "e31" }))
        assert.is_nil(bytes_of():find("canarybird", 1, true))
        assert.same({}, search "canarybird")
    end)

    -- Two processes and kills, in programs of their own.
    local SCRIPT = [[
        local index = require "propolis.search.index"
        require("propolis.search.fill").rows = 50
        assert(index.catch_up({ local_store = arg[1] }, { wait_ms = 10000 }))
    ]]

    local function argv()
        local script = dir .. "/script.lua"
        if not sys.stat(script) then assert(sys.create(script, SCRIPT)) end
        return { child.program, script, conf.local_store }
    end

    it("is whole after two processes index at once", function()
        add(1, 500)
        local words = argv()
        local both = assert(sys.run({ "/bin/sh", "-c",
            '"$0" "$1" "$2" & "$0" "$1" "$2"; wait', table.unpack(words) },
            { env = child.env({}, { HOME = dir, PROPOLIS_HOME = dir }) }))
        assert.equal("", both.stderr)
        assert.equal(500, #search "heron")
        assert.equal(500, index.open(conf).it.state.sessions_rows)
    end)

    it("goes on after it was killed at any moment", function()
        add(1, 500)
        local words = argv()
        for i = 1, 12 do
            sys.run({ "/bin/sh", "-c", '"$0" "$1" "$2" & sleep ' .. i / 200
                .. "; kill -9 $!", table.unpack(words) },
                { env = child.env({}, { HOME = dir, PROPOLIS_HOME = dir }) })
            if i % 4 == 0 then assert(file.remove(path)) end
        end
        assert.equal(500, #search "heron")
        local ix <close> = assert(index.open(conf))
        assert.equal(500, ix.it.index:counts().events)
    end)

    it("says why when there is no room", function()
        add(1, 400)
        local out = assert(sys.run({ "/bin/sh", "-c",
            'ulimit -f 40; trap "" XFSZ; exec "$0" "$1" "$2"',
            table.unpack(argv()) },
            { env = child.env({}, { HOME = dir, PROPOLIS_HOME = dir }) }))
        assert.not_equal(0, out.code)
        assert.matches("search", out.stderr)
        assert.equal(400, #search "heron")
    end)

    it("takes up what comes while it is read", function()
        add(1, 100)
        local ix = assert(index.open(conf))
        add(101, 150)
        assert.is_true(index.catch_up(conf))
        assert.equal(100, #assert(ix:events(query.parse "heron", {}, 1000)))
        ix:close()
        assert.equal(150, #search "heron")
        assert.equal(catch_up.stamp(dir .. "/a.db"),
            file.read(path).state.stamp)
    end)
end)
