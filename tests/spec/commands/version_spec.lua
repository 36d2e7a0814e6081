local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("propolis version", function()
    local home

    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    it("shows versions, modules and places", function()
        for _, word in ipairs { "version", "--version" } do
            local r = run({ word }, { home = home })
            assert.equal(0, r.code, r.stderr)
            assert.matches("^propolis " .. sys.version:gsub("%p", "%%%0")
                .. " %(Lua 5%.4, SQLite 3%.%d+%.%d+%)\n", r.stdout)
            assert.truthy(r.stdout:find(home .. "/data", 1, true))
        end
        local t = json.decode(run({ "version", "--json" }, { home = home })
            .stdout)
        assert.equal(sys.version, t.version)
        assert.equal("5.4", t.lua)
        assert.equal(home .. "/state", t.paths.state)
        assert.equal("ready", t.modules.http)
        assert.equal("ready", t.modules.postgres)
        assert.same({}, sys.list(home))
    end)

    it("refuses arguments", function()
        assert.equal(64, run({ "version", "x" }, { home = home }).code)
    end)
end)

describe("the version of a build", function()
    local dir

    before_each(function()
        dir = tmp.dir() .. "/src"
        tmp.write(dir .. "/.ci/version",
            assert(sys.read(sys.root .. "/.ci/version")), tonumber("700", 8))
    end)
    after_each(tmp.clean)

    local function git(...)
        local done = assert(sys.run({ "git", "-C", dir, "-c", "user.name=ada",
            "-c", "user.email=ada@localhost", ... },
            { env = { GIT_DIR = false, HOME = dir } }))
        assert.equal(0, done.code, done.stderr)
        return (done.stdout:gsub("%s+$", ""))
    end

    local function version()
        local done = assert(sys.run({ dir .. "/.ci/version", "1.2.3" },
            { env = { GIT_DIR = false, HOME = dir } }))
        assert.equal("", done.stderr)
        return done.stdout:match("^(.-)\n$")
    end

    local function commit(text)
        tmp.write(dir .. "/file", text)
        git("add", ".")
        git("commit", "-qm", text)
        return git("rev-parse", "--short", "HEAD")
    end

    it("is the release's without git", function()
        assert.equal("1.2.3", version())
    end)

    it("is the release's inside somebody else's repository", function()
        local outer = dir
        git("init", "-q")
        commit("theirs")
        dir = outer .. "/vendor/propolis"
        tmp.write(dir .. "/.ci/version",
            assert(sys.read(sys.root .. "/.ci/version")), tonumber("700", 8))
        assert.equal("1.2.3", version())
    end)

    it("names the commit in a clone without tags", function()
        git("init", "-q")
        local id = commit("one")
        assert.equal("1.2.3+g" .. id, version())
        tmp.write(dir .. "/file", "changed")
        assert.equal("1.2.3+g" .. id .. ".dirty", version())
    end)

    it("counts from the last release's tag", function()
        git("init", "-q")
        commit("one")
        git("tag", "v1.2.0")
        assert.equal("1.2.0", version())
        local id = commit("two")
        git("tag", "nightly")
        assert.equal("1.2.0-1-g" .. id, version())
        tmp.write(dir .. "/file", "changed")
        assert.equal("1.2.0-1-g" .. id .. "-dirty", version())
    end)
end)
