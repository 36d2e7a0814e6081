--- The words that are commands: a sorted list of { word =, module = }, from the
-- files in commands/.
return function()
    local sys = require "engine.sys"
    local list = {}
    for _, file in ipairs(assert(sys.list(sys.root
        .. "/lua/propolis/commands"))) do
        local name = file:match("^([%w_]+)%.lua$")
        if name then
            list[#list + 1] = { word = (name:gsub("_", "-")),
                module = "propolis.commands." .. name }
        end
    end
    return list
end
