--- sys.load_data: a Lua file of data can neither reach out nor hang nor swell.
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local function load(text)
    local path = tmp.write(tmp.dir() .. "/data.lua", text)
    local value, err = sys.load_data(path)
    if not err then return value end
    assert.equal("arg", err.code)
    assert.equal(path, err.message:sub(1, #path))
    return value, err.message:sub(#path + 1)
end

describe("a data file", function()
    after_each(tmp.clean)

    it("gives what it returns", function()
        assert.same({ 1, 2.5, "a\0b", true, false, [-3] = { x = {} },
            [true] = "t", [0.5] = "half" }, load [[
                local function pair(n) return { x = n } end
                return { 1, 2.5, "a\0b", true, false, [-3] = pair({}),
                    [true] = "t", [0.5] = "half" }]])
        assert.equal(math.maxinteger, load("return math or "
            .. math.maxinteger))
        assert.equal("integer", math.type(load "return 3"))
        assert.equal("float", math.type(load "return 3.0"))
        assert.is_nil(load "")
        assert.equal(1, load "\xEF\xBB\xBFreturn 1")
    end)

    it("may be as large as real ones get", function()
        local lines = {}
        for n = 1, 10000 do
            lines[n] = ('{ id = "r%d", keywords = { "k%d" } },'):format(n, n)
        end
        assert.equal(10000,
            #load("return {" .. table.concat(lines, "\n") .. "}"))
    end)

    for what, case in pairs {
        ["a library"] = { "\nreturn os.time()", ":2: .*'os'" },
        ["the environment"] = { "return _G.x", ":1: .*'_G'" },
        ["the methods of strings"] = { "return ('x'):rep(1e9)", ":1: .*index" },
        ["a pattern"] = { "return ('a'):rep(30):find(('a?'):rep(30))",
            ":1: .*index" },
        ["a loop without end"] = { "\n\nwhile true do end",
            ":3: stopped at a million instructions" },
        ["a recursion without end"] = {
            "local function f() return 1 + f() end\nreturn f()", ":1: " },
        ["a text without end"] = { "local s = 'x'\nwhile true do\ns = s .. s\n"
            .. "end", ":3: stopped at 8 MiB of memory" },
        ["a table without end"] = { "local t = {}\nfor i = 1, 1e9 do t[i] = i"
            .. " end", ":2: stopped at 8 MiB of memory" },
        ["slow work on long texts"] = { [[local s = "x"
            for _ = 1, 21 do s = s .. s end
            for i = 1, 1e9 do local t = s .. i end]],
            ":3: stopped at 80 ms" },
        ["a table within itself"] = { "local t = {} t.t = t return t",
            ": it has tables nested too deep" },
        ["tables that multiply"] = { [[local t = {}
            for _ = 1, 30 do t = { t, t } end return t]],
            ": it has more than 6 MiB of data" },
        ["values that multiply"] = { [[local t, u = {}, {}
            for i = 1, 300 do t[i] = true end
            for i = 1, 300 do u[i] = t end return u]],
            ": it has more than 100000 values" },
        ["texts that multiply"] = { [[local s, t = "0123456789", {}
            for _ = 1, 16 do s = s .. s end
            for i = 1, 1000 do t[i] = s end return t]],
            ": it has more than 6 MiB of data" },
        ["keys that collide"] = {
            "local t = {}\nfor i = 1, 65536 do t[i * 65535] = 1 end",
            ":2: stopped at " },
        ["alternatives without end"] = {
            "local a\nreturn a" .. (" or a"):rep(100000), ": stopped at 80" },
        ["tables of the same text"] = { [[local s, t = "x", {}
            for _ = 1, 16 do s = s .. s end
            for i = 1, 9000 do t[i] = { a = s } end return t]],
            ": it has more than 6 MiB of data" },
        ["a function"] = { "return { f = function() end }",
            ": it has a function" },
        ["bytecode"] = { string.dump(function() return {} end),
            ": .*binary chunk" },
        ["a syntax error"] = { "return {\n", ":2: unexpected symbol" },
        ["text of more than half a mebibyte"] = { "--" .. ("x"):rep(1 << 19),
            ": it is larger than 512 KiB" },
    } do
        it("is refused for " .. what, function()
            local value, err = load(case[1])
            assert.is_nil(value)
            assert.matches("^" .. case[2], err)
        end)
    end

    it("takes no more of the processor than its limit says", function()
        local piece = "local s = 'x' for _ = 1, 20 do s = s .. s end "
            .. "local t, u = s .. 'a', s .. 'b' "
        local costs = {}
        for _, text in ipairs {
            "while true do end", "local a return a" .. (" or a"):rep(100000),
            "local a if a then " .. ("elseif a then "):rep(36000) .. "end",
            piece .. "while true do local c = t < u end",
            piece .. "while true do local c = t == u end",
            piece .. "for i = 1, 1e9 do local c = s .. i end",
            "local t = {} for i = 1, 65536 do t[i * 65535] = 1 end",
            "local t = {} for i = 1, 32768 do t[i * 32767] = 1 end",
            "local t = {} for i = 1, 16384 do t[i * 16383] = 1 end",
            "while true do local t = {{}, {}, {}} end",
            "local function f(...) return f(1, ...) end return f()",
            "local s = '1' for _ = 1, 20 do s = s .. s end "
                .. "while true do for i = 1, s do break end end",
            "return " .. ("9"):rep(500000),
        } do
            local before = os.clock()
            load(text)
            costs[#costs + 1] = os.clock() - before
        end
        -- A sanitizer's build takes several times as long between two looks.
        local most = math.max(table.unpack(costs))
        assert.is_true(most < 0.4, most .. " s")
    end)

    it("swells no process", function()
        local script = tmp.write(tmp.dir() .. "/script.lua", [[
            local sys = require "engine.sys"
            assert(not sys.load_data(arg[1]))
            print(sys.read("/proc/self/status"):match("VmHWM:%s*(%d+)"))]])
        local function peak(text)
            local r = run { script, tmp.write(tmp.dir() .. "/data.lua", text) }
            assert.equal(0, r.code, r.stderr)
            return tonumber(r.stdout) // 1024
        end
        local small = peak "return {"
        assert.is_true(peak "local s = 'x' while true do s = s .. s end"
            <= small + 32) -- a sanitizer keeps what was freed
    end)

    it("that is none says so", function()
        local dir = tmp.dir()
        local value, err = sys.load_data(dir .. "/none.lua")
        assert.same({ nil, "none" }, { value, err.code })
        value, err = sys.load_data(dir)
        assert.same({ nil, dir .. ": it is not a file" },
            { value, err.message })
        assert.equal(0, assert(sys.run { "mkfifo", dir .. "/fifo" }).code)
        value, err = sys.load_data(dir .. "/fifo")
        assert.same({ nil, dir .. "/fifo: it is not a file" },
            { value, err.message })
        assert.error(function() sys.load_data("a\0b") end)
    end)
end)
