local sys = require "engine.sys"
local tmp = require "tmp"

local OURS = assert(sys.readlink("/proc/self/exe"))
local LUA = assert(sys.which("lua5.4"))

-- Variables of ours that would change what a child does.
local CLEAN = { LUA_INIT = false, LUA_INIT_5_4 = false, LUA_PATH = false,
    LUA_PATH_5_4 = false, LUA_CPATH = false, LUA_CPATH_5_4 = false,
    HIVEMIND_DEBUG = false }

describe("the interpreter", function()
    local dir

    before_each(function() dir = tmp.dir() end)
    after_each(tmp.clean)

    local function run(program, args, opts)
        opts = opts or {}
        local env = {}
        for name, value in pairs(CLEAN) do
            env[name] = value
        end
        for name, value in pairs(opts.env or {}) do
            env[name] = value
        end
        return assert(sys.run({ program, table.unpack(args) }, { env = env,
            stdin = opts.stdin, cwd = opts.cwd or dir, timeout = 60 }))
    end

    -- What both must say alike: their own names and paths made equal.
    local function plain(text)
        for _, name in ipairs { OURS, LUA } do
            text = text:gsub(name:gsub("%p", "%%%0"), "PROGRAM")
        end
        text = text:gsub("%f[%w]propolis:", "PROGRAM:")
            :gsub("0x%x+", "0xADDRESS")
        return text
    end

    local function same(args, opts)
        local ours, theirs = run(OURS, args, opts), run(LUA, args, opts)

        assert.equal(plain(theirs.stdout), plain(ours.stdout))
        assert.equal(plain(theirs.stderr), plain(ours.stderr))
        assert.equal(theirs.code, ours.code)
        return ours
    end

    local SHOW = "print(arg[-2], arg[-1], arg[0], arg[1], arg[2], #arg, ...)"

    describe("does what lua5.4 does:", function()
        local cases = {
            ["-e"] = { "-e", "print(1)" },
            ["-e attached"] = { "-eprint(1)", "-e", "print(2)" },
            ["-e with an error"] = { "-e", "error('x')", "-e", "print(2)" },
            ["-e with bad syntax"] = { "-e", "x = = 1" },
            ["-l"] = { "-l", "coroutine", "-e", "print(coroutine.wrap)" },
            ["-l attached"] = { "-lmath", "-e", "print(math.pi)" },
            ["-l with a name"] = { "-l", "m=math", "-e", "print(m.pi)" },
            ["-v"] = { "-v" },
            ["-v -e"] = { "-v", "-e", "print(2)" },
            ["-W"] = { "-W", "-e", "warn('a', 'b')" },
            ["warnings off"] = { "-e", "warn('a')" },
            ["@on"] = { "-e", "warn('@on') warn('a') warn('@off') warn('b')" },
            ["-E"] = { "-E", "-e", "print(os.getenv('LUA_INIT'))" },
            ["a missing file"] = { "no-such-file.lua" },
            ["os.exit"] = { "-e", "os.exit(7)" },
            ["os.exit(true)"] = { "-e", "os.exit(true, true)" },
            ["os.exit(false)"] = { "-e", "os.exit(false)" },
            ["os.exit closing"] = { "-e", "local x <close> = setmetatable({},"
                .. "{ __close = function() print('closed') end }) "
                .. "os.exit(3, true)" },
            ["garbage at exit"] = { "-e", "setmetatable({}, "
                .. "{ __gc = function() print('gc') end })" },
            ["an error that is nil"] = { "-e", "error(nil)" },
            ["an error that is a number"] = { "-e", "error(12)" },
            ["an error that is a function"] = { "-e", "error(print)" },
            ["an error with __tostring"] = { "-e", "error(setmetatable({}, "
                .. "{ __tostring = function() return 'mine' end }))" },
            ["an error two levels deep"] = { "-e",
                "local function f() error('x') end\nlocal t = { g = f }\n"
                .. "t.g()" },
            ["an error of the standard library"] = { "-e",
                "string.rep(nil)" },
            ["a stack overflow"] = { "-e",
                "local function f() return 1 + f() end f()" },
            ["arg that is gone"] = { "-e", "arg = nil", "s.lua" },
            ["the garbage collector"] = { "-e",
                "print(collectgarbage('incremental'))" },
        }
        for name, args in pairs(cases) do
            it(name, function()
                tmp.write(dir .. "/s.lua", SHOW)
                same(args, { env = { LUA_INIT = name == "-E"
                    and "print('init')" or nil } })
            end)
        end

        for _, args in ipairs { {}, { "a" }, { "a", "b c", "" } } do
            it(("arg with %d arguments"):format(#args), function()
                tmp.write(dir .. "/s.lua", SHOW)
                same { "s.lua", table.unpack(args) }
                same { "-W", "-e", "x = 1", "s.lua", table.unpack(args) }
                same { "--", "s.lua", table.unpack(args) }
            end)
        end

        for name, text in pairs {
            ["a script with #!"] = "#!/usr/bin/env lua\nprint(1)\nerror('l3')",
            ["a script with a BOM"] = "\xEF\xBB\xBFprint('bom')",
            ["an error in a script"] = "local t = nil\nprint(t.x)",
            ["a syntax error"] = "print(1)\nx = = 2",
            ["an unfinished script"] = "print(",
            ["results"] = "return 5",
        } do
            it(name, function()
                tmp.write(dir .. "/s.lua", text)
                same { "s.lua" }
                same({ "-", "a" }, { stdin = text })
                same({}, { stdin = text })
            end)
        end

        it("a compiled script", function()
            tmp.write(dir .. "/s.luac", string.dump(load("print(...)")))
            same { "s.luac", "x" }
        end)

        it("a script named like an option, after --", function()
            tmp.write(dir .. "/-e", "print('file')")
            same { "--", "-e" }
            tmp.write(dir .. "/-", "print('minus')")
            same({ "--", "-" }, { stdin = "print('stdin')" })
        end)

        it("LUA_INIT and LUA_INIT_5_4", function()
            tmp.write(dir .. "/init.lua", "print('from file', arg[0])")
            tmp.write(dir .. "/s.lua", SHOW)
            for _, env in ipairs {
                { LUA_INIT = "print('init')" },
                { LUA_INIT = "print('a')", LUA_INIT_5_4 = "print('b')" },
                { LUA_INIT = "@" .. dir .. "/init.lua" },
                { LUA_INIT = "@" .. dir .. "/none.lua" },
                { LUA_INIT = "error('bad')" }, { LUA_INIT = "x = = 1" },
            } do
                same({ "s.lua", "a" }, { env = env })
                same({ "-E", "s.lua", "a" }, { env = env })
                same({ "-e", "print(2)" }, { env = env })
            end
        end)

        it("SIGINT", function()
            local function interrupt(program)
                return run("sh", { "-c", ([[
                    "$0" -e 'print("up") io.stdout:flush()
                        while true do end' > out 2> err &
                    while ! grep -q up out; do :; done
                    kill -INT $!
                    wait $!
                    echo $?
                    cat err]]), program })
            end
            -- A shell without job control starts "&" with SIGINT ignored;
            -- both programs set their own handler.
            local ours, theirs = interrupt(OURS), interrupt(LUA)

            assert.matches("^1\n[^\n]*interrupted!\n", ours.stdout)
            -- lua5.4 itself, at rare moments, dies of the signal.
            if not theirs.stdout:find("^130\n") then
                assert.equal(plain(theirs.stdout), plain(ours.stdout))
            end
        end)
    end)

    it("raises Ctrl-C also out of a store's own function", function()
        tmp.write(dir .. "/s.lua", [[
            local sys = require "engine.sys"
            local s = require("engine.store").from { dialect = "sqlite",
                query = function()
                    sys.run({ "sh", "-c", "kill -INT " .. sys.pid() })
                    while true do end
                end }
            local ok, err = pcall(s.query, s, "SELECT 1")
            print(ok, sys.is_interrupt(err))]])
        assert.equal("false\ttrue\n", run(OURS, { "s.lua" }).stdout)
    end)

    it("lets Ctrl-C through sys.pcall, and nothing else", function()
        tmp.write(dir .. "/s.lua", [[
            local sys = require "engine.sys"
            print(sys.pcall(error, "x", 0), sys.pcall(math.max, 1, 2))
            local ok, err = pcall(sys.pcall, function()
                sys.run({ "sh", "-c", "kill -INT " .. sys.pid() })
                while true do end
            end)
            print(ok, sys.is_interrupt(err))]])
        assert.equal("false\ttrue\t2\nfalse\ttrue\n",
            run(OURS, { "s.lua" }).stdout)
    end)

    it("raises Ctrl-C as an object, and prints it as text", function()
        local file <close> = assert(io.open(dir .. "/s.lua", "w"))
        file:write([[
            local sys = require "engine.sys"
            local store = require "engine.store"
            local ok, err = pcall(function()
                sys.run({ "sh", "-c", "kill -INT " .. sys.pid() })
                while true do end
            end)
            print(ok, type(err), err.code, sys.is_interrupt(err), err)
            print(sys.is_interrupt("interrupted!"),
                sys.is_interrupt({ code = "interrupted" }),
                sys.is_interrupt(store.error("sql", "x")),
                sys.is_interrupt(store.error("interrupted", "x")))
            error(err, 0)]])
        file:close()
        local ours = run(OURS, { "s.lua" })

        assert.matches("^false\ttable\tinterrupted\ttrue\t[^\n]*interrupted!"
            .. "\nfalse\tfalse\tfalse\ttrue\n$", ours.stdout)
        assert.matches("^propolis: [^\n]*interrupted!\nstack traceback:\n",
            ours.stderr)
        assert.equal(1, ours.code)
    end)

    it("refuses an option where it has no meaning", function()
        local function refuse(want, ...)
            local r = run(OURS, { ... }, { stdin = "print(1)",
                env = { PROPOLIS_HOME = dir, HOME = dir } })
            assert.same({ 64, "" }, { r.code, r.stdout })
            assert.matches("^propolis: [^\n]+\n$", r.stderr)
            assert.truthy(r.stderr:find(want, 1, true), r.stderr)
        end
        local before = "has no meaning before the command 'heal'"
        for _, option in ipairs { "--store=sqlite:x.db", "-ex=1", "-lmath",
            "-i", "-v", "-E", "-W", "--json" } do
            refuse(before, option, "heal")
        end
        refuse(before, "--store", "sqlite:x.db", "heal")
        refuse(before, "-e", "x=1", "-W", "heal")
        for _, rest in ipairs { { "-" }, { "s.lua" }, { "-e", "x = 1" }, {} } do
            refuse("no meaning for a script", "--store", "sqlite:x.db",
                table.unpack(rest))
        end
        refuse("needs a value", "--store=", "-i")
        refuse("needs a value", "--store", "", "-i")
        refuse("stands twice", "--store=a", "--store", "b", "-i")
        assert.is_nil((sys.stat(dir .. "/x.db")))
        assert.is_nil((sys.stat(dir .. "/data")))
    end)

    it("runs a file called like a command after --", function()
        local file <close> = assert(io.open(dir .. "/heal", "w"))
        file:write("print('file', ...)")
        file:close()
        assert.equal("file\ta\n", run(OURS, { "--", "heal", "a" }).stdout)
        assert.equal("e\nfile\n",
            run(OURS, { "-e", "print('e')", "--", "heal" }).stdout)
    end)

    it("refuses what lua5.4 refuses", function()
        for _, args in ipairs { { "-x" }, { "-e" }, { "-l" }, { "-e", "-v" },
            { "-ii" }, { "-vx" }, { "--foo" }, { "-Ex" }, { "-W1" } } do
            local ours, theirs = run(OURS, args), run(LUA, args)

            assert.equal(plain(theirs.stderr):match("^[^\n]*"),
                plain(ours.stderr):match("^[^\n]*"))
            assert.equal(theirs.code, ours.code)
            assert.equal("", ours.stdout)
            assert.matches("usage: propolis", ours.stderr)
        end
    end)

    it("shows the fields of an error that is a table", function()
        local r = run(OURS, { "-e",
            "error({ code = 7, why = { 'a', 'b' } })" })

        assert.equal(1, r.code)
        assert.matches([[propolis: error object { code = 7, ]]
            .. [[why = { "a", "b" } }]] .. "\nstack traceback:\n", r.stderr,
            1, true)
    end)

    describe("keeps its paths absolute:", function()
        local PATHS = "print(package.path) print(package.cpath)"

        local function paths(env, option)
            local args = { option or "-W", "-e", PATHS }
            local r = run(OURS, args, { env = env })
            return r.stdout:match("^(.-)\n(.-)\n$")
        end

        it("ours come first", function()
            local path, cpath = paths()

            assert.matches("^/[^;]*/lua/%?%.lua;/[^;]*/lua/%?/init%.lua;",
                path)
            assert.matches("^/[^;]*/%?%.so;", cpath)
        end)

        it("LUA_PATH and LUA_CPATH count, with ;; for the default", function()
            local path, cpath = paths {
                LUA_PATH = "/mine/?.lua;;./?.lua;rel/?.lua",
                LUA_CPATH = "x/?.so;/mine/?.so",
            }

            assert.matches(";/mine/%?%.lua;/usr/", path)
            assert.matches(";/mine/%?%.so$", cpath)
            for entry in (path .. ";" .. cpath):gmatch("[^;]+") do
                assert.equal("/", entry:sub(1, 1))
            end
            assert.matches("%;/v54/%?%.lua$", (paths {
                LUA_PATH = "/mine/?.lua", LUA_PATH_5_4 = "/v54/?.lua" }))
        end)

        it("-E ignores them", function()
            local path, cpath = paths({ LUA_PATH = "/mine/?.lua",
                LUA_CPATH = "/mine/?.so" }, "-E")

            assert.not_matches("mine", path)
            assert.not_matches("mine", cpath)
        end)

        it("nothing loads from the current directory", function()
            local hostile = "io.stderr:write('HOSTILE') os.exit(66)"
            for _, name in ipairs { "propolis", "cjson", "engine", "boot",
                "event", "propolis/repl", "propolis/cli", "engine/sys",
                "lua/boot", "lua/propolis/init", "propolis/repl/inspect" } do
                tmp.write(dir .. "/" .. name .. ".lua", hostile)
                tmp.write(dir .. "/" .. name .. "/init.lua", hostile)
            end
            tmp.write(dir .. "/s.lua", "print((pcall(require, 'event')), "
                .. "(pcall(require, 'propolis.json')))")
            local r = run(OURS, { "s.lua" }, { env = { LUA_PATH = "?.lua;;",
                LUA_CPATH = "./?.so;;" } })

            assert.equal("false\ttrue\n", r.stdout)
            assert.equal("", r.stderr)
            assert.equal(66, run(LUA, { "s.lua" }).code)
            assert.equal(0, run(OURS, { "help" }).code)
            run(OURS, { "-e", "error({})" })
        end)
    end)

    describe("has words:", function()
        it("a command comes before a file", function()
            tmp.write(dir .. "/help", "print('the file')")

            assert.matches("commands:", run(OURS, { "help" }).stdout)
            assert.equal("the file\n", run(OURS, { "./help" }).stdout)
        end)

        it("--help and -h are help", function()
            local help = run(OURS, { "help" })

            assert.equal(0, help.code)
            assert.same(help, run(OURS, { "--help" }))
            assert.same(help, run(OURS, { "-h" }))
        end)

        it("a file with a plain name is a script", function()
            tmp.write(dir .. "/tool", "print('tool', ...)")

            assert.equal("tool\tx\n", run(OURS, { "tool", "x" }).stdout)
        end)

        it("neither is wrong usage", function()
            local r = run(OURS, { "no-such-word" })

            assert.equal(64, r.code)
            assert.equal("propolis: no command and no file 'no-such-word'; "
                .. "try propolis help\n", r.stderr)
            assert.equal("", r.stdout)
        end)

        it("LUA_INIT has no say in a command", function()
            local r = run(OURS, { "help" }, { env = {
                LUA_INIT = "print('noise')" } })

            assert.not_matches("noise", r.stdout)
        end)

        local function command(args, stdin, env)
            env = env or {}
            env.PROPOLIS_HOME, env.HOME = dir, dir
            return run(OURS, args, { stdin = stdin, env = env })
        end

        it("what a command returns is the exit code", function()
            assert.equal(0, command({ "help" }).code)
            assert.equal(1, command({ "query", "SELECT 1" }).code)
            assert.equal(2, command({ "heal", "--plan" }).code)
            local r = command { "help", "a", "b" }
            assert.equal(64, r.code)
            assert.matches("'b' is one argument too many", r.stderr)
        end)

        it("an error is one line, with a traceback for debugging", function()
            local args = { "query", "--store", "sqlite::memory:", "-" }
            local r = command(args, "SELECT 1\0")

            assert.equal(1, r.code)
            assert.matches("^propolis query: the statement holds a NUL byte\n$",
                r.stderr)
            r = command(args, "SELECT 1\0", { HIVEMIND_DEBUG = "1" })
            assert.matches("^propolis query: [^\n]*\nstack traceback:\n",
                r.stderr)
            r = command { "-e", "error({ code = 'x' })" }
            assert.matches('^propolis: error object { code = "x" }\n',
                r.stderr)
        end)
    end)
end)
