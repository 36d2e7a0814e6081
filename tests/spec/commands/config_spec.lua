local json = require "propolis.json"
local run = require "run"
local tmp = require "tmp"

describe("propolis config", function()
    local home

    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    local function config(args, env)
        return run({ "config", table.unpack(args) }, { home = home, env = env })
    end

    it("sets, gets and removes", function()
        assert.same({ 0, "", "" }, (function(r)
            return { r.code, r.stdout, r.stderr }
        end)(config { "set", "workspace", "team" }))
        assert.equal("team\n", config({ "get", "workspace" }).stdout)
        assert.equal('"team"\n', config({ "get", "workspace", "--json" })
            .stdout)
        assert.equal(0, config({ "unset", "workspace" }).code)
        assert.equal("default\n", config({ "get", "workspace" }).stdout)
    end)

    it("gets what follows from the settings", function()
        assert.equal("local\n", config({ "get", "org_id" }).stdout)
        assert.equal("sqlite:" .. home .. "/data/local@default.db\n",
            config({ "get", "local_store" }).stdout)
        local r = config { "get", "remote" }
        assert.same({ 1, "", "propolis: 'remote' is not set\n" },
            { r.code, r.stdout, r.stderr })
        assert.equal("null\n", config({ "get", "remote", "--json" }).stdout)
        assert.equal(64, config({ "get", "token" }).code)
    end)

    it("lists every setting with value and origin", function()
        config { "set", "store", "postgres://u:secret@h/d" }
        local r = config({ "list", "--json" }, { HIVEMIND_TABLE = "mem" })
        local by = {}
        for _, row in ipairs(json.decode(r.stdout)) do
            by[row.setting] = row
        end
        assert.equal("mem", by.memory_table.value)
        assert.equal("HIVEMIND_TABLE", by.memory_table.from)
        assert.equal("postgres://u:***@h/d", by.store.value)
        assert.equal(home .. "/config/config.lua: store", by.store.from)
        assert.equal("default", by.capture.from)
        assert.is_true(by.capture.value)

        local text = config({ "list" }).stdout
        assert.matches("^setting +value +from", text)
        assert.is_nil(text:find("secret", 1, true))
        assert.is_nil(text:find("\27", 1, true))
    end)

    it("says when the environment or the account wins", function()
        local r = config({ "set", "store", "sqlite:/x" },
            { PROPOLIS_STORE = "sqlite:/y" })
        assert.equal(0, r.code)
        assert.equal("propolis: PROPOLIS_STORE wins over this setting\n",
            r.stderr)
    end)

    it("keeps a relative path of the team's store to one file", function()
        local folder = tmp.dir()
        assert.equal(0, run({ "config", "set", "store", "sqlite:./t/m.db" },
            { home = home, cwd = folder }).code)
        assert.equal(("sqlite:%s/t/m.db\n"):format(folder),
            config({ "get", "store" }).stdout)
        for given, kept in pairs {
            ["sqlite:team.db"] = "sqlite:" .. home .. "/config/team.db",
            ["sqlite:~/team.db"] = "sqlite:~/team.db",
            ["sqlite:/x/team.db"] = "sqlite:/x/team.db",
        } do
            tmp.write(home .. "/config/config.lua",
                ("return { store = %q }"):format(given))
            assert.equal(kept .. "\n", config({ "get", "remote" }).stdout)
        end
        local r = config({ "get", "store" },
            { PROPOLIS_STORE = "sqlite:team.db" })
        assert.equal("propolis: PROPOLIS_STORE must name the file by an"
            .. " absolute path, not 'sqlite:team.db'\n", r.stderr)
        assert.equal(1, r.code)
    end)

    it("shows the places", function()
        assert.equal(home .. "/config/config.lua\n", config({ "path" }).stdout)
        assert.equal(home .. "/data\n", config({ "path", "data" }).stdout)
        local paths = json.decode(config({ "path", "--json" }).stdout)
        assert.equal(home .. "/credentials.json", paths.credentials)
        assert.equal(64, config({ "path", "nowhere" }).code)
    end)

    it("refuses in one sentence, with the way out", function()
        for want, args in pairs {
            ["there is no setting 'colour'; known are store"] =
                { "set", "colour", "red" },
            ["say list, get, set, unset or path"] = { "frob" },
            ["set needs a name and a value"] = { "set", "store" },
            ["get needs the name"] = { "get" },
            ["'x' is one argument too many"] = { "get", "store", "x" },
            ["propolis config: say list, get"] = {},
        } do
            local r = config(args)
            assert.equal(64, r.code)
            assert.equal("", r.stdout)
            assert.truthy(r.stderr:find(want, 1, true), r.stderr)
            assert.matches("^propolis config: [^\n]+\n$", r.stderr)
        end
        local r = config { "set", "capture", "maybe" }
        assert.same({ 1, "propolis: capture must be true or false, not"
            .. " 'maybe'\n" }, { r.code, r.stderr })
    end)

    it("names a broken file and leaves it", function()
        local path = tmp.write(home .. "/config/config.lua", "return {")
        for _, args in ipairs { { "list" }, { "get", "store" },
            { "set", "store", "sqlite:/x" } } do
            local r = config(args)
            assert.equal(1, r.code)
            assert.truthy(r.stderr:find(path, 1, true))
        end
    end)
end)
