--- README.md is true: its blocks run in order, in one fresh home, and print
-- what it says they print.
--
-- As far as they can be the same: what differs from run to run is taken out of
-- both sides by readme.steady; names of this machine are turned into those
-- that the README uses:
--   /home/ada        the home, a new folder        ~  in front of a path
--   /usr/local/bin/propolis    the program under test
--   /src/propolis    the checkout
--   nest             this machine's name
--   postgres://…     each is a new database of a real server
--   http://127.0.0.1:8787      the server that the README starts
--   https://api.deeplake.ai    the HTTP double
local config = require "propolis.config"
local console = require "console"
local httpdouble = require "httpdouble"
local machine = require "machine"
local pg = require "postgres"
local readme = require "readme"
local sys = require "engine.sys"
local terminal = require "terminal"
local tmp = require "tmp"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))
local ROOT = sys.root

-- Why blocks marked skip=WORD are not run.
local SKIPPED = {
    build = "builds and tests this very program",
    login = "needs a person with a browser",
    services = "makes a database server of its own",
    bench = "takes minutes, and its figures are the machine's",
}

-- What is run in the place of a command that would build the program.
local INSTEAD = {
    ["make run"] = PROGRAM .. " " .. ROOT .. "/tests/support/demo.lua",
}

local blocks = readme.blocks(assert(sys.read(ROOT .. "/README.md")))

