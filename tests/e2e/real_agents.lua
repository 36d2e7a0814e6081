--- The real programs, a stand-in for their model, a home of its own: what they
-- do must be in the local store, exactly.  Run by `make e2e`, which fetches
-- them; E2E_NPM is the folder they are in.
--
-- agents/NAME.lua has the specs of one agent. Its line `-- npm: PACKAGE` says
-- what is fetched; what it can call is in the table `e2e` below.
local journal = require "propolis.capture.journal"
local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local HERE = sys.realpath(debug.getinfo(1, "S").source:match("^@(.*)/"))
local NPM = assert(os.getenv("E2E_NPM"), "E2E_NPM names the fetched agents")
local PROGRAM = sys.readlink("/proc/self/exe")
local NODE = NPM .. "/node/node_modules/.bin/node"

-- prompt: what the person says; done: what the model says at the end; home:
-- a new one for each spec, with a folder `project`.
local e2e = {
    prompt = "please do it, says the test",
    done = "All of it is done, says the model.",
}

--- A program of an agent's package.
function e2e.bin(agent, program)
    return ("%s/%s/node_modules/.bin/%s"):format(NPM, agent, program)
end

--- Runs a command of ours, which must do well.
function e2e.propolis(...)
    local r = run({ ... }, { home = e2e.home })
    assert.equal(0, r.code, r.stderr)
    return r
end

--- Runs the worker; when another one was at work, that has run it then.
function e2e.work()
    e2e.propolis("sync", "--auto", "--local")
    assert(sys.lock(e2e.home .. "/state/worker-local@default.db.lock", 30000))
        :release()
end

-- An environment with nothing of the tester's.
local function environment(env)
    local home, all = e2e.home, {}
    for name in pairs(sys.environ()) do all[name] = false end
    all.HOME, all.PROPOLIS_HOME, all.USER = home, home, "tester"
    all.PATH = NPM .. "/node/node_modules/.bin:/usr/local/bin:/usr/bin:/bin"
    for name, value in pairs(env or {}) do all[name] = value end
    return all
end

--- Runs a script in tests/e2e; what it prints.
function e2e.node(script, words, env)
    local r = assert(sys.run({ NODE, HERE .. "/" .. script,
        table.unpack(words) }, { env = environment(env),
        cwd = e2e.home .. "/project", timeout = 180 }))
    assert.equal(0, r.code, r.stdout .. r.stderr)
    return r.stdout, r.stderr
end

--- Runs an agent through the stand-in, to its end.
-- @param files names, separated by ":", of files with @PORT@ in them
function e2e.run(words, env, files)
    env.E2E_FILES, env.E2E_BODIES = files or "", "1"
    local said, err = e2e.node("model.mjs",
        { e2e.home .. "/log", table.unpack(words) }, env)
    assert.is_truthy(said:find(e2e.done, 1, true), said .. err)
end

-- What the model says when it is asked for a summary.
local ENTRY = [[
## What Happened
It was tried with the real program.

## Key Facts
- one call worked and one failed

## Decisions & Reasoning
- none

## People
- none
]]

--- Has the session's own agent asked for its summary, which must be stored; the
-- agent gets no tools that do anything.
-- @param agent its folder's name; list from e2e.rows(); env, files: as e2e.run
function e2e.summarized(agent, list, env, files)
    env.PATH = e2e.bin(agent, ""):gsub("/$", "") .. ":" .. environment().PATH
    env.E2E_ANSWER, env.E2E_FILES, env.E2E_BODIES = ENTRY, files or "", "1"
    local log = e2e.home .. "/summary.log"
    local said = e2e.node("model.mjs", { log, PROGRAM, "summarize", "--agent",
        list[1].message.session_id }, env)
    assert.is_truthy(said:find("asked by propolis\n\n" .. ENTRY, 1, true))
    local asked = sys.read(log)
    assert.is_truthy(asked:find("propolis-e2e-missing", 1, true))
    for _, tool in ipairs { "Bash", "shell", "exec_command", "bash",
        "run_shell_command", "write_file", "web_search" } do
        assert.is_nil(asked:find(('\\"name\\":\\"%s\\"'):format(tool), 1, true),
            tool)
    end
end

--- The rows of the store in the order of their events.
function e2e.rows()
    local path = e2e.home .. "/data/local@default.db"
    if not sys.stat(path) and not journal.waits(path) then return {} end
    local r = e2e.propolis("query", "--json", "--store", "sqlite:" .. path,
        "SELECT description, agent, path, project, author, message "
        .. "FROM sessions ORDER BY creation_date, rowid")
    local list = assert(json.decode(r.stdout))
    for _, row in ipairs(list) do
        if type(row.message) == "string" then
            row.message = assert(json.decode(row.message))
        end
    end
    return list
end

--- Every row is of one session, of this agent, project and person.
function e2e.one_session(list, column)
    for _, row in ipairs(list) do
        assert.equal(column, row.agent)
        assert.equal(list[1].path, row.path)
        assert.equal("project", row.project)
        assert.equal("tester", row.author)
        assert.equal(list[1].message.session_id, row.message.session_id)
    end
    assert.is_truthy(list[1].path:find(list[1].message.session_id, 1, true))
end

--- The rows' events.
function e2e.names(list)
    local out = {}
    for i, row in ipairs(list) do out[i] = row.description end
    return out
end

--- The message of the nth (first) row of an event.
function e2e.message(list, name, nth)
    for _, row in ipairs(list) do
        if row.description == name then
            nth = (nth or 1) - 1
            if nth == 0 then return row.message end
        end
    end
end

--- True when the model was told our context, in any of the requests.
-- @param part of it, its first words when not given
function e2e.context_arrived(part)
    local text = json.encode(part
        or "propolis keeps a memory of earlier agent sessions"):sub(2, -2)
    return sys.read(e2e.home .. "/log"):find(text, 1, true) ~= nil
end

--- Uninstalls and finds nothing of ours left.
function e2e.gone_without_trace()
    e2e.propolis("uninstall")
    e2e.propolis("uninstall", "--verify")
end

describe("the real", function()
    before_each(function()
        e2e.home = tmp.dir()
        sys.mkdir(e2e.home .. "/project")
    end)
    after_each(tmp.clean)

    for _, file in ipairs(sys.list(HERE .. "/agents")) do
        if file:find("%.lua$") then
            assert(loadfile(HERE .. "/agents/" .. file, "t", _ENV))(e2e)
        end
    end
end)
