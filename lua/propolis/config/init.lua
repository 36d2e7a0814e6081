--- Where things are and what is set: environment over settings over defaults.
--
-- This is on the hook path: a few os.getenv and at most two small file reads.
--
--   local conf, err = config.load()
--   local store = propolis.open(conf.local_store)
local check = require("engine.store").check
local places = require "propolis.config.places"

local config = {}

--- The folders data, state, config and memory, and the files credentials and
-- settings; absolute paths, none of them made here.
-- @return a table, or nil and a sentence when there is no home
config.paths = places.paths

local env = places.env

--- Every setting: one line each is all that a new one takes.
-- env wins over the settings file, that over default.  An account's own value
-- (account = key in credentials.json) stands between env and settings;
-- env_only ones are never in the file: schemas are loaded without reading it.
-- Types: "text" (with choices one of those), "store" (a URL; `set` looks for
-- its scheme; a relative path in it is taken from the settings' folder, and
-- none in env), "name" (a table's), "integer" (not negative; with least and
-- most 0 or between them), "boolean", "list" (of texts; as one text they are
-- joined by ':').
config.keys = {
    { name = "store", type = "store", env = "PROPOLIS_STORE",
      help = "URL of the team's store, or none" },
    { name = "workspace", type = "text", env = "HIVEMIND_WORKSPACE_ID",
      account = "workspaceId", default = "default",
      help = "the workspace, when the account names none" },
    { name = "user", type = "text", account = "userName",
      help = "who you are in the team, when the account does not say" },
    { name = "api_url", type = "text", env = "HIVEMIND_API_URL",
      account = "apiUrl", default = "https://api.deeplake.ai",
      help = "where the Deeplake API answers" },
    { name = "memory_table", type = "name", env = "HIVEMIND_TABLE",
      default = "memory", env_only = true,
      help = "table that holds the memory" },
    { name = "sessions_table", type = "name", env = "HIVEMIND_SESSIONS_TABLE",
      default = "sessions", env_only = true,
      help = "table that holds the events" },
    { name = "skills_table", type = "name", env = "HIVEMIND_SKILLS_TABLE",
      default = "skills", env_only = true,
      help = "table that holds the skills" },
    { name = "capture", type = "boolean", env = "HIVEMIND_CAPTURE",
      default = true, help = "whether hooks store what agents do" },
    { name = "capture_allow", type = "list",
      help = "folders whose events are stored; with any, no others are" },
    { name = "capture_deny", type = "list",
      help = "folders whose events are not stored" },
    { name = "context", type = "boolean", default = true,
      help = "whether agents are told of the memory when a session begins" },
    { name = "context_bytes", type = "integer", default = 2000, least = 500,
      most = 8000, help = "how much of that is recalled; 0: nothing" },
    { name = "summaries", type = "text", default = "rules",
      choices = "off rules agent",
      help = "how sessions are told in short: off, rules, or agent (a model)" },
    { name = "sync_interval", type = "integer", default = 60,
      help = "seconds between two syncs that hooks start" },
    { name = "sync_limit", type = "integer", default = 600,
      help = "seconds after which a sync stops and leaves the rest" },
    { name = "trace_sql", type = "boolean", env = "HIVEMIND_TRACE_SQL",
      default = false, help = "show every remote statement on stderr" },
    { name = "query_timeout_ms", type = "integer",
      env = "HIVEMIND_QUERY_TIMEOUT_MS", default = 10000,
      help = "how long one attempt at a remote statement may take" },
    { name = "index_marker_ttl_ms", type = "integer",
      env = "HIVEMIND_INDEX_MARKER_TTL_MS", default = 21600000,
      help = "how long a made index is not tried again" },
}

local by_name = {}
for _, key in ipairs(config.keys) do
    by_name[key.name] = key
end

--- A setting's declaration by its name, or nil.
function config.key(name)
    check(name, "string", "a setting's name must be a string")
    return by_name[name]
end

