local edit = require "propolis.edit.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"
local toml = require "propolis.edit.toml"
local yaml = require "propolis.edit.yaml"

local PROGRAM = sys.readlink("/proc/self/exe")

local FOREIGN = {
    [".claude/settings.json"] = [[
{
    "permissions": { "allow": ["Bash(ls:*)"] },
    "hooks": {
        "Stop": [
            { "hooks": [ { "type": "command", "command": "say done" } ] }
        ],
        "PreToolUse": []
    }
}
]],
    [".codex/hooks.json"] = '{"hooks":{"Stop":[{"matcher":"x","hooks":'
        .. '[{"type":"command","command":"/x/bundle/capture.js"}]}]}}',
    [".codex/config.toml"] = "# c\nmodel = \"x\"\n\n[features]\n"
        .. "hooks = false # mine\n",
    [".cursor/hooks.json"] = '{\r\n\t"version": 1,\r\n\t"hooks": {\r\n'
        .. '\t\t"stop": [{"command": "./own.sh"}]\r\n\t}\r\n}\r\n',
    [".hermes/config.yaml"] = "# mine\nmodel: x # c\nhooks:\n"
        .. "  pre_llm_call:\n  - command: \"~/own.sh\"\n\nlast: 1\n",
    [".pi/agent/AGENTS.md"] = "# Rules\n\nBe kind.",
    [".openclaw/openclaw.json"] = "// mine\n{\n  gateway: { port: 1 },\n"
        .. "  plugins: { allow: ['x'] },\n}\n",
}

local AGENTS = { "claude-code", "codex", "cursor", "hermes", "pi", "openclaw" }

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

local function with_files(mode)
    for place, text in pairs(FOREIGN) do
        tmp.write(path(place), text, mode)
    end
end

local function empty_folders()
    for _, folder in ipairs { ".claude", ".codex", ".cursor", ".hermes",
        ".pi/agent", ".openclaw" } do
        sys.mkdir(path(folder))
    end
end

