--- Writing the settings file: apart from propolis.config, because no hook
-- needs it.
local config = require "propolis.config"
local try = require "propolis.try"

local settings = {}

local check = try.check

-- A settings value as Lua source.
local function source(value, indent)
    if type(value) ~= "table" then
        return type(value) == "string" and ("%q"):format(value)
            :gsub("\\\n", "\\n") or ("%q"):format(value)
    end
    local keys, lines = {}, {}
    for k in pairs(value) do
        keys[#keys + 1] = k
    end
    table.sort(keys, function(a, b)
        if type(a) ~= type(b) then return type(a) < type(b) end
        return a < b
    end)
    for i, k in ipairs(keys) do
        local name = k
        if k == i then -- a list's own
            name = nil
        elseif type(k) ~= "string" or not k:find("^[A-Za-z_][A-Za-z0-9_]*$")
            or not load("return {" .. k .. "=1}") then
            name = "[" .. source(k) .. "]"
        end
        lines[#lines + 1] = ("%s    %s%s,\n"):format(indent,
            name and name .. " = " or "", source(value[k], indent .. "    "))
    end
    return "{\n" .. table.concat(lines) .. indent .. "}"
end

local HEAD = [[
-- Settings of propolis: data only.  `propolis config list` explains them;
-- `propolis config set` writes this file anew.
]]

local function write(name, value, key)
    if value ~= nil then
        local err
        value, err = require("propolis.config.values").check(key, value,
            name, require("engine.sys").getcwd())
        check(not err, err)
        if key.type == "store" and value ~= "none" then
            check(require("propolis.stores").find(value))
        end
    end
    local sys = require "engine.sys"
    local paths = check(config.paths())
    check(sys.mkdir(paths.config))
    -- Two commands at once must not undo each other's key.
    local _ <close> = check(sys.lock(paths.config .. "/.lock", 5000))
    local values = check(config.read_settings(paths.settings))
    values[name] = value
    return check(sys.replace(paths.settings,
        HEAD .. "return " .. source(values, "") .. "\n", 384))
end

--- config.set: sets one key in the settings file, or removes it (value nil).
-- Keys that we do not know stay.  The file is replaced in one step, 0600.
-- @return true, or nil and a sentence
function settings.set(name, value)
    local key = config.key(name)
    if not key then
        return nil, ("there is no setting '%s'; 'propolis config list' shows"
            .. " them"):format(name)
    elseif key.env_only then
        return nil, ("'%s' is set by the environment: export %s=..."):format(
            name, key.env)
    end
    local ok, err = try.call(write, name, value, key)
    return ok, err and tostring(err)
end

return settings
