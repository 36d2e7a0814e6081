-- Uninstalling from files that somebody edited after us: nothing of ours is
-- left, and everything of theirs.
local agent_files = require "agent_files"
local agents = require "propolis.agents"
local command = require "propolis.install.command"
local edit = require "propolis.edit.json"
local install = require "propolis.install"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"
local yaml = require "propolis.edit.yaml"

local home

local function path(place)
    return home .. "/" .. place
end

local function ok(...)
    local r = run({ ... }, { home = home, env = { PATH = "/usr/bin:/bin" } })
    assert.equal(0, r.code, r.stderr)
    return r
end

-- Installs over a text (nil: no file), lets the user change what then stands
-- there, and uninstalls: the text that remains.
local function remains(agent, place, text, change, mcp)
    local ctx = agent_files.ctx(home, { mcp = mcp })
    agent = agents.get(agent)
    if text then tmp.write(path(place), text) end
    assert(install.apply(agent, ctx, assert(install.plan(agent, ctx))))
    tmp.write(path(place), change(assert(sys.read(path(place)))))
    assert(install.apply(agent, ctx, assert(install.removal(agent, ctx))))
    assert(install.finish(agent, ctx))
    assert.same({}, install.traces(agent, ctx))
    return sys.read(path(place))
end

local function set(keys, value)
    return function(text)
        return assert(edit.set(text, keys, value, { json5 = true }))
    end
end

describe("uninstall after an edit", function()
    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    it("takes the version that only our hooks needed", function()
        assert.equal('{\n  "mine": 1\n}\n', remains("cursor",
            ".cursor/hooks.json", "{}\n", set({ "mine" }, "1")))
    end)
    it("takes it from hooks that had none", function()
        local mine = '{"hooks":{"stop":[{"command":"x"}]}}'
        assert.equal('{"hooks":{"stop":[{"command":"x"}]},"mine":1}', remains(
            "cursor", ".cursor/hooks.json", mine, set({ "mine" }, "1")))
    end)
    it("leaves it to hooks that came since", function()
        local text = remains("cursor", ".cursor/hooks.json", nil,
            set({ "hooks", "other" }, '[{"command":"x"}]'))
        assert.same({ version = 1, hooks = { other = { { command = "x" } } } },
            edit.value(text, {}))
    end)
    it("leaves the version that was there", function()
        assert.equal('{"version":1,"mine":2}', remains("cursor",
            ".cursor/hooks.json", '{"version":1}', set({ "mine" }, "2")))
    end)

    it("takes the containers that the user emptied", function()
        for _, case in ipairs {
            { "claude-code", ".claude/settings.json", { "hooks" } },
            { "gemini", ".gemini/settings.json", { "hooks" } },
            { "openclaw", ".openclaw/openclaw.json", { "plugins", "entries" } },
        } do
            assert.equal('{"a":1}', remains(case[1], case[2], '{"a":1}',
                set(case[3], "{}")), case[1])
        end
    end)
    it("leaves the containers that were there", function()
        for _, case in ipairs {
            { "claude-code", ".claude/settings.json", '{"hooks":{}}',
                { "hooks" } },
            { "openclaw", ".openclaw/openclaw.json",
                '{"plugins":{"entries":{}}}', { "plugins", "entries" } },
        } do
            assert.equal(case[3]:sub(1, -2) .. ',"mine":1}', remains(case[1],
                case[2], case[3], set({ "mine" }, "1")), case[1])
        end
    end)
    it("takes a file that we made and the user emptied", function()
        assert.is_nil(remains("claude-code", ".claude/settings.json", nil,
            function() return "{}\n" end))
    end)
    it("gives an empty file back", function()
        assert.equal("", remains("claude-code", ".claude/settings.json", "",
            function(text) return text .. "\n" end))
    end)
    it("touches no empty containers where we never were", function()
        for place, text in pairs {
            [".claude/settings.json"] = '{"hooks":{}}',
            [".claude.json"] = '{"mcpServers":{}}',
            [".openclaw/openclaw.json"] = "{plugins: {entries: {}}}",
            [".hermes/config.yaml"] = "hooks: {}\nmcp_servers:\n",
            [".cursor/hooks.json"] = '{"version": 1}',
        } do
            tmp.write(path(place), text)
            ok("uninstall")
            assert.equal(text, sys.read(path(place)), place)
        end
    end)

    it("takes the keys of YAML that the user emptied", function()
        assert.equal("a: 1\n", remains("hermes", ".hermes/config.yaml",
            "a: 1\n", function() return "a: 1\nhooks: {}\n" end))
        assert.equal("a: 1\nhooks: {}\nb: 2\n", remains("hermes",
            ".hermes/config.yaml", "a: 1\nhooks: {}\n",
            function(text) return text .. "b: 2\n" end))
    end)

    it("takes the line end that its lines needed", function()
        for _, case in ipairs {
            { "hermes", ".hermes/config.yaml", "# old\na: 1" },
            { "codex", ".codex/config.toml", "# old\na = 1" },
            { "pi", ".pi/agent/AGENTS.md", "old\nA note." },
        } do
            local now = case[3]:gsub("old", "new")
            assert.equal(now, remains(case[1], case[2], case[3],
                function(text) return (text:gsub("old", "new")) end, true))
        end
    end)
    it("leaves the line end of a line that is the user's", function()
        assert.equal("a: 1\nz: 1\n", remains("hermes", ".hermes/config.yaml",
            "a: 1", function(text) return text .. "z: 1\n" end))
    end)

    it("succeeds when the user's own text names us", function()
        for place, text in pairs {
            [".hermes/config.yaml"] = "# /x/propolis hook hermes on_x\n",
            [".claude/settings.json"] =
                '{"note": "nice /x/propolis hook claude-code Stop"}\n',
            [".codex/config.toml"] = 'a = ["propolis", "mcp"]\n',
        } do
            tmp.write(path(place), text)
        end
        ok("install")
        ok("uninstall")
        ok("uninstall", "--verify")
    end)

    it("forgets approvals without a record of them", function()
        sys.mkdir(path ".hermes")
        ok("install", "hermes", "--approve")
        sys.remove(path "state/install.jsonl")
        ok("uninstall", "hermes")
        assert.equal("{}\n",
            sys.read(path ".hermes/shell-hooks-allowlist.json"))
    end)

    it("keeps a file's other names", function()
        tmp.write(path "dots/settings.json", '{ "a": "' .. ("x"):rep(9000)
            .. '" }\n', tonumber("640", 8))
        sys.mkdir(path ".claude")
        assert(os.execute(("ln %s/dots/settings.json %s/.claude/settings.json")
            :format(home, home)))
        local before = sys.stat(path "dots/settings.json")
        local text = sys.read(path "dots/settings.json")
        ok("install", "claude-code")
        local now = sys.read(path "dots/settings.json")
        assert.is_truthy(now:find("hook claude-code Stop", 1, true))
        assert.equal(now, sys.read(path ".claude/settings.json"))
        ok("uninstall", "claude-code")
        assert.equal(text, sys.read(path "dots/settings.json"))
        local after = sys.stat(path ".claude/settings.json")
        assert.equal(before.ino, after.ino)
        assert.equal(before.mode, after.mode)
        assert.same({ "settings.json" }, sys.list(path ".claude"))
    end)
end)

