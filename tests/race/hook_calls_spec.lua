--- A hook, and what takes the journal in, that dies or that the disk fails at
-- each system call in turn.
--
-- strace lets the n-th call of a kind fail, or kills the program when it makes
-- it, for every n there is.  make soak tries more errors at more calls, and
-- disks that stay broken from the n-th call on.
local hooks = require "hooks"
local journal = require "propolis.capture.journal"
local json = require "propolis.json"
local needs = require "needs"
local soak = require "soak"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"
require "propolis.store"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))
local CALLS = { "pwrite64", "write", "fdatasync", "fsync", "openat", "mkdir",
    "ftruncate", "unlink", "rename", "fchmod" }
local NO_STORE = ("no database "):rep(100)
local full = soak.seconds ~= nil

local function payload(text, event)
    return json.encode {
        session_id = "s", cwd = "/w", hook_event_name = event,
        prompt = "say " .. text .. ".", source = "say " .. text .. ".",
    }
end

local function env(home)
    return { PROPOLIS_HOME = home, HOME = home, HIVEMIND_CAPTURE = false,
        PROPOLIS_STORE = "sqlite:/nowhere", PROPOLIS_AUTOSYNC = "false",
        -- which cannot look for leaks in a process that is traced
        ASAN_OPTIONS = (os.getenv("ASAN_OPTIONS") or "") .. ":detect_leaks=0" }
end

