local cli = require "propolis.cli"
local json = require "propolis.json"
local run = require "run"
local tmp = require "tmp"

local COMMAND = [[
local cli = require "propolis.cli"
local json = require "propolis.json"
local command = {
    name = "dance",
    summary = "moves",
    usage = "propolis dance --fast\n\nusage: propolis dance\n",
    options = { json = "flag", fast = "flag", step_size = "value",
        with = "list" },
    short = { f = "fast", s = "step_size", j = "json" },
    args = { 0, 2 },
}
local opts, code = cli.parse(arg, command)
if not opts then
    os.exit(code)
end
os.exit(cli.json(opts))
]]

describe("cli.parse", function()
    local script

    before_each(function()
        script = tmp.write(tmp.dir() .. "/dance.lua", COMMAND)
    end)
    after_each(tmp.clean)

    local function parse(...)
        local r = run({ script, ... })
        assert.equal(0, r.code, r.stderr)
        assert.equal("", r.stderr)
        return json.decode(r.stdout)
    end

    local function refuse(message, ...)
        local r = run({ script, ... })
        assert.equal(64, r.code)
        assert.equal("", r.stdout)
        assert.equal("propolis dance: " .. message
            .. "; try 'propolis dance -h'\n", r.stderr)
    end

    it("takes options in every spelling", function()
        assert.same({ fast = true, json = true }, parse("--fast", "--json"))
        assert.same({ fast = true, json = true }, parse("-fj"))
        for _, words in ipairs { { "--step-size", "3" }, { "--step-size=3" },
            { "-s", "3" }, { "-s3" } } do
            assert.same({ step_size = "3" }, parse(table.unpack(words)))
        end
        assert.same({ fast = true, step_size = "-j" }, parse("-fs", "-j"))
        assert.same({ step_size = "a=b" }, parse("--step-size=a=b"))
        assert.same({ with = { "a", "b" } }, parse("--with=a", "--with", "b"))
    end)

    it("takes arguments anywhere, and after -- anything", function()
        assert.same({ ["1"] = "a", ["2"] = "b", fast = true },
            parse("a", "--fast", "b"))
        assert.same({ "--fast", "-" }, parse("--", "--fast", "-"))
        assert.same({ "-" }, parse("-"))
        assert.same({ "" }, parse(""))
        assert.same({ "--" }, parse("--", "--"))
    end)

    it("refuses in one sentence", function()
        refuse("there is no option '--slow'", "--slow")
        refuse("there is no option '-x'", "-fx")
        refuse("there is no option '--=3'", "--=3")
        refuse("option '--fast' takes no value", "--fast=1")
        refuse("option '--step-size' needs a value", "--step-size")
        refuse("option '-s' needs a value", "-s")
        refuse("option '--step-size' needs a value", "--step-size=")
        refuse("option '-s' needs a value", "-s", "")
        refuse("option '--step-size' stands twice", "-s", "1", "--step-size=2")
        refuse("option '--json' stands twice", "--json", "--json")
        refuse("option '-j' stands twice", "-jj")
        refuse("'c' is one argument too many", "a", "b", "c")
    end)

    it("prints the usage, example first, for -h and --help", function()
        for _, word in ipairs { "-h", "--help", "-fh" } do
            local r = run({ script, word })
            assert.equal(0, r.code)
            assert.equal("", r.stderr)
            assert.equal("propolis dance --fast\n\nusage: propolis dance\n",
                r.stdout)
        end
    end)

    it("fails when stdout cannot be written", function()
        local shell = tmp.write(tmp.dir() .. "/full.lua", [[
local cli = require "propolis.cli"
io.output("/dev/full")
io.stdout = io.output()
cli.write(("x"):rep(100000))
os.exit(cli.done())
]])
        local r = run({ shell })
        assert.equal(1, r.code)
        assert.matches("^propolis: cannot write the output: .*space",
            r.stderr)
    end)
end)

describe("cli.table", function()
    it("aligns text to the left, numbers to the right, NULL visible", function()
        assert.equal(table.concat({
            "name     n",
            "----  ----",
            "a        1",
            "bb      10",
            "NULL  NULL",
        }, "\n") .. "\n", cli.table({
            { name = "a", n = 1 }, { name = "bb", n = 10 }, {},
        }, { "name", "n" }))
    end)

    it("aligns by what a terminal shows", function()
        local text = cli.table({
            { a = "\u{65E5}\u{672C}", b = "x" },
            { a = "e\u{301}", b = "y" },
            { a = "\xFF", b = "z" },
        }, { "a", "b" })
        assert.equal("a     b\n----  -\n\u{65E5}\u{672C}  x\n"
            .. "e\u{301}     y\n\\xff  z\n", text)
    end)

    it("shows control bytes instead of sending them", function()
        local text = cli.table({
            { a = "1\n2\t3\27[31m4\0\u{9B}5", b = json.null,
              c = json.decode("[1,[]]") },
        }, { "a", "b", "c" })
        assert.truthy(text:find("1\\n2\\t3\\x1b[31m4\\x00\\u009b5  NULL"
            .. "  [1,[]]\n", 1, true), text)
    end)

    it("shows what turns the direction of text, and other unseen marks",
        function()
        assert.equal("a\\u202eb\\u2066c\\u061cd\\u200ee\\u2028"
            .. "f\\U000e0041g\\ufff9h \u{65E5}\u{AD}\u{1F600}\u{200D}",
            cli.printable("a\u{202E}b\u{2066}c\u{61C}d\u{200E}e\u{2028}"
            .. "f\u{E0041}g\u{FFF9}h \u{65E5}\u{AD}\u{1F600}\u{200D}"))
        assert.equal("\\xe2\\x80\\xf3\\xef", cli.printable("\xe2\x80\xf3\xef"))
    end)

    it("prints only the head without rows", function()
        assert.equal("a  b\n-  -\n", cli.table({}, { "a", "b" }))
    end)
end)

