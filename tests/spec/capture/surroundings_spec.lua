--- A hook among variables, folders and files that are none: within bounded time
-- its event is kept, or told of, and the agent goes on.
local config = require "propolis.config"
local hooks = require "hooks"
local json = require "propolis.json"
local payloads = require "payloads"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local CLAUDE = "claude-code"
local PROGRAM = assert(sys.read(sys.readlink "/proc/self/exe"))
local home, shared

-- Whether a text stands in a file of ours.
local function is_kept(text)
    for _, dir in ipairs { home, shared } do
        for _, bytes in pairs(hooks.files(dir)) do
            if bytes:find(text, 1, true) then return true end
        end
    end
    return false
end

-- One hook, as its agent runs it.
local function hook(event, stdin, env)
    local all = { PROPOLIS_AUTOSYNC = "false", TMPDIR = shared,
        XDG_RUNTIME_DIR = shared }
    for name, value in pairs(env or {}) do all[name] = value end
    local r = run({ "hook", CLAUDE, event },
        { home = home, stdin = stdin, env = all, timeout = 20 })
    assert.falsy(r.timed_out)
    assert.equal(0, r.code, r.stderr)
    return r
end

-- The event is kept, or told; a session's start gets its context.
local function stands(env)
    local text = "marker-" .. sys.uuid()
    local r = hook("UserPromptSubmit", hooks.prompt(text), env)
    local told = r.stderr:find("UserPromptSubmit could not be kept: ", 1, true)
    assert.equal(not told, is_kept(text), r.stderr)
    if not told then assert.equal("", r.stderr) end
    r = hook("SessionStart", payloads.text(CLAUDE, "SessionStart"), env)
    if r.stdout == "" then
        assert.truthy(r.stderr:find("could not be kept", 1, true))
    else
        local said = assert(json.decode(r.stdout)).hookSpecificOutput
        local recorded = said.additionalContext:find("This session is recorded",
            1, true)
        assert.equal(recorded ~= nil, r.stderr == "")
    end
    return not told
end

local VALUES = { " ", "a b", "\n", "\xE2\x98\x83", "\xFF\xFE", "..", "-1",
    "1e999", "99999999999999999999", "nan", "true", "none", "sqlite:",
    "sqlite::memory:", "sqlite:x.db", "sqlite:/no/such/folder/x.db",
    "postgres://", "postgres://%zz@:99999/x", "deeplake:https://[::1",
    "nosuch:x", "http://", "$(id)", "';--", ("x"):rep(100000),
    "/dev/null", "/proc/self/mem", "~", "~/", "~nobody/x" }

