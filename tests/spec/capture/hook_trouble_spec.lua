local hooks = require "hooks"
local json = require "propolis.json"
local needs = require "needs"
local payloads = require "payloads"
local run = require "run"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))
local CLAUDE = "claude-code"

local function prompt(home, text, opts)
    return hooks.run(home, CLAUDE, "UserPromptSubmit", hooks.prompt(text),
        opts)
end

-- The hook under another program: strace, setpriv.
local function under(words, home, stdin, env)
    local argv = table.move(words, 1, #words, 1, {})
    for _, word in ipairs { PROGRAM, "hook", CLAUDE, "UserPromptSubmit" } do
        argv[#argv + 1] = word
    end
    env = env or {}
    if env.PROPOLIS_HOME == nil then
        env.PROPOLIS_HOME = home
    end
    env.HIVEMIND_CAPTURE = env.HIVEMIND_CAPTURE or false
    -- A traced process cannot look for leaks.
    env.ASAN_OPTIONS = (os.getenv("ASAN_OPTIONS") or "") .. ":detect_leaks=0"
    return assert(sys.run(argv, { stdin = stdin, env = env, timeout = 60 }))
end

-- The worker fails, and everything waits.
local function not_taken(home)
    local r = run({ "sync", "--local" }, { home = home })
    assert.equal(1, r.code)
    assert.truthy(r.stderr:find("^propolis: "), r.stderr)
end

describe("when the store cannot take it,", function()
    after_each(tmp.clean)

    it("a corrupt one: the event waits, and comes once it is mended",
        function()
            local home = hooks.home {
                ["data/local@default.db"] = ("no database "):rep(100),
            }
            prompt(home, "one")
            not_taken(home)
            prompt(home, "two")
            assert.equal(2, #hooks.waiting(home))
            assert.truthy(hooks.log(home):find("captured events wait", 1,
                true))
            assert(sys.remove(hooks.store_path(home)))
            prompt(home, "three")
            assert.same({ "one", "two", "three" }, hooks.contents(home))
            assert.same({}, hooks.waiting(home))
        end)

    it("a damaged page: the event waits", function()
        local home = hooks.home()
        for n = 1, 20 do
            prompt(home, ("text "):rep(200) .. n)
        end
        hooks.take_in(home)
        local path = hooks.store_path(home)
        local store <close> = assert(sqlite.open(path))
        assert(store:query("PRAGMA wal_checkpoint(TRUNCATE)"))
        store:close()
        local bytes = sys.read(path)
        assert(sys.replace(path, bytes:sub(1, 4096)
            .. ("\xFF"):rep(#bytes - 4096)))
        prompt(home, "late")
        not_taken(home)
        assert.equal(1, #hooks.waiting(home))
    end)

    it("a locked one: every event of every agent waits, then comes", function()
        local home = hooks.home()
        prompt(home, "one")
        hooks.take_in(home)
        local store <close> = assert(sqlite.open(hooks.store_path(home)))
        assert(store:exec("BEGIN EXCLUSIVE"))
        local want = 0
        for folder, agent in pairs(payloads.folders) do
            for _, name in ipairs(payloads.names(folder)) do
                hooks.run(home, agent, name:match("^[^.]*"),
                    payloads.text(folder, name))
                for _, e in ipairs(payloads.expected(folder)[name]) do
                    want = want + (e.message and 1 or 0)
                end
            end
            -- Who takes in does not get far, and is killed.
            assert.is_true(run({ "sync", "--local" }, { home = home,
                wrap = { "timeout", "-s", "KILL", "0.05" } }).code ~= 0)
        end
        local ids, seen = {}, {}
        for _, row in ipairs(hooks.waiting(home)) do
            if row.message and not seen[row.id] then
                seen[row.id], ids[#ids + 1] = true, row.id
            end
        end
        assert(store:exec("ROLLBACK"))
        local rows = hooks.rows(home)
        assert.equal(want, #rows - 1)
        assert.same(ids, { table.unpack(require("propolis.sync.rows").field(
            rows, "id"), 2) })
    end)

    it("its path is a folder: the event waits", function()
        local home = hooks.home()
        assert(sys.mkdir(hooks.store_path(home)))
        prompt(home, "one")
        not_taken(home)
        assert.equal(1, #hooks.waiting(home))
    end)

    it("and the journal neither: it is logged, and the agent goes on",
        function()
            local home, notes = hooks.home {
                ["data/local@default.journal/x"] = "a file",
            }, tmp.dir()
            hooks.close(home, notes)
            local r = run({ "hook", CLAUDE, "UserPromptSubmit" },
                { home = home, stdin = hooks.prompt("one"),
                    env = { TMPDIR = notes } })
            assert.same({ 0, "" }, { r.code, r.stdout })
            assert.matches("^propolis: UserPromptSubmit could not be kept: ",
                r.stderr)
            assert.truthy(hooks.log(home):find("is lost", 1, true))
        end)

    it("a session still gets its context", function()
        local home = hooks.home {
            ["data/local@default.db"] = ("no database "):rep(100),
        }
        local out = hooks.run(home, CLAUDE, "SessionStart",
            payloads.text("claude-code", "SessionStart"))
        assert.truthy(json.decode(out).hookSpecificOutput.additionalContext)
        assert.equal(2, #hooks.waiting(home)) -- the event, the placeholder
    end)
end)

-- A user whom no file knows; may read all, as the checkout can lie in a folder
-- that is closed to others.
local SOMEBODY = { "setpriv", "--reuid=54321", "--regid=54321",
    "--clear-groups", "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search" }

describe("surroundings that are not there:", function()
    after_each(tmp.clean)

    for _, name in ipairs { "data", "state", "config" } do
        it("a file where our folder belongs: " .. name, function()
            local home = hooks.home { [name] = "a file" }
            local r = run({ "hook", CLAUDE, "UserPromptSubmit" },
                { home = home, stdin = hooks.prompt("one") })
            assert.same({ 0, "", "" }, { r.code, r.stdout, r.stderr })
            assert(sys.remove(home .. "/" .. name))
            run({ "sync", "--local" }, { home = home })
            assert.same({ "one" }, hooks.contents(home))
        end)
    end

    it("TMPDIR", function()
        local home = hooks.home()
        prompt(home, "one", { env = { TMPDIR = "/no/such/folder" } })
        assert.same({ "one" }, hooks.contents(home))
    end)

    it("the state folder, with debug on", function()
        local home = hooks.home()
        prompt(home, "one", { env = { HIVEMIND_DEBUG = "1",
            HIVEMIND_TRACE_SQL = "1" } })
        assert.same({ "one" }, hooks.contents(home))
    end)

    it("a home folder", function()
        local missing = needs.root()
        if missing then return pending(missing) end
        local notes = tmp.dir()
        assert(sys.chmod(notes, tonumber("777", 8)))
        local r = under(SOMEBODY, nil, hooks.prompt("x"),
            { PROPOLIS_HOME = false, HOME = false, TMPDIR = notes })
        assert.same({ 0, "" }, { r.code, r.stdout })
        assert.equal("propolis: UserPromptSubmit could not be kept: there is "
            .. "no home folder: set HOME, or PROPOLIS_HOME to the folder that "
            .. "propolis may use\n", r.stderr)
        assert.equal(1, #sys.list(notes))
    end)

    it("a home that can be written", function()
        local missing = needs.root()
        if missing then return pending(missing) end
        local home = tmp.dir()
        assert(sys.chmod(home, tonumber("755", 8)))
        local notes = tmp.dir()
        assert(sys.chmod(notes, tonumber("777", 8)))
        local env, shelter = { TMPDIR = notes },
            hooks.shelter(home, notes, 54321)
        local r = under(SOMEBODY, home, hooks.prompt("x"), env)
        assert.same({ 0, "", "" }, { r.code, r.stdout, r.stderr })
        assert.equal(tonumber("700", 8), sys.stat(shelter).mode)
        assert.same({ "local@default.journal" }, sys.list(shelter))
        assert(sys.rename(shelter, shelter .. ".was"))
        tmp.write(shelter, "a file")
        r = under(SOMEBODY, home, hooks.prompt("x"), env)
        assert.same({ 0, "" }, { r.code, r.stdout })
        assert.matches("^propolis: UserPromptSubmit could not be kept: [^\n]*"
            .. "Permission denied\n$", r.stderr)
        assert.same({}, sys.list(home))
        local note = assert(sys.stat(shelter .. ".lost"))
        assert.equal(tonumber("600", 8), note.mode)
    end)

    for what, shell in pairs {
        ["a reader of the answer"] = 'mkfifo "$0/f"; exec 3<>"$0/f"; '
            .. 'exec 4>"$0/f"; exec 3<&-; exec "$@" >&4',
        ["stdout"] = 'exec "$@" >&-',
        ["stderr"] = 'exec "$@" 2>&-',
    } do
        it(what, function()
            local home = hooks.home()
            local r = assert(sys.run({ "/bin/sh", "-c", shell, home, PROGRAM,
                "hook", CLAUDE, "SessionStart" }, {
                stdin = payloads.text("claude-code", "SessionStart"),
                env = { PROPOLIS_HOME = home, HIVEMIND_CAPTURE = false },
            }))
            assert.equal(0, r.code, r.stderr)
            assert.equal(1, #hooks.rows(home))
        end)
    end

    it("stdin", function()
        local home = hooks.home()
        local r = assert(sys.run({ "/bin/sh", "-c", 'exec "$@" <&-', home,
            PROGRAM, "hook", CLAUDE, "Stop" }, {
            env = { PROPOLIS_HOME = home, HIVEMIND_CAPTURE = false },
        }))
        assert.equal(0, r.code, r.stderr)
        assert.equal("", r.stdout .. r.stderr)
    end)

    it("the current folder", function()
        local home = hooks.home()
        local r = assert(sys.run({ "/bin/sh", "-c",
            'mkdir "$0/gone" && cd "$0/gone" && rmdir "$0/gone" && exec "$@"',
            home, PROGRAM, "hook", CLAUDE, "UserPromptSubmit" }, {
            stdin = hooks.prompt("one"),
            env = { PROPOLIS_HOME = home, HIVEMIND_CAPTURE = false },
        }))
        assert.equal(0, r.code, r.stderr)
        assert.same({ "one" }, hooks.contents(home))
    end)
end)

describe("under strace,", function()
    after_each(tmp.clean)

    -- Leaks cannot be looked for in a program that is traced.
    local function strace(home, words, stdin)
        local out = home .. "/trace"
        local r = under({ "strace", "-f", "-o", out, table.unpack(words) },
            home, stdin or hooks.prompt("one"),
            { ASAN_OPTIONS = "detect_leaks=0" })
        assert.equal(0, r.code, r.stderr)
        return r, sys.read(out)
    end

    local function is(what, fn)
        it(what, function()
            local missing = needs.strace()
            if missing then return pending(missing) end
            fn()
        end)
    end

    is("a hook asks for no socket and no heavy library", function()
        local home = hooks.home()
        local _, trace = strace(home, { "-e", "trace=network,open,openat" })
        assert.is_nil(trace:find("socket(", 1, true))
        assert.is_nil(trace:find("connect(", 1, true))
        for _, lib in ipairs { "libcurl", "libpq", "libedit", "microhttpd" } do
            assert.is_nil(trace:find(lib, 1, true), lib)
        end
        assert.is_nil(trace:find("http.so", 1, true))
        assert.same({ "one" }, hooks.contents(home))
    end)

    is("an event is one write, on disk before the hook ends", function()
        local home = hooks.home()
        prompt(home, "zero")
        local _, trace = strace(home, { "-y", "-e",
            "trace=write,writev,pwrite64,fsync,fdatasync" })
        local calls = {}
        for call in trace:gmatch("(%w+)%(%d+<[^>]*%.journal>") do
            calls[#calls + 1] = call
        end
        assert.same({ "write", "fdatasync" }, calls)
    end)

    is("a hook opens no database, and pauses for nothing", function()
        local home = hooks.home()
        prompt(home, "zero")
        hooks.take_in(home)
        local _, trace = strace(home, { "-e", "trace=open,openat,nanosleep,"
            .. "clock_nanosleep,poll,ppoll,select" })
        assert.is_nil(trace:find("local@default.db", 1, true), trace)
        assert.is_nil(trace:find("sleep(", 1, true), trace)
        assert.truthy(trace:find("local@default.journal", 1, true))
    end)

    for _, errno in ipairs { "ENOSPC", "EIO", "EDQUOT", "EROFS" } do
        is("a store that meets " .. errno .. " leaves the event in the journal",
            function()
                local home = hooks.home()
                prompt(home, "zero")
                hooks.take_in(home)
                prompt(home, "one")
                assert.equal(1, run({ "sync", "--local" }, { home = home,
                    env = { ASAN_OPTIONS = "detect_leaks=0" },
                    wrap = { "strace", "-f", "-o", "/dev/null", "-e",
                        "trace=pwrite64", "-e", "inject=pwrite64:error="
                        .. errno } }).code)
                assert.equal(1, #hooks.waiting(home), hooks.log(home))
                prompt(home, "two")
                assert.same({ "zero", "one", "two" }, hooks.contents(home))
            end)

        is("a disk that meets " .. errno .. " everywhere is survived",
            function()
                local home = hooks.home()
                local r = strace(home, { "-e", "trace=pwrite64,write,fsync,"
                    .. "fdatasync,mkdir,ftruncate", "-e",
                    "inject=pwrite64,write,fsync,fdatasync,mkdir,ftruncate"
                    .. ":error=" .. errno })
                assert.equal("", r.stdout)
                prompt(home, "two")
                assert.same({ "two" }, hooks.contents(home))
            end)
    end
end)