describe("cli.say", function()
    it("sends no control character of what it names, only line ends",
        function()
        local r = run({ "-e", [[
local cli = require "propolis.cli"
cli.say("row %s", "\27[2J\u{9b}1m\u{202e}x\nnext é")
cli.fail("no \7 bell")
]] }, { home = tmp.dir() })
        assert.equal([[row \x1b[2J\u009b1m\u202ex]] .. "\nnext é\n"
            .. [[propolis: no \x07 bell]] .. "\n", r.stderr)
    end)
end)

describe("cli.cut", function()
    it("cuts by columns and never inside a character", function()
        assert.equal("abc", cli.cut("abc", 3))
        assert.equal("ab\u{2026}", cli.cut("abcd", 3))
        assert.equal("\u{65E5}\u{2026}", cli.cut("\u{65E5}\u{672C}x", 4))
        assert.equal("\u{E9}\u{2026}", cli.cut("\u{E9}\u{E8}\u{EA}", 2))
        assert.equal("\xFF\u{2026}", cli.cut("\xFFab", 2))
    end)
end)

describe("cli.csv", function()
    it("follows RFC 4180", function()
        assert.equal(table.concat {
            'plain,"with, comma","q""uote"\r\n',
            '1,"a\r\nb",\r\n',
            '"",  x,"[1,2]"\r\n',
        }, cli.csv({
            { plain = 1, ["with, comma"] = "a\r\nb" },
            { plain = "", ["with, comma"] = "  x", ['q"uote'] = { 1, 2 } },
        }, { "plain", "with, comma", 'q"uote' }))
    end)
end)

describe("a terminal", function()
    after_each(tmp.clean)

    local SCRIPT = [[
local cli = require "propolis.cli"
io.write(cli.table({ { a = ("x"):rep(200), b = "end" } }, { "a", "b" }))
]]

    -- Runs the script in a pseudo-terminal of 40 columns.
    local function on_terminal(env)
        local sys = require "engine.sys"
        local dir = tmp.dir()
        tmp.write(dir .. "/t.lua", SCRIPT)
        local program = assert(sys.readlink("/proc/self/exe"))
        env.TERM = env.TERM or "xterm"
        env.COLUMNS = false
        return assert(sys.run({ "script", "-qec",
            "stty cols 40; " .. program .. " " .. dir .. "/t.lua",
            "/dev/null" }, { env = env, stdin = "" })).stdout
    end

    it("gets colour and lines that fit", function()
        local out = on_terminal { NO_COLOR = false }
        assert.truthy(out:find("\27[1m", 1, true))
        for line in out:gsub("\27%[%d*m", ""):gmatch("[^\r\n]+") do
            assert.is_true(cli.width(line) <= 40, line)
        end
        assert.truthy(out:find("\u{2026}  end", 1, true))
    end)

    it("gets no colour with NO_COLOR or when it is dumb", function()
        assert.is_nil(on_terminal { NO_COLOR = "1" }:find("\27", 1, true))
        assert.is_nil(on_terminal({ TERM = "dumb" }):find("\27", 1, true))
    end)
end)

describe("cli.command", function()
    local function command(main)
        local script = tmp.write(tmp.dir() .. "/c.lua", ([[
local cli = require "propolis.cli"
os.exit(cli.command {
    name = "x", summary = "", usage = "usage: x\n", options = {},
    args = { 0, 0 },
    main = function()
        %s
    end,
}.run(arg), true)
]]):format(main))
        local r = run({ script })
        tmp.clean()
        return r
    end

    it("ends with main's code, or with 0", function()
        assert.equal(0, command("cli.write('a')").code)
        assert.equal(2, command("return cli.PENDING").code)
    end)

    it("says what a check finds, behind what was written", function()
        local r = command("cli.write('a\\n') cli.check(nil, 'no store')")
        assert.same({ 1, "a\n", "propolis: no store\n" },
            { r.code, r.stdout, r.stderr })
    end)

    it("leaves any other error to the program", function()
        local r = command("error { code = 'fault' }")
        assert.equal(1, r.code)
        assert.matches("fault", r.stderr)
    end)
end)

describe("an option that has no meaning with what is asked for", function()
    after_each(tmp.clean)

    for _, args in ipairs {
        { "config", "set", "workspace", "x", "--json" },
        { "config", "unset", "workspace", "--json" },
        { "doctor", "--why", "/x", "codex" }, { "help", "heal", "--json" },
        { "org", "switch", "x", "--json" },
        { "workspace", "switch", "x", "--json" },
        { "schema", "list", "--sql" }, { "schema", "lint", "--dialect=sqlite" },
        { "uninstall", "--verify", "--dry-run" },
        { "login", "--with-token", "--no-browser" },
        { "serve", "--json" }, { "serve", "token", "list", "--read" },
        { "serve", "token", "revoke", "x", "--json" },
        { "serve", "token", "add", "x", "--workspace=w", "--port=1" },
    } do
        it("is refused: " .. table.concat(args, " "), function()
            local home = tmp.dir()
            local r = run(args, { home = home })
            assert.same({ 64, "" }, { r.code, r.stdout })
            assert.matches("^propolis [^\n]+; try '[^\n]+ %-h'\n$", r.stderr)
            assert.same({}, require("engine.sys").list(home))
        end)
    end
end)
