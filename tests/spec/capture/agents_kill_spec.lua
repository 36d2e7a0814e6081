-- Hooks of every agent, and events that the journal does not take, killed at
-- each write-like system call in turn: what was acknowledged is there once, in
-- order, and the next one works.
local hooks = require "hooks"
local needs = require "needs"
local payloads = require "payloads"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local CALLS = { "write", "fsync", "fdatasync", "rename", "mkdir", "unlink",
    "flock", "rmdir", "pwrite64" }
local FEW = { "write", "fdatasync", "mkdir", "flock" }

local home, shared

local function env()
    return { PROPOLIS_AUTOSYNC = "false", TMPDIR = shared,
        XDG_RUNTIME_DIR = shared, ASAN_OPTIONS = "detect_leaks=0" }
end

-- The program with these words, killed at the n-th call of a kind; false when
-- there is none.
local function killed(words, stdin, call, n)
    local wrap = { "strace", "-f", "-o", "/dev/null", "-e", "trace=" .. call,
        "-e", ("inject=%s:signal=KILL:when=%d"):format(call, n) }
    local r = run(words, { home = home, stdin = stdin, env = env(),
        wrap = wrap })
    if r.signal or r.code == 137 then return true end
    assert.equal(0, r.code, r.stderr)
    return false
end

local function prompt(text)
    local r = run({ "hook", "claude-code" }, { home = home, env = env(),
        stdin = hooks.prompt(text) })
    assert.same({ 0, "" }, { r.code, r.stderr })
end

local function take_in()
    local r = run({ "sync", "--local" }, { home = home, env = env() })
    assert.equal(0, r.code, r.stderr)
end

-- Calls one(n) for each call of a kind, until that one lives.
local function each(call, one)
    it(call, function()
        local missing = needs.strace()
        if missing then return pending(missing) end
        local n = 0
        repeat
            n = n + 1
            home, shared = hooks.home(), tmp.dir()
            local died = one(n)
            tmp.clean()
            assert.is_true(n < 300)
        until not died
        assert.is_true(n > 1 or call ~= "write") -- there is one to die at
    end)
end

-- A fixture of an agent that leaves a row, its event, and how many rows.
local function event_of(folder)
    for _, name in ipairs(payloads.names(folder)) do
        local rows = 0
        for _, e in ipairs(payloads.expected(folder)[name]) do
            rows = rows + (e.message and 1 or 0)
        end
        if rows > 0 then return name, name:match("^[^.]*"), rows end
    end
end

for folder, agent in pairs(payloads.folders) do
    describe("a hook of " .. agent .. " killed at every", function()
        after_each(tmp.clean)

        local name, event, rows = event_of(folder)
        for _, call in ipairs(FEW) do
            each(call, function(n)
                prompt("before")
                local died = killed({ "hook", agent, event },
                    payloads.text(folder, name), call, n)
                prompt("after")
                take_in()
                local list, ids = hooks.rows(home), {}
                for _, row in ipairs(list) do
                    assert.is_nil(ids[row.id])
                    ids[row.id] = true
                end
                assert.is_true(#list == 2 or #list == 2 + rows)
                assert.is_true(died or #list == 2 + rows)
                assert.matches('"before"', list[1].message)
                assert.matches('"after"', list[#list].message)
                return died
            end)
        end
    end)
end

-- Nothing can be kept beside the store, and it can again.
local function close() tmp.write(home .. "/data", "a file") end
local function open() assert(sys.remove(home .. "/data")) end

describe("a hook whose journal takes nothing, killed at every", function()
    after_each(tmp.clean)

    for _, call in ipairs(CALLS) do
        each(call, function(n)
            close()
            prompt("before")
            local died = killed({ "hook", "claude-code" }, hooks.prompt("it"),
                call, n)
            prompt("after")
            open()
            take_in()
            local contents = hooks.contents(home)
            assert.equal("before", table.remove(contents, 1))
            assert.equal("after", table.remove(contents))
            assert.is_true(#contents <= 1)
            assert.is_true(died or contents[1] == "it")
            return died
        end)
    end
end)

describe("what takes in from other journals, killed at every", function()
    after_each(tmp.clean)

    for _, call in ipairs(CALLS) do
        each(call, function(n)
            prompt("one")
            assert(sys.rename(home .. "/data", home .. "/was"))
            close()
            prompt("two")
            prompt("three")
            open()
            assert(sys.rename(home .. "/was", home .. "/data"))
            prompt("four")
            local died = killed({ "sync", "--local" }, nil, call, n)
            prompt("five")
            take_in()
            -- A worker that died in the middle has stored some of them.
            local contents = hooks.contents(home)
            assert.same({ "one", "two", "three", "four", "five" }, contents)
            for path in pairs(hooks.files(home .. "/state")) do
                assert.is_nil(path:find("/journal/", 1, true), path)
            end
            return died
        end)
    end
end)