-- Files ---------------------------------------------------------------------

local FILE_MAX = 1 << 20

--- The settings file as a table, empty when there is none; or nil and a
-- sentence that names the file.
function config.read_settings(path)
    check(path, "string", "a file must be named by a string")
    local value, err = require("engine.sys").load_data(path)
    if err and err.code == "none" then
        return {}
    elseif err and err.code ~= "arg" then
        return nil, tostring(err)
    elseif err then
        return nil, ("%s is broken: %s; fix or remove it"):format(path,
            (tostring(err):sub(#path + 2):gsub("^%s*", "")
                :gsub("^%d+:", "line %0")))
    elseif type(value) ~= "table" then
        return nil, ("the settings file %s must return a table"):format(path)
    end
    return value
end

local ACCOUNT = { "token", "orgId", "orgName", "userName", "workspaceId",
    "apiUrl" }

--- The account file as it stands: token, orgId, orgName, userName,
-- workspaceId, apiUrl, autoupdate, savedAt, and whatever else it holds.
-- @return a table; nil when there is no file; nil and a sentence when broken
function config.credentials(path)
    check(path, "string", "a file must be named by a string")
    local text, err = require("engine.sys").read(path, FILE_MAX, true)
    if not text then return nil, err.code ~= "none" and err.message or nil end
    local json = require "propolis.json"
    local value
    value, err = json.decode(text)
    local hint = "; fix it, or run 'propolis login' again"
    if err then
        return nil, ("%s is broken: %s%s"):format(path, err, hint)
    elseif type(value) ~= "table" then
        return nil, ("%s must hold a JSON object%s"):format(path, hint)
    end
    for _, name in ipairs(ACCOUNT) do
        local field = value[name]
        if field == json.null or field == "" then
            value[name] = nil
        elseif field ~= nil and type(field) ~= "string" then
            return nil, ("%s: %s must be text, not a %s%s"):format(path, name,
                type(field), hint)
        end
    end
    return value
end

-- One configuration ---------------------------------------------------------

-- An id as part of a file name.  What had to be changed gets a hash of the
-- original behind a "~", which no unchanged name has.
local function file_part(id)
    check(id, "string", "organisation and workspace must be strings")
    local safe = id:lower():gsub("[^a-z0-9_.-]", "_"):gsub("^%.", "_")
        :sub(1, 60)
    if safe == id then return safe end
    return safe .. "~" .. require("engine.sys").sha256(id):sub(1, 10)
end

--- The file of the local store for an organisation and a workspace.
function config.store_file(paths, org, workspace)
    check(paths, "table", "paths must be those of config.paths()")
    return ("%s/%s@%s.db"):format(paths.data, file_part(org),
        file_part(workspace))
end

-- One setting's value in force and where it is from; or its default and a
-- sentence.  Without an account the environment does not count either.
local function effective(key, account, settings, paths)
    local value, origin
    if account and key.env then
        value, origin = env(key.env), key.env
    end
    if not value and account and key.account then
        value = account[key.account]
        origin = value and paths.credentials .. ": " .. key.account
    end
    if not value and not key.env_only and settings[key.name] ~= nil then
        value = settings[key.name]
        origin = paths.settings .. ": " .. key.name
    end
    if value == nil then return key.default, "default" end
    local good, err = require("propolis.config.values").check(key, value,
        origin, origin ~= key.env and paths.config or nil)
    if good == nil then return key.default, "default", err end
    return good, origin
end

-- Who this is and where to: fills in what follows from account and settings.
local function identify(conf, account)
    local token = env("HIVEMIND_TOKEN") or account.token
    local org = env("HIVEMIND_ORG_ID") or account.orgId

    conf.logged_in = token ~= nil and org ~= nil
    conf.token = conf.logged_in and token or nil
    conf.org_id = conf.logged_in and org or "local"
    conf.org_name = conf.org_id
    if conf.logged_in and org == account.orgId then
        conf.org_name = account.orgName or org
    end
    conf.user = conf.user or env("USER") or env("LOGNAME")
        or places.login() or require("engine.sys").user() or "unknown"
    conf.remote = conf.store or conf.logged_in and "deeplake:" or nil
    if conf.remote == "none" then
        conf.remote = nil
    end
end

-- The copy of the settings file as it was when nothing was wrong in it.
local function kept(paths)
    return paths.state .. "/config.lua"
end

--- Keeps the settings file for a time when it is broken; a hook calls this
-- with what config.load(true) gave.
function config.keep(conf)
    local sys = require "engine.sys"
    local path, now = kept(conf.paths), sys.stat(conf.paths.settings)
    local copy = sys.stat(path)
    if conf.warning or not now and not copy then
        return
    elseif not now then
        sys.remove(path)
    elseif not copy or copy.mtime < now.mtime or copy.size ~= now.size then
        sys.mkdir(conf.paths.state)
        sys.replace(path, sys.read(conf.paths.settings, FILE_MAX, true) or "")
    end
end

-- Fills in every setting, with where it is from.  Where one is wrong, that of
-- before holds, else the default.
-- @return whether a rule of what may be captured is not known
local function set_all(conf, account, problems)
    local old, unsure
    if not conf.settings then
        old = config.read_settings(kept(conf.paths))
        unsure = not old or not next(old)
        conf.settings = old or {}
    end
    for _, key in ipairs(config.keys) do
        local name, err = key.name
        conf[name], conf.origin[name], err = effective(key, account,
            conf.settings, conf.paths)
        if err then
            problems[#problems + 1] = err
            conf[name], conf.origin[name], err = effective(key, nil,
                conf.settings, conf.paths)
        end
        if err then
            old = old or config.read_settings(kept(conf.paths)) or {}
            conf[name], conf.origin[name] = effective(key, nil, old,
                conf.paths)
            unsure = unsure or old[name] == nil and name:find("^capture")
        end
    end
    return unsure
end

--- Everything that is set, as one table:
-- token, org_id, org_name, logged_in (org "local" and no token without an
-- account); user, workspace, api_url; tables = { memory, sessions, skills };
-- remote, the URL of the team's store or nil; local_store, the URL of the
-- local one; paths as config.paths(); capture and every other setting
-- of config.keys by its name; origin, where each of those is from; settings,
-- the file as it stands; warning, why the account file was passed over when
-- the environment names the account.
-- @param anyway what is broken is said in the warning: the settings that were
-- last in force hold, else the defaults. When that leaves open what may be
-- captured, there is no remote
-- @return the table, or nil and a sentence that names the broken file or value
function config.load(anyway)
    local paths, err = config.paths()
    if not paths then return nil, err end
    local conf, account = { paths = paths, origin = {} }
    local problems = { err }
    conf.settings, problems[#problems + 1] =
        config.read_settings(paths.settings)
    account, conf.warning = config.credentials(paths.credentials)
    if not (env("HIVEMIND_TOKEN") and env("HIVEMIND_ORG_ID")) then
        problems[#problems + 1], conf.warning = conf.warning, nil
    end
    account = account or {}
    local unsure = set_all(conf, account, problems)
    if problems[1] and not anyway then return nil, problems[1] end
    identify(conf, account)
    if problems[1] then
        conf.warning = table.concat(problems, "; ")
    end
    if unsure then
        conf.remote = nil
        conf.warning = conf.warning .. "; till then nothing leaves this machine"
    end
    conf.tables = { memory = conf.memory_table,
        sessions = conf.sessions_table, skills = conf.skills_table }
    conf.local_store = "sqlite:"
        .. config.store_file(paths, conf.org_id, conf.workspace)
    return conf
end

--- Sets one key in the settings file, or removes it (value nil); see
-- propolis.config.settings.
-- @return true, or nil and a sentence
function config.set(name, value)
    config.key(name)
    return require("propolis.config.settings").set(name, value)
end

return config
