--- What hooks of every agent do, seen from outside: by strace, on full disks.
local agents = require "propolis.agents"
local hooks = require "hooks"
local journal = require "propolis.capture.journal"
local json = require "propolis.json"
local needs = require "needs"
local payloads = require "payloads"
local run = require "run"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))

-- A hook in a home, started by other words.
local function started(words, home, agent, event, stdin, env)
    local argv = table.move(words, 1, #words, 1, {})
    for _, word in ipairs { PROGRAM, "hook", agent, event } do
        argv[#argv + 1] = word
    end
    env = env or {}
    env.PROPOLIS_HOME, env.HOME, env.HIVEMIND_CAPTURE = home, home, false
    env.XDG_RUNTIME_DIR, env.TMPDIR = false, env.TMPDIR or false
    env.PROPOLIS_AUTOSYNC = "false"
    -- A traced process cannot look for leaks.
    env.ASAN_OPTIONS = (os.getenv("ASAN_OPTIONS") or "") .. ":detect_leaks=0"
    local r = assert(sys.run(argv, { stdin = stdin, env = env }))
    assert.equal(0, r.code, r.stderr)
    return r.stdout, r.stderr
end

-- One hook that says nothing.
local function prompt(home, words, text)
    local out, err = started(words, home, "claude-code", "UserPromptSubmit",
        hooks.prompt(text))
    assert.same({ "", "" }, { out, err })
end

describe("no hook", function()
    after_each(tmp.clean)

    -- Logged in, so that there would be somebody to talk to.
    local function home_of_a_member()
        return hooks.home { ["credentials.json"] = json.encode {
            token = "t", orgId = "o1", orgName = "Acme", userName = "ann",
            apiUrl = "http://127.0.0.1:9",
        } }
    end

    -- Of all agents only the one's events are opened, and no list is made.
    local function only_its_own(trace, agent)
        for path in trace:gmatch('/propolis/agents([^"]*)"') do
            assert.equal(("/%s/events.lua"):format(agents.column(agent)),
                (path:gsub("c$", "")))
        end
    end

    for folder, agent in pairs(payloads.folders) do
        it("touches the network or another agent: " .. folder, function()
            local missing = needs.strace()
            if missing then return pending(missing) end
            local home = home_of_a_member()
            local out = home .. "/trace"
            for _, name in ipairs(payloads.names(folder)) do
                started({ "strace", "-f", "--seccomp-bpf", "-o", out, "-e",
                    "trace=network,open,openat,execve" }, home, agent,
                    name:match("^[^.]*"), payloads.text(folder, name))
                local trace = assert(sys.read(out))
                assert.truthy(trace:find("/events.lua", 1, true))
                only_its_own(trace, agent)
                for _, sign in ipairs { "socket(", "connect(", "sendto(",
                    "libcurl", "libpq", "libmicrohttpd", "libedit", "http.so",
                    "postgres.so", "local@default.db" } do
                    assert.is_nil(trace:find(sign, 1, true), name .. sign)
                end
                assert.equal(1, select(2, trace:gsub("execve%(", "")))
            end
        end)
    end

    -- What of a home's data a hook wrote and synced, in order; "" is the folder
    -- itself.
    local function trace_of(home)
        local out = home .. "/trace"
        local list = {}
        started({ "strace", "-f", "-y", "-o", out, "-e",
            "trace=write,fsync,fdatasync" }, home, "claude-code",
            "UserPromptSubmit", hooks.prompt("x"))
        local data = assert(sys.realpath(home .. "/data"))
        for call, path in assert(sys.read(out)):gmatch("(%w+)%(%d+<(.-)>") do
            if path:sub(1, #data) == data then
                list[#list + 1] = call .. " " .. path:sub(#data + 2)
            end
        end
        return list
    end

    it("writes to a journal whose name is not on disk", function()
        local missing = needs.strace()
        if missing then return pending(missing) end
        local home = hooks.home()
        local path = journal.path(hooks.store_path(home)):match("[^/]*$")
        local record = { "write " .. path, "fdatasync " .. path }
        assert.same({ "fsync ", table.unpack(record) }, trace_of(home))
        assert.same(record, trace_of(home))
        hooks.take_in(home)
        assert.same({ "fsync ", table.unpack(record) }, trace_of(home))
        assert.equal(3, #hooks.rows(home))
    end)
end)

describe("taking in, time after time,", function()
    after_each(tmp.clean)

    it("removes the journal after the store is on disk", function()
        local missing = needs.strace()
        if missing then return pending(missing) end
        local home = hooks.home()
        for _ = 1, 2 do
            hooks.run(home, "claude-code", "UserPromptSubmit",
                hooks.prompt("x"))
            assert.equal(0, run({ "sync", "--local" }, { home = home,
                env = { ASAN_OPTIONS = "detect_leaks=0" },
                wrap = { "strace", "-f", "-y", "-o", home .. "/trace", "-e",
                    "trace=fsync,fdatasync,unlink" } }).code)
            local data, calls = assert(sys.realpath(home .. "/data")), {}
            for call, path in sys.read(home .. "/trace"):gmatch(
                '(%w+)%(.-([^<>"]+)[>"]') do
                if path:sub(1, #data) == data then
                    calls[#calls + 1] = call:gsub("fdata", "f") .. " "
                        .. path:match("[^/]*$")
                end
            end
            assert.equal("unlink local@default.journal.taken",
                table.remove(calls))
            local log, folder = 0, 0
            for i, call in ipairs(calls) do
                if call == "fsync local@default.db-wal" then log = i end
                if call == "fsync data" then folder = i end
            end
            assert.is_true(log > 0 and folder > 0, table.concat(calls, ", "))
        end
    end)

    it("keeps the store's log short", function()
        local home = hooks.home()
        for i = 1, 80 do
            hooks.run(home, "claude-code", "UserPromptSubmit",
                hooks.prompt("text " .. i))
            hooks.take_in(home)
            local log = sys.stat(hooks.store_path(home) .. "-wal")
            assert.is_true(log.size < 100 * 4120)
        end
        assert.equal(80, #hooks.rows(home))
        assert.is_true(sys.stat(hooks.store_path(home)).size > 4096)
    end)
end)

describe("on a full disk,", function()
    after_each(tmp.clean)

    -- No file may be longer than this many KiB.
    local function limited(kib)
        return { "/bin/sh", "-c", "ulimit -f " .. kib * 2
            .. '; exec "$@"', "sh" }
    end

    -- The worker fails, and everything waits.
    local function not_taken(home, words)
        local r = run({ "sync", "--local" }, { home = home, wrap = words })
        assert.equal(1, r.code)
        assert.truthy(r.stderr:find("^propolis: "), r.stderr)
    end

    it("a record that was cut off costs no other", function()
        local home = hooks.home()
        prompt(home, {}, "zero")
        local out, err = started(limited(4), home, "claude-code",
            "UserPromptSubmit", hooks.prompt(("long "):rep(20000)))
        assert.equal("", out)
        assert.matches("^propolis: UserPromptSubmit could not be kept: ", err)
        assert.truthy(hooks.log(home):find("is lost", 1, true))
        prompt(home, {}, "two")
        local waiting, noise = hooks.waiting(home)
        assert.same({ 2, 1 }, { #waiting, #noise })
        assert.same({ "zero", "two" }, hooks.contents(home))
    end)

    it("a store that cannot grow, or begin, leaves the journal", function()
        local home = hooks.home()
        prompt(home, {}, ("long "):rep(20000))
        not_taken(home, limited(4))
        prompt(home, {}, "one")
        not_taken(home, limited(64))
        local contents = hooks.contents(home)
        assert.same({ 2, "one" }, { #contents, contents[2] })
    end)

    -- Calls fn with a small disk mounted in the home.
    local function with_disk(home, folder, fn)
        local at = home .. "/" .. folder
        assert(sys.mkdir(at))
        assert.equal(0, sys.run({ "mount", "-t", "tmpfs", "-o",
            "size=256k,mode=700", "tmpfs", at }).code)
        local ok, err = pcall(fn, at)
        assert.equal(0, sys.run({ "umount", at }).code)
        assert(ok, err)
    end

    local function fill(at)
        local file = assert(io.open(at .. "/fill", "w"))
        file:setvbuf("no")
        repeat until not file:write(("x"):rep(4096))
        file:close()
    end

    it("the one of store and journal, what was captured waits", function()
        local home = hooks.home()
        local missing = needs.mount(home)
        if missing then return pending(missing) end
        with_disk(home, "data", function(at)
            for i = 1, 60 do
                prompt(home, {}, ("text "):rep(100) .. i)
            end
            local waiting = #hooks.waiting(home)
            assert.equal(60, waiting)
            fill(at)
            not_taken(home)
            local _, err = started({}, home, "claude-code",
                "UserPromptSubmit", hooks.prompt(("more "):rep(2000)))
            assert.equal("", err)
            assert.truthy(hooks.log(home):find("events are kept in "
                .. home .. "/state/journal/", 1, true))
            not_taken(home)
            assert(sys.remove(at .. "/fill"))
            prompt(home, {}, "last")
            local contents = hooks.contents(home)
            assert.equal(62, #contents)
            assert.equal("last", contents[62])
        end)
    end)

    it("the one of the store alone, hooks go on", function()
        local home, far = hooks.home(), tmp.dir()
        local missing = needs.mount(home)
        if missing then return pending(missing) end
        with_disk(far, "disk", function(at)
            sqlite.open(at .. "/x.db"):close()
            assert(sys.mkdir(home .. "/data"))
            assert(sys.symlink(at .. "/x.db", hooks.store_path(home)))
            prompt(home, {}, "zero")
            hooks.take_in(home)
            fill(at)
            for i = 1, 30 do
                prompt(home, {}, ("text "):rep(100) .. i)
            end
            not_taken(home)
            assert.equal("", hooks.log(home):match("[^\n]*is lost") or "")
            assert(sys.remove(at .. "/fill"))
            assert.equal(31, #hooks.rows(home))
        end)
    end)

    it("the only one, the agent goes on, and later events come", function()
        local home = hooks.home()
        local missing = needs.mount(home)
        if missing then return pending(missing) end
        with_disk(home, "all", function(at)
            prompt(at, {}, "zero")
            fill(at)
            for i = 1, 30 do
                local out = started({}, at, "claude-code", "UserPromptSubmit",
                    hooks.prompt(("text "):rep(100) .. i), { TMPDIR = home })
                assert.equal("", out)
            end
            assert(sys.remove(at .. "/fill"))
            prompt(at, {}, "last")
            local contents = hooks.contents(at)
            assert.equal("zero", contents[1])
            local last = 0
            for _, text in ipairs(contents) do
                last = last + (text == "last" and 1 or 0)
            end
            assert.equal(1, last)
        end)
    end)
end)
