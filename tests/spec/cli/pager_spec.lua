local child = require "child"
local memories = require "memories"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("a long text", function()
    local home

    before_each(function()
        home = tmp.dir()
        local events = {}
        for n = 1, 50 do events[n] = { prompt = "prompt " .. n } end
        memories.fill(home, events)
    end)
    after_each(tmp.clean)

    -- What a terminal shows of a command.
    local function on_terminal(pager, ...)
        local command = table.concat({ child.program, ... }, " ")
        local r = assert(sys.run({ "script", "-qec", command, "/dev/null" }, {
            env = child.env({ TERM = "xterm", PAGER = pager, USER = "ada",
                PROPOLIS_HOME = home, HOME = home }), stdin = "",
            timeout = 60 }))
        assert.equal(0, r.code, r.stdout)
        return (r.stdout:gsub("\27%[%d*m", ""):gsub("\r", ""))
    end

    it("goes through $PAGER on a terminal", function()
        for _, args in ipairs { { "log", "s1" },
            { "show", memories.id(1) } } do
            local shown = on_terminal("sed s/^/P:/", table.unpack(args))
            assert.matches("P:    prompt 1\n", shown, 1, true)
        end
        assert.matches("P:[^\n]*prompt 1\n", on_terminal("sed s/^/P:/", "log",
            "--all"))
    end)

    it("goes through none when there shall be none", function()
        assert.matches("\n    prompt 50\n", on_terminal("", "log", "s1"))
        assert.matches("\n    prompt 50\n", on_terminal("cat", "log", "s1"))
    end)

    it("may be left early, and the pager may be missing", function()
        assert.is_nil(on_terminal("head -n 2", "log", "s1"):find("prompt 2"))
        on_terminal("/nonexistent/pager", "log", "s1")
    end)

    it("goes to stdout elsewhere", function()
        local r = memories.run({ home = home, env = { PAGER = "false" } },
            "log", "s1")
        assert.matches("\n    prompt 50\n", r.stdout)
    end)
end)
