--- search.limit: an option that says how many.
local limit = {}

limit.most = 1000

--- @param text the option's value, or nil
-- @return the number, or nil and a sentence
function limit.of(name, text, default, least)
    if not text then return default end
    local n = text:find("^%d+$") and math.tointeger(tonumber(text))
    if n and n >= least and n <= limit.most then return n end
    return nil, ("option '--%s' must be a number from %d to %d, not '%s'")
        :format(name, least, limit.most, require("engine.text").printable(
        text))
end

return limit
