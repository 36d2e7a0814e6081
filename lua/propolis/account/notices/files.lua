--- account.notices.files: the two lists that propolis.account.notices keeps, on
-- disk.
local json = require "propolis.json"
local places = require "propolis.config.places"
local sys = require "engine.sys"
local try = require "propolis.try"

local files = {}

local check = try.check
local MAX_FILE = 1 << 20

--- The state folder, or nil and a sentence.
function files.folder()
    local paths, err = places.paths()
    return paths and paths.state, err
end

--- What a file holds under its key; one that cannot be read is put aside.
-- Fails by try.check.
function files.read(dir, name, key)
    local path = ("%s/%s.json"):format(dir, name)
    local text, err = sys.read(path, MAX_FILE, true)
    if not text then return check(err.code == "none" and {}, err) end
    local value = json.decode(text)
    if type(value) == "table" and type(value[key]) == "table" then
        return value[key]
    end
    require("propolis.log").warn("%s cannot be read, kept as %s.corrupt", path,
        path)
    check(sys.rename(path, path .. ".corrupt"))
    return {}
end

--- Replaces a file, or removes it when the list is empty.
-- Fails by try.check.
function files.write(dir, name, key, value)
    local path = ("%s/%s.json"):format(dir, name)
    if #value > 0 then
        local text = check(json.encode { [key] = json.array(value) })
        check(sys.replace(path, text .. "\n", 384))
        return
    end
    local ok, err = sys.remove(path)
    check(ok or err.code == "none", err)
end

--- Calls fn(dir) while no other process does.
-- @return what fn returns; or nil, err
function files.locked(wait_ms, fn)
    return try.call(function()
        local dir = check(files.folder())
        check(sys.mkdir(dir))
        local _ <close> = check(sys.lock(dir .. "/notices.lock", wait_ms))
        return fn(dir)
    end)
end

return files
