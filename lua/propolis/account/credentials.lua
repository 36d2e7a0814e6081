--- account.credentials: writes the account file, which hivemind reads too.
--
-- Two-space JSON, replaced in one step, 0600 in a 0700 folder.  Keys that we
-- do not know stay.  Reading is propolis.config's.
local config = require "propolis.config"
local json = require "propolis.json"
local sys = require "engine.sys"
local try = require "propolis.try"

local credentials = {}

local check = try.check

local ORDER = {
    "token", "orgId", "orgName", "userName", "workspaceId", "apiUrl",
    "autoupdate",
}

local FILE_MODE, FOLDER_MODE = 384, 448 -- 0600, 0700

-- The text of the file: known keys in hivemind's order, then the others,
-- savedAt last.
local function layout(account)
    local keys, known = {}, { savedAt = true }
    for _, key in ipairs(ORDER) do
        known[key] = true
        keys[#keys + 1] = account[key] ~= nil and key or nil
    end
    local rest = {}
    for key in pairs(account) do
        rest[#rest + 1] = not known[key] and key or nil
    end
    table.sort(rest)
    table.move(rest, 1, #rest, #keys + 1, keys)
    keys[#keys + 1] = "savedAt"
    local lines = {}
    for i, key in ipairs(keys) do
        lines[i] = ("  %s: %s"):format(assert(json.encode(key)),
            assert(json.encode(account[key])))
    end
    return "{\n" .. table.concat(lines, ",\n") .. "\n}\n"
end

-- The account's own folder is private also when something made it before us;
-- the folder that PROPOLIS_HOME names is its owner's business.
local function private_folder(path)
    local folder = path:match("^(.*)/")
    check(sys.mkdir(folder, FOLDER_MODE))
    if folder:find("/%.deeplake$") then
        local stat = sys.stat(folder)
        if stat and stat.mode & 63 ~= 0 then
            sys.chmod(folder, FOLDER_MODE)
        end
    end
end

-- Calls fn while no other command does: two of them must not undo each other's
-- keys.  Returns what it returns; or nil and a sentence.
local function locked(paths, fn)
    local result, err = try.call(function()
        check(sys.mkdir(paths.state))
        local _ <close> = check(sys.lock(paths.state .. "/account.lock",
            5000))
        return fn()
    end)
    return result, err and tostring(err)
end

-- What is there now; a file that is broken is kept beside.
local function current(path)
    local account, err = config.credentials(path)
    if err then
        check(sys.rename(path, path .. ".broken"))
    end
    return account or {}
end

--- Changes the account file.
-- @param paths config.paths()
-- @param fields key -> value; false removes a key
-- @param expect nil, or the orgId that must be in the file still
-- @return true, or nil and a sentence
function credentials.save(paths, fields, expect)
    return locked(paths, function()
        local path = paths.credentials
        private_folder(path)
        local account = current(path)
        check(not expect or account.orgId == expect,
            "the account was changed meanwhile; see 'propolis whoami'")
        for key, value in pairs(fields) do
            account[key] = value or nil
        end
        account.savedAt = sys.now()
        local ok, err = sys.replace(path, layout(account), FILE_MODE)
        check(ok, ("cannot write %s: %s"):format(path, tostring(err)))
        return true
    end)
end

--- Removes the account file.
-- @return true; false when there was none; or nil and a sentence
function credentials.remove(paths)
    return locked(paths, function()
        local ok, err = sys.remove(paths.credentials)
        check(ok or err.code == "none", ("cannot remove %s: %s"):format(
            paths.credentials, tostring(err)))
        return ok == true
    end)
end

return credentials
