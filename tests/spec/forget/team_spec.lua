--- What is forgotten at the team's store stays away from it, whatever the other
-- machines of the team have.
local double = require "httpdouble"
local json = require "propolis.json"
local machine = require "machine"
local outbox = require "propolis.sync.outbox"
local pg = require "postgres"
local propolis = require "propolis"
local serving = require "serving"
local stores = require "propolis.stores"
local sys = require "engine.sys"
local tmp = require "tmp"

-- The team's stores: function that starts one and gives the options of its
-- machines, and what is to be closed.
local KINDS = {}

function KINDS.PostgreSQL()
    return { remote = pg.url(true), workspace = "ws" }
end

function KINDS.serve()
    local server = serving.start { home = tmp.dir(), db = pg.url(true) }
    return { remote = "deeplake:" .. server.url, org_id = "team",
        token = server:token("t", "--workspace", "ws"), workspace = "ws" },
        server
end

KINDS["the Deeplake API"] = function()
    local server = double.start { dir = tmp.dir(), token = "t", org = "team" }
    return { remote = "deeplake:" .. server.url, token = "t", org_id = "team",
        workspace = "ws" }, server
end

function KINDS.SQLite()
    return { remote = "sqlite:" .. tmp.dir() .. "/team.db", workspace = "ws" }
end

local function new(opts, user)
    local copy = { user = user }
    for key, value in pairs(opts) do copy[key] = value end
    return machine.real(copy)
end

local function sync(m, ...)
    local r = m:run { "sync", ... }
    assert.equal(0, r.code, r.stderr)
    return r.stdout
end

local function forget(m, ...)
    local r = m:run { "forget", "--yes", ... }
    assert.same({ 0, "" }, { r.code, r.stderr })
    return r.stdout
end

