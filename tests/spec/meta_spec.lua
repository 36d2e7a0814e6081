--- Every engine.* module and its description in lua/propolis/meta have the
-- same functions and methods, both ways.
local run = require "run"
local sys = require "engine.sys"

-- Prints "module NAME FUNCTION" for what is really there, in a program of its
-- own: here other specs may have added their comfort.
local LIVE = [[
local sys = require "engine.sys"
local function public(module, list)
    for name, value in pairs(list) do
        if type(value) == "function" and not name:find "^__" then
            print(module, name)
        end
    end
end
local names = {}
for name in pairs(package.preload) do names[name] = true end
local lib = package.cpath:match "^(.-)/%?%.so"
for _, file in ipairs(sys.list(lib .. "/engine")) do
    names["engine." .. file:match "^(.*)%.so$"] = true
end
for name in pairs(names) do
    if name:find "^engine%." then
        print(name, "(is there)")
        public(name, require(name))
    end
end
public("engine.store.object", require "engine.store".methods)
local function methods(class, object)
    public(class, getmetatable(object).__index)
end
methods("engine.http.client", assert(require "engine.http".client()))
methods("engine.sys.lock", assert(sys.lock(arg[1])))
]]

-- The same from the descriptions: functions of the file's module, and of the
-- local tables that are annotated as a class.
local function described()
    local found = {}
    for _, file in ipairs(assert(sys.list("lua/propolis/meta"))) do
        local text = assert(sys.read("lua/propolis/meta/" .. file))
        local module = "engine." .. file:match("^(.*)%.lua$")
        found[module] = { ["(is there)"] = true }
        local class, classes = nil, {}
        for line in text:gmatch("[^\n]+") do
            class = line:match("^%-%-%-@class ([%w_.]+)") or class
            local owner = line:match("^local ([%w_]+) = {}")
            if owner then
                classes[owner] = class
                found[class] = found[class] or {}
            end
            local of, name = line:match("^function ([%w_]+)[.:]([%w_]+)%(")
            if of then
                found[classes[of]][name] = true
            end
        end
    end
    return found
end

describe("lua/propolis/meta", function()
    local script = os.tmpname()
    assert(sys.replace(script, LIVE))
    local done = run({ script, script .. ".lock" })
    sys.remove(script)
    sys.remove(script .. ".lock")
    assert(done.code == 0, done.stderr)

    local live, told = {}, described()
    for module, name in done.stdout:gmatch("(%S+)\t([^\n]+)") do
        live[module] = live[module] or {}
        live[module][name] = true
    end

    for module, functions in pairs(live) do
        it("describes all of " .. module .. " and nothing else", function()
            assert.same(functions, told[module])
        end)
    end

    it("describes no module that is not there", function()
        for module in pairs(told) do
            if module:find("^engine%.[%w_]+$") then
                assert.is_table(live[module], module)
            end
        end
    end)
end)
