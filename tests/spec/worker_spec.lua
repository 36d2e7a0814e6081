--- The worker: its steps, one process at a time, and what it is for hooks.
local machine = require "machine"
local sys = require "engine.sys"
local tmp = require "tmp"
local worker = require "propolis.worker"

describe("the worker", function()
    local conf, home, done

    before_each(function()
        home, done = tmp.dir(), {}
        conf = { paths = { state = home .. "/state" }, sync_limit = 60,
            local_store = "sqlite:" .. home .. "/a@b.db" }
    end)
    after_each(tmp.clean)

    local function step(name, fn, guarded)
        return { name = name, guarded = guarded, run = function(...)
            done[#done + 1] = name
            if fn then return fn(...) end
            return true
        end }
    end

    local function run(...)
        return worker.run(conf, { steps = { ... } })
    end

    it("runs its steps in order", function()
        assert.is_true(run(step("a", nil, true), step "b", step "c",
            step("d", nil, true)))
        assert.same({ "a", "b", "c", "d" }, done)
        assert.is_nil(sys.stat(home .. "/state/worker-a@b.db.lock.again"))
    end)

    it("goes on after one that fails or raises", function()
        local fail = function() return nil, "no room" end
        local raise = function() error "a fault" end
        assert.is_false(run(step("a", fail), step("b", raise), step "c",
            step("d", fail, true), step("e", nil, true)))
        assert.same({ "a", "b", "c", "d", "e" }, done)
    end)

    it("logs which step failed and why, once", function()
        local m = machine.real { workspace = "w" }
        tmp.write(m.home .. "/t.lua", [[
            local conf = assert(require("propolis.config").load(true))
            require("propolis.worker").run(conf, { steps = {
                { name = "one", run = function() return nil, "no room" end },
                { name = "two", run = function() error "a fault" end },
                { name = "three", run = function() return false end },
            } })]])
        assert.equal(0, m:run({ m.home .. "/t.lua" }).code)
        local log = sys.read(m.home .. "/state/propolis.log")
        assert.matches("worker: one: no room", log, 1, true)
        assert.matches("worker: two: %S*t.lua:4: a fault", log)
        assert.is_nil(log:find("three", 1, true))
    end)

    it("leaves its steps to a worker that is there, but for guarded ones",
        function()
            assert(sys.mkdir(conf.paths.state))
            local lock <close> = assert(sys.lock(home
                .. "/state/worker-a@b.db.lock"))
            assert.is_true(run(step("a", nil, true), step "b",
                step("c", nil, true)))
            assert.same({ "a", "c" }, done)
            assert.truthy(sys.stat(home .. "/state/worker-a@b.db.lock.again"))
            lock:release()
        end)

    it("runs them again for workers that came meanwhile", function()
        local came = 0
        local function another()
            came = came + 1
            return came > 2 or run(step "of the other")
        end
        assert.is_true(run(step("a", another), step "b"))
        assert.same({ "a", "b", "a", "b", "a", "b" }, done)
    end)

    it("does so a bounded number of times", function()
        assert.is_true(run(step("a", function() return run(step "x") end)))
        assert.equal(worker.rounds, #done)
    end)

    it("says when its folder cannot be", function()
        tmp.write(home .. "/file", "")
        conf.paths.state = home .. "/file/state"
        assert.is_false(run(step("a", nil, true), step "b"))
        assert.same({ "a" }, done)
    end)
end)

describe("sync --auto", function()
    after_each(tmp.clean)

    it("takes in what hooks captured, with or without a remote", function()
        local m = machine.real { workspace = "w" }
        local journal = require "propolis.capture.journal"
        local file = m.conf.local_store:match "^sqlite:(.*)$"
        m:hook("UserPromptSubmit", "s", "why?")
        assert.is_true(journal.waits(file))
        local r = m:run { "sync", "--auto" }
        assert.same({ 0, "", "" }, { r.code, r.stdout, r.stderr })
        assert.is_false(journal.waits(file))
        assert.equal(1, #m:query "SELECT id FROM sessions")
        assert.equal(0, m:run({ "sync", "--auto", "--local" }).code)
    end)

    it("is refused with what has no meaning for it", function()
        local m = machine.real { workspace = "w" }
        for _, word in ipairs { "--push", "--json", "--watch" } do
            assert.equal(64, m:run({ "sync", "--auto", word }).code)
        end
    end)
end)
