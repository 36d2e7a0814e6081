local json = require "propolis.json"
local pg = require "postgres"
local propolis = require "propolis"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

-- What an older version let pass.
local SECRET = "Tr0ub4dor" .. "-7-canary"

describe("propolis scrub", function()
    after_each(tmp.clean)

    local function fill(url)
        local store <close> = assert(propolis.open(url))
        assert(store:ensure())
        for i = 1, 450 do
            local hidden = i % 150 == 0
            assert(store:insert(propolis.schemas.sessions, {
                path = "/s/" .. i, description = "Stop",
                message = { content = hidden and "curl -u bob:" .. SECRET
                    .. " https://x" or "all is well", n = i },
            }))
        end
        assert(store:insert(propolis.schemas.memory, { path = "/m",
            summary = "the db password: '" .. SECRET .. "'" }))
    end

    local function rows(url)
        local store <close> = assert(propolis.open(url))
        return assert(store:query("SELECT message FROM sessions ORDER BY id")),
            assert(store:query("SELECT summary FROM memory"))
    end

    for _, kind in ipairs { "sqlite", "postgres" } do
        it("counts, then masks, on " .. kind, function()
            local home = tmp.dir()
            local file = home .. "/s.db"
            local url = kind == "sqlite" and "sqlite:" .. file or pg.url()
            fill(url)
            local function scrub(...)
                local r = run({ "scrub", "--json", "--store", url, ... },
                    { home = home })
                assert.equal(0, r.code, r.stderr)
                local out = {}
                for _, one in ipairs(json.decode(r.stdout).tables) do
                    out[one.table] = { one.rows, one.changed }
                end
                return out
            end
            local want = { memory = { 1, 1 }, sessions = { 450, 3 },
                skills = { 0, 0 } }
            assert.same(want, scrub())
            assert.same(want, scrub("--write"))
            assert.same({ memory = { 1, 0 }, sessions = { 450, 0 },
                skills = { 0, 0 } }, scrub())
            local events, notes = rows(url)
            assert.equal(450, #events)
            for _, row in ipairs(events) do
                local text = type(row.message) == "table"
                    and json.encode(row.message) or row.message
                assert.is_nil(text:find("canary", 1, true), text)
                assert.is_table(json.decode(text))
            end
            assert.equal("the db password: '[redacted:password]'",
                notes[1].summary)
            if kind == "sqlite" then
                for _, name in ipairs { file, file .. "-wal" } do
                    local bytes = sys.read(name) or ""
                    assert.is_nil(bytes:find("canary", 1, true), name)
                end
            end
        end)
    end

    it("leaves nothing in what the next sessions would be told", function()
        local home = tmp.dir()
        local url = "sqlite:" .. home .. "/data/local@default.db"
        assert(sys.mkdir(home .. "/data"))
        do
            local store <close> = assert(propolis.open(url))
            assert(store:ensure())
            assert(store:insert(propolis.schemas.memory, {
                path = "/summaries/ann/s1.md", author = "ann", project = "acme",
                description = "mysql --password=" .. SECRET .. " failed",
                last_update_date = "2026-11-20T10:00:00.000Z" }))
        end
        local folder = home .. "/data/local@default.context"
        local function prepared()
            local text = ""
            for _, name in ipairs(sys.list(folder) or {}) do
                text = text .. assert(sys.read(folder .. "/" .. name))
            end
            return text
        end
        assert.equal(0, run({ "sync", "--auto", "--local" },
            { home = home }).code)
        assert.truthy(prepared():find(SECRET, 1, true))
        assert.equal(0, run({ "scrub", "--write" }, { home = home }).code)
        assert.is_nil(prepared():find(SECRET, 1, true))
        assert.truthy(prepared():find("[redacted:", 1, true))
    end)

    it("says in words what it would do, and does nothing", function()
        local home = tmp.dir()
        local url = "sqlite:" .. home .. "/s.db"
        fill(url)
        local r = run({ "scrub", "--store", url }, { home = home })
        assert.matches("sessions +450 +3", r.stdout)
        assert.matches("^4 rows hold .*%-%-write", r.stderr)
        assert.truthy(sys.read(home .. "/s.db"):find("canary", 1, true)
            or sys.read(home .. "/s.db-wal"):find("canary", 1, true))
    end)

    local function json_of(r)
        assert.equal(0, r.code, r.stderr)
        return json.decode(r.stdout)
    end

    it("looks at the journal and at what is kept beside the store", function()
        local home = tmp.dir()
        local data, state = home .. "/data", home .. "/state"
        assert.equal(0, run({ "heal" }, { home = home }).code)
        local file = data .. "/" .. sys.list(data)[1]:match("^.*%.db")
        assert(require("propolis.capture.journal").append(file, {
            { table = "sessions", row = { id = "waits", path = "/w",
                message = { content = "password=" .. SECRET } } } }))
        local line = "2026-11-24 error [1] cannot: password=" .. SECRET .. "\n"
        local names = { state .. "/propolis.log", state .. "/propolis.log.1",
            state .. "/sync.out", state .. "/history", state .. "/heal.jsonl",
            state .. "/lost", file:gsub("db$", "journal") .. ".bad-0123abcd" }
        for _, name in ipairs(names) do tmp.write(name, line:rep(3)) end
        tmp.write(state .. "/install.jsonl", line)
        local function scrub(...)
            local out = json_of(run({ "scrub", "--json", ... },
                { home = home }))
            local changed, files = 0, {}
            for _, one in ipairs(out.tables) do
                changed = changed + one.changed
            end
            for _, one in ipairs(out.files) do files[one.file] = one.secrets end
            return changed, files
        end
        local want = {}
        for _, name in ipairs(names) do want[name] = 3 end
        assert.same({ 1, want }, { scrub() })
        assert.equal(line:rep(3), sys.read(names[1]))
        assert.same({ 1, want }, { scrub("--write") })
        assert.same({ 0, {} }, { scrub() })
        for _, name in ipairs(names) do
            assert.equal(line:gsub("Tr0.*canary", "[redacted:password]"):rep(3),
                sys.read(name))
        end
        assert.equal(line, sys.read(state .. "/install.jsonl"))
    end)

    it("--all is the local store and the team's", function()
        local home = tmp.dir()
        local team = "sqlite:" .. home .. "/team.db"
        fill(team)
        assert.equal(0, run({ "heal" }, { home = home }).code)
        local function stores()
            local out = json_of(run({ "scrub", "--all", "--json" },
                { home = home }))
            local seen = {}
            for _, one in ipairs(out.tables) do
                seen[one.store] = (seen[one.store] or 0) + one.changed
            end
            return seen
        end
        assert.same({ ["local"] = 0 }, stores())
        assert.equal(0, run({ "config", "set", "store", team },
            { home = home }).code)
        assert.same({ ["local"] = 0, team = 4 }, stores())
        local r = run({ "scrub", "--all" }, { home = home })
        assert.matches("team +sessions +450 +3", r.stdout)
        assert.matches("'propolis scrub %-%-all %-%-write'", r.stderr)
        assert.equal(0, run({ "scrub", "--all", "--write" },
            { home = home }).code)
        assert.same({ ["local"] = 0, team = 0 }, stores())
        r = run({ "scrub", "--all", "--remote" }, { home = home })
        assert.equal(64, r.code)
    end)

    it("tells who follows the rows which of them changed", function()
        local scrub = require "propolis.capture.scrub"
        local url = "sqlite:" .. tmp.dir() .. "/s.db"
        fill(url)
        local store <close> = assert(propolis.open(url))
        local redactor = require("propolis.capture.redact").load()
        local told, schema = {}, propolis.schemas.sessions
        table.insert(scrub.after_change, function(_, of, ids)
            assert.equal(schema, of)
            table.move(ids, 1, #ids, #told + 1, told)
            return true
        end)
        assert(scrub.table(store, schema, redactor, {}))
        assert.same({}, told)
        assert(scrub.table(store, schema, redactor, { write = true }))
        table.remove(scrub.after_change)
        assert.equal(3, #told)
        assert.is_string(told[1])
    end)
end)
