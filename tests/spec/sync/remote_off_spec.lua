--- What is written while no remote is set leaves when the same one is set again,
-- each row once.
local machine = require "machine"
local pg = require "postgres"
local propolis = require "propolis"
local serving = require "serving"
local tmp = require "tmp"

local WRITE = [[local propolis = require "propolis"
    local schemas = propolis.schemas
    local conf = require("propolis.config").load()
    local store <close> = assert(propolis.open(conf.local_store))
    for i = 1, 2 do
        assert(store:put(schemas.sessions, { path = "/p", creation_date = "%s"
            .. i }))
        assert(store:insert(schemas.sessions, { path = "/i",
            creation_date = "%s" .. i }))
    end
    assert(store:put(schemas.skills, { name = "%s" }))
    assert(store:put(schemas.memory, { path = "/doc", summary = "%s" }))]]

local function write(m, word, env)
    local all = {}
    for key, value in pairs(m.env) do
        all[key] = value
    end
    for key, value in pairs(env) do
        all[key] = value
    end
    local r = m:run({ "-e", (WRITE:gsub("%%s", word)) }, { env = all })
    assert.equal(0, r.code, r.stderr)
end

local function sync(m)
    local r = m:run { "sync" }
    assert.equal(0, r.code, r.stderr)
    return r.stdout
end

describe("rows written while the remote was off", function()
    after_each(tmp.clean)

    -- count(table) asks the remote.
    local function check(m, count)
        write(m, "before", { PROPOLIS_STORE = "none" })
        assert.matches("^6 rows sent", sync(m))
        write(m, "off", { PROPOLIS_STORE = "none" })
        m:run({ "hook", "claude-code", "UserPromptSubmit" }, {
            env = { PROPOLIS_HOME = m.home, HOME = m.home,
                HIVEMIND_TOKEN = m.env.HIVEMIND_TOKEN,
                HIVEMIND_ORG_ID = m.env.HIVEMIND_ORG_ID,
                HIVEMIND_WORKSPACE_ID = "ws", PROPOLIS_STORE = "none" },
            stdin = [[{"hook_event_name":"UserPromptSubmit","prompt":"p",
                "session_id":"S","cwd":"/w"}]] })
        write(m, "on", {})
        assert.matches("^13 rows sent", sync(m))
        assert.matches("^0 rows sent, 0 rows", sync(m))
        assert.equal(13, count "sessions")
        assert.equal(3, count "skills")
        assert.equal(1, count "memory")
    end

    it("leave for PostgreSQL", function()
        local url = pg.url(true)
        check(machine.real { remote = url, workspace = "ws" }, function(name)
            return tonumber(pg.psql("SELECT count(*) FROM ws." .. name, url))
        end)
        assert.equal("on", pg.psql("SELECT summary FROM ws.memory", url))
        -- what was fetched is not sent back
        local other = machine.real { remote = url, workspace = "ws" }
        assert.matches("^0 rows sent, 4 rows fetched", sync(other))
        assert.matches("1 new", other:run { "sync", "--session", "S" }.stdout)
        assert.matches("^0 rows sent, 0 rows", sync(other))
    end)

    it("leave for SQLite", function()
        local url = "sqlite:" .. tmp.dir() .. "/team.db"
        local store <close> = assert(propolis.open(url))
        check(machine.real { remote = url, workspace = "ws" }, function(name)
            return store:query("SELECT count(*) AS n FROM " .. name)[1].n
        end)
    end)

    it("leave for serve", function()
        local db = pg.url(true)
        local server <close> = serving.start { home = tmp.dir(), db = db }
        local token = server:token("t", "--workspace", "ws")
        check(machine.real { remote = "deeplake:", token = token,
            workspace = "ws", env = { HIVEMIND_API_URL = server.url } },
            function(name)
                return server:query(token, "ws", "SELECT count(*) FROM "
                    .. name).doc.rows[1][1]
            end)
    end)
end)
