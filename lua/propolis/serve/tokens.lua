--- serve.tokens: who may use propolis serve, in one file beside the settings.
--
-- serve_tokens.json (0600) holds, per token, a salt and a hash, never the
-- token; serve_secret (0600) is what the passwords of the database roles are
-- derived from.  Writers take a lock and replace the file whole, so a running
-- server reads either the old list or the new one.
local config = require "propolis.config"
local engine_serve = require "engine.serve"
local json = require "propolis.json"
local sys = require "engine.sys"

local tokens = {}

local LOCK_MS = 5000

--- The token file, and the folder it is in.
-- @return path, folder, or nil and a sentence
function tokens.path()
    local paths, err = config.paths()
    if not paths then return nil, err end
    return paths.config .. "/serve_tokens.json", paths.config
end

local function is_text(value)
    return type(value) == "string"
end

local function is_digits(value, n)
    return is_text(value) and #value == n and not value:find("[^0-9a-f]")
end

local function is_list(value)
    return type(value) == "table" and (next(value) == nil or #value > 0)
end

-- A sentence about what is wrong with an entry, or nil.
local function flaw(entry)
    if type(entry) ~= "table" then
        return "is no object"
    elseif not (is_digits(entry.id, 16) and is_digits(entry.salt, 32)
            and is_digits(entry.hash, 64)) then
        return "has no good id, salt and hash"
    elseif not (is_text(entry.name) and is_text(entry.org)) then
        return "has no name and org"
    elseif entry.role ~= "read" and entry.role ~= "write" then
        return "has a role that is neither read nor write"
    elseif not is_list(entry.workspaces) then
        return "has no list of workspaces"
    end
    for _, name in ipairs(entry.workspaces) do
        if not (is_text(name) and engine_serve.workspace_ok(name)) then
            return "has a workspace that cannot be one"
        end
    end
end

--- All tokens; a file that is not there is an empty list.
-- @return list of { id, salt, hash, name, org, org_name, role, write,
-- workspaces, created }, or nil and a sentence that names the file
function tokens.load()
    local path, err = tokens.path()
    if not path then return nil, err end
    local text
    text, err = sys.read(path)
    if not text then return err.code == "none" and {} or nil, tostring(err) end
    local doc
    doc, err = json.decode(text)
    if type(doc) ~= "table" or not is_list(doc.tokens) then
        return nil, ("%s: %s"):format(path, err or "there is no list 'tokens'")
    end
    for i, entry in ipairs(doc.tokens) do
        local what = flaw(entry)
        if what then return nil, ("%s: token %d %s"):format(path, i, what) end
        entry.org_name = is_text(entry.org_name) and entry.org_name
            or entry.org
        entry.write = entry.role == "write"
    end
    return doc.tokens
end

local FIELDS = {
    "id", "name", "org", "org_name", "role", "workspaces", "created", "salt",
    "hash",
}

local function save(path, list)
    local text, err = json.encode(json.object {
        { "version", 1 }, { "tokens", json.pick_all(list, FIELDS) },
    })
    if not text then return nil, err end
    return sys.replace(path, text .. "\n", tonumber("600", 8))
end

-- Runs change(list) under the lock and writes the list when it returns true.
local function update(change)
    local path, folder = tokens.path()
    if not path then return nil, folder end
    local ok, err = sys.mkdir(folder)
    if not ok then return nil, err end
    local held <close>, busy = sys.lock(path .. ".lock", LOCK_MS)
    if not held then return nil, busy end
    local list
    list, err = tokens.load()
    if not list then return nil, err end
    ok, err = change(list)
    if not ok then return nil, err end
    return save(path, list)
end

--- Makes a token.
-- @param entry { name, org, org_name, role, workspaces }
-- @return the token and its id, or nil and a sentence; it can never be read
-- again
function tokens.add(entry)
    local token, kept = engine_serve.new_token()
    if not token then return nil, kept end
    for key, value in pairs(entry) do
        kept[key] = value
    end
    kept.workspaces = json.array(kept.workspaces)
    kept.created = sys.now()
    local ok, err = update(function(list)
        list[#list + 1] = kept
        return true
    end)
    if not ok then return nil, err end
    return token, kept.id
end

--- Takes a token back, by its id or by a name that only one has.
-- @return the entry that is gone, or nil and a sentence
function tokens.revoke(word)
    local gone
    local ok, err = update(function(list)
        local at, count = nil, 0
        for i, entry in ipairs(list) do
            if entry.id == word then
                at, count = i, 1
                break
            elseif entry.name == word then
                at, count = i, count + 1
            end
        end
        if count ~= 1 then
            return nil, (count == 0 and "there is no token '%s'"
                or "several tokens are called '%s': say the id"):format(word)
        end
        gone = table.remove(list, at)
        return true
    end)
    if not ok then return nil, err end
    return gone
end

--- What role passwords are derived from, made when it is not there.
-- @return 64 digits, or nil and a sentence
function tokens.secret()
    local _, folder = tokens.path()
    local ok, err = sys.mkdir(folder)
    if not ok then return nil, err end
    local path = folder .. "/serve_secret"
    local _, kept = engine_serve.new_token()
    if type(kept) ~= "table" or not kept.hash then return nil, kept end
    ok, err = sys.create(path, kept.hash .. "\n")
    if not ok and err.code ~= "exists" then return nil, err end
    local text
    text, err = sys.read(path)
    text = text and text:match("^(%x+)%s*$")
    if not is_digits(text, 64) then
        return nil, tostring(err or path .. ": these are not 64 digits")
    end
    return text
end

return tokens