describe("a variable", function()
    before_each(function() home, shared = tmp.dir(), tmp.dir() end)
    after_each(tmp.clean)

    local names = { "HIVEMIND_MEMORY_PATH", "HIVEMIND_TOKEN",
        "HIVEMIND_ORG_ID", "HIVEMIND_DEBUG", "USER" }
    for _, key in ipairs(config.keys) do names[#names + 1] = key.env end

    for _, name in ipairs(names) do
        it(name .. " that makes no sense loses no event", function()
            for _, value in ipairs(VALUES) do
                -- This one can say that nothing is to be captured.
                if name ~= "HIVEMIND_CAPTURE" then
                    assert.is_true(stands { [name] = value }, value:sub(1, 40))
                end
            end
        end)
    end

    it("of a team's login that makes no sense loses no event", function()
        for _, value in ipairs(VALUES) do
            assert.is_true(stands { HIVEMIND_TOKEN = value,
                HIVEMIND_ORG_ID = value, HIVEMIND_WORKSPACE_ID = value })
        end
    end)

    it("PROPOLIS_AUTOSYNC that makes no sense loses no event", function()
        for _, value in ipairs { " ", "maybe", ("x"):rep(100000) } do
            hook("UserPromptSubmit", hooks.prompt "it",
                { PROPOLIS_AUTOSYNC = value })
        end
        assert.same({ "it", "it", "it" }, hooks.contents(home))
    end)
end)

describe("a payload", function()
    before_each(function() home, shared = tmp.dir(), tmp.dir() end)
    after_each(tmp.clean)

    local long = ("x"):rep(1 << 20)
    for what, more in pairs {
        ["a folder with a long name"] = { cwd = "/" .. long .. "/y" },
        ["a folder of slashes"] = { cwd = ("/"):rep(1 << 20) .. "x" },
        ["a folder of dots"] = { cwd = "/" .. ("../"):rep(1 << 18) },
        ["a long session"] = { session_id = long },
        ["a long name of an event"] = { hook_event_name = long },
        ["a transcript with a long name"] = { session_id = false,
            transcript_path = "/" .. long .. "/y" },
    } do
        it("with " .. what .. " takes no time that it decides", function()
            tmp.write(home .. "/config/config.lua", "return { capture_deny = {"
                .. "'/**a**b', '/*?*?*?*z' } }")
            local start = sys.monotonic()
            hook("UserPromptSubmit", hooks.prompt("it", more))
            assert.is_true(sys.monotonic() - start < 10)
            -- An event that nobody knows is not stored.
            assert.equal(more.hook_event_name and 0 or 1, #hooks.rows(home))
        end)
    end
end)

describe("a folder", function()
    before_each(function() home, shared = tmp.dir(), tmp.dir() end)
    after_each(tmp.clean)

    -- What a path can be.
    local KINDS = {
        ["a file"] = function() return tmp.write(home .. "/file", "x") end,
        ["below a file"] = function()
            return tmp.write(home .. "/file", "x") .. "/folder"
        end,
        ["a link in a circle"] = function()
            assert(sys.symlink(home .. "/b", home .. "/a"))
            assert(sys.symlink(home .. "/a", home .. "/b"))
            return home .. "/a"
        end,
        ["a pipe"] = function()
            assert.equal(0, sys.run({ "mkfifo", home .. "/pipe" }).code)
            return home .. "/pipe"
        end,
        ["not there"] = function() return home .. "/no/such/folder" end,
        ["in /proc"] = function() return "/proc/nowhere" end,
        ["the device /dev/full"] = function() return "/dev/full" end,
        relative = function() return "some/where" end,
        ["too long"] = function() return "/" .. ("x"):rep(5000) end,
        ["of odd letters"] = function()
            return home .. "/a 'b\" \n %s \xFF ☃"
        end,
    }

    for kind, make in pairs(KINDS) do
        it("for all of ours that is " .. kind .. " loses no event", function()
            stands { PROPOLIS_HOME = make() }
        end)

        it("HOME that is " .. kind .. " loses no event", function()
            stands { PROPOLIS_HOME = false, HOME = make() }
        end)

        for _, name in ipairs { "DATA", "STATE", "CONFIG" } do
            it(("XDG_%s_HOME that is %s loses no event"):format(name, kind),
                function()
                    assert.is_true(stands { PROPOLIS_HOME = false,
                        HOME = home, [("XDG_%s_HOME"):format(name)] = make() })
                end)
        end
    end

    it("or another that is not there loses no event", function()
        for _, name in ipairs { "TMPDIR", "XDG_RUNTIME_DIR" } do
            for _, value in ipairs { "", "relative", "/no/such/folder" } do
                assert.is_true(stands { [name] = value })
            end
        end
    end)
end)

describe("a file of the user's", function()
    before_each(function() home, shared = tmp.dir(), tmp.dir() end)
    after_each(tmp.clean)

    local KINDS = {
        ["a folder"] = function(path) assert(sys.mkdir(path .. "/x")) end,
        ["a pipe"] = function(path)
            assert.equal(0, sys.run({ "mkfifo", path }).code)
        end,
        ["a link to nowhere"] = function(path)
            assert(sys.symlink("/no/such/file", path))
        end,
        ["a link in a circle"] = function(path)
            assert(sys.symlink(path, path))
        end,
        ["a link to /dev/zero"] = function(path)
            assert(sys.symlink("/dev/zero", path))
        end,
        ["a link to a terminal"] = function(path)
            assert(sys.symlink("/dev/tty", path))
        end,
        ["5 MB large"] = function(path)
            tmp.write(path, "return {" .. ("'x',"):rep(5 << 18) .. "}")
        end,
        ["binary"] = function(path)
            tmp.write(path, PROGRAM:sub(1, 1 << 19))
        end,
        ["bytecode"] = function(path)
            tmp.write(path, string.dump(function() while true do end end))
        end,
        ["zeros"] = function(path) tmp.write(path, ("\0"):rep(1 << 16)) end,
        ["empty"] = function(path) tmp.write(path, "") end,
        ["nested deep"] = function(path)
            tmp.write(path, "return " .. ("{"):rep(100000))
        end,
        ["an endless loop"] = function(path)
            tmp.write(path, "while true do end")
        end,
    }

    for _, name in ipairs { "config/config.lua", "config/redact.lua",
        "config/schemas/x.lua", "config/schemas", "credentials.json",
        "state/notices.json", "state/config.lua", "state/lost",
        "state/propolis.log", "state/sync.out", "state/doctor.lock" } do
        for kind, make in pairs(KINDS) do
            it(("%s that is %s loses no event"):format(name, kind), function()
                local path = home .. "/" .. name
                assert(sys.mkdir(path:match "^(.*)/"))
                make(path)
                assert.is_true(stands())
                -- What waits comes into the store all the same.
                local r = run({ "sync", "--local" }, { home = home,
                    timeout = 20 })
                assert.falsy(r.timed_out)
                for _, word in ipairs { "status", "doctor" } do
                    r = run({ word }, { home = home, timeout = 20 })
                    assert.falsy(r.timed_out)
                    assert.is_nil(r.signal)
                    assert.is_nil(r.stderr:find("traceback", 1, true))
                end
            end)
        end
    end
end)
