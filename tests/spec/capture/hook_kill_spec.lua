-- A hook that is killed at each of its write-like system calls in turn: what
-- was there stays, what it acknowledged is there once, and the next hook works.
local hooks = require "hooks"
local json = require "propolis.json"
local needs = require "needs"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))
local CALLS = {
    "pwrite64", "write", "fsync", "fdatasync", "ftruncate", "rename", "mkdir",
    "unlink",
}

-- One prompt, killed at the n-th call of a kind; false when there is none.
local function killed(home, text, call, n)
    local r = assert(sys.run({ "strace", "-f", "-o", "/dev/null", "-e",
        "trace=" .. call, "-e", ("inject=%s:signal=KILL:when=%d"):format(call,
            n), PROGRAM, "hook", "claude-code", "UserPromptSubmit" }, {
        stdin = hooks.prompt(text), timeout = 60,
        env = { PROPOLIS_HOME = home, HIVEMIND_CAPTURE = false,
            PROPOLIS_STORE = "sqlite:/nowhere", PROPOLIS_AUTOSYNC = "false",
            ASAN_OPTIONS = "detect_leaks=0" }, -- none under strace
    }))
    if r.signal or r.code == 137 then return true end
    assert.equal(0, r.code, r.stderr)
    return false
end

local function count(list, text)
    local n = 0
    for _, item in ipairs(list) do
        n = n + (item == text and 1 or 0)
    end
    return n
end

-- Rows and outbox agree, and everything is there once at most.
local function sound(home, texts)
    local contents = hooks.contents(home)
    for _, text in ipairs(texts) do
        assert.is_true(count(contents, text) <= 1, text .. " is there twice")
    end
    local queued = {}
    for _, row in ipairs(hooks.rows(home, "propolis_outbox")) do
        assert.is_nil(queued[row.row_id])
        queued[row.row_id] = true
    end
    for _, row in ipairs(hooks.rows(home)) do
        assert.is_true(queued[row.id], "a row without its outbox row")
    end
    return contents
end

describe("a hook killed at every", function()
    after_each(tmp.clean)

    for _, call in ipairs(CALLS) do
        it(call, function()
            local missing = needs.strace()
            if missing then return pending(missing) end
            local home, texts, n = hooks.home(), {}, 0
            repeat
                n = n + 1
                local text = ("%s %d"):format(call, n)
                texts[#texts + 1] = text
                local died = killed(home, text, call, n)
                if not died then
                    assert.equal(1, count(sound(home, texts), text))
                end
                texts[#texts + 1] = "after " .. text
                hooks.run(home, "claude-code", nil,
                    hooks.prompt("after " .. text),
                    { env = { PROPOLIS_STORE = "sqlite:/nowhere",
                        PROPOLIS_AUTOSYNC = "false" } })
                assert.equal(1, count(sound(home, texts), "after " .. text))
                assert.is_true(n < 300)
            until not died
        end)

        it(call .. " on its way to the spool", function()
            local missing = needs.strace()
            if missing then return pending(missing) end
            local n = 0
            repeat
                n = n + 1
                local home = hooks.home {
                    ["data/local@default.db"] = ("no database "):rep(100),
                }
                local died = killed(home, "one", call, n)
                for _, name in ipairs(hooks.spooled(home)) do
                    assert(json.decode(sys.read(home .. "/state/spool/"
                        .. name)))
                end
                assert(sys.remove(hooks.store_path(home)))
                hooks.run(home, "claude-code", nil, hooks.prompt("two"),
                    { env = { PROPOLIS_STORE = "sqlite:/nowhere",
                        PROPOLIS_AUTOSYNC = "false" } })
                local contents = sound(home, { "one", "two" })
                assert.equal(1, count(contents, "two"))
                if not died then
                    assert.equal(1, count(contents, "one"))
                end
                assert.same({}, hooks.spooled(home))
                tmp.clean()
            until not died
        end)
    end
end)
