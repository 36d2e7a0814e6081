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

if not word then return nil end
local name = word:gsub("-", "_")
local file = io.open(root .. "/lua/propolis/commands/" .. name .. ".lua")
if not file then return nil end
file:close()

--- Runs the command; returns its exit code.  A brief one collects no garbage
-- and closes nothing: what it holds goes with its process.
return function(...)
    local command = require("propolis.commands." .. name)
    if command.brief then os.exit(command.run({ ... })) end
    collectgarbage("restart")
    collectgarbage("generational")
    return command.run({ ... })
end
