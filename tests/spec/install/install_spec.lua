local agent_files = require "agent_files"
local agents = require "propolis.agents"
local command = require "propolis.install.command"
local edit = require "propolis.edit.json"
local install = require "propolis.install"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"
local toml = require "propolis.edit.toml"

local PROGRAM = sys.readlink("/proc/self/exe")
local NAMES = agent_files.names

-- Every file below a folder but the program's own, by its place.
local function snapshot(root, at, out)
    out, at = out or {}, at or ""
    for _, name in ipairs(sys.list(root .. "/" .. at)) do
        local place = at .. name
        local stat = sys.stat(root .. "/" .. place, true)
        if stat.type ~= "dir" then
            out[place] = ("%o "):format(stat.mode) .. (stat.type == "link"
                and sys.readlink(root .. "/" .. place)
                or sys.read(root .. "/" .. place))
        elseif place ~= "state" then
            out[place .. "/"] = true
            snapshot(root, place .. "/", out)
        end
    end
    return out
end

local home

local function propolis(...)
    return run({ ... }, { home = home, env = { PATH = "/usr/bin:/bin" } })
end

local function ok(...)
    local r = propolis(...)
    assert.equal(0, r.code, r.stderr)
    return r
end

local function path(place)
    return home .. "/" .. place
end

local function with_files() agent_files.write(home) end

-- Installs an agent whose program is somewhere else, or removes it.
local function put_in(agent, ctx)
    assert(install.apply(agent, ctx, assert(install.plan(agent, ctx))))
    assert.same({}, install.plan(agent, ctx))
end

local function take_out(agent, ctx)
    assert(install.apply(agent, ctx, assert(install.removal(agent, ctx))))
    assert(install.finish(agent, ctx))
end

