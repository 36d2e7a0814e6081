--- Every engine.* module and every public propolis.* module has the functions,
-- methods and numbers of parameters that lua/propolis/meta describes.
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

-- Prints "module NAME COUNT" for what is really there, in a program of its
-- own.  COUNT is the number of parameters, with "..." behind it when there may
-- be more, and "?" for C functions.  arg: a path for a lock, then the public
-- propolis.* modules.
local LIVE = [[
local sys = require "engine.sys"
local function public(module, list)
    for name, value in pairs(list) do
        if type(value) == "function" and not name:find "^__" then
            local info = debug.getinfo(value, "uS")
            print(module, name, info.what == "C" and "?"
                or info.nparams .. (info.isvararg and "..." or ""))
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
        print(name, "(is there)", "?")
        public(name, require(name))
    end
end
local methods = require "engine.store".methods
public("engine.store.object", methods)
public("engine.sys.lock", getmetatable(assert(sys.lock(arg[1]))).__index)
local editor = assert(require "engine.edit".open(print))
editor:close()
local memory = assert(require "engine.sqlite".open(":memory:"))
assert(require "engine.search".index(memory, true)):rank({}):close()
for _, class in ipairs { "engine.edit.editor", "engine.http.client",
    "engine.redact.set", "engine.search.index", "engine.search.ranking",
    "engine.serve.server", "engine.wire.lines" } do
    -- A metatable is named after its class or its module.
    local made = debug.getregistry()
    made = made[class] or made[class:match "^engine%.%w+"]
    public(class, made.__index)
end

local raw = {}
for name, method in pairs(methods) do raw[name] = method end
require "propolis.store"
local comfort = {}
for name, method in pairs(methods) do
    if method ~= raw[name] then comfort[name] = method end
end
public("propolis.store.object", comfort)
for i = 2, #arg do
    print(arg[i], "(is there)", "?")
    if arg[i] ~= "propolis.store" then -- its methods are all there is to it
        public(arg[i], require(arg[i]))
    end
end
]]

-- The parameters of a description as LIVE counts them.
local function count(colon, params)
    local n = colon == ":" and 1 or 0
    for word in params:gmatch("[%w_.]+") do
        n = n + (word == "..." and 0 or 1)
    end
    return n .. (params:find("...", 1, true) and "..." or "")
end

-- What one file describes: functions of its module, and of the local tables
-- that are annotated as a class.
local function read(path, found)
    local text = assert(sys.read(path))
    local module = assert(text:match("^%-%-%-@meta ([%w_.]+)\n"), path)
    found[module] = { ["(is there)"] = "?" }
    local class, classes = nil, {}
    for line in text:gmatch("[^\n]+") do
        class = line:match("^%-%-%-@class ([%w_.]+)") or class
        local owner = line:match("^local ([%w_]+) = {}")
        if owner then
            classes[owner] = class
            found[class] = found[class] or {}
        end
        local of, colon, name, params =
            line:match("^function ([%w_]+)([.:])([%w_]+)(%b())")
        if of then
            found[classes[of]][name] = count(colon, params)
        end
    end
end

local function described(dir, found)
    for _, name in ipairs(assert(sys.list(dir))) do
        local path = dir .. "/" .. name
        if sys.stat(path).type == "dir" then
            described(path, found)
        else
            read(path, found)
        end
    end
    return found
end

describe("lua/propolis/meta", function()
    local told = described(sys.root .. "/lua/propolis/meta", {})
    local args = { tmp.dir() .. "/x.lua", "" }
    args[2] = args[1] .. ".lock"
    for module, functions in pairs(told) do
        if module:find("^propolis") and functions["(is there)"] then
            args[#args + 1] = module
        end
    end
    tmp.write(args[1], LIVE)
    local done = run(args)
    tmp.clean()
    assert(done.code == 0, done.stderr)

    local live = {}
    for module, name, n in done.stdout:gmatch("(%S+)\t([^\t]+)\t(%S+)\n") do
        live[module] = live[module] or {}
        -- A C function's parameters cannot be counted.
        local said = (told[module] or {})[name]
        live[module][name] = n == "?" and said or n
    end

    for module, functions in pairs(live) do
        it("describes all of " .. module .. " and nothing else", function()
            assert.same(functions, told[module])
        end)
    end

    it("describes no module and no class that is not there", function()
        for module, functions in pairs(told) do
            if next(functions) then
                assert.is_table(live[module], module)
            end
        end
    end)

    it("describes the modules that a script may require", function()
        for _, name in ipairs { "propolis", "propolis.store",
            "propolis.schemas", "propolis.config", "propolis.json",
            "propolis.log", "propolis.cli" } do
            assert.is_table(told[name], name)
        end
    end)
end)
