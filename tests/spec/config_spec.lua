local config = require "propolis.config"
local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local DUMP = [[
local config = require "propolis.config"
local json = require "propolis.json"
local conf, err = config.load()
print(json.encode(conf or { error = err }))
]]

-- What config.load() says in a child with that environment.
local function load_in(home, env)
    local script = tmp.write(home .. "/dump.lua", DUMP)
    local r = run({ script }, { home = home, env = env })
    assert.equal(0, r.code, r.stderr)
    assert.equal("", r.stderr)
    return assert(json.decode(r.stdout))
end

local function account(home, fields)
    return tmp.write(home .. "/credentials.json", json.encode(fields))
end

local function settings(home, text)
    return tmp.write(home .. "/config/config.lua", text)
end

describe("config.load", function()
    local home

    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    it("works without any file: organisation local", function()
        local conf = load_in(home)
        assert.is_false(conf.logged_in)
        assert.is_nil(conf.token)
        assert.is_nil(conf.remote)
        assert.equal("local", conf.org_id)
        assert.equal("local", conf.org_name)
        assert.equal("default", conf.workspace)
        assert.equal("tester", conf.user)
        assert.equal("https://api.deeplake.ai", conf.api_url)
        assert.is_true(conf.capture)
        assert.same({ memory = "memory", sessions = "sessions",
            skills = "skills" }, conf.tables)
        assert.equal("sqlite:" .. home .. "/data/local@default.db",
            conf.local_store)
        assert.same({}, sys.list(home .. "/data") or {})
    end)

    it("takes the account from the reference's file", function()
        account(home, { token = "t0", orgId = "o-1", orgName = "Org One",
            userName = "ann", workspaceId = "w1", apiUrl = "http://x:1",
            savedAt = "2026-01-01T00:00:00.000Z", autoupdate = false })
        local conf = load_in(home)
        assert.is_true(conf.logged_in)
        assert.equal("t0", conf.token)
        assert.equal("o-1", conf.org_id)
        assert.equal("Org One", conf.org_name)
        assert.equal("ann", conf.user)
        assert.equal("w1", conf.workspace)
        assert.equal("http://x:1", conf.api_url)
        assert.equal("deeplake:", conf.remote)
        assert.equal("sqlite:" .. home .. "/data/o-1@w1.db", conf.local_store)
    end)

    it("lets the environment win over the account", function()
        account(home, { token = "t0", orgId = "o1", orgName = "Org One",
            workspaceId = "w1", apiUrl = "http://x" })
        local conf = load_in(home, {
            HIVEMIND_TOKEN = "t2", HIVEMIND_ORG_ID = "o2",
            HIVEMIND_WORKSPACE_ID = "w2", HIVEMIND_API_URL = "http://y",
        })
        assert.same({ "t2", "o2", "o2", "w2", "http://y" }, { conf.token,
            conf.org_id, conf.org_name, conf.workspace, conf.api_url })
    end)

    it("puts environment over settings over default", function()
        settings(home, [[return { query_timeout_ms = 77, store = "sqlite:/x",
            memory_table = "mem", capture = false }]])
        local conf = load_in(home)
        assert.equal(77, conf.query_timeout_ms)
        assert.equal("memory", conf.tables.memory) -- only by the environment
        assert.equal("sqlite:/x", conf.remote)
        assert.is_false(conf.capture)

        conf = load_in(home, { HIVEMIND_QUERY_TIMEOUT_MS = "88",
            HIVEMIND_TABLE = "mem2", PROPOLIS_STORE = "postgres://h/d",
            HIVEMIND_CAPTURE = "true" })
        assert.equal(88, conf.query_timeout_ms)
        assert.equal("mem2", conf.tables.memory)
        assert.equal("postgres://h/d", conf.remote)
        assert.is_true(conf.capture)
    end)

    it("lets the account win over settings for what it names", function()
        settings(home, [[return { workspace = "s", user = "sue" }]])
        local conf = load_in(home)
        assert.same({ "s", "sue" }, { conf.workspace, conf.user })
        account(home, { token = "t", orgId = "o", workspaceId = "w" })
        conf = load_in(home)
        assert.same({ "w", "sue" }, { conf.workspace, conf.user })
    end)

    it("has no remote when the store is none", function()
        account(home, { token = "t", orgId = "o" })
        assert.is_nil(load_in(home, { PROPOLIS_STORE = "none" }).remote)
    end)

    it("needs token and organisation to be logged in", function()
        account(home, { token = "t" })
        local conf = load_in(home)
        assert.is_false(conf.logged_in)
        assert.is_nil(conf.token)
        assert.equal("local", conf.org_id)
        conf = load_in(home, { HIVEMIND_ORG_ID = "o" })
        assert.is_true(conf.logged_in)
        assert.equal("o", conf.org_id)
    end)

    it("names a broken account file, and does without it when the"
        .. " environment names the account", function()
        local path = home .. "/credentials.json"
        for text, why in pairs {
            ["{"] = "invalid JSON", ["[1"] = "invalid JSON", [""] = "the end",
            ["3"] = "must hold a JSON object",
            ['{"token":3,"orgId":"o"}'] = "token must be text",
        } do
            tmp.write(path, text)
            local err = load_in(home).error
            assert.truthy(err and err:find(path, 1, true), text)
            assert.truthy(err:find(why, 1, true), err)

            local conf = load_in(home, { HIVEMIND_TOKEN = "t",
                HIVEMIND_ORG_ID = "o" })
            assert.is_true(conf.logged_in)
            assert.truthy(conf.warning:find(path, 1, true))
        end
    end)

    it("names a broken settings file", function()
        local path = home .. "/config/config.lua"
        for text, why in pairs {
            ["return {"] = "line 1: unexpected symbol",
            ["return 3"] = "return a table",
            [""] = "return a table",
            ["return { store = os.getenv('HOME') }"] = "'os'",
            ["\27Lua"] = "binary chunk",
            ["return { capture = 'eh' }"] = "must be true or false",
            ["return { capture_deny = 1 }"] = "must be a list of texts",
            ["return { capture_allow = { 1 } }"] = "must be a list of texts",
            ["return { capture_allow = '' }"] = "must be a list of texts",
            ["return { query_timeout_ms = -1 }"] = "whole number",
            ["return { store = 5 }"] = "store must be text",
        } do
            settings(home, text)
            local err = load_in(home).error
            assert.truthy(err and err:find(path, 1, true), text)
            assert.truthy(err:find(why, 1, true), err)
        end
    end)

    it("names a broken variable", function()
        for name, value in pairs {
            HIVEMIND_TABLE = 'x"; DROP', HIVEMIND_SESSIONS_TABLE = "1a",
            HIVEMIND_SKILLS_TABLE = ("x"):rep(64),
            HIVEMIND_QUERY_TIMEOUT_MS = "soon", HIVEMIND_CAPTURE = "perhaps",
            HIVEMIND_MEMORY_PATH = "rel/ative",
        } do
            local err = load_in(home, { [name] = value }).error
            assert.truthy(err and err:find("^" .. name .. " must be "), err)
        end
    end)

    it("treats an empty variable as absent", function()
        local conf = load_in(home, { HIVEMIND_TABLE = "",
            HIVEMIND_TOKEN = "", PROPOLIS_STORE = "" })
        assert.equal("memory", conf.tables.memory)
        assert.is_nil(conf.remote)
    end)

    it("falls back to the OS user, then to unknown", function()
        local conf = load_in(home, { USER = "" , LOGNAME = "lou" })
        assert.equal("lou", conf.user)
        conf = load_in(home, { USER = "" })
        assert.equal(sys.user() or "unknown", conf.user)
    end)

    it("gives each organisation and workspace a file of its own", function()
        local paths = { data = "/d" }
        local seen = {}
        for _, id in ipairs { "a", "A", "a/b", "a_b", "a b", "../a", "..",
            ".", "a@b", "\u{E9}", "\u{E8}", "", ("x"):rep(300),
            ("x"):rep(301), "a~b", "a.b" } do
            for _, pair in ipairs { { id, "w" }, { "w", id } } do
                local file = config.store_file(paths, pair[1], pair[2])
                assert.matches("^/d/[a-z0-9_~@.-]+$", file)
                assert.is_nil(file:find("/[.-]"))
                assert.is_true(#file < 255)
                assert.is_nil(seen[file], file)
                seen[file] = true
            end
        end
        assert.equal("/d/acme@default.db",
            config.store_file(paths, "acme", "default"))
    end)
end)

describe("config.paths", function()
    after_each(tmp.clean)

    local SCRIPT = [[
local json = require "propolis.json"
local paths, err = require("propolis.config").paths()
print(json.encode(paths or { error = err }))
]]

    local function paths_in(env)
        local script = tmp.write(tmp.dir() .. "/p.lua", SCRIPT)
        local r = run({ script }, { env = env })
        assert.equal(0, r.code, r.stderr)
        return assert(json.decode(r.stdout))
    end

    it("follows the XDG base folders", function()
        assert.same({
            data = "/h/.local/share/propolis",
            state = "/h/.local/state/propolis",
            config = "/h/.config/propolis",
            settings = "/h/.config/propolis/config.lua",
            credentials = "/h/.deeplake/credentials.json",
            memory = "/h/.propolis/memory",
        }, paths_in { HOME = "/h" })
        local paths = paths_in { HOME = "/h", XDG_DATA_HOME = "/d",
            XDG_STATE_HOME = "/s", XDG_CONFIG_HOME = "not/absolute" }
        assert.equal("/d/propolis", paths.data)
        assert.equal("/s/propolis", paths.state)
        assert.equal("/h/.config/propolis", paths.config)
    end)

    it("puts everything below PROPOLIS_HOME", function()
        local paths = paths_in { HOME = "/h", PROPOLIS_HOME = "/p",
            XDG_DATA_HOME = "/d" }
        for _, path in pairs(paths) do
            assert.equal("/p/", path:sub(1, 3))
        end
        assert.equal("/p/credentials.json", paths.credentials)
        assert.matches("^PROPOLIS_HOME must be",
            paths_in { PROPOLIS_HOME = "p" }.error)
    end)

    it("takes the memory folder from the environment", function()
        assert.equal("/m",
            paths_in { HOME = "/h", HIVEMIND_MEMORY_PATH = "/m" }.memory)
        assert.equal("/h/m",
            paths_in { HOME = "/h", HIVEMIND_MEMORY_PATH = "~/m" }.memory)
    end)

    it("finds the home of the user when HOME is not set", function()
        local paths = paths_in {}
        assert.equal("/", (paths.data or paths.error):sub(1, 1))
        assert.matches("^HOME must be", paths_in { HOME = "rel" }.error)
    end)
end)

describe("config.set", function()
    local home

    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    local function set_in(name, value)
        local script = tmp.write(home .. "/set.lua", [[
local config = require "propolis.config"
local ok, err = config.set(arg[1], arg[2])
if not ok then
    io.stderr:write(err)
    os.exit(1)
end
]])
        return run({ script, name, value }, { home = home })
    end

    it("writes a private file and keeps what it does not know", function()
        local path = settings(home, [[
return { odd = { 1, 2, deep = { ["a b"] = "x\ny\"\0z" } }, ["end"] = true,
    store = "sqlite:/old" }
]])
        assert.equal(0, set_in("store", "sqlite:/n \"q\" \n").code)
        assert.equal(0, set_in("capture", "off").code)
        assert.equal(0, set_in("capture_deny", "~/a:/b").code)
        assert.same({
            odd = { 1, 2, deep = { ["a b"] = 'x\ny"\0z' } }, ["end"] = true,
            store = 'sqlite:/n "q" \n', capture = false,
            capture_deny = { "~/a", "/b" },
        }, assert(loadfile(path, "t", {}))())
        assert.equal(0, set_in("store").code)
        assert.is_nil(assert(loadfile(path, "t", {}))().store)
    end)

    it("makes the file 0600 in a 0700 folder", function()
        assert.equal(0, set_in("user", "ann").code)
        assert.equal(tonumber("600", 8),
            sys.stat(home .. "/config/config.lua").mode & 511)
        assert.equal(tonumber("700", 8), sys.stat(home .. "/config").mode & 511)
        assert.equal("ann", load_in(home).user)
    end)

    it("changes nothing for what is no setting or no value", function()
        local path = settings(home, "return { user = 'ann' }")
        assert.matches("there is no setting 'colour'",
            set_in("colour", "1").stderr)
        assert.matches("query_timeout_ms must be a whole number",
            set_in("query_timeout_ms", "1.5").stderr)
        assert.matches("export HIVEMIND_TABLE",
            set_in("memory_table", "a").stderr)
        assert.equal("return { user = 'ann' }", sys.read(path))
    end)

    it("does not overwrite a broken file", function()
        local path = settings(home, "return {")
        local r = set_in("user", "ann")
        assert.equal(1, r.code)
        assert.truthy(r.stderr:find(path, 1, true))
        assert.equal("return {", sys.read(path))
    end)
end)
