--- boot: the first Lua that runs; main.c calls it with the data root, the
-- module folder and, when the first argument is one, a plain word.
-- Hooks run in directories that belong to someone else, so nothing is ever
-- loaded from the current one: only absolute path entries survive.
local root, lib, word = ...

local function absolute(path)
    local keep = {}
    for entry in path:gmatch("[^;]+") do
        if entry:sub(1, 1) == "/" then keep[#keep + 1] = entry end
    end
    return table.concat(keep, ";")
end

package.path = root .. "/lua/?.lua;" .. root .. "/lua/?/init.lua;"
    .. absolute(package.path)
package.cpath = lib .. "/?.so;" .. absolute(package.cpath)

-- What make compiled loads several times faster than its source, unless the
-- source was changed since, or another Lua compiled it.
table.insert(package.searchers, 2, function(name)
    local sys = require "engine.sys"
    local path = "/lua/" .. name:gsub("%.", "/")
    for _, file in ipairs { path .. ".lua", path .. "/init.lua" } do
        local made = sys.stat(lib .. file .. "c")
        local source = made and sys.stat(root .. file)
        if source and made.mtime >= source.mtime then
            local bytes = sys.read(lib .. file .. "c")
            return bytes and load(bytes, name, "b") or nil, root .. file
        end
    end
end)

if not word then return nil end
local name = word:gsub("-", "_")
local file = io.open(root .. "/lua/propolis/commands/" .. name .. ".lua")
if not file then return nil end
file:close()

--- Runs the command; returns its exit code.
return function(...)
    local command = require("propolis.commands." .. name)
    local code = command.run({ ... })
    if command.brief then os.exit(code) end
    return code
end
