local eventually = require "eventually"
local autosync = require "propolis.sync.auto"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("autosync", function()
    local home, conf, program

    before_each(function()
        home = tmp.dir()
        assert(sys.mkdir(home .. "/state"))
        conf = {
            paths = { state = home .. "/state" }, remote = "deeplake:",
            local_store = "sqlite:" .. home .. "/acme@main.db",
            sync_interval = 60,
        }
        program = autosync.program
        tmp.write(home .. "/prog", '#!/bin/sh\necho "$@" > "' .. home
            .. '/out.tmp"\nmv "' .. home .. '/out.tmp" "' .. home .. '/out"\n',
            tonumber("755", 8))
        autosync.program = function()
            return home .. "/prog"
        end
    end)
    after_each(function()
        autosync.program = program
        tmp.clean()
    end)

    -- What was started, once it is done.
    local function ran()
        eventually(function()
            return sys.stat(home .. "/out")
        end, "no sync was started")
        local words = sys.read(home .. "/out")
        assert(sys.remove(home .. "/out"))
        return words
    end

    it("starts our own program", function()
        assert.equal(sys.readlink("/proc/self/exe"), program())
        assert.is_true(autosync.start(conf))
        assert.equal("sync --auto\n", ran())
    end)

    it("does so once per interval", function()
        assert.is_true(autosync.start(conf))
        ran()
        assert.is_false(autosync.start(conf))
        conf.sync_interval = 0
        assert.is_true(autosync.start(conf))
        ran()
    end)

    it("counts each store by itself", function()
        assert.is_true(autosync.start(conf))
        ran()
        conf.local_store = "sqlite:" .. home .. "/other@main.db"
        assert.is_true(autosync.start(conf))
        ran()
    end)

    it("starts what only takes in where no sync is due", function()
        assert.is_true(autosync.start(conf, true))
        assert.equal("sync --auto\n", ran())
        assert.is_true(autosync.start(conf, true))
        assert.equal("sync --auto --local\n", ran())
        conf.remote = nil
        conf.paths.state = home .. "/new"
        assert.is_true(autosync.start(conf, true))
        assert.equal("sync --auto --local\n", ran())
    end)

    it("does nothing without a remote, or without a place for its mark",
        function()
            conf.remote = nil
            assert.is_false(autosync.start(conf))
            assert.is_nil(sys.stat(autosync.stamp(conf)))
            conf.remote = "deeplake:"
            conf.paths.state = home .. "/prog/none"
            assert.is_nil((autosync.start(conf, true)))
        end)
end)