describe("install", function()
    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    for how, prepare in pairs {
        ["files of other people"] = with_files,
        ["empty folders"] = function() agent_files.folders(home) end,
    } do
        describe("over " .. how, function()
            before_each(function() prepare() end)

            it("is undone byte for byte", function()
                local before = snapshot(home)
                ok("install")
                assert.not_same(before, snapshot(home))
                assert.equal(1, propolis("uninstall", "--verify").code)
                ok("uninstall")
                assert.same(before, snapshot(home))
                local r = ok("uninstall", "--verify")
                assert.is_truthy(r.stderr:find("nothing of ours", 1, true))
                assert.is_nil(sys.stat(home .. "/state/install.jsonl"))
                assert.is_nil(sys.stat(home .. "/state/backup"))
            end)

            it("changes nothing the second time", function()
                ok("install")
                local once = snapshot(home)
                local stat = sys.stat(path ".claude/settings.json")
                local r = ok("install")
                assert.same(once, snapshot(home))
                local again = sys.stat(path ".claude/settings.json")
                assert.equal(stat.ino, again.ino)
                assert.equal(stat.mtime, again.mtime)
                for _, name in ipairs(NAMES) do
                    assert.is_truthy(r.stderr:find(name
                        .. ": everything is in place", 1, true))
                end
            end)

            it("writes nothing on a dry run", function()
                local before = snapshot(home)
                local r = ok("install", "--dry-run")
                assert.is_truthy(r.stdout:find("+", 1, true))
                assert.same(before, snapshot(home))
                assert.is_nil(sys.stat(home .. "/state"))
            end)
        end)
    end

    it("keeps what others wrote beside ours", function()
        with_files()
        ok("install")
        for _, name in ipairs(NAMES) do
            for _, case in ipairs(agent_files.of(name).there) do
                local text = sys.read(path(case[1]))
                assert.is_truthy(text:find(case[2], 1, true), case[2])
            end
        end
    end)

    it("writes absolute lines with timeouts in seconds", function()
        with_files()
        ok("install")
        local text = sys.read(path ".claude/settings.json")
        assert.same({ type = "command", timeout = 10,
            command = command.line(PROGRAM, "claude-code", "SessionStart") },
            edit.value(text, { "hooks", "SessionStart", 1, "hooks", 1 }))
        assert.same({ type = "command", timeout = 10, async = true,
            command = command.line(PROGRAM, "claude-code", "Notification") },
            edit.value(text, { "hooks", "Notification", 1, "hooks", 1 }))
        assert.same({ type = "command", timeout = 5,
            command = command.line(PROGRAM, "claude-code", "Stop") },
            edit.value(text, { "hooks", "Stop", 2, "hooks", 1 }))
        assert.is_true(toml.value(sys.read(path ".codex/config.toml"),
            { "features", "hooks" }))
        local codex = edit.value(sys.read(path ".codex/hooks.json"),
            { "hooks" })
        assert.equal(1, codex.SessionEnd[1].hooks[1].timeout)
        assert.is_nil(codex.Stop[2].hooks[1].async)
        assert.same({ "x", "propolis" }, edit.value(sys.read(
            path ".openclaw/openclaw.json"), { "plugins", "allow" },
            { json5 = true }))
        assert.is_true(edit.value(sys.read(path ".openclaw/openclaw.json"),
            { "plugins", "entries", "propolis", "hooks",
                "allowConversationAccess" }, { json5 = true }))
    end)

    it("wires only events that this Claude Code knows", function()
        for version, count in pairs { ["2.1.75"] = 11, ["2.1.76"] = 12,
            ["2.1.89"] = 14, ["10.0.0"] = 14, ["1.9.9"] = 11 } do
            local ctx = agent_files.ctx(home,
                { agent_version = function() return version end })
            local target = agents.get("claude-code").targets(ctx, home)[1]
            assert.equal(count, #target.wanted, version)
        end
    end)

    it("never accepts hooks for everybody", function()
        with_files()
        ok("install", "hermes")
        assert.is_nil(sys.stat(path ".hermes/shell-hooks-allowlist.json"))
        assert.is_nil(sys.read(path ".hermes/config.yaml")
            :find("auto_accept", 1, true))
    end)

    it("approves exactly our lines when asked", function()
        with_files()
        tmp.write(path ".hermes/shell-hooks-allowlist.json",
            '{"approvals": [{"event": "x", "command": "y"}]}')
        ok("install", "hermes", "--approve")
        local list = edit.value(sys.read(
            path ".hermes/shell-hooks-allowlist.json"), { "approvals" })
        assert.equal(8, #list)
        assert.equal("y", list[1].command)
        for i = 2, 8 do
            assert.equal(command.line(PROGRAM, "hermes", list[i].event, true),
                list[i].command)
        end
        assert.is_truthy(ok("status", "hermes").stdout:find("installed", 1,
            true))
        ok("uninstall", "hermes")
        assert.equal('{"approvals": [{"event": "x", "command": "y"}]}',
            sys.read(path ".hermes/shell-hooks-allowlist.json"))
    end)

    it("takes only ours from files that someone edited since", function()
        with_files()
        ok("install")
        local want = agent_files.edit(home)
        ok("uninstall")
        for place, text in pairs(want) do
            assert.equal(text, sys.read(path(place)), place)
        end
        ok("uninstall", "--verify")
    end)

    it("replaces lines of another place where they stand", function()
        tmp.write(path ".claude/settings.json", [[
{
  "hooks": {
    "Stop": [
      {
        "hooks": [
          {
            "type": "command",
            "command": "'/old place/propolis' hook claude-code Stop",
            "timeout": 99
          },
          {
            "type": "command",
            "command": "nice /old/propolis hook claude-code Stop"
          }
        ]
      }
    ],
    "Gone": [
      { "hooks": [
        { "command": "/old/propolis hook claude-code Gone" }
      ] }
    ]
  }
}
]])
        ok("install", "claude-code")
        local hooks = edit.value(sys.read(path ".claude/settings.json"),
            { "hooks" })
        assert.equal(command.line(PROGRAM, "claude-code", "Stop"),
            hooks.Stop[1].hooks[1].command)
        assert.equal(5, hooks.Stop[1].hooks[1].timeout)
        assert.equal(1, #hooks.Stop[1].hooks)
        assert.equal(1, #hooks.Stop)
        assert.is_nil(hooks.Gone)
    end)

    it("tells pi's model the program and the tables in force", function()
        local r = run({ "install", "pi" }, { home = home, env = {
            PATH = "/usr/bin:/bin", HIVEMIND_TABLE = "m2",
            HIVEMIND_SESSIONS_TABLE = "s2" } })
        assert.equal(0, r.code, r.stderr)
        local text = sys.read(path ".pi/agent/AGENTS.md")
        for _, part in ipairs { "`" .. PROGRAM .. " search WORDS`",
            "`" .. PROGRAM .. " query", "in m2.", "FROM s2" } do
            assert.is_truthy(text:find(part, 1, true), text)
        end
    end)

    it("follows links and keeps modes", function()
        tmp.write(path "dots/settings.json", "{}\n", tonumber("640", 8))
        sys.mkdir(path ".claude")
        sys.symlink("../dots/settings.json", path ".claude/settings.json")
        local before = snapshot(home)
        ok("install", "claude-code")
        assert.equal("link", sys.stat(path ".claude/settings.json", true).type)
        assert.equal(tonumber("640", 8),
            sys.stat(path "dots/settings.json").mode)
        ok("uninstall", "claude-code")
        assert.same(before, snapshot(home))
    end)

    it("skips what is not there, unless it is named", function()
        sys.mkdir(path ".codex")
        local r = ok("install")
        assert.is_truthy(r.stderr:find("cursor: skipped, there is no", 1,
            true))
        assert.is_nil(sys.stat(path ".cursor"))
        ok("install", "cursor")
        assert.is_truthy(sys.stat(path ".cursor/hooks.json"))
        ok("uninstall")
        assert.is_nil(sys.stat(path ".cursor"))
    end)

    it("says so when there is no agent at all", function()
        local r = propolis("install")
        assert.equal(1, r.code)
        assert.is_truthy(r.stderr:find("no agent was found in " .. home, 1,
            true))
        assert.equal(64, propolis("install", "emacs").code)
    end)

    describe("in the way", function()
        local function refused(agent, sentence)
            local before = snapshot(home)
            local r = propolis("install", agent)
            assert.equal(1, r.code)
            assert.is_truthy(r.stderr:find(sentence, 1, true), r.stderr)
            assert.same(before, snapshot(home))
        end

        for _, name in ipairs(NAMES) do
            it("is a broken file of " .. name .. ": nothing is touched",
                function()
                    local place, text = table.unpack(
                        agent_files.of(name).broken)
                    tmp.write(path(place), text)
                    refused(name, path(place) .. ": line 1")
                end)
        end

        it("is flow style in YAML: the lines to add are said", function()
            tmp.write(path ".hermes/config.yaml", "hooks: {a: []}\n")
            local r = propolis("install", "hermes")
            assert.equal(1, r.code)
            assert.is_truthy(r.stderr:find("    - command: "
                .. require("propolis.edit.yaml").quote(command.line(PROGRAM,
                    "hermes", "pre_llm_call", true)), 1, true))
        end)

        it("is a read-only file", function()
            tmp.write(path ".codex/config.toml", "[features]\nhooks = false\n",
                tonumber("444", 8))
            refused("codex", "config.toml is read-only (mode 444)")
        end)

        it("is an install record that cannot be written", function()
            tmp.write(path "state", "")
            sys.mkdir(path ".codex")
            refused("codex", "the install record in " .. home
                .. "/state cannot be written")
        end)

        it("is a file where the agent's folder should be", function()
            tmp.write(path ".codex", "")
            refused("codex", "/.codex/hooks.json cannot be written")
        end)

        it("is a link to nothing", function()
            sys.mkdir(path ".codex")
            sys.symlink("/nowhere/x", path ".codex/hooks.json")
            refused("codex", "is a link to a file that is not there")
        end)

        it("is a folder: what was written before goes back", function()
            sys.mkdir(path ".pi/agent/AGENTS.md")
            refused("pi", "AGENTS.md is not a file")
        end)
    end)

    it("quotes a program whose place has blanks and quotes", function()
        local program = path "it's a place/propolis"
        with_files()
        local ctx = agent_files.ctx(home, { program = program })
        for _, name in ipairs(NAMES) do
            local agent = agents.get(name)
            put_in(agent, ctx)
            for _, target in ipairs(agent.targets(ctx, agent.folder(ctx))) do
                local text = sys.read(target.path)
                for _, hook in ipairs(target.find and target.find(text) or {})
                do
                    assert.same({ program = program, agent = name,
                        event = hook.event }, command.parse(hook.line))
                end
                assert.equal(program, target.shim and target.shim(text)
                    or program)
            end
        end
    end)

    it("names the memory server when there is one, and undoes it", function()
        with_files()
        local before = snapshot(home)
        local ctx = agent_files.ctx(home, { mcp = true })
        for _, name in ipairs(NAMES) do
            local agent, named = agents.get(name), nil
            put_in(agent, ctx)
            for _, target in ipairs(agent.targets(ctx, agent.folder(ctx))) do
                named = target.server
                    and target.server(sys.read(target.path)) or named
            end
            assert.same(agent_files.of(name).server, named)
        end
        for _, name in ipairs(NAMES) do
            local agent = agents.get(name)
            assert.is_true(#install.traces(agent, ctx) > 0)
            take_out(agent, ctx)
            assert.same({}, install.traces(agent, ctx))
        end
        assert.same(before, snapshot(home))
    end)

    it("takes the server out of files that were edited since", function()
        with_files()
        local ctx = agent_files.ctx(home, { mcp = true })
        for _, name in ipairs(NAMES) do put_in(agents.get(name), ctx) end
        local want = agent_files.edit(home)
        for _, name in ipairs(NAMES) do take_out(agents.get(name), ctx) end
        for place, text in pairs(want) do
            assert.equal(text, sys.read(path(place)), place)
        end
    end)

    local parse, write = command.parse, command.line

    it("knows our own lines from look-alikes", function()
        local want = { program = "/a 'b/propolis", agent = "codex",
            event = "Stop" }
        assert.same(want, parse(write("/a 'b/propolis", "codex", "Stop")))
        assert.same(want, parse(write("/a 'b/propolis", "codex", "Stop", true)))
        -- As the first version wrote it.
        assert.same(want, parse("'/a '\\''b/propolis' hook codex Stop"))
        for _, line in ipairs {
            "/a/propolis2 hook codex Stop", "/a/apropolis hook codex Stop",
            "/a/propolis run codex Stop", "/a/propolis hooks codex Stop",
            "/a/propolis hook", "/a/propolis hook 'a b' Stop", "", "'",
            "# /a/propolis hook codex Stop", "x # /a/propolis hook codex Stop",
            "'/a/propolis hook codex Stop'", '"/a/propolis hook codex Stop',
            "/a/propolis; hook codex Stop", "/a/propolis/x hook codex Stop",
            "echo '/a/propolis hook codex Stop'",
        } do
            assert.is_nil(parse(line), line)
        end
    end)

    it("knows its lines that somebody edited", function()
        for line, program in pairs {
            ["propolis hook codex Stop"] = "propolis",
            ["$HOME/bin/propolis hook codex Stop"] = "$HOME/bin/propolis",
            ["~/bin/propolis hook codex Stop"] = "~/bin/propolis",
            ["/a/$x/propolis hook codex Stop"] = "/a/$x/propolis",
            ["nice /a/propolis hook codex Stop"] = "/a/propolis",
            ["A=1 B='2 3' /a/propolis hook codex Stop"] = "/a/propolis",
            ["env -u A timeout 5 /a/propolis hook codex Stop"] = "/a/propolis",
            ["/a/propolis hook codex Stop 2>>/tmp/err"] = "/a/propolis",
            ["/a/propolis hook codex Stop>/tmp/out"] = "/a/propolis",
            ["/a/propolis hook codex Stop && x"] = "/a/propolis",
            ["x; (/a/propolis hook codex Stop)"] = "/a/propolis",
            ["tee /tmp/payload | /a/propolis hook codex Stop"] = "/a/propolis",
            ["/a/propolis  hook codex Stop "] = "/a/propolis",
            ['"/a b/propolis" hook codex Stop'] = "/a b/propolis",
            ["[ ! -x /b/propolis ] || exec /a/propolis hook codex Stop"] =
                "/a/propolis",
            ["nice " .. write("/a/propolis", "codex", "Stop", true)] =
                "/a/propolis",
            ["sh -lc 'nice /a/propolis hook codex Stop'"] = "/a/propolis",
        } do
            assert.same({ program = program, agent = "codex", event = "Stop",
                edited = true }, parse(line), line)
        end
        assert.same({ program = "/a/propolis", agent = "codex",
            edited = true }, parse("/a/propolis hook codex 2>/dev/null"))
    end)

    it("writes lines that run the program, and nothing when it is gone",
        function()
            local program = tmp.write(home .. "/it's $HOME/propolis",
                "#!/bin/sh\nprintf '%s.' \"$@\"\n", tonumber("755", 8))
            for _, no_shell in ipairs { false, true } do
                local line = command.line(program, "codex", "Stop", no_shell)
                local argv = no_shell and command.split(line)
                    or { "sh", "-c", line }
                assert.equal("hook.codex.Stop.", sys.run(argv).stdout)
                os.rename(program, program .. "2")
                local ended = sys.run(argv)
                os.rename(program .. "2", program)
                assert.same({ 0, "", "" },
                    { ended.code, ended.stdout, ended.stderr })
            end
        end)

    it("undoes an agent when its second file cannot be written", function()
        local agent = agents.get("pi")
        agent_files.folders(home)
        local ctx = agent_files.ctx(home)
        local changes = assert(install.plan(agent, ctx))
        assert.equal(2, #changes)
        local before = snapshot(home)
        sys.mkdir(path ".pi/agent/AGENTS.md")
        local done, err = install.apply(agent, ctx, changes)
        assert.is_nil(done)
        assert.is_truthy(err:find("AGENTS.md", 1, true))
        sys.rmdir(path ".pi/agent/AGENTS.md")
        assert.same(before, snapshot(home))
    end)

    it("honours the agents' own variables for their folders", function()
        sys.mkdir(path "elsewhere")
        local r = run({ "install", "codex" }, { home = home,
            env = { CODEX_HOME = path "elsewhere" } })
        assert.equal(0, r.code, r.stderr)
        assert.is_truthy(sys.stat(path "elsewhere/hooks.json"))
        assert.is_nil(sys.stat(path ".codex"))
    end)
end)
