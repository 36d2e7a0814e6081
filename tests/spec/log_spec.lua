local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("the log", function()
    local home, path

    before_each(function()
        home = tmp.dir()
        path = home .. "/state/propolis.log"
    end)
    after_each(tmp.clean)

    local function log(code, env)
        local script = tmp.write(home .. "/l.lua",
            'local log = require "propolis.log"\n' .. code)
        local r = run({ script }, { home = home, env = env })
        assert.same({ 0, "", "" }, { r.code, r.stdout, r.stderr })
        return sys.read(path)
    end

    it("writes one line per message into a private file", function()
        local text = log [[
log.error("cannot %s %d", "do", 5)
log.warn("two\nlines \27[31m")
log.warn("\u{9b}31m \u{202e}back")
log.info("100%")
]]
        local lines = {}
        for line in text:gmatch("[^\n]*\n") do
            lines[#lines + 1] = line
        end
        assert.equal(4, #lines)
        assert.matches("^%d+%-%d+%-%d+T%S+Z error %[%d+%] cannot do 5\n$",
            lines[1])
        assert.matches("warn  %[%d+%] two\\nlines %?%[31m\n$", lines[2])
        assert.matches([[%] \u009b31m \u202eback]] .. "\n$", lines[3])
        assert.matches("info  %[%d+%] 100%%\n$", lines[4])
        assert.equal(tonumber("600", 8), sys.stat(path).mode & 511)
        assert.equal(tonumber("700", 8), sys.stat(home .. "/state").mode & 511)
    end)

    it("writes debug lines only when asked", function()
        assert.is_nil((log('log.debug("x")')))
        assert.matches("debug %[%d+%] x\n$",
            log('log.debug("x")', { HIVEMIND_DEBUG = "1" }))
    end)

    it("starts anew at 1 MiB and keeps one old file", function()
        tmp.write(path, ("x"):rep(1 << 20))
        tmp.write(path .. ".1", "older")
        assert.matches("error %[%d+%] new\n$", log('log.error("new")'))
        assert.equal(1 << 20, sys.stat(path .. ".1").size)
        assert.is_true(sys.stat(path).size < 100)
    end)

    it("keeps the message of a wrong format", function()
        assert.matches("error %[%d+%] %%d lost\n$",
            log('log.error("%d lost", "no number")'))
        assert.matches("nil\n$", log("log.error(nil)"))
    end)

    it("stays silent when nothing can be written", function()
        tmp.write(home .. "/state", "no folder")
        assert.is_nil((log('log.error("lost")')))
        assert.is_nil((log('log.error("lost")', { PROPOLIS_HOME = "rel" })))
    end)

    it("follows no link", function()
        local other = tmp.write(home .. "/other", "keep")
        assert(sys.mkdir(home .. "/state"))
        assert(sys.symlink(other, path))
        log('log.error("x")')
        assert.equal("keep", sys.read(other))
    end)
end)
