local propolis = require "propolis"
local run = require "run"
local stores = require "propolis.stores"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("a store's URL", function()
    after_each(tmp.clean)

    it("is opened by the file of its scheme", function()
        local forms = stores.forms()
        for _, file in ipairs(sys.list(sys.root .. "/lua/propolis/stores")) do
            local name = file:gsub("%.lua$", "")
            if name ~= "init" then
                local kind = assert(stores.find(name .. ":x"))
                assert.is_function(kind.open)
                assert.truthy(forms:find(kind.form, 1, true), name)
            end
        end
        assert.equal(stores.find "postgres://h/d",
            stores.find "postgresql://h/d")
    end)

    it("of no known scheme is told what there is", function()
        for _, url in ipairs { "gopher://ada:secret@h/x", "init:x", "x",
            "../sqlite:x", ":x" } do
            local opened, err = propolis.open(url)
            assert.is_nil(opened)
            assert.equal("arg", err.code)
            assert.truthy(tostring(err):find("say " .. stores.forms(), 1,
                true))
            assert.is_nil(tostring(err):find("secret", 1, true))
        end
        assert.matches("sqlite:PATH", stores.forms(), 1, true)
    end)

    it("is looked at when it is set", function()
        local home = tmp.dir()
        local function set(value)
            return run({ "config", "set", "store", value }, { home = home })
        end
        local r = set "postgrs://h/team"
        assert.equal(1, r.code)
        assert.truthy(r.stderr:find("cannot open 'postgrs://h/team': say "
            .. stores.forms(), 1, true), r.stderr)
        assert.equal(0, set("none").code)
        assert.equal(0, set("postgresql://h/team").code)
        assert.equal("postgresql://h/team\n",
            run({ "config", "get", "store" }, { home = home }).stdout)
        assert.equal(0, run({ "config", "unset", "store" }, { home = home })
            .code)
    end)

    it("is explained by the commands that take one", function()
        for _, word in ipairs { "heal", "query" } do
            local r = run({ word, "-h" }, { home = tmp.dir() })
            assert.truthy(r.stdout:find("--store URL   " .. stores.forms(), 1,
                true), r.stdout)
        end
    end)
end)