describe("README.md", function()
    local home, state, env, double, background, shell
    local shown = {} -- real name -> the README's
    local databases = {} -- the README's database -> the real URL
    local wrong = {} -- what the README says and what is true

    setup(function()
        home, state = tmp.dir(), tmp.dir()
        double = httpdouble.start { dir = tmp.dir(), token = "eyJhbGci",
            org = "acme" }
        assert(sys.mkdir(state .. "/bin"))
        assert(sys.symlink(PROGRAM, state .. "/bin/propolis"))
        env = console.env { HOME = home, USER = "ada", LANG = "C.UTF-8",
            TERM = "dumb", PATH = state .. "/bin:" .. os.getenv("PATH") }
        -- Two of the agents have been used here.
        assert(sys.mkdir(home .. "/.claude"))
        assert(sys.mkdir(home .. "/.codex"))
        shown = {
            { state .. "/bin/propolis", "/usr/local/bin/propolis" },
            { home, "/home/ada" }, { PROGRAM, "/usr/local/bin/propolis" },
            { ROOT, "/src/propolis" },
            { double.url, "https://api.deeplake.ai" },
        }
        shell = console.new { dir = state, cwd = home, env = env }
    end)

    teardown(function()
        for _, process in ipairs(background or {}) do
            os.execute("kill -TERM " .. process.pid)
            process.pipe:close()
        end
        double:stop()
        tmp.clean()
    end)

    -- Replaces words, not patterns.
    local function replace(text, this, with)
        return (text:gsub(this:gsub("%p", "%%%0"), (with:gsub("%%", "%%%%"))))
    end

    -- A database of the README as a real one, made when it first comes up.
    local function real_database(url)
        local base, rest = url:match("^([^?]*)(.*)$")
        if not databases[base] then
            local real = pg.url(true)
            databases[base] = real
            table.insert(shown, { real, base })
            table.insert(shown, { (real:gsub(":[^:@/]*@", ":***@")),
                (base:gsub(":[^:@/]*@", ":***@")) })
        end
        return databases[base] .. rest
    end

    -- The command as it can be run here.
    local function runnable(command)
        command = INSTEAD[command] or command
        command = command:gsub("postgres://[^%s'\"]+", real_database)
        for _, pair in ipairs(shown) do
            if pair[2]:find("^https?:") then
                command = replace(command, pair[2], pair[1])
            end
        end
        return command
    end

    -- What a command printed as the README shows it.
    local function as_shown(text)
        for _, pair in ipairs(shown) do
            text = replace(text, pair[1], pair[2])
        end
        return replace(text, "  " .. sys.hostname() .. " ", "  nest ")
    end

    local function check(line, command, output, printed)
        local want = readme.steady(table.concat(output, "\n"))
        local got = readme.steady(as_shown(printed))
        if not readme.same(want, got) then
            wrong[#wrong + 1] = ("README.md:%d: $ %s\nsays:\n%s\n\nprints:\n"
                .. "%s"):format(line, command, want, got)
        end
    end

    -- What is not told another address asks the double.
    local DEEPLAKE = { [[
        given=$HIVEMIND_API_URL
        export HIVEMIND_API_URL="${given:-%s}"
    ]], [[
        HIVEMIND_API_URL=$given
        [ "$given" ] || unset HIVEMIND_API_URL
    ]] }

    local function run(command)
        local before, after
        if command:find("deeplake:", 1, true) then
            before, after = DEEPLAKE[1]:format(double.url), DEEPLAKE[2]
        end
        return shell:run(runnable(command), before, after)
    end

    local function session(block)
        for _, step in ipairs(readme.steps(block)) do
            check(step.line, step.command, step.output, run(step.command))
        end
    end

    -- Starts the one command of a block and reads the lines that it shows.
    local function start(block)
        local step = readme.steps(block)[1]
        local command = runnable(step.command)
        local port = command:find("^propolis serve") and " --port 0" or ""
        local pipe = assert(io.popen(("echo $$; . %s/env; "
            .. "HOME=%s PATH=%s:$PATH; export HOME PATH; cd; "
            .. "exec setpriv --pdeathsig KILL %s 2>&1"):format(state, home,
            state .. "/bin", command .. port)))
        background = background or {}
        background[#background + 1] = { pipe = pipe,
            pid = assert(pipe:read("n", "l")) }
        local lines = {}
        for i = 1, #step.output do
            lines[i] = pipe:read("l") or ""
            local url = lines[i]:match("^listening on (http%S+)$")
            if url then
                table.insert(shown, { url, "http://127.0.0.1:8787" })
            end
        end
        check(step.line, step.command, step.output, table.concat(lines, "\n"))
    end

    -- The REPL on a terminal: every line is typed when the output of the one
    -- before is there, and the whole screen is the block.
    local function repl(block)
        local steps, screen, words = { "< > " }, {}, {}
        for word in block.lines[1]:match("^%$ propolis(.*)$"):gmatch("%S+") do
            words[#words + 1] = word
        end
        for i = 2, #block.lines do
            local line = block.lines[i]
            local typed = line:match("^>>? (.*)$")
            if typed then
                steps[#steps + 1] = "> " .. typed:gsub("\\", "\\\\") .. "\\n"
                local after = (block.lines[i + 1] or ""):match("^>>? ")
                steps[#steps + 1] = typed ~= ".quit" and after
                    and "< " .. after or nil
            elseif line ~= "" and i > 2 then
                steps[#steps + 1] = "< " .. line:gsub("\\", "\\\\")
                if (block.lines[i + 1] or ""):find("^>") then
                    steps[#steps + 1] = "< > "
                end
            end
            screen[#screen + 1] = line
        end
        local r = terminal(steps, { cwd = home, args = words, env = {
            HOME = home, USER = "ada", TERM = "dumb" } })
        check(block.line, block.lines[1], screen, r.stdout)
        assert.equal(0, r.code)
    end

    local function script(block)
        local text = table.concat(block.lines, "\n") .. "\n"
        if block.file then
            tmp.write((block.file:gsub("^~", home)), text)
            return
        end
        tmp.write(home .. "/block.lua", text)
        local printed = run("propolis block.lua")
        assert(shell.code == 0, ("README.md:%d: %s"):format(block.line,
            printed))
        assert(sys.remove(home .. "/block.lua"))
    end

    it("has only blocks that are run, or are not for a reason", function()
        local known = { console = true, lua = true, text = true }
        for _, block in ipairs(blocks) do
            assert(known[block.lang], ("README.md:%d: what is '%s'?"):format(
                block.line, block.lang))
            assert(not block.skip or SKIPPED[block.skip],
                ("README.md:%d: why skip '%s'?"):format(block.line,
                    tostring(block.skip)))
        end
    end)

    it("prints what it says", function()
        for _, block in ipairs(blocks) do
            if block.skip or block.lang == "text" then
                goto next
            elseif block.lang == "lua" then
                script(block)
            elseif block.marks.background then
                start(block)
            elseif block.marks.repl then
                repl(block)
            else
                session(block)
            end
            ::next::
        end
        assert(#wrong == 0, "\n" .. table.concat(wrong, "\n\n"))
    end)

    -- Lines of the block that has this mark.
    local function listed(mark)
        for _, block in ipairs(blocks) do
            if block.marks[mark] then return block.lines end
        end
        error("README.md has no block '" .. mark .. "'")
    end

    it("names the statements that our PostgreSQL driver sends", function()
        local url = pg.url(true)
        local said = pg.log_statements(url)
        local ada = machine.new { remote = url .. "?workspace=w" }
        ada:events(3, 1)
        ada:document("/a.md", "first", "2026-01-01T00:00:00.000Z")
        ada:sync_through(1)
        pg.psql("ALTER TABLE w.sessions DROP agent, DROP project", url)
        ada:events(3, 1)
        ada:document("/a.md", "second", "2026-01-02T00:00:00.000Z")
        ada:sync_through(1)
        assert(ada:sync { session = "s0" })
        assert.same({}, require("propolis.forget").run(ada.conf,
            { author = "u" }, { remote = true, step = function() end }).left)

        local patterns, met = {}, {}
        for i, line in ipairs(listed("statements")) do
            patterns[i] = "^" .. line:gsub("%p", "%%%0"):gsub("…", ".-")
                .. "$"
        end
        for _, statement in ipairs(said()) do
            local known = false
            statement = statement:gsub("%s+", " ")
            for i, pattern in ipairs(patterns) do
                known = known or statement:find(pattern) ~= nil
                met[i] = met[i] or statement:find(pattern) ~= nil
            end
            assert(known, "README.md does not name: " .. statement)
        end
        for i, line in ipairs(listed("statements")) do
            -- It comes only when somebody else holds a lock.
            assert(met[i] or line:find("pg_sleep", 1, true),
                "nobody sends: " .. line)
        end
    end)

    it("has the table of agents that their folders make", function()
        local text = assert(sys.read(ROOT .. "/README.md"))
        local mark = "<!-- agents: from tests/support/agents_table.lua -->\n"
        local _, at = text:find(mark, 1, true)
        local stop = text:find("\n\n", at, true)
        assert.equal(require "agents_table"(), text:sub(at + 1, stop))
    end)

    it("knows every setting, command and figure", function()
        local text = assert(sys.read(ROOT .. "/README.md"))
        local function has(what)
            assert(text:find(what, 1, true), "README.md lacks " .. what)
        end
        for _, key in ipairs(config.keys) do
            local default = key.default == nil and "-"
                or "`" .. tostring(key.default) .. "`"
            has(("| `%s` | %s | %s | %s |"):format(key.name,
                key.env and "`" .. key.env .. "`" or "-",
                key.name == "user" and "the login" or default, key.help))
        end
        for _, file in ipairs(sys.list(ROOT .. "/lua/propolis/commands")) do
            local word = file:match("^([%w_-]+)%.lua$"):gsub("_", "-")
            assert(text:find("propolis " .. word, 1, true)
                or text:find("`" .. word .. "`", 1, true),
                "README.md lacks the command " .. word)
        end
        for name in text:gmatch("make bench NAME=([%w_]+)") do
            assert(sys.stat(("%s/tests/bench/%s.lua"):format(ROOT, name)),
                "there is no figure " .. name)
        end
    end)

    it("knows every environment variable that is read", function()
        local text = assert(sys.read(ROOT .. "/README.md"))
        local function look(dir)
            for _, name in ipairs(sys.list(dir)) do
                local path = dir .. "/" .. name
                if sys.stat(path).type == "dir" then
                    look(path)
                elseif name:find("%.lua$") or name:find("%.c$") then
                    local source = assert(sys.read(path))
                    for var in source:gmatch('env[ (]?"([A-Z_]+)"') do
                        if var:find("^HIVEMIND_") or var:find("^PROPOLIS_")
                        then
                            assert(text:find("`" .. var .. "`", 1, true),
                                path .. " reads " .. var)
                        end
                    end
                end
            end
        end
        look(ROOT .. "/lua")
        look(ROOT .. "/engine")
    end)
end)
