--- propolis search whatever became of the index's file: it answers or says why
-- in one sentence, never with a wrong hit, and the next search is whole again.
local child = require "child"
local hooks = require "hooks"
local json = require "propolis.json"
local needs = require "needs"
local propolis = require "propolis"
local run = require "run"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

local EVENTS = 300

-- A user whom no right of root helps, apart from reading the checkout.
local UID = 54321
local SOMEBODY = { "setpriv", "--reuid=" .. UID, "--regid=" .. UID,
    "--clear-groups", "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=+dac_read_search" }

describe("a search", function()
    local home, path, wrap

    local function add(from, to)
        local store <close> = assert(propolis.open("sqlite:"
            .. hooks.store_path(home)))
        assert(store:ensure())
        local rows = {}
        for n = from, to do
            rows[#rows + 1] = {
                id = "e" .. n, author = "ada", project = "nest",
                path = ("/sessions/ada/%s%d.jsonl"):format(
                    n % 3 == 0 and "s" or "h", n // 10),
                agent = "codex", creation_date = ("2026-11-%02dT%02d:%02d:00"
                    .. ".000Z"):format(1 + n // 1440, n // 60 % 24, n % 60),
                message = { type = "user_message",
                    content = n % 3 == 0 and "a swan, number " .. n
                        or "a heron, number " .. n },
            }
        end
        assert(store:insert_many(propolis.schemas.sessions, rows))
    end

    before_each(function()
        home, wrap = hooks.home(), nil
        path = hooks.store_path(home) .. ".search"
        assert(sys.mkdir(home .. "/data"))
        add(1, EVENTS)
    end)
    after_each(tmp.clean)

    -- What a search for herons finds and says; none is wrong.
    local function search()
        local r = run({ "search", "--all", "--json", "--limit", "1000",
            "heron" }, { home = home, wrap = wrap,
            env = { ASAN_OPTIONS = "detect_leaks=0" } })
        assert.equal(0, r.code, r.stderr)
        local hits = assert(json.decode(r.stdout))
        for _, hit in ipairs(hits) do
            assert.truthy(hit.snippet:find("heron", 1, true), hit.snippet)
        end
        local _, lines = r.stderr:gsub("\n", "")
        assert.is_true(lines <= 1, r.stderr)
        return #hits, r.stderr
    end

    local function is_whole(what)
        local hits, said = search()
        assert.same({ EVENTS // 3 * 2, "" }, { hits, said }, what)
    end

    local function remove()
        for _, ending in ipairs { "", "-wal", "-shm" } do
            sys.remove(path .. ending)
        end
    end

    local function replace(bytes)
        remove()
        assert(sys.replace(path, bytes))
    end

    local function noise(size)
        local list = {}
        for i = 1, size do list[i] = string.char(i * 7919 % 251) end
        return table.concat(list)
    end

    -- What becomes of the file, which is then made anew without a word.
    local HEALS = {
        deleted = remove,
        ["cut short"] = function()
            local bytes = assert(sys.read(path))
            replace(bytes:sub(1, #bytes // 2))
        end,
        empty = function() replace "" end,
        noise = function() replace(noise(50000)) end,
        ["noise behind the head"] = function()
            local bytes = assert(sys.read(path))
            replace(bytes:sub(1, 100) .. noise(#bytes - 100))
        end,
        ["of an older version"] = function()
            local db <close> = assert(sqlite.open(path))
            assert(db:exec "UPDATE state SET value = 0 WHERE key = 'version'")
            assert(db:exec "DELETE FROM page")
        end,
        ["of a later version"] = function()
            local db <close> = assert(sqlite.open(path))
            assert(db:exec "UPDATE state SET value = 99 WHERE key = 'version'")
            assert(db:exec "DROP TABLE page")
        end,
        ["without its pages"] = function()
            local db <close> = assert(sqlite.open(path))
            assert(db:exec "DELETE FROM page")
        end,
    }
    for what, change in pairs(HEALS) do
        it("is whole when the index is " .. what, function()
            is_whole()
            change()
            is_whole(what)
            change()
            add(EVENTS + 1, EVENTS + 1)
            assert.equal(0, run({ "sync", "--auto" }, { home = home }).code)
            assert.equal("", hooks.log(home))
            local hits, said = search()
            assert.same({ EVENTS // 3 * 2 + 1, "" }, { hits, said })
        end)
    end

    it("has no wrong hit with noise inside the index, and heals", function()
        is_whole()
        do
            local db <close> = assert(sqlite.open(path))
            assert(db:query "PRAGMA wal_checkpoint(TRUNCATE)")
        end
        local whole = assert(sys.read(path))
        for i = 1, 16 do
            local at = 100 + (#whole - 1200) * i // 17
            replace(whole:sub(1, at) .. noise(1024) .. whole:sub(at + 1025))
            search()
        end
    end)

    -- One byte of what ranking reads is another one; 16 places each.
    for what, change in pairs {
        ["what is noted of events"] = { "page", "events" },
        ["where events come from"] = { "page", "origins" },
        ["what is noted of sessions"] = { "sessions", "data" },
    } do
        it("is whole after a bit changed in " .. what, function()
            is_whole()
            local name, column = change[1], change[2]
            for i = 0, 15 do
                local db <close> = assert(sqlite.open(path))
                local blob = assert(db:query(("SELECT hex(%s) AS x FROM %s"
                    .. " WHERE n = 0"):format(column, name)))[1].x
                local at = 2 * (#blob // 2 * i // 16)
                local byte = tonumber(blob:sub(at + 1, at + 2), 16)
                assert(db:exec(("UPDATE %s SET %s = x'%s%02X%s' WHERE n = 0")
                    :format(name, column, blob:sub(1, at), byte ~ 1 << i % 8,
                    blob:sub(at + 3))))
                db:close()
                is_whole(("%s, byte %d"):format(column, at // 2))
            end
        end)
    end

    local function give_away(folder)
        assert.equal(0, sys.run({ "chown", "-R", UID .. ":" .. UID,
            folder }).code)
        wrap = SOMEBODY
    end

    it("answers when the index may only be read", function()
        local missing = needs.root()
        if missing then return pending(missing) end
        is_whole()
        give_away(home)
        assert(sys.chmod(path, tonumber("400", 8)))
        is_whole()
        add(EVENTS + 1, EVENTS + 1)
        give_away(home)
        local hits = search()
        assert.is_true(hits >= EVENTS // 3 * 2)
        assert(sys.chmod(path, tonumber("600", 8)))
        assert.same({ EVENTS // 3 * 2 + 1, "" }, { search() })
    end)

    it("answers when the index is another user's", function()
        local missing = needs.root()
        if missing then return pending(missing) end
        is_whole()
        give_away(home)
        for _, ending in ipairs { "", "-wal", "-shm", ".lock" } do
            if sys.stat(path .. ending) then
                assert.equal(0, sys.run({ "chown", "0:0", path .. ending })
                    .code)
                assert(sys.chmod(path .. ending, tonumber("600", 8)))
            end
        end
        assert.equal(EVENTS // 3 * 2, (search()))
        give_away(home)
        is_whole()
    end)

    it("answers on a full disk, and the index is whole later", function()
        local missing = needs.root() or needs.mount(home)
        if missing then return pending(missing) end
        local at = home .. "/data"
        assert.equal(0, sys.run({ "mount", "-t", "tmpfs", "-o",
            "size=2m,mode=700", "tmpfs", at }).code)
        local ok, err = pcall(function()
            add(1, EVENTS)
            sys.run({ "sh", "-c", "cat /dev/zero >" .. at .. "/fill" })
            assert.equal(EVENTS // 3 * 2, (search()))
            run({ "sync", "--auto" }, { home = home })
            assert.truthy(hooks.log(home):find "worker: index: ")
            assert(sys.remove(at .. "/fill"))
            is_whole()
        end)
        assert.equal(0, sys.run({ "umount", at }).code)
        assert(ok, err)
    end)

    it("is right while the file is damaged again and again", function()
        is_whole()
        local script = [[
            i=0
            while [ $i -lt 12 ]; do
                i=$((i + 1))
                case $((i % 3)) in
                    0) rm -f "$index" ;;
                    1) printf noise >"$index" ;;
                    *) head -c 3000 /dev/urandom >"$index" ;;
                esac
                "$program" sync --auto &
                "$program" search --all --limit 500 heron >"$index.$i" ||
                    echo "exit $?" >&2
                wait
            done
        ]]
        local r = assert(sys.run({ "sh", "-c", script }, { timeout = 120,
            env = child.env({ USER = "tester" }, { PROPOLIS_HOME = home,
                HOME = home, program = child.program, index = path }) }))
        -- A search may come while the worker makes the file: it says so.
        local rest = r.stderr:gsub("propolis: nothing found for heron; [^\n]*"
            .. " indexed\n(propolis: %d+ events are not)", "%1")
            :gsub("propolis: %d+ events are not indexed yet: [^\n]*\n", "")
        assert.same({ 0, "" }, { r.code, rest })
        is_whole()
    end)
end)
