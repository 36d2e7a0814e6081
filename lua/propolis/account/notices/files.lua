--- account.notices.files: the two lists that propolis.account.notices keeps, on
-- disk.
local json = require "propolis.json"
local places = require "propolis.config.places"
local sys = require "engine.sys"

local files = {}

local MAX_FILE = 1 << 20

--- The state folder, or nil and a sentence.
function files.folder()
    local paths, err = places.paths()
    return paths and paths.state, err
end

--- What a file holds under its key; a file that is none is put aside.
function files.read(dir, name, key)
    local path = ("%s/%s.json"):format(dir, name)
    local text, err = sys.read(path, MAX_FILE)
    if not text then
        return err.code == "none" and {} or nil, err
    end
    local value = json.decode(text)
    if type(value) == "table" and type(value[key]) == "table" then
        return value[key]
    end
    require("propolis.log").warn("%s cannot be read, kept as %s.corrupt", path,
        path)
    local ok
    ok, err = sys.rename(path, path .. ".corrupt")
    return ok and {} or nil, err
end

--- Replaces a file, or removes it when the list is empty.
function files.write(dir, name, key, value)
    local path = ("%s/%s.json"):format(dir, name)
    if #value == 0 then
        local ok, err = sys.remove(path)
        return ok or err.code == "none", err
    end
    local text, err = json.encode { [key] = json.array(value) }
    if not text then
        return nil, err
    end
    return sys.replace(path, text .. "\n", 384)
end

--- Runs fn(dir) while nobody else does.
function files.locked(wait_ms, fn)
    local dir, err = files.folder()
    local ok = dir
    if dir then
        ok, err = sys.mkdir(dir)
    end
    if not ok then
        return nil, err
    end
    local held <close>, busy = sys.lock(dir .. "/notices.lock", wait_ms)
    if not held then
        return nil, busy
    end
    return fn(dir)
end

return files
