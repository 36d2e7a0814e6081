local accounts = require "accounts"
local hooks = require "hooks"
local json = require "propolis.json"
local propolis = require "propolis"
local run = require "run"
local journal = require "propolis.capture.journal"
local sys = require "engine.sys"
local tmp = require "tmp"

local ENV = { HIVEMIND_TOKEN = "t", HIVEMIND_ORG_ID = "o1",
    PROPOLIS_AUTOSYNC = "false" }

describe("propolis adopt", function()
    local home

    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    local function adopt(env)
        local r = run({ "adopt", "--json" }, { home = home, env = env or ENV })
        assert.equal(0, r.code, r.stderr)
        local done = json.decode(r.stdout)
        return done.events, done.documents, done.skills
    end

    local function open(name)
        return assert(propolis.open(("sqlite:%s/data/%s@default.db"):format(
            home, name)))
    end

    local function ids(name, sql)
        local store <close> = open(name)
        local list = {}
        for i, row in ipairs(store:query(sql) or {}) do
            list[i] = row.id
        end
        return list
    end

    local function capture(count, env)
        for n = 1, count do
            hooks.run(home, "claude-code", "UserPromptSubmit",
                hooks.prompt("p" .. n), { env = env })
        end
    end

    it("copies everything once, each row queued for the team", function()
        sys.mkdir(home .. "/data")
        local store <close> = open("local")
        assert(store:ensure())
        local rows = {}
        for n = 1, 450 do
            rows[n] = { id = ("e%03d"):format(n), path = "/s" .. n % 3,
                message = { n = n }, message_embedding = { 1.5, 2 } }
        end
        assert(store:insert_many(propolis.schemas.sessions, rows))
        assert(store:insert(propolis.schemas.memory, { id = "m1", path = "/m",
            summary = "it's", last_update_date = "2026-01-01" }))
        assert(store:insert(propolis.schemas.skills, { id = "k1",
            name = "skill" }))
        assert.same({ 450, 1, 1 }, { adopt() })
        assert.same({ 0, 0, 0 }, { adopt() })

        local order = "SELECT id FROM sessions ORDER BY rowid"
        assert.same(ids("local", order), ids("o1", order))
        local queued = ids("o1", "SELECT row_id AS id FROM propolis_outbox"
            .. " ORDER BY rowid")
        assert.equal(452, #queued)
        assert.same({ "m1", "e001", "e450", "k1" },
            { queued[1], queued[2], queued[451], queued[452] })
        local target <close> = open("o1")
        local row = target:query("SELECT message, message_embedding FROM"
            .. " sessions WHERE id = 'e007'")[1]
        assert.same({ n = 7 }, json.decode(row.message))
        assert.same({ 1.5, 2 }, { table.unpack(json.decode(
            row.message_embedding)) })
        assert.equal(450, #ids("local", order))
    end)

    it("takes what came later, and a document that has grown", function()
        capture(2)
        assert.same({ 2, 0, 0 }, { adopt() })
        capture(1)
        sys.mkdir(home .. "/data")
        local store <close> = open("local")
        assert(store:ensure())
        local doc = { id = "m1", path = "/m", summary = "old",
            last_update_date = "2026-01-01" }
        assert(store:insert(propolis.schemas.memory, doc))
        assert.same({ 1, 1, 0 }, { adopt() })
        assert(store:exec("UPDATE memory SET summary = 'new',"
            .. " last_update_date = '2026-02-01'"))
        assert.same({ 0, 1, 0 }, { adopt() })
        local target <close> = open("o1")
        assert.equal("new", target:query("SELECT summary FROM memory")[1]
            .summary)
    end)

    it("goes on where a run was cut short", function()
        capture(3)
        assert.same({ 3, 0, 0 }, { adopt() })
        -- The target's commit came through, the note in the source did not.
        local store <close> = open("local")
        assert(store:exec("DELETE FROM propolis_state"))
        local target <close> = open("o1")
        assert(target:exec("DELETE FROM sessions WHERE rowid = 2"))
        assert.same({ 1, 0, 0 }, { adopt() })
        assert.equal(3, #ids("o1", "SELECT id FROM sessions"))
    end)

    it("takes in what still waits in the journal", function()
        capture(1)
        local file = home .. "/data/local@default.db"
        for n = 1, 201 do
            assert(journal.append(file, { { table = "sessions",
                row = { id = "late" .. n, path = "/p", message = "{}" } } }))
        end
        assert.same({ 202, 0, 0 }, { adopt() })
        assert.same({ "late201" }, ids("o1",
            "SELECT id FROM sessions WHERE id = 'late201'"))
        assert.is_false(journal.waits(file))
    end)

    it("finds a store of which there is only the journal", function()
        assert(journal.append(home .. "/data/local@other.db", { {
            table = "sessions", row = { id = "a", path = "/p",
                message = "{}" } } }))
        assert.same({ 1, 0, 0 }, { adopt() })
        assert.same({ "a" }, ids("o1", "SELECT id FROM sessions"))
    end)

    it("queues nothing when nothing is shared", function()
        capture(1)
        local env = { PROPOLIS_STORE = "none" }
        for key, value in pairs(ENV) do env[key] = value end
        assert.same({ 1, 0, 0 }, { adopt(env) })
        assert.same({}, ids("o1", "SELECT row_id AS id FROM propolis_outbox"))
    end)

    it("is content with nothing, and says why it cannot", function()
        assert.same({ 0, 0, 0 }, { adopt() })
        local r = run({ "adopt" }, { home = home })
        assert.equal(1, r.code)
        assert.truthy(r.stderr:find("'propolis login' first", 1, true))
        tmp.write(home .. "/data/local@default.db", ("garbage!"):rep(600))
        r = run({ "adopt" }, { home = home, env = ENV })
        assert.equal(1, r.code)
        assert.truthy(r.stderr:find("not everything was adopted", 1, true))
        assert.is_nil(r.stderr:find("traceback", 1, true))
    end)

    it("runs once at a time", function()
        local held <close> = assert((function()
            sys.mkdir(home .. "/state")
            return sys.lock(home .. "/state/adopt.lock")
        end)())
        local r = run({ "adopt" }, { home = home, env = ENV })
        assert.equal(1, r.code)
        assert.truthy(r.stderr:find("another adopt is at work", 1, true))
        assert.truthy(held)
        assert.is_nil(accounts.saved(home))
    end)
end)