describe("install", function()
    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    for how, prepare in pairs {
        ["files of other people"] = with_files,
        ["empty folders"] = empty_folders,
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
                for _, agent in ipairs(AGENTS) do
                    assert.is_truthy(r.stderr:find(agent
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

    it("keeps the hooks of others", function()
        with_files()
        ok("install")
        assert.equal("say done", edit.value(sys.read(
            path ".claude/settings.json"),
            { "hooks", "Stop", 1, "hooks", 1, "command" }))
        assert.equal("/x/bundle/capture.js", edit.value(sys.read(
            path ".codex/hooks.json"),
            { "hooks", "Stop", 1, "hooks", 1, "command" }))
        assert.is_truthy(sys.read(path ".cursor/hooks.json")
            :find('"stop": [{"command": "./own.sh"}, {', 1, true))
        assert.equal("~/own.sh", yaml.fields(yaml.get(sys.read(
            path ".hermes/config.yaml"), { "hooks", "pre_llm_call" })
            .items[1].node).command)
        assert.is_truthy(sys.read(path ".pi/agent/AGENTS.md")
            :find("Be kind.", 1, true))
    end)

    it("writes absolute lines with timeouts in seconds", function()
        with_files()
        ok("install")
        local text = sys.read(path ".claude/settings.json")
        assert.same({ type = "command", timeout = 10,
            command = PROGRAM .. " hook claude-code SessionStart" },
            edit.value(text, { "hooks", "SessionStart", 1, "hooks", 1 }))
        assert.same({ type = "command", timeout = 10, async = true,
            command = PROGRAM .. " hook claude-code Notification" },
            edit.value(text, { "hooks", "Notification", 1, "hooks", 1 }))
        assert.same({ type = "command", timeout = 5,
            command = PROGRAM .. " hook claude-code Stop" },
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
            assert.equal(PROGRAM .. " hook hermes " .. list[i].event,
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
        local function edited(place, from, to)
            local text = sys.read(path(place))
            local at, stop = text:find(from, 1, true)
            assert(at, place)
            sys.replace(path(place), text:sub(1, at - 1) .. to
                .. text:sub(stop + 1))
        end
        edited(".claude/settings.json", '["Bash(ls:*)"]', '["Read"]')
        edited(".codex/hooks.json", '"matcher":"x"', '"matcher":"y"')
        edited(".codex/config.toml", 'model = "x"', 'model = "y"')
        edited(".cursor/hooks.json", "./own.sh", "./other.sh")
        edited(".hermes/config.yaml", "last: 1", "last: 2")
        edited(".pi/agent/AGENTS.md", "kind", "brave")
        edited(".openclaw/openclaw.json", "port: 1", "port: 2")
        ok("uninstall")
        local want = {}
        for place, text in pairs(FOREIGN) do want[place] = text end
        local function wanted(place, from, to)
            want[place] = want[place]:gsub(from, to)
        end
        wanted(".claude/settings.json", "Bash%(ls:%*%)", "Read")
        wanted(".codex/hooks.json", '"x"', '"y"')
        wanted(".codex/config.toml", '"x"', '"y"')
        wanted(".cursor/hooks.json", "own", "other")
        wanted(".hermes/config.yaml", "last: 1", "last: 2")
        wanted(".pi/agent/AGENTS.md", "kind%.", "brave.\n")
        wanted(".openclaw/openclaw.json", "port: 1", "port: 2")
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
        assert.equal(PROGRAM .. " hook claude-code Stop",
            hooks.Stop[1].hooks[1].command)
        assert.equal(5, hooks.Stop[1].hooks[1].timeout)
        assert.equal("nice /old/propolis hook claude-code Stop",
            hooks.Stop[1].hooks[2].command)
        assert.equal(1, #hooks.Stop)
        assert.is_nil(hooks.Gone)
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

        for place, case in pairs {
            [".claude/settings.json"] = { "claude-code", "{ oops" },
            [".codex/config.toml"] = { "codex", "[features\nx" },
            [".cursor/hooks.json"] = { "cursor", '{"hooks": []}' },
            [".hermes/config.yaml"] = { "hermes", "a: b: c\n" },
            [".pi/agent/AGENTS.md"] = { "pi", "<!-- BEGIN propolis -->\n" },
            [".openclaw/openclaw.json"] = { "openclaw", "{ a: }" },
        } do
            it("is a broken " .. place .. ": nothing is touched", function()
                tmp.write(path(place), case[2])
                refused(case[1], path(place) .. ": line 1")
            end)
        end

        it("is flow style in YAML: the lines to add are said", function()
            tmp.write(path ".hermes/config.yaml", "hooks: {a: []}\n")
            local r = propolis("install", "hermes")
            assert.equal(1, r.code)
            assert.is_truthy(r.stderr:find('    - command: "' .. PROGRAM
                .. ' hook hermes pre_llm_call"', 1, true))
        end)

        it("is a read-only file", function()
            tmp.write(path ".codex/config.toml", "[features]\nhooks = false\n",
                tonumber("444", 8))
            refused("codex", "config.toml is read-only (mode 444)")
        end)

        it("is a journal that cannot be written", function()
            tmp.write(path "state", "")
            sys.mkdir(path ".codex")
            refused("codex", "the journal in " .. home .. "/state cannot be "
                .. "written")
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
        local install = require "propolis.install"
        local command = require "propolis.install.command"
        with_files()
        local ctx = { home = home, program = program, state = path "state",
            env = function() end, version = "1", now = "t",
            program_time = "t", agent_version = function() end }
        for _, name in ipairs(AGENTS) do
            local agent = install.agent(name)
            local changes = assert(install.plan(agent, ctx))
            assert(install.apply(agent, ctx, changes))
            for _, target in ipairs(agent.targets(ctx, agent.folder(ctx))) do
                local find = target.find or function() return {} end
                for _, hook in ipairs(find(sys.read(target.path))) do
                    assert.same({ program, "hook", name, hook.event },
                        command.split(hook.line))
                end
            end
            assert.same({}, install.plan(agent, ctx))
        end
        local shim = sys.read(path ".pi/agent/extensions/propolis.ts")
        assert.is_truthy(shim:find('const PROGRAM = "' .. program .. '";', 1,
            true))
    end)

    it("names the memory server when there is one, and undoes it", function()
        local install = require "propolis.install"
        with_files()
        tmp.write(path ".claude.json", '{"numStartups": 3}')
        local before = snapshot(home)
        local ctx = { home = home, program = "/x y/propolis", mcp = true,
            state = path "state", env = function() end, version = "1",
            agent_version = function() end }
        for _, name in ipairs(AGENTS) do
            local agent = install.agent(name)
            assert(install.apply(agent, ctx, assert(install.plan(agent, ctx))))
            assert.same({}, install.plan(agent, ctx))
        end
        local server = { type = "stdio", command = "/x y/propolis",
            args = { "mcp" } }
        for _, place in ipairs { ".claude.json", ".cursor/mcp.json" } do
            assert.same(server, edit.value(sys.read(path(place)),
                { "mcpServers", "propolis" }))
        end
        assert.equal("/x y/propolis", toml.value(sys.read(
            path ".codex/config.toml"),
            { "mcp_servers", "propolis", "command" }))
        assert.equal("/x y/propolis", yaml.fields(yaml.get(sys.read(
            path ".hermes/config.yaml"), { "mcp_servers", "propolis" }))
            .command)
        for _, name in ipairs(AGENTS) do
            local agent = install.agent(name)
            assert.is_true(#install.traces(agent, ctx) > 0)
            local changes = assert(install.removal(agent, ctx))
            assert(install.apply(agent, ctx, changes))
            assert(install.finish(agent, ctx))
            assert.same({}, install.traces(agent, ctx))
        end
        assert.same(before, snapshot(home))
    end)

    it("takes the server out of files that were edited since", function()
        local install = require "propolis.install"
        with_files()
        tmp.write(path ".claude.json", '{"numStartups": 3}')
        local ctx = { home = home, program = "/x/propolis", mcp = true,
            state = path "state", env = function() end, version = "1",
            agent_version = function() end }
        for _, case in ipairs {
            { "claude-code", ".claude.json", '"numStartups": 3',
                '"numStartups": 4' },
            { "codex", ".codex/config.toml", "# c", "# d" },
            { "hermes", ".hermes/config.yaml", "# mine", "# ours" },
        } do
            local agent = install.agent(case[1])
            local text = sys.read(path(case[2]))
            local at, stop = text:find(case[3], 1, true)
            local want = text:sub(1, at - 1) .. case[4] .. text:sub(stop + 1)
            assert(install.apply(agent, ctx, assert(install.plan(agent, ctx))))
            text = sys.read(path(case[2]))
            at, stop = text:find(case[3], 1, true)
            sys.replace(path(case[2]), text:sub(1, at - 1) .. case[4]
                .. text:sub(stop + 1))
            assert(install.apply(agent, ctx,
                assert(install.removal(agent, ctx))))
            assert.equal(want, sys.read(path(case[2])))
        end
    end)

    it("knows our own lines from look-alikes", function()
        local parse = require("propolis.install.command").parse
        assert.same({ program = "/a b/propolis", agent = "codex",
            event = "Stop" }, parse("'/a b/propolis' hook codex Stop"))
        for _, line in ipairs {
            "propolis hook codex Stop", "/a/propolis hook codex",
            "/a/propolis hook codex Stop && x", "nice /a/propolis hook c S",
            "/a/propolis2 hook codex Stop", "/a/propolis  hook codex Stop",
            '"/a/propolis" hook codex Stop', "/a/propolis run codex Stop",
            "/a/$x/propolis hook codex Stop", "", "'",
        } do
            assert.is_nil(parse(line), line)
        end
    end)

    it("undoes an agent when its second file cannot be written", function()
        local install = require "propolis.install"
        local agent = install.agent("pi")
        empty_folders()
        local ctx = { home = home, program = "/x/propolis",
            state = path "state", env = function() end, version = "1",
            agent_version = function() end }
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
