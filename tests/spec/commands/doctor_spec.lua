local command = require "propolis.install.command"
local json = require "propolis.json"
local probe = require "propolis.capture.probe"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = sys.readlink("/proc/self/exe")
local AGENTS = require("propolis.agents").names()

local home

local function propolis(...)
    return run({ ... }, { home = home, env = { PATH = "/usr/bin:/bin" } })
end

local function findings(...)
    local r = propolis("doctor", "--json", ...)
    local said = assert(json.decode(r.stdout), r.stderr)
    assert.equal(said.ok and 0 or 1, r.code)
    return said
end

-- The findings about an agent with that result, as one text.
local function about(said, name, result)
    local out = {}
    for _, one in ipairs(said.findings) do
        if one.about == name and one.result == result then
            out[#out + 1] = one.text
        end
    end
    return table.concat(out, "\n")
end

local function has(text, part)
    assert.is_truthy(text:find(part, 1, true), text)
end

local function count(table_name)
    local r = propolis("query", "--json", "--store", "sqlite:" .. home
        .. "/data/local@default.db", "SELECT count(*) AS n FROM "
        .. table_name)
    return json.decode(r.stdout)[1].n
end

local function edited(place, from, to)
    local path = home .. "/" .. place
    local text = sys.read(path)
    local at, stop = text:find(from, 1, true)
    assert(at, text)
    sys.replace(path, text:sub(1, at - 1) .. to .. text:sub(stop + 1))
end

describe("doctor", function()
    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    it("sends no control character of a row to the terminal", function()
        propolis("install", "codex")
        assert.equal(0, propolis("heal").code)
        assert.equal(0, propolis("query", "--write", [[INSERT INTO sessions
            (id, path, agent, description, creation_date) VALUES ('x', 'p',
            'codex', 'Stop', 'z' || char(27) || '[2J' || char(8238))]]).code)
        for _, word in ipairs { "doctor", "status" } do
            local r = propolis(word)
            has(r.stdout, [[z\x1b[2J\u202e]])
            assert.is_nil(r.stdout:find("[\27\7]"))
        end
    end)

    it("sends real events through every hook and leaves no row", function()
        propolis("install", table.unpack(AGENTS))
        local said = findings()
        assert.is_true(said.ok)
        for _, name in ipairs(AGENTS) do
            has(about(said, name, "ok"), "hooks answered")
            has(about(said, name, "ok"),
                "every event arrived in the local store and was taken out")
        end
        assert.equal(0, count("sessions"))
        assert.equal(0, count("memory"))
        has(about(said, "codex", "note"), "type /hooks")
        has(about(said, "hermes", "note"), "--approve")
    end)

    it("leaves the rows of real sessions alone", function()
        propolis("install", "codex")
        local payload = json.encode { session_id = "s", cwd = "/w",
            hook_event_name = "UserPromptSubmit", prompt = "hello" }
        run({ "hook", "codex", "UserPromptSubmit" },
            { home = home, stdin = payload })
        local said = findings("codex")
        assert.is_true(said.ok)
        has(about(said, "codex", "note"), "the last event of a real session")
        assert.equal(1, count("sessions"))
    end)

    it("leaves nothing in a store that was damaged meanwhile", function()
        propolis("install", "codex")
        local path = home .. "/data/local@default.db"
        tmp.write(path, ("not SQLite "):rep(500))
        assert.is_false(findings("codex").ok)
        os.remove(path)
        run({ "hook", "codex", "SessionStart" }, { home = home,
            stdin = json.encode { session_id = "s", cwd = "/w",
                hook_event_name = "SessionStart" } })
        propolis("status")
        assert.equal(1, count("sessions"))
        assert.equal(1, count("memory"))
    end)

    it("takes out what a doctor that was ended left", function()
        propolis("install", "codex")
        local id = probe.id()
        local running = assert(probe.begin(home .. "/state", 0))
        local function event(name)
            run({ "hook", "codex", name }, { home = home, stdin = json.encode {
                session_id = id, hook_event_name = name, cwd = "/w" } })
            propolis("status")
        end
        event("SessionStart")
        assert.equal(1, count("memory"))
        assert.equal(1, count("sessions"))
        running:release()
        event("Stop")
        assert.equal(1, count("sessions"))
        assert.is_true(findings("codex").ok)
        assert.equal(0, count("sessions"))
        assert.equal(0, count("memory"))
    end)

    it("gives no sync its events", function()
        local running <close> = assert(probe.begin(home .. "/state", 0))
        local env = { PROPOLIS_STORE = "sqlite:" .. home .. "/team.db",
            PROPOLIS_AUTOSYNC = "false" }
        for _, id in ipairs { probe.id(), "s" } do
            run({ "hook", "codex", "Stop" }, { home = home, env = env,
                stdin = json.encode { session_id = id, cwd = "/w",
                    hook_event_name = "Stop" } })
        end
        assert.truthy(running)
        propolis("status")
        assert.equal(2, count("sessions"))
        assert.equal(1, count("propolis_outbox"))
    end)

    it("finds a program that is gone", function()
        propolis("install", "claude-code")
        edited(".claude/settings.json",
            command.line(PROGRAM, "claude-code", "Stop"),
            command.line("/nowhere/propolis", "claude-code", "Stop"))
        local said = findings("claude-code")
        assert.is_false(said.ok)
        has(about(said, "claude-code", "bad"),
            "run `propolis install claude-code`")
        propolis("install", "claude-code")
        assert.is_true(findings("claude-code").ok)
    end)

    it("finds a hook that fails", function()
        local broken = tmp.write(home .. "/bin/propolis",
            "#!/bin/sh\necho no such thing >&2\nexit 3\n",
            tonumber("755", 8))
        propolis("install", "cursor")
        edited(".cursor/hooks.json", command.line(PROGRAM, "cursor", "stop"),
            command.line(broken, "cursor", "stop"))
        local said = findings("cursor")
        assert.is_false(said.ok)
        has(about(said, "cursor", "bad"), "ended with exit code 3: no such "
            .. "thing")
        has(about(said, "cursor", "bad"), "not found in the store: stop.")
    end)

    it("finds a file that does not parse and hooks that miss", function()
        propolis("install", "codex", "cursor")
        sys.replace(home .. "/.codex/hooks.json", "{ oops")
        edited(".cursor/hooks.json", '"sessionStart"', '"other"')
        local said = findings()
        has(about(said, "codex", "bad"), "hooks.json: line 1")
        has(about(said, "cursor", "bad"), "1 hooks are missing")
        propolis("install", "claude-code")
        tmp.write(home .. "/.codex/config.toml", "[x\n")
        sys.remove(home .. "/.codex/hooks.json")
        assert.equal(1, propolis("install", "codex").code)
        sys.replace(home .. "/.codex/config.toml", "")
        propolis("install", "codex")
        sys.replace(home .. "/.codex/config.toml", "[x\n")
        has(about(findings("codex"), "codex", "bad"),
            "config.toml: line 1: ] was expected. Repair it, then run")
    end)

    it("says what a privacy rule keeps out", function()
        propolis("install", "codex")
        tmp.write(home .. "/config/config.lua",
            'return { capture_deny = { "/" } }\n')
        local said = findings("codex")
        assert.is_true(said.ok)
        has(about(said, "codex", "ok"), "nothing is stored from this folder")
        local r = propolis("doctor", "--why", "/etc")
        assert.equal(0, r.code)
        has(r.stdout, "/etc: not stored (capture_deny")
    end)

    it("finds a store that is damaged", function()
        propolis("install", "codex")
        tmp.write(home .. "/data/local@default.db", ("not SQLite "):rep(500))
        local said = findings("codex")
        assert.is_false(said.ok)
        has(about(said, "store", "bad"), "local@default.db")
    end)

    it("finds that nothing can be stored", function()
        local r = run({ "doctor", "--json" }, { home = home,
            env = { PROPOLIS_HOME = "/proc/nowhere" } })
        local said = json.decode(r.stdout)
        assert.equal(1, r.code)
        has(about(said, "store", "bad"), "/proc/nowhere")
    end)

    it("finds the home of one whose agent emptied the environment", function()
        local r = run({ "doctor", "--json", "codex" },
            { home = home, env = { HOME = false, PROPOLIS_HOME = home } })
        assert.is_nil(r.stderr:find("HOME", 1, true), r.stderr)
        assert.is_table(json.decode(r.stdout))
    end)

    it("says that a named agent is not installed", function()
        local said = findings("pi")
        assert.is_false(said.ok)
        has(about(said, "pi", "bad"), "run `propolis install pi`")
    end)
end)

describe("status", function()
    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    local function state(name)
        local r = propolis("status", "--json", name)
        return json.decode(r.stdout).agents[1], r.code
    end

    it("follows an installation through its life", function()
        assert.equal("not found", state("cursor").state)
        sys.mkdir(home .. "/.cursor")
        assert.equal("not installed", state("cursor").state)
        propolis("install", "cursor")
        local report, code = state("cursor")
        assert.equal("installed", report.state)
        assert.equal(0, code)
        for _, hook in ipairs(report.hooks) do
            assert.is_true(hook.runnable and hook.current)
        end
        run({ "hook", "cursor", "stop" }, { home = home, stdin = json.encode {
            conversation_id = "c", hook_event_name = "stop", status = "x",
            workspace_roots = { "/w" } } })
        for _, hook in ipairs(state("cursor").hooks) do
            assert.equal(hook.event == "stop", hook.seen ~= nil)
        end
        edited(".cursor/hooks.json", '"sessionStart"', '"other"')
        report, code = state("cursor")
        assert.equal("incomplete", report.state)
        assert.equal(1, code)
        sys.replace(home .. "/.cursor/hooks.json", "{")
        report, code = state("cursor")
        assert.equal("broken", report.state)
        assert.equal(1, code)
    end)

    it("knows that Hermes may accept every hook", function()
        propolis("install", "hermes")
        assert.equal("waits for approval", state("hermes").state)
        tmp.write(home .. "/.hermes/config.yaml", "hooks_auto_accept: true\n"
            .. sys.read(home .. "/.hermes/config.yaml"))
        assert.equal("installed", state("hermes").state)
        assert.equal("", propolis("status", "hermes").stderr)
    end)

    it("says that hooks are switched off in Gemini CLI", function()
        propolis("install", "gemini")
        assert.equal("installed", state("gemini").state)
        edited(".gemini/settings.json", "{", ('{"hooksConfig": { "enabled": '
            .. 'false, "disabled": ["%s"] },'):format(
                command.line(PROGRAM, "gemini", "AfterAgent")))
        assert.equal("waits for approval", state("gemini").state)
        local said = propolis("status", "gemini").stderr
        has(said, "hooksConfig.enabled is false")
        has(said, "1 of our hooks are switched off in Gemini CLI")
    end)

    it("reads what Codex noted about our hooks", function()
        propolis("install", "codex")
        assert.equal("waits for approval", state("codex").state)
        local text = {}
        for _, hook in ipairs(state("codex").hooks) do
            local event = hook.event:gsub("(%l)(%u)", "%1_%2"):lower()
            text[#text + 1] = ('[hooks.state."%s:%s:0:0"]\n'
                .. 'trusted_hash = "sha256:x"\n'):format(hook.file, event)
        end
        tmp.write(home .. "/.codex/config.toml", table.concat(text))
        assert.equal("installed", state("codex").state)
        edited(".codex/config.toml", '"sha256:x"\n',
            '"sha256:x"\nenabled = false\n')
        assert.equal("waits for approval", state("codex").state)
        has(propolis("status", "codex").stderr, "switched off in Codex")
    end)
end)
