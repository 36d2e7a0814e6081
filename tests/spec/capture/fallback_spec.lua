--- Events that the journal does not take: they are kept in another folder, and
-- come into the store once, each at its place in time.
local fallback = require "propolis.capture.fallback"
local hooks = require "hooks"
local intake = require "propolis.capture.intake"
local journal = require "propolis.capture.journal"
local json = require "propolis.json"
local needs = require "needs"
local payloads = require "payloads"
local run = require "run"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

local CLAUDE = "claude-code"
local home, shared

local function env(more)
    local all = { TMPDIR = shared, XDG_RUNTIME_DIR = shared,
        PROPOLIS_AUTOSYNC = "false", ASAN_OPTIONS = "detect_leaks=0" }
    for key, value in pairs(more or {}) do all[key] = value end
    return all
end

-- A hook that says nothing is wrong.
local function prompt(text, wrap)
    local r = run({ "hook", CLAUDE, "UserPromptSubmit" }, { home = home,
        stdin = hooks.prompt(text), env = env(), wrap = wrap })
    assert.same({ 0, "", "" }, { r.code, r.stdout, r.stderr })
end

local function start()
    local r = run({ "hook", CLAUDE, "SessionStart" }, { home = home,
        stdin = payloads.text(CLAUDE, "SessionStart"), env = env() })
    assert.same({ 0, "" }, { r.code, r.stderr })
    local said = assert(json.decode(r.stdout))
    return said.hookSpecificOutput.additionalContext, said.systemMessage
end

local function take_in(code)
    local r = run({ "sync", "--local" }, { home = home, env = env() })
    assert.equal(code or 0, r.code, r.stderr)
end

local function contents()
    take_in()
    return hooks.contents(home)
end

local function has(text, part)
    assert.truthy(text and text:find(part, 1, true), text)
end

