--- make install and uninstall: what is installed runs on its own, below PREFIX
-- or staged below DESTDIR, and is removed without a trace.
local sys = require "engine.sys"
local tmp = require "tmp"

-- Below ~/.local the data folder is PREFIX/share/propolis.
local MEMORY = "/share/propolis/local@default.db"

local base, build, prefix, env

local function make(...)
    local done = assert(sys.run({ "make", "BUILD=" .. build,
        "PREFIX=" .. prefix, ... }, { env = env, timeout = 280 }))
    assert.equal("", done.code == 0 and "" or done.stderr)
    return done.stdout
end

-- Every file below a folder, by its path from there.
local function files(dir, from, list)
    list = list or {}
    from = from or #dir + 2
    for _, name in ipairs(sys.list(dir) or {}) do
        local path = dir .. "/" .. name
        if sys.stat(path, true).type == "dir" then
            files(path, from, list)
        else
            list[#list + 1] = path:sub(from)
        end
    end
    table.sort(list)
    return list
end

describe("make install", function()
    setup(function()
        base = tmp.dir()
        build, prefix = base .. "/build", base .. "/home/.local"
        env = { HOME = base .. "/home", XDG_STATE_HOME = base .. "/state",
            PROPOLIS_HOME = false, MAKEFLAGS = false, MAKELEVEL = false,
            MFLAGS = false, ASAN_OPTIONS = false }
        -- What an older version installed beside somebody's memory.
        tmp.write(prefix .. "/share/propolis/lua/propolis/init.lua", "")
        tmp.write(prefix .. "/share/propolis/schemas/memory.lua", "")
        tmp.write(prefix .. MEMORY, "memory")
        make("install")
    end)

    teardown(tmp.clean)

    it("installs a program that runs without the checkout", function()
        local script = tmp.write(base .. "/home/x.lua", [[
            local propolis = require "propolis"
            local s <close> = assert(propolis.open("sqlite:" .. arg[1]))
            assert(s:insert(propolis.schemas.skills, { name = "x" }))
            for _, name in ipairs { "postgres", "http" } do
                require("engine." .. name)
            end
            io.write(require("engine.sys").root, "\n")
            for name, module in pairs(package.loaded) do
                local open = type(module) == "table"
                    and package.searchpath(name, package.path)
                if open then print(open) end
            end
        ]])
        local done = assert(sys.run(
            { prefix .. "/bin/propolis", script, base .. "/home/x.db" },
            { cwd = "/", env = { PROPOLIS_HOME = base .. "/home" } }))

        assert.equal("", done.stderr)
        local n = 0
        for line in done.stdout:gmatch("[^\n]+") do
            n = n + 1
            assert.equal(prefix, line:sub(1, #prefix))
        end
        assert.is_true(n > 3)
    end)

    it("installs every module, Lua file, schema and the licence", function()
        local there = {}
        for _, path in ipairs(files(prefix)) do
            there[path] = true
        end
        for _, dir in ipairs { "lua", "schemas" } do
            for _, path in ipairs(files(dir)) do
                assert.is_true(there["lib/propolis/" .. dir .. "/" .. path],
                    path)
            end
        end
        for _, path in ipairs { "bin/propolis", "share/doc/propolis/LICENSE",
            "lib/propolis/engine/http.so", "lib/propolis/engine/postgres.so",
        } do
            assert.is_true(there[path], path)
        end
    end)

    it("lets a source that was edited win over what make compiled", function()
        local lua = prefix .. "/lib/propolis/lua/propolis/"
        local function said(...)
            return assert(sys.run({ prefix .. "/bin/propolis", ... },
                { cwd = "/", env = env, stdin = "BADGE-1234567" })).stdout
        end
        local mask = [[
            local redact = require "propolis.capture.redact"
            io.write(redact.load():text(io.read("a")))]]
        assert.equal("BADGE-1234567", said("-e", mask))

        -- Written anew: later than what make compiled, with the same name.
        local tokens = lua .. "capture/redact/tokens.lua"
        local text = assert(sys.read(tokens))
        assert(sys.replace(tokens, (text:gsub("return {", "return {\n"
            .. '{ id = "badge", keywords = { "BADGE-" }, set = "0-9" },', 1))))
        assert.equal("[redacted:badge]", said("-e", mask))
        assert(sys.replace(lua .. "json/init.lua", "return 'edited'"))
        assert.equal("edited",
            said("-e", "io.write((require 'propolis.json'))"))
        make("install")
    end)

    it("stages the same files below DESTDIR", function()
        make("install", "DESTDIR=" .. base .. "/stage")

        tmp.write(base .. "/stage" .. prefix .. MEMORY, "memory")
        assert.same(files(prefix), files(base .. "/stage" .. prefix))
    end)

    it("is undone by uninstall, which leaves what is not its own", function()
        tmp.write(prefix .. "/bin/other", "not ours")
        tmp.write(prefix .. "/share/doc/other/README", "not ours")
        local settings = base .. "/home/.claude/settings.json"
        tmp.write(settings, "{}")
        assert.equal(0, assert(sys.run({ prefix .. "/bin/propolis", "install",
            "claude-code" }, { cwd = "/", env = env })).code)
        local said = make("uninstall")

        assert.matches("claude%-code: .*settings.json still runs: ", said)
        assert.matches("propolis uninstall", said)
        assert.same({ "bin/other", "share/doc/other/README", MEMORY:sub(2) },
            files(prefix))
        -- The agent does not notice that the program of its hooks is gone.
        local hooks = require("propolis.edit.json").value(
            sys.read(settings), { "hooks" })
        local ended = assert(sys.run({ "sh", "-c",
            hooks.Stop[1].hooks[1].command }, { stdin = "{}" }))
        assert.same({ 0, "", "" }, { ended.code, ended.stdout, ended.stderr })
    end)
end)
