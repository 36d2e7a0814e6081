--- account.credentials: writes the account file, which the reference reads too.
--
-- Two-space JSON, replaced in one step, 0600 in a 0700 folder.  Keys that we
-- do not know stay.  Reading is propolis.config's.
local config = require "propolis.config"
local json = require "propolis.json"
local sys = require "engine.sys"

local credentials = {}

local ORDER = {
    "token", "orgId", "orgName", "userName", "workspaceId", "apiUrl",
    "autoupdate",
}

local FILE_MODE, FOLDER_MODE = 384, 448 -- 0600, 0700

-- The text of the file: known keys in the reference's order, then the others,
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
    local ok, err = sys.mkdir(folder, FOLDER_MODE)
    if ok and folder:find("/%.deeplake$") then
        local stat = sys.stat(folder)
        if stat and stat.mode & 63 ~= 0 then
            sys.chmod(folder, FOLDER_MODE)
        end
    end
    return ok, err
end

-- One writer at a time: two commands must not undo each other's keys.
local function lock(paths)
    local ok, err = sys.mkdir(paths.state)
    if not ok then
        return nil, tostring(err)
    end
    local held
    held, err = sys.lock(paths.state .. "/account.lock", 5000)
    return held, err and tostring(err)
end

-- What is there now; a file that is broken is kept beside.
local function current(path)
    local account, err = config.credentials(path)
    if account or not err then
        return account or {}
    end
    local ok, why = sys.rename(path, path .. ".broken")
    if not ok then
        return nil, tostring(why)
    end
    return {}
end

--- Changes the account file.
-- @param paths config.paths()
-- @param fields key -> value; false removes a key
-- @param expect nil, or the orgId that must be in the file still
-- @return true, or nil and a sentence
function credentials.save(paths, fields, expect)
    local held <close>, busy = lock(paths)
    if not held then
        return nil, busy
    end
    local path = paths.credentials
    local ok, err = private_folder(path)
    if not ok then
        return nil, tostring(err)
    end
    local account
    account, err = current(path)
    if not account then
        return nil, err
    elseif expect and account.orgId ~= expect then
        return nil, "the account was changed meanwhile; see 'propolis whoami'"
    end
    for key, value in pairs(fields) do
        account[key] = value or nil
    end
    account.savedAt = sys.now()
    ok, err = sys.replace(path, layout(account), FILE_MODE)
    if not ok then
        return nil, ("cannot write %s: %s"):format(path, tostring(err))
    end
    return true
end

--- Removes the account file.
-- @return true; false when there was none; or nil and a sentence
function credentials.remove(paths)
    local held <close>, busy = lock(paths)
    if not held then
        return nil, busy
    end
    local ok, err = sys.remove(paths.credentials)
    if ok then
        return true
    elseif err.code == "none" then
        return false
    end
    return nil, ("cannot remove %s: %s"):format(paths.credentials,
        tostring(err))
end

return credentials
