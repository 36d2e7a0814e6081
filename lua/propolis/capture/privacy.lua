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
    local path = places.trimmed(places.expand(rule) or rule)
    return path ~= "/" and path or ""
end

-- A rule as a Lua pattern for the folder itself and for what is below it.
local function pattern(rule)
    local p = rule:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0")
        :gsub("%*%*", "\1"):gsub("%*", "[^/]*"):gsub("%?", "[^/]")
        :gsub("\1", ".*")
    return "^" .. p .. "$", "^" .. p .. "/"
end

-- No folder's path has more bytes than this, PATH_MAX.
local MAX = 4096

-- A rule of more stars could take for ever as a pattern, one of as many on a
-- folder of a longer path too long.  More steps are not taken with any.
local STARS, LONG, STEPS = 2, 256, 200000

-- Adds a place in a rule to a set of them, and those behind its stars.
local function add(set, rule, at)
    while rule[at] == "*" or rule[at] == "**" do
        set[at], at = true, at + 1
    end
    set[at] = true
end

-- Whether a rule, as a list of signs, fits a folder or one above it: all places
-- in the rule that the path so far leads to are followed at once.
local function walk(rule, path, unsure)
    local set, steps = {}, 0
    add(set, rule, 1)
    for c in path:gmatch "." do
        if c == "/" and set[#rule + 1] then return true end
        local following = {}
        for at in pairs(set) do
            local sign = rule[at]
            if sign == "**" or sign == "*" and c ~= "/" then
                add(following, rule, at)
            elseif sign == c or sign == "?" and c ~= "/" then
                add(following, rule, at + 1)
            end
            steps = steps + 1
        end
        if steps > STEPS then return unsure end
        if not next(following) then return false end
        set = following
    end
    return set[#rule + 1] ~= nil
end

-- A rule as a list of signs; stars in a row are one.
local function signs(rule)
    local list = {}
    for sign in rule:gsub("%*%*+", "\0"):gmatch "." do
        list[#list + 1] = sign == "\0" and "**" or sign
    end
    return list
end

-- unsure is what holds when that would take too long to find out.
local function fits(rule, path, unsure)
    rule = expanded(rule)
    local letters, stars = rule:gsub("%*+", "")
    if #letters > #path then return false end
    if stars > STARS or stars == STARS and #path > LONG then
        return walk(signs(rule), path, unsure)
    end
    local itself, below = pattern((rule:gsub("%*%*+", "**")))
    return path:find(itself) ~= nil or path:find(below) ~= nil
end

-- The longest rule of a list that fits.
local function longest(list, path, unsure)
    local best
    for _, rule in ipairs(list) do
        if fits(rule, path, unsure) and (not best
            or #expanded(rule) > #expanded(best)) then
            best = rule
        end
    end
    return best
end

local function by_rules(conf, path)
    local allow, deny = conf.capture_allow or {}, conf.capture_deny or {}
    local yes, no = longest(allow, path, false), longest(deny, path, true)
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
    path = places.trimmed(path or ""):sub(1, MAX)
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
