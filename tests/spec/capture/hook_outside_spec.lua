--- What hooks of every agent do, seen from outside: by strace, on full disks.
local agents = require "propolis.agents"
local hooks = require "hooks"
local json = require "propolis.json"
local needs = require "needs"
local payloads = require "payloads"
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
                    name:match("^[^.]*"), payloads.text(folder, name),
                    { PROPOLIS_AUTOSYNC = "false" })
                local trace = assert(sys.read(out))
                assert.truthy(trace:find("/events.lua", 1, true))
                only_its_own(trace, agent)
                for _, sign in ipairs { "socket(", "connect(", "sendto(",
                    "libcurl", "libpq", "libmicrohttpd", "libedit", "http.so",
                    "postgres.so" } do
                    assert.is_nil(trace:find(sign, 1, true), name .. sign)
                end
                assert.equal(1, select(2, trace:gsub("execve%(", "")))
            end
        end)
    end

    -- What of a home's data a hook synced, in order; "" is the folder itself.
    local function synced(home)
        local out = home .. "/trace"
        local list = {}
        started({ "strace", "-f", "-y", "-o", out, "-e",
            "trace=fsync,fdatasync" }, home, "claude-code",
            "UserPromptSubmit", hooks.prompt("x"))
        local data = assert(sys.realpath(home .. "/data"))
        for path in assert(sys.read(out)):gmatch("sync%(%d+<(.-)>") do
            if path:sub(1, #data) == data then
                list[#list + 1] = path:sub(#data + 2)
            end
        end
        return list
    end

    it("never answers before a new log's name is on disk", function()
        local missing = needs.strace()
        if missing then return pending(missing) end
        local home = hooks.home()
        local log = hooks.store_path(home):match("[^/]*$") .. "-wal"
        hooks.run(home, "claude-code", "UserPromptSubmit", hooks.prompt("x"))
        local data = home .. "/data"
        assert.same({ log, "" }, synced(home))
        assert(sys.run { "touch", "-d", "2 minutes ago", data })
        assert.same({ log }, synced(home))
        assert(sys.run { "touch", "-d", "2 minutes", data })
        assert.same({ log, "" }, synced(home))
    end)

    it("syncs more than once in a store that is settled", function()
        local missing = needs.strace()
        if missing then return pending(missing) end
        local home = hooks.home()
        local text = hooks.prompt("x")
        hooks.run(home, "claude-code", "UserPromptSubmit", text)
        assert(sys.run { "touch", "-d", "2 minutes ago", home .. "/data" })
        local out = home .. "/trace"
        started({ "strace", "-f", "-o", out, "-e", "trace=fsync,fdatasync" },
            home, "claude-code", "UserPromptSubmit", text)
        assert.equal(1, select(2, sys.read(out):gsub("sync%(", "")))
        assert.equal(2, #hooks.rows(home))
    end)
end)

describe("hooks, one after the other,", function()
    after_each(tmp.clean)

    it("keep the store's log short", function()
        local home = hooks.home()
        for i = 1, 80 do
            hooks.run(home, "claude-code", "UserPromptSubmit",
                hooks.prompt("text " .. i))
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

    it("the event waits in the spool", function()
        local home = hooks.home()
        prompt(home, {}, ("long "):rep(20000))
        prompt(home, limited(64), "one")
        assert.equal(1, #hooks.spooled(home))
        prompt(home, {}, "two")
        local contents = hooks.contents(home)
        assert.equal(3, #contents)
        assert.same({ "two", "one" }, { contents[2], contents[3] })
    end)

    it("a store that cannot begin leaves its event in the spool", function()
        local home = hooks.home()
        prompt(home, limited(4), "one")
        assert.equal(1, #hooks.spooled(home), hooks.log(home))
        prompt(home, {}, "two")
        assert.same({ "two", "one" }, hooks.contents(home))
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

    it("the one of the store, the event waits in the spool", function()
        local home = hooks.home()
        local missing = needs.mount(home)
        if missing then return pending(missing) end
        with_disk(home, "data", function(at)
            prompt(home, {}, "zero")
            fill(at)
            for i = 1, 30 do
                prompt(home, {}, ("text "):rep(100) .. i)
            end
            local waiting = #hooks.spooled(home)
            assert.is_true(waiting > 0)
            assert.equal(31, waiting + #hooks.rows(home))
            assert(sys.remove(at .. "/fill"))
            prompt(home, {}, "last")
            assert.equal(32, #hooks.rows(home))
            assert.same({}, hooks.spooled(home))
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
