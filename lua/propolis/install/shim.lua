--- propolis.install.shim: files that propolis owns: the shims that run inside
-- an agent and forward its events, and the description files beside them.
local edit = require "propolis.edit.json"
local sys = require "engine.sys"

local shim = {}

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

local function source(place)
    return assert(sys.read(sys.root .. "/lua/propolis/" .. place))
end

--- A target for the shim of an agent: its shim.ts, what all share, and the
-- program's place in it.
-- @param agent the agent's folder
function shim.target(ctx, agent, path)
    local place = edit.quote(ctx.program):gsub("%%", "%%%%")
    local content, count = (source("agents/" .. agent .. "/shim.ts") .. "\n"
        .. source("install/shim_common.ts")):gsub('"@PROGRAM@"', place)
    assert(count == 1, agent .. "'s shim names its program once")
    local target = shim.own(path, content)
    target.shim = function(text)
        local quoted = text:match('const PROGRAM = (".-");')
        return quoted and edit.value(quoted, {})
    end
    return target
end

return shim
