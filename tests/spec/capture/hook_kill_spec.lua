-- A hook, and what takes the journal in, killed at each of their write-like
-- system calls in turn: what was there stays, what a hook acknowledged is there
-- once, in order, and the next one works.
local hooks = require "hooks"
local journal = require "propolis.capture.journal"
local needs = require "needs"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))
local CALLS = {
    "pwrite64", "write", "fsync", "fdatasync", "ftruncate", "rename", "mkdir",
    "unlink", "flock",
}
local ENV = { PROPOLIS_STORE = "sqlite:/nowhere", PROPOLIS_AUTOSYNC = "false" }

-- The program with these words, killed at the n-th call of a kind; false when
-- there is none.
local function killed(home, words, stdin, call, n)
    local argv = { "strace", "-f", "-o", "/dev/null", "-e", "trace=" .. call,
        "-e", ("inject=%s:signal=KILL:when=%d"):format(call, n), PROGRAM,
        table.unpack(words) }
    local r = assert(sys.run(argv, { stdin = stdin, timeout = 60, env = {
        PROPOLIS_HOME = home, HIVEMIND_CAPTURE = false,
        PROPOLIS_STORE = ENV.PROPOLIS_STORE, PROPOLIS_AUTOSYNC = "false",
        ASAN_OPTIONS = "detect_leaks=0", -- none under strace
    } }))
    if r.signal or r.code == 137 then return true end
    assert.equal(0, r.code, r.stderr)
    return false
end

local function prompt(home, text)
    hooks.run(home, "claude-code", nil, hooks.prompt(text), { env = ENV })
end

-- Rows and outbox agree.
local function sound(home)
    local contents, queued = hooks.contents(home), {}
    for _, row in ipairs(hooks.rows(home, "propolis_outbox")) do
        assert.is_nil(queued[row.row_id])
        queued[row.row_id] = true
    end
    for _, row in ipairs(hooks.rows(home)) do
        assert.is_true(queued[row.id], "a row without its outbox row")
    end
    return contents
end

-- Calls one(n, seeded) for each call of a kind, until that one lives.
local function each(call, one)
    it(call, function()
        local missing = needs.strace()
        if missing then return pending(missing) end
        local n = 0
        repeat
            n = n + 1
            local died = false
            for _, seeded in ipairs { false, true } do
                died = one(n, seeded) or died
                tmp.clean()
            end
            assert.is_true(n < 300)
        until not died
    end)
end

describe("a hook killed at every", function()
    after_each(tmp.clean)

    for _, call in ipairs(CALLS) do
        each(call, function(n, seeded)
            local home = hooks.home()
            if seeded then prompt(home, "before") end
            local died = killed(home, { "hook", "claude-code" },
                hooks.prompt("it"), call, n)
            prompt(home, "after")
            local contents = sound(home)
            if seeded then
                assert.equal("before", table.remove(contents, 1))
            end
            assert.equal("after", table.remove(contents))
            assert.is_true(#contents <= 1)
            assert.is_true(died or contents[1] == "it")
            return died
        end)
    end
end)

describe("what takes the journal in, killed at every", function()
    after_each(tmp.clean)

    for _, call in ipairs(CALLS) do
        each(call, function(n, seeded)
            local home = hooks.home()
            local path = journal.path(hooks.store_path(home))
            if seeded then
                prompt(home, "old")
                hooks.take_in(home)
            end
            prompt(home, "one")
            assert(sys.append(path, "noise"))
            prompt(home, "two")
            local died = killed(home, { "sync", "--local" }, nil, call, n)
            prompt(home, "three")
            local contents = sound(home)
            if seeded then
                assert.equal("old", table.remove(contents, 1))
            end
            assert.same({ "one", "two", "three" }, contents)
            local kept = 0
            for name, bytes in pairs(hooks.files(home .. "/data")) do
                if name:find(".bad-", 1, true) then
                    kept = kept + 1
                    assert.equal("noise", bytes)
                end
            end
            assert.equal(1, kept)
            return died
        end)
    end
end)
