--- propolis.install.shim: files that are wholly ours: the shims that run inside
-- pi and OpenClaw, and the description files beside them.
local edit = require "propolis.edit.json"

local shim = {}

local FOLDER = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") .. "/shims/"

--- A target for a file of which every byte is ours.
function shim.own(path, content)
    return {
        path = path,
        own = true,
        add = function() return content end,
        drop = function() return "" end,
        empty = function() return true end,
    }
end

local function source(name)
    local file <close> = assert(io.open(FOLDER .. name, "rb"))
    return file:read("a")
end

--- A target for the shim `name` from shims/: the agent's part, what all share,
-- and the program's place in it.
function shim.target(ctx, name, path)
    local place = edit.quote(ctx.program):gsub("%%", "%%%%")
    local content, count = (source(name) .. "\n" .. source("common.ts"))
        :gsub('"@PROGRAM@"', place)
    assert(count == 1, name .. " names its program once")
    local target = shim.own(path, content)
    target.shim = function(text)
        local quoted = text:match('const PROGRAM = (".-");')
        return quoted and edit.value(quoted, {})
    end
    return target
end

return shim
