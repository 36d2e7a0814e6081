--- A folder in agents/ is all that an agent needs: one that is made up here is
-- in every list, and is installed, captured, checked and taken out again.
local agents = require "propolis.agents"
local json = require "propolis.json"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = sys.readlink("/proc/self/exe")

local FOLDER = {
    events = [[
local entry = require "propolis.capture.entry"
return entry.command_hooks({ "id", "session_id", "cwd", "timestamp" }, {
    SessionStart = { "session_start", entry.note("session_start") },
    Said = { "prompt", function(p)
        return "user_message", { { "content", p.words } }
    end },
})
]],
    install = [[
local hooks = require "propolis.install.hooks_json"
local SHAPE = { agent = "new-bot", nested = true, events = {
    { "SessionStart", 5 }, { "Said", 5 },
} }
return {
    title = "New Bot", gaps = {},
    folder = function(ctx) return ctx.home .. "/.newbot" end,
    targets = function(ctx, folder)
        return { hooks.target(ctx, folder .. "/hooks.json", SHAPE) }
    end,
}
]],
    samples = [[
return { payload = function(event, id, cwd, text)
    return { hook_event_name = event, session_id = id, cwd = cwd,
        words = text }
end }
]],
}

-- The program, with the data root ROOT and hook lines that name STUB.
local LAUNCHER = [[
local sys = require "engine.sys"
sys.root = "ROOT"
package.path = sys.root .. "/lua/?.lua;" .. package.path
local context = require "propolis.install.context"
package.loaded["propolis.install.context"] = function(options)
    local ctx = assert(context(options))
    ctx.program = "STUB"
    return ctx
end
local command = require("propolis.commands." .. table.remove(arg, 1))
os.exit(command.run(arg), true)
]]

-- Links of all in a folder, but one name.
local function link_all(from, to, but)
    assert(sys.mkdir(to))
    for _, name in ipairs(sys.list(from)) do
        if name ~= but then
            assert(sys.symlink(from .. "/" .. name, to .. "/" .. name))
        end
    end
end

describe("an agent's folder", function()
    local home, stub

    setup(function()
        home = tmp.dir()
        local root = home .. "/root"
        link_all(sys.root, root, "lua")
        link_all(sys.root .. "/lua", root .. "/lua", "propolis")
        link_all(sys.root .. "/lua/propolis", root .. "/lua/propolis",
            "agents")
        link_all(sys.root .. "/lua/propolis/agents",
            root .. "/lua/propolis/agents")
        for part, text in pairs(FOLDER) do
            tmp.write(("%s/lua/propolis/agents/new_bot/%s.lua"):format(root,
                part), text)
        end
        stub = home .. "/propolis"
        tmp.write(home .. "/launcher.lua", (LAUNCHER:gsub("ROOT", root)
            :gsub("STUB", stub)))
        tmp.write(stub, ('#!/bin/sh\nexec "%s" "%s" "$@"\n'):format(PROGRAM,
            home .. "/launcher.lua"), tonumber("755", 8))
    end)
    teardown(tmp.clean)

    local function propolis(words, stdin)
        local r = assert(sys.run({ stub, table.unpack(words) }, {
            stdin = stdin or "", timeout = 60, env = { HOME = home,
                PROPOLIS_HOME = home, PROPOLIS_AUTOSYNC = "false" } }))
        assert.equal(0, r.code, r.stdout .. r.stderr)
        return r
    end

    it("is in every list", function()
        local list = agents.names()
        list[#list + 1] = "new-bot"
        table.sort(list)
        local text = "AGENT is one of " .. table.concat(list, ", ")
        for _, word in ipairs { "hook", "install", "uninstall", "status",
            "doctor" } do
            assert.is_truthy(propolis({ word, "-h" }).stdout:find(text, 1,
                true), word)
        end
        local shown = {}
        for i, one in ipairs(json.decode(
            propolis({ "status", "--json" }).stdout).agents) do
            shown[i] = one.agent
        end
        assert.same(list, shown)
    end)

    it("is installed, checked, captured and taken out", function()
        assert(sys.mkdir(home .. "/.newbot"))
        assert.is_truthy(propolis({ "install" }).stderr:find(
            "new-bot: changed " .. home .. "/.newbot/hooks.json", 1, true))
        local said = propolis({ "doctor", "new-bot" }).stdout
        assert.is_truthy(said:find("new%-bot +2 hooks answered"), said)
        assert.is_truthy(said:find("every event arrived", 1, true), said)
        local out = propolis({ "hook", "new-bot", "SessionStart" },
            '{"session_id":"s1","cwd":"/w"}').stdout
        assert.is_truthy(json.decode(out).hookSpecificOutput)
        propolis({ "hook", "new-bot", "Said" },
            '{"session_id":"s1","cwd":"/w","words":"hello"}')
        local rows = json.decode(propolis({ "query", "--json", "SELECT agent, "
            .. "description FROM sessions ORDER BY rowid" }).stdout)
        assert.same({ { agent = "new_bot", description = "SessionStart" },
            { agent = "new_bot", description = "Said" } }, rows)
        propolis { "uninstall" }
        propolis { "uninstall", "--verify" }
        assert.is_nil(sys.stat(home .. "/.newbot/hooks.json"))
    end)
end)
