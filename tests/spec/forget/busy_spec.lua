--- Forgetting while agents go on and the store is read, and Ctrl-C.
local child = require "child"
local forgetting = require "forgetting"
local hooks = require "hooks"
local interrupted = require "interrupted"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("a forget while", function()
    after_each(tmp.clean)

    it("six agents write and take in loses no other event", function()
        local home, jobs = tmp.dir(), {}
        for i = 1, 10 do forgetting.prompt(home, "s0", "the CANARY " .. i) end
        for n = 1, 6 do
            local line = ([[for i in $(seq 1 25); do printf '{]]
                .. [["hook_event_name":"UserPromptSubmit",]]
                .. [["session_id":"s%d","cwd":"/w",]]
                .. [["prompt":"agent %d says '$i'"}' | PROPOLIS_HOME=%s ]]
                .. [[HOME=%s PROPOLIS_AUTOSYNC=false USER=tester %s hook ]]
                .. [[claude-code UserPromptSubmit; done; echo done]]):format(n,
                n, home, home, child.program)
            jobs[n] = assert(io.popen(line))
        end
        forgetting.run(home, "--session", "s0")
        forgetting.run(home, "--text", "agent 3 says")
        for _, job in ipairs(jobs) do
            assert.matches("done\n$", job:read("a"))
            job:close()
        end
        forgetting.run(home, "--text", "agent 3 says")
        assert.same({}, forgetting.traces(home, "canary"))
        assert.same({}, forgetting.traces(home, "agent 3 says"))
        local count = {}
        for _, row in ipairs(hooks.rows(home)) do
            local name = row.path:match("_([^_]*)%.jsonl$")
            count[name] = (count[name] or 0) + 1
        end
        assert.same({ s1 = 25, s2 = 25, s4 = 25, s5 = 25, s6 = 25 }, count)
    end)

    it("another job is at work waits, and Ctrl-C ends it", function()
        local home = tmp.dir()
        forgetting.prompt(home, "s1", "the CANARY")
        hooks.take_in(home)
        local lock <close> = assert(sys.lock(home
            .. "/state/sync-local@default.db.lock"))
        local worker = home .. "/state/worker-local@default.db.lock"
        local r = interrupted({ "forget", "--session", "s1", "--yes" }, {
            home = home, env = { PROPOLIS_AUTOSYNC = "false", USER = "tester" },
            when = function()
                local mine = sys.stat(worker) and sys.lock(worker)
                if mine then mine:release() end
                return sys.stat(worker) and not mine
            end, again = true })
        assert.equal(130, r.code, r.stderr)
        assert.equal(1, #hooks.rows(home))
        assert.truthy(lock)
        lock:release()
        forgetting.run(home, "--session", "s1")
        assert.same({}, forgetting.traces(home, "canary"))
    end)
end)