-- What stands in folders where events are kept until they are taken in.
local function kept()
    local list = {}
    for _, folder in ipairs { home .. "/state/journal",
        home .. "/config/journal", hooks.shelter(home, shared) } do
        for path, bytes in pairs(hooks.files(folder)) do
            list[#list + 1] = path
            assert.truthy(bytes)
        end
    end
    return list
end

-- A hook whose nth call of a kind, on the journal only, fails.
local function failing(call, errno, when)
    return { "strace", "-f", "-qq", "-o", "/dev/null", "-P",
        journal.path(hooks.store_path(home)), "-e", "trace=" .. call, "-e",
        ("inject=%s:error=%s:when=%s"):format(call, errno, when) }
end

describe("a journal that fails", function()
    before_each(function() home, shared = hooks.home(), tmp.dir() end)
    after_each(tmp.clean)

    for _, call in ipairs { "write", "fdatasync", "openat" } do
        for _, errno in ipairs { "EIO", "ENOSPC", "EDQUOT", "EACCES" } do
            it(("once: %s with %s"):format(call, errno), function()
                local missing = needs.strace()
                if missing then return pending(missing) end
                prompt("zero")
                prompt("one", failing(call, errno, "1"))
                assert.same({}, kept())
                prompt("two")
                assert.same({ "zero", "one", "two" }, contents())
            end)

            it(("for good: %s with %s"):format(call, errno), function()
                local missing = needs.strace()
                if missing then return pending(missing) end
                prompt("zero")
                prompt("one", failing(call, errno, "1+"))
                prompt("two", failing(call, errno, "1+"))
                assert.equal(1, #kept())
                prompt("three")
                assert.same({ "zero", "one", "two", "three" }, contents())
                assert.same({}, kept())
            end)
        end
    end
end)

describe("where nothing can be written,", function()
    before_each(function() home, shared = hooks.home(), tmp.dir() end)
    after_each(tmp.clean)

    -- Each folder takes what those before it did not.
    local CLOSED = { "data", "state", "config" }
    for n = 1, #CLOSED do
        it("up to the folder " .. CLOSED[n] .. ", the next one keeps it",
            function()
                prompt("zero")
                for i = 1, n do
                    local path = home .. "/" .. CLOSED[i]
                    if sys.stat(path) then
                        assert(sys.rename(path, path .. ".was"))
                    end
                    tmp.write(path, "a file")
                end
                prompt("one")
                local context, notice = start()
                has(context, "This session is recorded")
                has(notice, "till that is mended events are kept in ")
                assert.equal(1, #kept())
                assert.equal(tonumber("600", 8), sys.stat(kept()[1]).mode)
                local r = run({ "doctor" }, { home = home, env = env() })
                has(r.stdout, "till that is mended events are kept in ")
                for i = 1, n do
                    local path = home .. "/" .. CLOSED[i]
                    assert(sys.remove(path))
                    sys.rename(path .. ".was", path)
                end
                prompt("two")
                local rows = contents()
                assert.same({ "zero", "one" }, { rows[1], rows[2] })
                assert.equal("two", rows[#rows])
                assert.same({}, kept())
                assert.is_nil(sys.stat(hooks.shelter(home, shared)))
            end)
    end

    it("status counts what waits elsewhere", function()
        tmp.write(home .. "/data", "a file")
        prompt("one")
        local r = run({ "status", "--json" }, { home = home, env = env() })
        assert.equal(1, r.code)
        assert.equal(1, json.decode(r.stdout).journal)
    end)

    it("a folder that others may have made keeps nothing", function()
        for _, path in ipairs { "data", "state", "config" } do
            tmp.write(home .. "/" .. path, "a file")
        end
        local shelter = hooks.shelter(home, shared)
        assert(sys.mkdir(shelter))
        assert(sys.chmod(shelter, tonumber("755", 8)))
        local r = run({ "hook", CLAUDE, "UserPromptSubmit" }, { home = home,
            stdin = hooks.prompt("x"), env = env() })
        has(r.stderr, "could not be kept")
        assert.same({}, sys.list(shelter))
        assert(sys.rmdir(shelter))
        assert(sys.mkdir(shared .. "/elsewhere"))
        assert(sys.symlink(shared .. "/elsewhere", shelter))
        r = run({ "hook", CLAUDE, "UserPromptSubmit" }, { home = home,
            stdin = hooks.prompt("x"), env = env() })
        has(r.stderr, "could not be kept")
        assert.same({}, sys.list(shared .. "/elsewhere"))
    end)
end)

describe("a full disk", function()
    before_each(function() home, shared = hooks.home(), tmp.dir() end)
    after_each(tmp.clean)

    -- The home on a disk of its own, which is full, or read only, for a while.
    local function with_disk(close, open)
        local missing = needs.mount(home)
        if missing then return pending(missing) end
        assert.equal(0, sys.run({ "mount", "-t", "tmpfs", "-o",
            "size=512k,mode=700", "tmpfs", home }).code)
        local ok, err = pcall(function()
            local want = {}
            local function say()
                want[#want + 1] = ("text "):rep(100) .. #want
                prompt(want[#want])
            end
            say()
            take_in()
            say()
            close()
            for _ = 1, 12 do say() end
            run({ "sync", "--local" }, { home = home, env = env() })
            for _ = 1, 12 do say() end
            assert.is_true(#kept() > 0)
            open()
            say()
            assert.same(want, contents())
            assert.same({}, kept())
        end)
        sys.run { "umount", home }
        assert(ok, err)
    end

    it("loses nothing, and keeps the order", function()
        with_disk(function()
            local file = assert(io.open(home .. "/fill", "w"))
            file:setvbuf("no")
            repeat until not file:write(("x"):rep(4096))
            file:close()
        end, function() assert(sys.remove(home .. "/fill")) end)
    end)

    it("or one that is read only loses nothing", function()
        local function remount(how)
            assert.equal(0, sys.run({ "mount", "-o", "remount," .. how,
                home }).code)
        end
        with_disk(function() remount "ro" end, function() remount "rw" end)
    end)
end)

describe("what other journals took", function()
    local conf, file, list

    before_each(function()
        home = tmp.dir()
        file = home .. "/data/x.db"
        conf = { local_store = "sqlite:" .. file,
            paths = { state = home .. "/state" } }
        list = {}
    end)
    after_each(tmp.clean)

    local function item(id, at)
        return { table = "sessions", row = { id = id, path = "/p",
            message = "{}", creation_date = ("2026-01-01T00:00:%02dZ"):format(
                at) } }
    end

    -- Into the journal itself, or into the one in the state folder.
    local function append(id, at, elsewhere)
        list[#list + 1] = id
        assert(journal.append(elsewhere and home .. "/state/journal/x.db"
            or file, { item(id, at) }))
    end

    local function stored()
        local store <close> = assert(sqlite.open(file))
        local ids = {}
        for i, row in ipairs(store:query(
            "SELECT id FROM sessions ORDER BY rowid")) do
            ids[i] = row.id
        end
        return table.concat(ids, " ")
    end

    it("is stored in the order of time", function()
        append("a", 1)
        append("b", 2, true)
        append("c", 3)
        append("d", 4, true)
        append("e", 5, true)
        append("f", 6)
        append("g", 7, true)
        assert(intake.take_in(conf))
        assert.equal(table.concat(list, " "), stored())
        assert.is_false(intake.waits(conf))
    end)

    it("is stored without any journal", function()
        append("a", 1, true)
        append("b", 2, true)
        assert.is_true(intake.waits(conf))
        assert(intake.take_in(conf))
        assert.equal("a b", stored())
        assert.is_nil(sys.stat(home .. "/state/journal"))
    end)

    it("comes between a journal that waits and the next one", function()
        append("a", 1)
        assert(sys.rename(journal.path(file), journal.taken(file)))
        append("b", 2, true)
        append("c", 3)
        append("d", 4, true)
        assert(intake.take_in(conf))
        assert.equal("a b c d", stored())
    end)

    it("keeps its own order when the clock goes back", function()
        append("a", 5, true)
        append("b", 2, true)
        append("c", 9)
        assert(intake.take_in(conf))
        assert.equal("a b c", stored())
    end)

    it("is stored once, whoever dies on the way", function()
        append("a", 1, true)
        local path = home .. "/state/journal/x.journal"
        local bytes = assert(sys.read(path))
        assert(intake.take_in(conf))
        tmp.write(path .. ".taken-" .. sys.uuid(), bytes)
        append("b", 2, true)
        append("c", 3)
        assert(intake.take_in(conf))
        assert.equal("a b c", stored())
        assert.is_false(intake.waits(conf))
    end)

    it("is not taken from below a hook that writes", function()
        append("a", 1, true)
        local path = home .. "/state/journal/x.journal"
        local hook <close> = assert(sys.lock(path))
        append("b", 2)
        local taken = fallback.take(conf, 0)
        getmetatable(taken).__close(taken)
        assert.equal(0, #taken.items)
        assert.is_true(intake.waits(conf))
        hook:release()
        assert(intake.take_in(conf))
        assert.equal("a b", stored())
    end)

    it("with noise in it is read as any journal, the noise kept", function()
        append("a", 1, true)
        assert(sys.append(home .. "/state/journal/x.journal", "noise"))
        append("b", 2, true)
        assert(intake.take_in(conf))
        assert.equal("a b", stored())
        local name = journal.path(file) .. ".bad-"
            .. sys.sha256("noise"):sub(1, 12)
        assert.equal("noise", sys.read(name))
    end)

    it("fills no other disk", function()
        local path = home .. "/state/journal/x.journal"
        tmp.write(path, ("x"):rep(16 << 20))
        tmp.write(home .. "/data", "a file")
        local ok, err = fallback.append(conf, { item("a", 1) })
        -- Into the shared folder of this process, if anywhere.
        for _, one in ipairs(fallback.files(conf)) do
            if one ~= path then
                assert(ok, err)
                assert(sys.remove(one))
                assert(sys.rmdir(one:match("^(.*)/")))
            end
        end
        assert.equal(16 << 20, sys.stat(path).size)
    end)
end)
