local sys = require "engine.sys"
local terminal = require "terminal"
local tmp = require "tmp"

describe("the REPL", function()
    local home

    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    -- Runs steps after the first prompt; .quit ends the session.
    local function session(steps, opts)
        opts = opts or {}
        opts.env = opts.env or {}
        opts.env.PROPOLIS_HOME, opts.env.HOME = home, home
        local all = { "< > " }
        for _, step in ipairs(steps) do
            all[#all + 1] = step
        end
        all[#all + 1] = "> .quit\\n"
        return terminal(all, opts)
    end

    it("shows the value of an expression, and keeps it as _", function()
        local r = session { "> 6 * 7\\n", "< 42", "< > ",
            "> _ + 1\\n", "< 43", "< > ", "> =\"a\" .. 1\\n", "< \"a1\"",
            "< > ", "> nil\\n", "< nil", "< > ", "> 1, \"b\"\\n",
            "< 1\\t\"b\"", "< > ", "> _\\n", "< 1", "< > " }

        assert.equal(0, r.code)
        assert.matches("^propolis %d", r.stdout)
    end)

    it("reads on until a chunk is complete", function()
        session { "> for i = 1, 2 do\\n", "< >> ", "> print(i * 11)\\n",
            "< >> ", "> end\\n", "< 11", "< 22", "< > ",
            "> {\\n", "< >> ", "> 'in a list'}\\n", "< { \"in a list\" }",
            "< > ", "> [[a\\n", "< >> ", "> b]]\\n", "< \"a\\\\nb\"",
            "< > " }
    end)

    it("sorts keys, cuts long values and marks cycles", function()
        session { "> t = {b = 1, a = {2}} t.t = t\\n", "< > ", "> t\\n",
            "< { a = { 2 }, b = 1, t = <cycle> }", "< > ",
            "> ('x'):rep(5000)\\n", "< (5000 bytes)", "< > " }
    end)

    it("says where an error is, without frames of its own", function()
        local r = session { "> error('boom')\\n", "< stdin:1: boom",
            "< stdin:1: in main chunk", "< > ",
            "> error({ code = 7 })\\n", "< error object { code = 7 }",
            "< > ", "> x = = 1\\n", "< stdin:1: ", "< near '='", "< > ",
            "> 'still ' .. 'here'\\n", "< \"still here\"", "< > " }

        assert.not_matches("repl", r.stdout)
        assert.not_matches("protected_call", r.stdout)
    end)

    it("stops the statement on Ctrl-C and not the session", function()
        session { "> print('g' .. 'o') while true do end\\n", "< go",
            "> \\x03", "< interrupted!", "< > ", "> 1 + 1\\n", "< 2",
            "< > " }
    end)

    it("stops a loop in a coroutine", function()
        session { "> coroutine.wrap(function() print('g' .. 'o') "
            .. "while true do end end)()\\n", "< go", "> \\x03",
            "< interrupted!", "< > " }
    end)

    it("stops what catches the first Ctrl-C", function()
        session { "> while true do pcall(function() print('g' .. 'o') "
            .. "while true do end end) end\\n", "< go", "> \\x03", "< go",
            "> \\x03", "< interrupted!", "< > " }
    end)

    it("stops an SQL statement, and goes on with the store", function()
        session { "> #store:query('SELECT 1') .. ' row'\\n", "< \"1 row\"",
            "< > ", "> print('g' .. 'o') print(store:query([["
            .. "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 "
            .. "FROM c) SELECT count(*) FROM c]]))\\n", "< go", "> \\x03",
            "< interrupted", "< > ", "> SELECT 5 AS five\\n", "< (1 row)",
            "< > " }
    end)

    it("drops a line, or the lines of a chunk, on Ctrl-C", function()
        session { "> error('typed\\x03", "< > ", "> 1 + 1\\n", "< 2",
            "< > ", "> f(\\n", "< >> ", "> \\x03", "< > ",
            "> 2 + 2\\n", "< 4", "< > " }
    end)

    it("leaves on Ctrl-D with 0", function()
        local r = terminal({ "< > ", "> \\x04" },
            { env = { PROPOLIS_HOME = home, HOME = home } })

        assert.equal(0, r.code)
    end)

    it("runs SQL and shows a table", function()
        session { "> .heal\\n", "< memory: created", "< > ",
            "> insert into skills (id, name) values ('1', 'größe'), "
            .. "('2', NULLIF('b', ''))\\n", "< ok", "< > ",
            "> SELECT name, id FROM skills\\n", "< name", "< id",
            "< größe", "< (2 rows)", "< > ", "> #_\\n", "< 2", "< > ",
            "> select id,\\n", "< >> ", "> name from skills;\\n",
            "< (2 rows)", "< > ", "> SELECT nope FROM skills\\n",
            "< no such column", "< > ",
            "> select 1 as [a,\\n", "< >> ", "> 'b']\\n", "< (1 row)", "< > " }
    end)

    it("keeps Lua that starts like SQL for Lua", function()
        session { "> select('#', 1, 2)\\n", "< 2", "< > ",
            "> update = 41\\n", "< > ", "> update + 1\\n", "< 42", "< > ",
            "> select count(*) AS n from (values (1), (2))\\n", "< (1 row)",
            "< > ", "> VALUES (7)\\n", "< (1 row)", "< > " }
    end)

    it("has its dot-commands", function()
        session { "> .tables\\n", "< no tables yet", "< > ",
            "> .plan\\n", "< CREATE TABLE", "< > ",
            "> .heal\\n", "< skills: created", "< > ",
            "> .plan\\n", "< nothing to add", "< > ",
            "> .tables\\n", "< memory", "< sessions", "< > ",
            "> .schema memory\\n", "< CREATE TABLE", "< \"memory\"",
            "< > ", "> create table other (x int)\\n", "< ok", "< > ",
            "> .schema other\\n", "< x", "< INT", "< > ",
            "> .tables\\n", "< other  (no schema)", "< > ",
            "> .schema nope\\n", "< no table 'nope'", "< > ",
            "> .schema\\n", "< skills: id, name", "< > ",
            "> .help\\n", "< .tables", "< > ",
            "> .help sys.read\\n", "< sys.read(path, max, regular)", "< > ",
            "> .help propolis.open\\n", "< propolis.open(url, options)",
            "< > ", "> .help store:plan\\n", "< store:plan(schemas)",
            "< > ", "> .help propolis.config.load\\n", "< config.load(anyway)",
            "< > ",
            "> .nope\\n", "< no command '.nope'", "< > " }
    end)

    it("goes on with another store, and keeps the old if it cannot", function()
        local other = home .. "/other.db"
        session { "> .store\\n", "< sqlite:", "< > ",
            "> .store sqlite:" .. other .. "\\n", "< other.db", "< > ",
            "> .store nonsense:x\\n", "< cannot open nonsense:x", "< > ",
            "> store.url\\n", "< other.db", "< > " }

        assert.is_table(sys.stat(other))
    end)

    it("takes --store", function()
        session({ "> store.url\\n", "< mine.db", "< > " },
            { args = { "--store", "sqlite:" .. home .. "/mine.db" } })
    end)

    it("opens no store before one is used", function()
        session { "> 1\\n", "< 1", "< > ", "> stor\\t", "< store",
            "> \\x03", "< > " }

        assert.is_nil(sys.stat(home .. "/data"))
    end)

    it("completes globals, fields and methods", function()
        session { "> string.rev\\t('ab')\\n", "< \"ba\"", "< > ",
            "> x = { alpha = { beta = 5 } }\\n", "< > ",
            "> x.al\\t.be\\t\\n", "< 5", "< > ",
            "> ('ab'):up\\x03", "< > ",
            "> store:in_t\\t()\\n", "< false", "< > " }
    end)

    it("lists what could be meant", function()
        session { "> table.\\t", "< concat", "< unpack", "> \\x03", "< > " }
    end)

    it("completes tables, columns and dot-commands", function()
        session { "> .hea\\t\\n", "< created", "< > ",
            "> create table plants (petals int)\\n", "< ok", "< > ",
            "> select peta\\t from plan\\t\\n", "< (0 rows)", "< > ",
            "> .schema plan\\t\\n", "< petals", "< > " }
    end)

    it("keeps its history, for its owner only", function()
        session { "> 'first' .. 1\\n", "< first1", "< > ",
            "> do\\n", "< >> ", "> end\\n", "< > " }
        local path = home .. "/state/history"

        assert.equal(tonumber("600", 8), sys.stat(path).mode)
        assert.matches("'first' .. 1\ndo end\n", sys.read(path), 1, true)
        -- Up three times: .quit, the block, the expression.
        session { "> \\e[A\\e[A\\e[A\\n", "< first1", "< > " }
    end)

    it("cuts a history that grew long", function()
        tmp.write(home .. "/state/history", ("x = 1\ny = 2\n"):rep(900))
        session { "> 1\\n", "< 1", "< > " }
        local _, n = sys.read(home .. "/state/history"):gsub("\n", "")

        assert.is_true(n <= 1002)
    end)

    it("has no colour with NO_COLOR, and works at any width", function()
        for _, width in ipairs { "20", "200" } do
            session({ "size " .. width, "> 'a' .. 'b'\\n", "< \"ab\"",
                "< > ", "> SELECT 1 AS one\\n", "< (1 row)", "< > " },
                { env = { NO_COLOR = "1" } })
        end
        session({ "> 'a' .. 'b'\\n", "< \"ab\"", "< > " },
            { env = { TERM = "dumb" } })
    end)

    it("follows a script with -i", function()
        local script = tmp.write(home .. "/s.lua", "made = 'by script'")
        session({ "> made\\n", "< by script", "< > " },
            { args = { "-i", script } })
    end)

    it("reads lines without a terminal too", function()
        local r = require("run")({ "-i" }, { home = home,
            stdin = "x = 1\nx + 1\nfor i = 1, 1 do\nprint('in')\nend\n"
                .. "error('e')\n.quit\n" })

        assert.equal(0, r.code)
        assert.matches("> 2\n> >> >> in\n", r.stdout, 1, true)
        assert.matches("^stdin:1: e\n", r.stderr)
    end)

    it("goes on without line editing, and says so once", function()
        local script = tmp.write(home .. "/s.lua",
            "package.preload['engine.edit'] = function() error('gone') end")
        local r = session({ "> 1 + 1\\n", "< 2", "< > ",
            "> 3 + 4\\n", "< 7", "< > " }, { args = { "-i", script } })
        local _, notices = r.stdout:gsub("no line editing", "")

        assert.equal(1, notices)
    end)
end)
