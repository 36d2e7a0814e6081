--- Events that can be kept nowhere: where a person learns of it.
local hooks = require "hooks"
local json = require "propolis.json"
local lost = require "propolis.capture.lost"
local needs = require "needs"
local payloads = require "payloads"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local CLAUDE = "claude-code"
local home, notes

-- A hook, whatever it says on stderr.
local function hook(event, stdin, wrap)
    local r = run({ "hook", CLAUDE, event }, { home = home, stdin = stdin,
        wrap = wrap, env = { TMPDIR = notes, XDG_RUNTIME_DIR = notes } })
    assert.equal(0, r.code, r.stderr)
    return r
end

local function prompt(text, wrap)
    return hook("UserPromptSubmit", hooks.prompt(text), wrap)
end

-- What a session's start says: the context and the notice.
local function start(wrap)
    local r = hook("SessionStart", payloads.text(CLAUDE, "SessionStart"), wrap)
    local said = assert(json.decode(r.stdout))
    return said.hookSpecificOutput.additionalContext, said.systemMessage
end

local function doctor()
    return run({ "doctor" }, { home = home,
        env = { TMPDIR = notes, XDG_RUNTIME_DIR = false } })
end

local function has(text, part)
    assert.truthy(text and text:find(part, 1, true), text)
end

local function close() hooks.close(home, notes) end
local function open() hooks.open(home, notes) end

describe("an event that can be kept nowhere", function()
    before_each(function()
        home, notes = hooks.home(), tmp.dir()
    end)
    after_each(tmp.clean)

    it("is told of on stderr, at the next start, and by doctor", function()
        close()
        has(prompt("one").stderr,
            "propolis: UserPromptSubmit could not be kept: ")
        prompt("two")
        local r = doctor()
        assert.equal(1, r.code)
        has(r.stdout, "2 events could not be kept; the last: 20")
        has(r.stdout, "no event can be stored")
        assert.equal(tonumber("600", 8), sys.stat(home .. "/state/lost").mode)

        local context, notice = start()
        has(context, "This session is not recorded (")
        has(notice, "propolis: 2 events could not be kept; the last: 20")
        open()
        context, notice = start()
        has(context, "This session is recorded")
        has(notice, "1 event could not be kept; the last: 20")
        has(notice, "SessionStart could not be kept: ")
        assert.is_nil(select(2, start()))

        r = doctor() -- the one that says it for the last time
        assert.equal(1, r.code)
        has(r.stdout, "1 event could not be kept")
        r = doctor()
        assert.equal(0, r.code, r.stdout)
    end)

    it("is noted elsewhere when the state folder takes nothing", function()
        close()
        os.rename(home .. "/state", home .. "/was")
        tmp.write(home .. "/state", "a file")
        has(prompt("one").stderr, "could not be kept")
        local name = sys.list(notes)[2]
        assert.matches("^propolis%-%d+%-%x+%.lost$", name)
        assert.equal(tonumber("600", 8), sys.stat(notes .. "/" .. name).mode)
        has(select(2, start()), "1 event could not be kept")
    end)

    it("is told of at home when there was none", function()
        local r = run({ "hook", CLAUDE, "UserPromptSubmit" }, {
            stdin = hooks.prompt("one"), env = { TMPDIR = notes,
                XDG_RUNTIME_DIR = notes, PROPOLIS_HOME = "no/path" } })
        assert.same({ 0, "" }, { r.code, r.stdout })
        has(r.stderr, "could not be kept: PROPOLIS_HOME must be an absolute")
        has(select(2, start()), "1 event could not be kept")
    end)

    it("is not told by a note that others can have written", function()
        close()
        tmp.write(home .. "/state/lost", "2026 x could not be kept: y\n",
            tonumber("644", 8))
        assert.is_nil(select(2, start()))
        os.remove(home .. "/state/lost")
        sys.symlink("/etc/passwd", home .. "/state/lost")
        prompt("one")
        assert.equal(2, #sys.list(notes)) -- a note, and what closes it
    end)

    it("fills no disk with notes", function()
        close()
        tmp.write(home .. "/state/lost", ("2026 x\n"):rep(10000),
            tonumber("600", 8))
        prompt("one")
        assert.equal(70000, sys.stat(home .. "/state/lost").size)
    end)
end)

describe("a limit of the file size", function()
    before_each(function()
        home, notes = hooks.home(), tmp.dir()
    end)
    after_each(tmp.clean)

    -- In units of 512 bytes.
    local function limited(units)
        return { "/bin/sh", "-c", "ulimit -f " .. units .. '; exec "$@"',
            "sh" }
    end

    it("ends no hook, and is told of", function()
        has(prompt(("long "):rep(500), limited(1)).stderr,
            "UserPromptSubmit could not be kept: ")
        local context, notice = start(limited(1))
        has(context, "This session is not recorded (")
        has(notice, "1 event could not be kept")
        has(prompt("one", limited(0)).stderr, "could not be kept")
        assert.equal("", prompt("two").stderr)
        assert.same({ "two" }, hooks.contents(home))
    end)
end)

describe("a disk that is full, or read only,", function()
    before_each(function()
        home, notes = hooks.home(), tmp.dir()
    end)
    after_each(tmp.clean)

    local function remount(options)
        assert.equal(0, sys.run({ "mount", "-o", "remount," .. options, home })
            .code)
    end

    local function with_disk(fn)
        local missing = needs.mount(home)
        if missing then return pending(missing) end
        assert.equal(0, sys.run({ "mount", "-t", "tmpfs", "-o",
            "size=256k,mode=700", "tmpfs", home }).code)
        local ok, err = pcall(fn)
        assert.equal(0, sys.run({ "umount", home }).code)
        assert(ok, err)
    end

    local function check(close_disk, open_disk)
        tmp.write(hooks.shelter(home, notes), "a file")
        prompt("zero")
        close_disk()
        -- A little more may go where there is room already.
        local n = 0
        repeat
            n = n + 1
            local said = prompt(("text "):rep(100) .. n).stderr
        until said ~= "" or n == 100
        local context = start()
        has(context, "This session is not recorded (")
        open_disk()
        local notice
        context, notice = start()
        has(context, "This session is recorded")
        has(notice, "could not be kept")
        assert.equal("", prompt("last").stderr)
        local rows = hooks.rows(home)
        has(rows[#rows].message, '"content":"last"')
    end

    it("is told of when it is full", function()
        with_disk(function()
            check(function()
                local file = assert(io.open(home .. "/fill", "w"))
                file:setvbuf("no")
                repeat until not file:write(("x"):rep(4096))
                file:close()
            end, function()
                assert(sys.remove(home .. "/fill"))
            end)
        end)
    end)

    it("is told of when it is read only", function()
        with_disk(function()
            check(function() remount("ro") end, function() remount("rw") end)
        end)
    end)
end)

describe("what can be kept", function()
    after_each(tmp.clean)

    it("is looked at without a trace", function()
        home = hooks.home()
        local conf = { local_store = "sqlite:" .. home .. "/data/x.db",
            paths = { state = home .. "/state" } }
        assert.is_nil(lost.trouble(conf))
        assert.same({}, sys.list(home .. "/data"))
    end)
end)
