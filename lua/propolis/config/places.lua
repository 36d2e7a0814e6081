--- Where things are: the one place that knows folders and file names.
-- config.paths() is what to use.
local places = {}

--- An environment variable that says something, or nil.
function places.env(name)
    local value = os.getenv(name)
    return value ~= "" and value or nil
end

-- The login and home folder of the one who runs us, from the password file:
-- for an environment that an agent has emptied.  Asking the system would open
-- a socket to its name service.
local function passwd()
    local sys = require "engine.sys"
    local self = sys.stat("/proc/self")
    local file <close> = self and io.open("/etc/passwd")
    if not file then return nil end
    local uid = tostring(self.uid)
    for line in file:lines() do
        local login, id, home =
            line:match("^([^:]*):[^:]*:(%d+):[^:]*:[^:]*:([^:]*)")
        if id == uid then return login, home ~= "" and home or nil end
    end
end

--- The login in the password file, or nil.
function places.login()
    return (passwd())
end

--- The home folder, or nil and a sentence.
function places.home()
    local home = places.env("HOME")
    if home and home:sub(1, 1) ~= "/" then
        return nil, ("HOME must be an absolute path, not '%s'"):format(home)
    end
    home = home or select(2, passwd())
    if not home then
        return nil, "there is no home folder: set HOME, or PROPOLIS_HOME"
            .. " to the folder that propolis may use"
    end
    return home
end

--- A path as a person writes it: ~/ is the home folder.
-- @return the path, or nil and a sentence when there is no home
function places.expand(path)
    if path ~= "~" and path:sub(1, 2) ~= "~/" then return path end
    local home, err = places.home()
    return home and home .. path:sub(2), err
end

--- A path without the slashes at its end; "/" stays.  In linear time, whatever
-- the path is.
function places.trimmed(path)
    return path:match("^(.*[^/])/*$") or path:sub(1, 1)
end

--- The last part of a path, in linear time as well.
function places.last(path)
    return path:match("^.*/(.*)$") or path
end

--- A store's URL that means the same file wherever a process stands.
-- @param base the folder that a relative sqlite:PATH is taken from, or nil
-- @return the URL; or nil and a sentence when it is relative without a base
function places.anchored(url, base)
    local path = url:match("^sqlite:([^/:].*)$")
    if not path or path:sub(1, 2) == "~/" then
        return url
    elseif not base then
        return nil, ("must name the file by an absolute path, not '%s'")
            :format(url)
    end
    return ("sqlite:%s/%s"):format(base, (path:gsub("^%./+", "")))
end

-- A folder below an XDG base; the standard says to ignore a relative one.
local function xdg(name, home, rest)
    local base = places.env(name)
    if not base or base:sub(1, 1) ~= "/" then
        base = home .. rest
    end
    return base .. "/propolis"
end

-- All places below home, or below the one folder that PROPOLIS_HOME names.
local function folders()
    local root = places.env("PROPOLIS_HOME")
    if root then
        if root:sub(1, 1) ~= "/" then
            return nil, ("PROPOLIS_HOME must be an absolute path, not '%s'")
                :format(root)
        end
        return {
            data = root .. "/data",
            state = root .. "/state",
            config = root .. "/config",
            memory = root .. "/memory",
            credentials = root .. "/credentials.json",
        }
    end
    local home, err = places.home()
    if not home then return nil, err end
    return {
        data = xdg("XDG_DATA_HOME", home, "/.local/share"),
        state = xdg("XDG_STATE_HOME", home, "/.local/state"),
        config = xdg("XDG_CONFIG_HOME", home, "/.config"),
        memory = home .. "/.propolis/memory",
        credentials = home .. "/.deeplake/credentials.json",
    }
end

--- config.paths: a table of absolute paths, or nil and a sentence; a sentence
-- beside the table when only the memory folder of the environment is none.
function places.paths()
    local paths, err = folders()
    if not paths then return nil, err end
    paths.settings = paths.config .. "/config.lua"

    local memory = places.env("HIVEMIND_MEMORY_PATH")
    local path = memory
    if memory then
        path, err = places.expand(memory)
    end
    if path and path:sub(1, 1) ~= "/" then
        path, err = nil, ("HIVEMIND_MEMORY_PATH must be an absolute path, not"
            .. " '%s'"):format(memory)
    end
    paths.memory = path or paths.memory
    return paths, err
end

return places
