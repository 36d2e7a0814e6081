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
end)
