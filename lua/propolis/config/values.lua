--- values: what a setting may be, from a file or as text.
local values = {}

local BOOLEAN = {
    ["true"] = true, ["1"] = true, yes = true, on = true,
    ["false"] = false, ["0"] = false, no = false, off = false,
}

local WANTED = {
    text = "text that is not empty", store = "text that is not empty",
    name = "a table name of letters, digits and _ (at most 63) that does not"
        .. " begin with sqlite_ or propolis_",
    integer = "a whole number that is not negative",
    boolean = "true or false",
    list = "a list of texts that are not empty",
}

-- A list of texts, from itself or from a text with ':' between them.
local function to_list(value)
    local list = {}
    if type(value) == "string" then
        for item in value:gmatch("[^:]+") do
            list[#list + 1] = item
        end
        return #list > 0 and list or nil
    elseif type(value) ~= "table" then
        return nil
    end
    for i, item in ipairs(value) do
        if type(item) ~= "string" or item == "" then return nil end
        list[i] = item
    end
    return list
end

-- A value of the wanted type, from itself or from text; nil when it is none.
local function convert(kind, value)
    if kind == "boolean" then
        if type(value) == "string" then
            return BOOLEAN[value:lower()]
        elseif type(value) == "boolean" then
            return value
        end
        return nil
    elseif kind == "integer" then
        local n = tonumber(value)
        n = n and math.tointeger(n)
        return n and n >= 0 and n or nil
    elseif kind == "list" then
        return to_list(value)
    elseif type(value) ~= "string" or value == "" then
        return nil
    elseif kind == "name" and
        not (value:find("^[A-Za-z_][A-Za-z0-9_]*$") and #value <= 63) then
        return nil
    end
    local head = kind == "name" and value:lower():match("^%a+_")
    if head == "sqlite_" or head == "propolis_" then return nil end
    return value
end

--- A value as its declaration wants it, or nil and a sentence that names its
-- origin.
-- @param base the folder that a relative path in a store's URL is taken from,
-- nil where none may be
function values.check(key, value, origin, base)
    local good = convert(key.type, value)
    local wanted = WANTED[key.type]
    if key.least and good ~= 0 and (not good or good < key.least
        or good > key.most) then
        good, wanted = nil, ("0, or from %d to %d"):format(key.least, key.most)
    elseif key.choices and not (" " .. key.choices .. " "):find(" "
        .. tostring(value) .. " ", 1, true) then
        good, wanted = nil, "one of " .. key.choices:gsub(" ", ", ")
    end
    if good == nil then
        return nil, ("%s must be %s, not '%s'"):format(origin, wanted,
            tostring(value))
    elseif key.type ~= "store" then
        return good
    end
    local url, err = require("propolis.config.places").anchored(good, base)
    return url, err and ("%s %s"):format(origin, err)
end

return values
