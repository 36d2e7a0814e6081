--- privacy: which folders' events are stored.
--
-- The settings capture_allow and capture_deny are two lists of paths.  ~ is
-- the home folder, * stands for part of a name, ** for anything; a folder
-- stands for all below it.  The longest rule that fits a folder decides, of
-- equal ones the denial.  With any allow rule, folders that no rule fits are
-- not stored.
local places = require "propolis.config.places"

local privacy = {}

local function expanded(rule)
    return ((places.expand(rule) or rule):gsub("/+$", ""))
end

-- A rule as a Lua pattern for the folder itself and for what is below it.
local function pattern(rule)
    local p = expanded(rule):gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0")
        :gsub("%*%*", "\1"):gsub("%*", "[^/]*"):gsub("%?", "[^/]")
        :gsub("\1", ".*")
    return "^" .. p .. "$", "^" .. p .. "/"
end

local function fits(rule, path)
    local itself, below = pattern(rule)
    return path:find(itself) ~= nil or path:find(below) ~= nil
end

-- The longest rule of a list that fits.
local function longest(list, path)
    local best
    for _, rule in ipairs(list) do
        if fits(rule, path) and (not best
            or #expanded(rule) > #expanded(best)) then
            best = rule
        end
    end
    return best
end

local function by_rules(conf, path)
    local allow, deny = conf.capture_allow or {}, conf.capture_deny or {}
    local yes, no = longest(allow, path), longest(deny, path)
    if no and not (yes and #expanded(yes) > #expanded(no)) then
        return false, ("capture_deny: %s"):format(no)
    elseif yes then
        return true, ("capture_allow: %s"):format(yes)
    elseif #allow > 0 then
        return false, "capture_allow is set, and no rule of it fits"
    end
    return true, "no rule fits"
end

-- True when there is any rule, and so any reason to look at a path.
local function any(conf)
    return conf.capture_allow ~= nil or conf.capture_deny ~= nil
end

--- Whether events of a folder are stored, and the rule that decides.  A
-- folder that is a link must be allowed by both of its names.
-- @param conf from propolis.config
-- @param path absolute, or nil when the agent names none
function privacy.why(conf, path)
    if conf.capture == false then
        return false, conf.origin.capture .. " is false"
    elseif not any(conf) then
        return true, "no rules are set"
    end
    path = (path or ""):gsub("(.)/+$", "%1")
    local ok, rule = by_rules(conf, path)
    local real = ok and require("engine.sys").realpath(path)
    if real and real ~= path then return by_rules(conf, real) end
    return ok, rule
end

--- True when an event with these folders may be stored; else false and the
-- rule against it.
function privacy.allows(conf, cwd, roots)
    local ok, rule = privacy.why(conf, cwd)
    for _, root in ipairs(ok and any(conf) and roots or {}) do
        if type(root) == "string" and ok then
            ok, rule = privacy.why(conf, root)
        end
    end
    return ok, rule
end

return privacy
