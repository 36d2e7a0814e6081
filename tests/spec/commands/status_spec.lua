--- propolis status as it tells of the team's store; what it says of agents is
-- in install/.
local config = require "propolis.config"
local json = require "propolis.json"
local outbox = require "propolis.sync.outbox"
local propolis = require "propolis"
local run = require "run"
local tmp = require "tmp"

describe("propolis status", function()
    local home, remote

    before_each(function()
        home = tmp.dir()
        remote = "sqlite:" .. tmp.dir() .. "/team.db"
    end)
    after_each(tmp.clean)

    local function status(url, ...)
        return run({ "status", ... }, { home = home,
            env = { PROPOLIS_STORE = url } })
    end

    local function json_status(url)
        return assert(json.decode(status(url, "--json").stdout))
    end

    local function local_store()
        return assert(propolis.open("sqlite:" .. config.store_file(
            { data = home .. "/data" }, "local", "default")))
    end

    local function event()
        local r = run({ "hook", "codex", "UserPromptSubmit" }, { home = home,
            stdin = '{"session_id":"s1","cwd":"/","prompt":"hello"}' })
        assert.equal(0, r.code)
    end

    it("says that everything stays here without a team's store", function()
        local r = status()

        assert.equal(0, r.code, r.stderr)
        assert.matches("not logged in: everything stays here, as user tester",
            r.stdout)
        assert.not_matches("\nteam ", r.stdout)
    end)

    it("tells when the last sync went well", function()
        event()
        assert.matches("\nteam +" .. remote:gsub("%p", "%%%0")
            .. ", no sync yet\n", status(remote).stdout)
        local r = run({ "sync" }, { home = home,
            env = { PROPOLIS_STORE = remote } })
        assert.equal(0, r.code, r.stderr)
        assert.equal("1 row sent, 0 rows fetched\n", r.stdout)

        r = status(remote)
        assert.matches("none for the team's store", r.stdout)
        assert.matches("last sync 2%d%d%d%-", r.stdout)
        assert.not_matches("stays here", r.stdout)
        local doc = json_status(remote)
        assert.equal(0, doc.outbox)
        assert.is_string(doc.last_success)
        assert.is_nil(doc.last_error)
    end)

    it("tells what waits, why, and never a password", function()
        event()
        local gone = "postgres://ada:s3cr3t@127.0.0.1:1/team?workspace=w"
        local r = run({ "sync" }, { home = home,
            env = { PROPOLIS_STORE = gone } })
        assert.equal(1, r.code)

        r = status(gone)
        assert.matches("postgres://ada:%*%*%*@127.0.0.1:1/team", r.stdout)
        assert.matches("failed at 2.*cannot reach PostgreSQL", r.stdout)
        local doc = json_status(gone)
        assert.equal(1, doc.failures)
        assert.matches("cannot reach", doc.last_error)
        assert.is_nil((r.stdout .. r.stderr):find("s3cr3t", 1, true))
        assert.is_nil(status(gone, "--json").stdout:find("s3cr3t", 1, true))
    end)

    it("names the rows that the team's store rejected", function()
        event()
        local store <close> = local_store()
        assert(store:heal(outbox.all))
        assert(store:insert(outbox.schema, { tbl = "sessions", row_id = "r1",
            queued_at = "2026-01-01T00:00:00.000Z", error = "too long" }))
        assert(store:insert(outbox.schema, { tbl = "sessions", row_id = "r2",
            queued_at = "2026-01-01T00:00:00.000Z" }))

        local r = status(remote)
        assert.matches("1 row for the team's store", r.stdout)
        assert.matches("rejected +sessions r1: too long\n", r.stdout)
        assert.matches("propolis sync %-%-retry", r.stdout)
        local doc = json_status(remote)
        assert.equal(1, doc.outbox)
        assert.same({ { table = "sessions", id = "r1", error = "too long",
            queued_at = "2026-01-01T00:00:00.000Z" } }, doc.rejected)
    end)
end)
