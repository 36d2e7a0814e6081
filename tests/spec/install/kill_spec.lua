--- An installation that is ended at any of its changes can be taken back.
local needs = require "needs"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = sys.readlink("/proc/self/exe")

local FILES = {
    [".codex/config.toml"] = "[features]\nhooks = false\n",
    [".hermes/config.yaml"] = "a: 1 # c\n",
}

-- All files and folders of a home but the state, with what is in them.
local function snapshot(root, at, out)
    out, at = out or {}, at or "/"
    for _, name in ipairs(sys.list(root .. at)) do
        local place = at .. name
        if sys.stat(root .. place).type == "dir" then
            out[place] = true
            if place ~= "/state" then snapshot(root, place .. "/", out) end
        else
            out[place] = sys.read(root .. place)
        end
    end
    out["/state"] = nil
    return out
end

describe("an install that is killed", function()
    after_each(tmp.clean)

    for _, call in ipairs { "rename", "fsync,fdatasync", "mkdir", "write" } do
        it("at any " .. call .. " is undone", function()
            local missing = needs.strace()
            if missing then return pending(missing) end
            for nth = 1, 100 do
                local home = tmp.dir()
                for place, text in pairs(FILES) do
                    tmp.write(home .. "/" .. place, text)
                end
                sys.mkdir(home .. "/.pi")
                local before = snapshot(home)
                local r = assert(sys.run({ "strace", "-qq", "-o", "/dev/null",
                    "-e", "trace=" .. call, "-e", ("inject=%s:signal=KILL:"
                        .. "when=%d"):format(call, nth), PROGRAM, "install",
                }, { timeout = 60, env = {
                    HOME = home, PROPOLIS_HOME = home,
                    -- It cannot work under a tracer.
                    ASAN_OPTIONS = "detect_leaks=0",
                } }))
                if r.code == 0 then
                    assert.is_true(nth > 3)
                    return
                end
                assert.equal(0, run({ "uninstall" }, { home = home }).code)
                assert.same(before, snapshot(home))
            end
            error("it never ran to its end")
        end)
    end
end)
