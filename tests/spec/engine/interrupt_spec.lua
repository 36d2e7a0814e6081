local double = require "httpdouble"
local interrupted = require "interrupted"
local net = require "netdouble" -- where httpdouble says
local postgres = require "postgres"
local tmp = require "tmp"

-- A statement of SQLite and a pattern that come to no end.
local ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 "
    .. "FROM c) SELECT count(*) AS n FROM c"
local BOMB = "print('up') io.stdout:flush() "
    .. "print(('a'):rep(60):find(('a?'):rep(60) .. ('a'):rep(60)))"

describe("Ctrl-C", function()
    local dir

    before_each(function()
        dir = tmp.dir()
    end)
    after_each(tmp.clean)

    local function script(text)
        tmp.write(dir .. "/s.lua", "local propolis = require 'propolis'\n"
            .. "local function up() print('up') io.stdout:flush() end\n"
            .. text)
        return { "s.lua" }
    end

    local function stops(args, opts, message)
        opts = opts or {}
        opts.home = dir
        local r = interrupted(args, opts)
        assert.same({ 130, "up\n", message }, { r.code, r.stdout, r.stderr })
    end

    it("ends a loop with one sentence and 130", function()
        stops({ "-e", "print('up') io.stdout:flush()\nwhile true do end" },
            nil, "propolis: (command line):2: interrupted!\n")
        stops(script("up()\nwhile true do end"), nil,
            "propolis: s.lua:4: interrupted!\n")
    end)

    it("ends a statement in SQLite", function()
        local line = "propolis: s.lua:4: interrupted!\n"
        local open = "local s <close> = propolis.open('sqlite::memory:') up()\n"
        stops(script(open .. ("print(s:query(%q))"):format(ENDLESS)), nil, line)
        stops(script(open .. ("for r in s:rows(%q) do print(r.n) end"):format(
            ENDLESS)), nil, line)
    end)

    it("ends the wait for a lock in SQLite", function()
        local file = ("'sqlite:%s/x.db'"):format(dir)
        stops(script(("local a = propolis.open(%s) a:begin() up()\n"
            .. "print(propolis.open(%s, { busy_ms = 600000 })"
            .. ":begin())"):format(file, file)), nil,
            "propolis: s.lua:4: interrupted!\n")
    end)

    it("ends a command, without a name of our own files", function()
        local file = dir .. "/x.db"
        local propolis = require "propolis"
        local other <close> = assert(propolis.open("sqlite:" .. file,
            { busy_ms = 1 }))
        local r = interrupted({ "query", "--write", "--store",
            "sqlite:" .. file, "CREATE TABLE t AS " .. ENDLESS }, {
            home = dir, when = function()
                return not (other:begin() and other:rollback())
            end,
        })
        assert.same({ 130, "", "propolis query: interrupted!\n" },
            { r.code, r.stdout, r.stderr })
    end)

    it("ends a command that waits for the team's store", function()
        local server <close> = double.start()
        server:script { { hang = 600, times = -1 } }
        local r = interrupted({ "query", "--store", "deeplake:", "SELECT 1" },
            { home = dir, env = { HIVEMIND_API_URL = server.url,
                HIVEMIND_TOKEN = "t", HIVEMIND_ORG_ID = "o" },
            when = function() return #server:requests() > 0 end })
        assert.same({ 130, "", "propolis query: interrupted!\n" },
            { r.code, r.stdout, r.stderr })
    end)

    it("goes to the caller as an error that pcall may take once", function()
        local r = interrupted(script(
            "local s = propolis.open('sqlite::memory:') up()\n"
            .. ("local ok, err = pcall(s.query, s, %q)\n"):format(ENDLESS)
            .. "print(ok, err.code, s:query('SELECT 1 AS n')[1].n)"),
            { home = dir })
        assert.same({ 0, "up\nfalse\tinterrupted\t1\n", "" },
            { r.code, r.stdout, r.stderr })
    end)

    it("ends a wait for an answer over HTTP at once", function()
        local server <close> = double.start()
        server:script { { hang = 600, times = -1 } }
        stops(script(("up()\nlocal c = require('engine.http').client "
            .. "{ timeout_ms = 600000 }\n"
            .. "print(c:request { url = '%s' })"):format(server.url)), {
            when = function() return #server:requests() > 0 end,
        }, "propolis: s.lua:5: interrupted!\n")
    end)

    it("ends a statement in PostgreSQL", function()
        local url = postgres.url(true)
        stops(script(("local s <close> = propolis.open '%s' up()\n"
            .. "print(s:query 'SELECT pg_sleep(600)')"):format(url)), {
            when = function()
                return postgres.psql("SELECT count(*) FROM pg_stat_activity "
                    .. "WHERE query LIKE '%pg_sleep(600)' AND state = 'active'",
                    url):find("^1")
            end,
        }, "propolis: s.lua:4: interrupted!\n")
    end)

    it("ends the wait for a PostgreSQL that says nothing", function()
        local silent, port = net.listen("127.0.0.1", 0)
        stops(script(("up()\nprint(propolis.open "
            .. "'postgres://u@127.0.0.1:%d/d?connect_timeout=600')"):format(
            port)), nil, "propolis: s.lua:4: interrupted!\n")
        net.close(silent)
    end)

    it("ends the program when C does not let go of the first", function()
        for _, how in ipairs { { args = { "-e", BOMB } },
            { args = { "-i" }, stdin = BOMB .. "\n" } } do
            local r = interrupted(how.args, { home = dir, again = true,
                stdin = how.stdin })
            assert.equal(130, r.code)
            assert.not_matches("interrupted", r.stderr)
        end
    end)
end)
