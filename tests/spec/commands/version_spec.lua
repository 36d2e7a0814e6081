local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("propolis version", function()
    local home

    before_each(function()
        home = tmp.dir()
    end)
    after_each(tmp.clean)

    it("shows versions, modules and places", function()
        for _, word in ipairs { "version", "--version" } do
            local r = run({ word }, { home = home })
            assert.equal(0, r.code, r.stderr)
            assert.matches("^propolis " .. sys.version:gsub("%.", "%%.")
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