-- Runs the program; under strace with more words, if any.
local function start(home, words, stdin, strace)
    local argv = { PROGRAM, table.unpack(words) }
    if strace then
        local all = { "strace", "-f", "-o", home .. "/trace" }
        table.move(strace, 1, #strace, #all + 1, all)
        argv = table.move(argv, 1, #argv, #all + 1, all)
    end
    return assert(sys.run(argv, { stdin = stdin, env = env(home) }))
end

-- A hook that says text.
local function say(home, text, event, strace)
    return start(home, { "hook", "claude-code", event }, payload(text, event),
        strace)
end

-- What is tried in a scene: a hook that says it; or, when that was said, taking
-- in.
local function try(scene, home, strace)
    if not scene.taken then return say(home, "it", scene.event, strace) end
    return start(home, { "sync", "--local" }, nil, strace)
end

local function seed(home, n)
    for i = 1, n do
        say(home, "seed " .. i, "UserPromptSubmit")
    end
end

-- What stands in the home before: a function that makes it; seeds, how many
-- events are in it; event, the hook that is tried; taken, whether taking in is.
local SCENES = {
    ["a hook, with a journal in use"] = { seeds = 1, make = function(home)
        seed(home, 1)
    end },
    ["a hook, nothing yet, a session starts"] = { seeds = 0,
        event = "SessionStart", make = function() end },
    ["a hook, with a store that cannot be read"] = { seeds = 0, broken = true,
        make = function(home)
            tmp.write(hooks.store_path(home), NO_STORE)
        end },
    ["taking in, for the first time"] = { seeds = 2, taken = true,
        make = function(home)
            seed(home, 2)
        end },
    ["taking in, where somebody died of it"] = { seeds = 2, taken = true,
        make = function(home)
            local file = hooks.store_path(home)
            seed(home, 2)
            local bytes = assert(sys.read(journal.path(file)))
            hooks.take_in(home)
            assert(sys.replace(journal.taken(file), bytes .. "noise"))
        end },
    ["taking in, with a log to be emptied"] = { seeds = 1, taken = true,
        make = function(home)
            seed(home, 1)
            hooks.take_in(home)
            local store <close> = assert(sqlite.open(hooks.store_path(home)))
            local log = hooks.store_path(home) .. "-wal"
            while sys.stat(log).size < 62 * 4120 do
                assert(store:exec("PRAGMA user_version = 0"))
            end
        end },
}

-- Every point of a scene; only calls on files of the home.  Without its
-- settings a hook stores nothing: they may forbid it.
local function points(scene, home)
    local r = try(scene, home, { "-e",
        "trace=" .. table.concat(CALLS, ",") })
    assert(r.code == 0, r.stderr)
    local count, list = {}, {}
    for line in assert(sys.read(home .. "/trace")):gmatch("[^\n]+") do
        local call, path = line:match('^%d+ +([%w]+)%(.-"(.-)"')
        call = call or line:match("^%d+ +([%w]+)%(")
        if call then
            count[call] = (count[call] or 0) + 1
            if path == nil or path:sub(1, 1) ~= "/"
                or path:find(home, 1, true) == 1 then
                list[#list + 1] = {
                    call = call, n = count[call], path = path,
                    settings = path and (path:find("/config/config.lua", 1,
                        true) or path:find("/credentials.json", 1, true)),
                }
            end
        end
    end
    return list
end

-- How often each text was said, in the store.
local function said(home)
    local times = {}
    for _, row in ipairs(hooks.rows(home)) do
        local text = row.message:match("say ([^.]*)%.")
        times[text] = (times[text] or 0) + 1
    end
    return times
end

-- The next hook works, what comes next is taken in, and all is there once.
local function check(scene, home, r, must)
    if scene.broken then
        assert.equal(0, say(home, "still", "UserPromptSubmit").code)
        for _, tail in ipairs { "", "-wal", "-shm" } do
            sys.remove(hooks.store_path(home) .. tail)
        end
    end
    assert.equal(0, say(home, "next", "UserPromptSubmit").code)
    local times = said(home)
    for i = 1, scene.seeds do
        assert.equal(1, times["seed " .. i], "seed " .. i)
    end
    assert.equal(1, times.next)
    assert.equal(scene.broken and 1 or nil, times.still)
    assert.is_true((times.it or 0) <= 1, "doubled")
    if must or scene.taken or r.code == 0 and must == nil then
        assert.equal(1, times.it, "lost: " .. hooks.log(home))
    end
    assert.same({}, hooks.waiting(home))
    assert.equal(#hooks.rows(home) + #hooks.rows(home, "memory"),
        #hooks.rows(home, "propolis_outbox"))
    local store <close> = assert(sqlite.open(hooks.store_path(home)))
    assert.equal("ok", assert(store:query("PRAGMA integrity_check"))[1]
        .integrity_check)
end

-- Tries every point, or every second or third.
local function each_point(scene, how, every, judge)
    local before, home = tmp.dir(), tmp.dir()
    scene.event = scene.event or "UserPromptSubmit"
    -- Every try starts from the same bytes, in the same place.
    local function reset(to, from)
        assert(sys.run { "rm", "-rf", to })
        assert(sys.run { "cp", "-a", from, to })
    end
    scene.make(home)
    if scene.taken then say(home, "it", scene.event) end
    reset(before, home)
    local list = points(scene, home)
    local calls = {}
    for _, point in ipairs(list) do calls[point.call] = true end
    assert(calls.openat and calls.fdatasync)
    for i = 1, #list, every do
        local point = list[i]
        reset(home, before)
        local r = try(scene, home, {
            "-e", "trace=" .. point.call,
            "-e", ("inject=%s:%s"):format(point.call, how:format(point.n)),
            how:find("^error") and "--seccomp-bpf" or nil, -- faster
        })
        local ok, err = pcall(judge, home, r, point)
        if not ok then
            error(("%s %d (%s): %s"):format(point.call, point.n,
                point.path or "", tostring(type(err) == "table"
                and err.message or err)), 0)
        end
    end
end

local function it_may_trace(name, fn)
    it(name, function()
        local missing = needs.strace()
        if missing then return pending(missing) end
        fn()
    end)
end

describe("at each system call that writes,", function()
    after_each(tmp.clean)

    for what, scene in pairs(SCENES) do
        it_may_trace("killed: " .. what, function()
            each_point(scene, "signal=KILL:when=%d", 1, function(home, r)
                assert.is_true(r.code ~= 0)
                check(scene, home, r)
            end)
        end)

        for _, errno in ipairs(full and { "ENOSPC", "EIO" } or { "EIO" }) do
            it_may_trace(("%s once: %s"):format(errno, what), function()
                local how = "error=" .. errno .. ":when=%d"
                each_point(scene, how, full and 1 or 3, function(home, r, point)
                    assert.is_true(r.code == 0 or scene.taken and r.code == 1)
                    -- The journal is all there is: else it is said.
                    check(scene, home, r, not point.settings
                        and not hooks.log(home):find("is lost", 1, true))
                end)
            end)
        end

        for _, errno in ipairs(full and { "ENOSPC", "EIO" } or {}) do
            local name = ("%s ever after: %s"):format(errno, what)
            it_may_trace(name, function()
                local how = "error=" .. errno .. ":when=%d+"
                each_point(scene, how, full and 1 or 3, function(home, r)
                    assert.is_true(r.code == 0 or scene.taken and r.code == 1)
                    check(scene, home, r, false)
                end)
            end)
        end
    end
end)
