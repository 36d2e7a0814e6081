--- mcp.input: the arguments of a tool against its input schema.
--
-- Of JSON Schema it knows what our tools use: type, enum, minimum, maximum,
-- minLength, maxLength, maxItems, items, required; whatever is not named in
-- properties is refused.
local json = require "propolis.json"
local printable = require("engine.text").printable

local input = {}

local TYPES = {
    string = function(v) return type(v) == "string" end,
    integer = function(v) return math.type(v) == "integer" end,
    boolean = function(v) return type(v) == "boolean" end,
    array = function(v) return type(v) == "table" and json.is_array(v)
        or type(v) == "table" and #v > 0 end,
}

local NAMES = { string = "a text", integer = "a whole number",
    boolean = "true or false", array = "a list" }

local function in_range(value, schema)
    if schema.type == "string" then
        local n = utf8.len(value) or #value
        return n >= (schema.minLength or 0)
            and n <= (schema.maxLength or n), "characters",
            schema.minLength or 0, schema.maxLength
    elseif schema.type == "array" then
        return #value <= (schema.maxItems or #value), "elements", 0,
            schema.maxItems
    end
    return value >= (schema.minimum or value)
        and value <= (schema.maximum or value), nil, schema.minimum,
        schema.maximum
end

local function check_enum(name, value, enum)
    for _, one in ipairs(enum) do
        if one == value then return nil end
    end
    return ("'%s' must be one of %s, not '%s'"):format(name,
        table.concat(enum, ", "), printable(value:sub(1, 80)))
end

local function check_value(name, value, schema)
    if not TYPES[schema.type](value) then
        return ("'%s' must be %s"):format(name, NAMES[schema.type])
    elseif schema.enum then
        return check_enum(name, value, schema.enum)
    elseif schema.type ~= "boolean" then
        local fits, what, least, most = in_range(value, schema)
        if not fits then
            return ("'%s' must %s %s to %s%s"):format(name,
                what and "have" or "be", least or "...", most or "...",
                what and " " .. what or "")
        end
    end
    for _, one in ipairs(schema.items and value or {}) do
        local wrong = check_value(name, one, schema.items)
        if wrong then return "each of " .. wrong end
    end
end

local function names_of(schema)
    local names = {}
    for name in pairs(schema.properties) do names[#names + 1] = name end
    table.sort(names)
    return table.concat(names, ", ")
end

--- What is wrong with a tool's arguments, as a sentence, or nil.  null stands
-- for an argument that is not given; those are taken out.
function input.check(args, schema)
    for name, value in pairs(args) do
        local property = schema.properties[name]
        if not property then
            return ("there is no argument '%s', only %s"):format(
                printable(tostring(name):sub(1, 80)), names_of(schema))
        elseif value == json.null then
            args[name] = nil
        else
            local wrong = check_value(name, value, property)
            if wrong then return wrong end
        end
    end
    for _, name in ipairs(schema.required or {}) do
        if args[name] == nil then
            return ("the argument '%s' is missing: %s"):format(name,
                schema.properties[name].description)
        end
    end
end

return input
