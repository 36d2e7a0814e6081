--- CONTRIBUTING.md is true: what it says is carried out, in order, in a copy
-- of the source and its build, with a home in there.  The copy is shown as
-- /home/ada.
local console = require "console"
local pg = require "postgres"
local readme = require "readme"
local sys = require "engine.sys"
local tmp = require "tmp"

local ROOT = sys.root
local OUT = assert(sys.readlink("/proc/self/exe")):match("^(.*)/")
local MODE = OUT:match("[^/]*$")

-- Why blocks marked skip=WORD are not run.
local SKIPPED = {
    build = "builds and tests this very program",
    gdb = "gdb is not one of the tests' needs",
}

local blocks = readme.blocks(assert(sys.read(ROOT .. "/CONTRIBUTING.md")))

describe("CONTRIBUTING.md", function()
    local copy, shell

    setup(function()
        copy = tmp.dir()
        local done = assert(sys.run({ "sh", "-ec", [[
            mkdir "$1/build"
            cp -Rp Makefile .ci .busted engine lua schemas tests "$1"
            cp -Rp "$2" "$1/build/$3"
            [ "$3" = release ] || ln -s "$3" "$1/build/release"
        ]], "sh", copy, OUT, MODE }, { cwd = ROOT }))
        assert.equal(0, done.code, done.stderr)
        shell = console.new { dir = tmp.dir(), cwd = copy,
            env = console.env { HOME = copy, USER = "ada", LANG = "C.UTF-8",
                TERM = "dumb", PATH = os.getenv("PATH"), MODE = MODE,
                -- The leak search does not work under strace.
                ASAN_OPTIONS = (os.getenv("ASAN_OPTIONS") or "")
                    .. ":detect_leaks=0",
                PROPOLIS_TEST_PG = pg.url(true),
                PROPOLIS_TEST_PG_LOG = os.getenv("PROPOLIS_TEST_PG_LOG") } }
    end)

    teardown(tmp.clean)

    -- The tests' server is there already.
    local function runnable(command)
        return (command:gsub("tests/support/with_postgres sh", "sh"))
    end

    local function session(block)
        local wrong = {}
        for _, step in ipairs(readme.steps(block)) do
            local printed = shell:run(runnable(step.command))
            local got = readme.steady((printed:gsub(copy:gsub("%p", "%%%0"),
                "/home/ada"):gsub("build/" .. MODE, "build/release")))
            local want = readme.steady(table.concat(step.output, "\n"))
            local right = got == want
            if block.marks.varies then
                right = shell.code == 0
            end
            if not right then
                wrong[#wrong + 1] = ("line %d: $ %s\nsays:\n%s\n\nprints:\n%s"
                    .. "\n(exit code %d)"):format(step.line, step.command,
                    want, got, shell.code)
            end
        end
        assert(#wrong == 0, "\n" .. table.concat(wrong, "\n\n"))
    end

    local function carry_out(block)
        local path = block.file and copy .. "/" .. block.file
        if block.lang == "console" then
            session(block)
        elseif block.lang == "lua" then
            tmp.write(path, table.concat(block.lines, "\n") .. "\n")
        else
            local text = assert(sys.read(path))
            tmp.write(path, readme.patched(text, block.lines))
        end
    end

    it("can be built where it was copied to", function()
        assert.equal("", shell:run("make program tests >/dev/null"))
        assert.equal(0, shell.code)
    end)

    for _, block in ipairs(blocks) do
        local name = ("is true in line %d"):format(block.line)
        if block.skip then
            assert(SKIPPED[block.skip], "why skip " .. block.skip .. "?")
        else
            it(name, function() carry_out(block) end)
        end
    end

    it("compiles one object anew when the version changes", function()
        local said = shell:run("make program VERSION=9.9.9")
        local compiled = {}
        for line in said:gmatch("CC ([^\n]+)") do
            compiled[#compiled + 1] = line
        end
        assert.same({ "engine/core/build_info.c" }, compiled)
        assert.matches("^propolis 9%.9%.9 ", shell:run("propolis version"))
    end)
end)