-- The contents of the rows of a store, in words.
local function contents(store)
    local list = {}
    for _, row in ipairs(assert(store:query(
        "SELECT message FROM sessions ORDER BY creation_date"))) do
        local m = row.message
        m = type(m) == "string" and json.decode(m) or m
        list[#list + 1] = m.content
    end
    for _, row in ipairs(assert(store:query(
        "SELECT path FROM memory WHERE path NOT LIKE '/summaries/%'"
            .. " ORDER BY path"))) do
        list[#list + 1] = row.path
    end
    return table.concat(list, " ")
end

local function here(m)
    local store <close> = m:store()
    return contents(store)
end

local function there(m)
    local store <close> = assert(propolis.open(m.conf.remote,
        stores.options(m.conf)))
    return contents(store)
end

local function document(m, path, text)
    local store <close> = m:store()
    assert(store:put(propolis.schemas.memory, { path = path, summary = text,
        author = m.conf.user }))
end

for kind, start in pairs(KINDS) do
    describe("what is forgotten at " .. kind, function()
        after_each(tmp.clean)

        it("is gone there, and nobody brings it back", function()
            local opts, server = start()
            local _ <close> = server
            local a, b = new(opts, "ann"), new(opts, "bob")
            a:hook("UserPromptSubmit", "s1", "CANARY-one")
            a:hook("UserPromptSubmit", "s1", "fine")
            a:hook("UserPromptSubmit", "s2", "CANARY-two")
            document(a, "/notes/bird", "the CANARY nests here")
            document(a, "/notes/tree", "an oak")
            sync(a)
            sync(b)
            sync(b, "--session", "s1")
            b:hook("UserPromptSubmit", "s3", "CANARY-three of bob")
            sync(b)
            assert.equal("CANARY-one fine CANARY-two CANARY-three of bob"
                .. " /notes/bird /notes/tree", there(a))

            local said = forget(a, "--text", "canary", "--remote")
            assert.matches("removed 3 rows of sessions from %a+:", said)
            assert.equal("fine /notes/tree", there(a))
            assert.equal("fine /notes/tree", here(a))

            -- what others have stays theirs, and stays with them
            sync(b)
            sync(a)
            assert.matches("CANARY%-one fine CANARY%-three", here(b))
            assert.equal("fine /notes/tree", there(a))
            assert.equal("fine /notes/tree", here(a))

            -- not even when another remote makes all of it queued again
            local store <close> = b:store()
            assert(outbox.set(store, { remote = "another" }))
            sync(b)
            assert.equal("fine /notes/tree", there(a))
            sync(a, "--session", "s1")
            assert.equal("fine /notes/tree", here(a))

            -- a document that is written anew is another one
            document(b, "/notes/bird", "robins nest here")
            sync(b)
            sync(a)
            assert.equal("fine /notes/bird /notes/tree", here(a))
            a:hook("UserPromptSubmit", "s1", "later")
            sync(a)
            assert.equal("fine later /notes/bird /notes/tree", there(b))
        end)

        it("stays there when only this machine forgets it", function()
            local opts, server = start()
            local _ <close> = server
            local a = new(opts, "ann")
            a:hook("UserPromptSubmit", "s1", "CANARY-one")
            document(a, "/notes/bird", "the CANARY nests here")
            sync(a)
            a:hook("UserPromptSubmit", "s1", "CANARY-two")
            forget(a, "--text", "canary")
            assert.equal("", here(a))
            sync(a)
            sync(a, "--session", "s1")
            assert.equal("", here(a))
            assert.equal("CANARY-one /notes/bird", there(a))
            -- not even when somebody there writes it anew
            local b = new(opts, "bob")
            sync(b)
            document(b, "/notes/bird", "the CANARY nests here, and a robin")
            document(b, "/notes/tree", "an oak")
            sync(b)
            sync(a)
            assert.equal("/notes/tree", here(a))
            document(a, "/notes/bird", "robins")
            sync(a)
            assert.equal("/notes/bird /notes/tree", here(a))
        end)
    end)
end

describe("a machine that sends a row once more", function()
    after_each(tmp.clean)

    it("sees to it that it goes again, though it learns of it late", function()
        local opts = KINDS.PostgreSQL()
        local a, b = new(opts, "ann"), new(opts, "bob")
        b:hook("UserPromptSubmit", "s1", "CANARY")
        sync(b)
        sync(a)
        local rows = pg.psql([[SELECT id FROM "ws".sessions]], opts.remote)
        forget(a, "--text", "CANARY", "--remote")
        -- a statement of b's arrives after all
        pg.psql(([[INSERT INTO "ws".sessions (id, path, message) VALUES
            ('%s', '/sessions/bob/x.jsonl', '{"content":"CANARY"}')]]):format(
            rows:gsub("%s", "")), opts.remote)
        sync(b)
        assert.equal("", there(a))
    end)

    it("and who forgot it looks once more some minutes later", function()
        local opts = KINDS.PostgreSQL()
        local a = new(opts, "ann")
        a:hook("UserPromptSubmit", "s1", "CANARY")
        sync(a)
        local id = pg.psql([[SELECT id FROM "ws".sessions]], opts.remote)
            :gsub("%s", "")
        forget(a, "--session", "s1", "--remote")
        local function late()
            pg.psql(([[INSERT INTO "ws".sessions (id, path, message) VALUES
                ('%s', '/sessions/ann/x.jsonl', '{"content":"late"}')]])
                :format(id), opts.remote)
        end
        late()
        sync(a)
        assert.equal("", there(a))
        -- when that is long ago, nothing is asked any more
        do
            local store <close> = a:store()
            assert(store:exec("UPDATE propolis_forgotten SET forgotten_at ="
                .. " '2020-01-01T00:00:00.000Z'"))
        end
        sync(a)
        local said = pg.log_statements(opts.remote)
        sync(a)
        for _, text in ipairs(said()) do
            assert.is_nil(text:find("DELETE", 1, true), text)
        end
    end)
end)

describe("a summary of what the team has forgotten", function()
    after_each(tmp.clean)

    it("is sent by nobody who still has the events", function()
        local opts = KINDS.PostgreSQL()
        local a, b = new(opts, "ann"), new(opts, "bob")
        for _, text in ipairs { "the CANARY sings", "and flies", "away" } do
            b:hook("UserPromptSubmit", "s1", text)
        end
        b:hook("UserPromptSubmit", "s2", "a sparrow")
        local function told()
            return pg.psql([[SELECT path || summary FROM ws.memory]],
                opts.remote)
        end
        assert.equal(0, b:run({ "sync", "--auto" }).code)
        sync(b)
        assert.matches("CANARY", told())
        forget(a, "--text", "canary", "--remote")
        assert.is_nil(told():find("CANARY", 1, true))
        sync(b)
        b:hook("SessionEnd", "s1")
        b:hook("SessionEnd", "s2")
        assert.equal(0, b:run({ "sync", "--auto" }).code)
        sync(b)
        assert.is_nil(told():find("CANARY", 1, true))
        assert.truthy(told():find("sparrow", 1, true))
        forget(b, "--text", "canary")
        assert.equal(0, b:run({ "sync", "--auto" }).code)
        sync(b)
        assert.is_nil(told():find("CANARY", 1, true))
        assert.truthy(told():find("and flies", 1, true), told())
    end)
end)

describe("a machine without a store of its own", function()
    after_each(tmp.clean)

    it("can forget what the team has, and never record a session", function()
        local opts = KINDS.PostgreSQL()
        local a, b, c = new(opts, "ann"), new(opts, "bob"), new(opts, "eve")
        a:hook("UserPromptSubmit", "s1", "CANARY")
        sync(a)
        forget(b, "--text", "canary", "--remote")
        assert.equal("", there(a))
        sync(a)
        assert.equal("", there(a))
        forget(c, "--session", "s2", "--from-now-on")
        c:hook("UserPromptSubmit", "s2", "never")
        assert.equal("", here(c))
    end)
end)

describe("who may not remove", function()
    after_each(tmp.clean)

    it("is told so", function()
        local opts = KINDS.PostgreSQL()
        local a = new(opts, "ann")
        a:hook("UserPromptSubmit", "s1", "CANARY")
        sync(a)
        pg.psql([[CREATE ROLE reader_]] .. opts.remote:match("[^/]*$")
            .. [[ LOGIN PASSWORD 'x']], opts.remote)
        local role = "reader_" .. opts.remote:match("[^/]*$")
        pg.psql(([[GRANT USAGE ON SCHEMA ws TO "%s"; GRANT SELECT, INSERT ON
            ALL TABLES IN SCHEMA ws TO "%s"]]):format(role, role),
            opts.remote)
        local b = new({ workspace = "ws", remote = pg.url_with(opts.remote,
            { user = role, password = "x" }) }, "bob")
        local r = b:run { "forget", "--yes", "--text", "canary", "--remote" }
        assert.equal(1, r.code, r.stdout)
        assert.matches("1 of 1 rows of sessions stay at the team's store",
            r.stderr)
        assert.matches("permission denied", r.stderr)
        assert.matches("do not learn of it", r.stderr)
        assert.equal("CANARY", there(a))
    end)
end)

describe("a team's store that is not there", function()
    after_each(tmp.clean)

    it("changes nothing, and says so", function()
        local a = new({ workspace = "ws", remote =
            "postgres://u:p@127.0.0.1:1/none", query_timeout_ms = 1000 },
            "ann")
        a:hook("UserPromptSubmit", "s1", "CANARY")
        local r = a:run { "forget", "--yes", "--session", "s1", "--remote" }
        assert.equal(1, r.code)
        assert.equal("CANARY", here(a))
        forget(a, "--session", "s1")
        assert.equal("", here(a))
        assert.truthy(sys.stat(a.home))
    end)
end)