describe("a hook line that somebody edited", function()
    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    local PROGRAM = assert(sys.readlink("/proc/self/exe"))

    -- How often a file runs the hook of that event.
    local function count(place, agent, event)
        local _, n = sys.read(path(place)):gsub("hook " .. agent:gsub("%-",
            "%%-") .. " " .. event .. "%f[^%w_]", "")
        return n
    end

    local CASES = {
        { "claude-code", ".claude/settings.json", "Stop", "%s 2>>/dev/null" },
        { "codex", ".codex/hooks.json", "Stop", "nice %s" },
        { "cursor", ".cursor/hooks.json", "stop", "A=1 %s" },
        { "gemini", ".gemini/settings.json", "AfterAgent", "exec %s" },
        { "hermes", ".hermes/config.yaml", "on_session_end", "nice %s" },
    }

    for _, case in ipairs(CASES) do
        local agent, place, event, form = table.unpack(case)
        local line = form:format(PROGRAM .. " hook " .. agent .. " " .. event)

        local function edit_line(to)
            local text = sys.read(path(place))
            local no_shell = agents.get(agent).no_shell
            local was = command.line(PROGRAM, agent, event, no_shell)
            if no_shell then was, to = yaml.quote(was), yaml.quote(to) end
            local at, stop = text:find(was, 1, true)
            assert(at, text)
            sys.replace(path(place), text:sub(1, at - 1) .. to
                .. text:sub(stop + 1))
        end

        it("stays, and is no reason for another: " .. agent, function()
            ok("install", agent)
            edit_line(line)
            local before = sys.read(path(place))
            local r = ok("install", agent)
            assert.equal(before, sys.read(path(place)))
            assert.equal(1, count(place, agent, event))
            assert.truthy(r.stderr:find(event .. " was edited and stays as it "
                .. "is: " .. line, 1, true), r.stderr)
            r = run({ "doctor", agent }, { home = home,
                env = { PATH = "/usr/bin:/bin" } })
            assert.equal(0, r.code, r.stdout)
            r = ok("uninstall", agent)
            assert.truthy(r.stderr:find(line, 1, true), r.stderr)
            ok("uninstall", "--verify")
            local text = sys.read(path(place))
            assert.is_nil(text and text:find("hook " .. agent, 1, true))
        end)

        it("is written anew when it names another program: " .. agent,
            function()
                ok("install", agent)
                edit_line((line:gsub("/[%w/.-]*/propolis", "/old/propolis")))
                ok("install", agent)
                assert.equal(1, count(place, agent, event))
                assert.is_nil(sys.read(path(place)):find("/old/propolis", 1,
                    true))
            end)
    end

    it("may name the program by a link", function()
        ok("install", "cursor")
        sys.symlink(PROGRAM, path "propolis")
        local place = path ".cursor/hooks.json"
        local text = sys.read(place):gsub('"[^"]*hook cursor stop"',
            '"nice ' .. path "propolis" .. ' hook cursor stop"')
        sys.replace(place, text)
        ok("install", "cursor")
        assert.equal(text, sys.read(place))
        sys.remove(path "propolis")
        ok("install", "cursor")
        assert.is_nil(sys.read(place):find("nice", 1, true))
    end)

    it("wins over one of ours beside it", function()
        ok("install", "cursor")
        local text = sys.read(path ".cursor/hooks.json")
        local both = assert(edit.append(text, { "hooks", "stop" },
            edit.encode { { "command", "nice " .. PROGRAM
                .. " hook cursor stop" } }))
        sys.replace(path ".cursor/hooks.json", both)
        ok("install", "cursor")
        local stop = edit.value(sys.read(path ".cursor/hooks.json"),
            { "hooks", "stop" })
        assert.same({ { command = "nice " .. PROGRAM
            .. " hook cursor stop" } }, stop)
    end)
end)
