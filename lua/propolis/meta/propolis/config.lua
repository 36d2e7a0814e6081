---@meta propolis.config
--- propolis.config: where things are and what is set.  The environment wins
--- over the account file, that over the settings file, that over the default.

---@class propolis.config
---@field keys propolis.config.key[] every setting, one line each
local config = {}

--- How one setting is declared.
---@class propolis.config.key
---@field name string
---@field type "text"|"name"|"integer"|"boolean"|"list"
---@field help string
---@field env? string the environment variable that wins
---@field account? string its key in credentials.json
---@field default? any
---@field env_only? boolean never in the settings file

--- Absolute paths; none of them is made here.
---@class propolis.config.paths
---@field data string folder of the local stores
---@field state string folder of locks, log and histories
---@field config string folder of settings, schemas and redaction rules
---@field memory string
---@field credentials string file
---@field settings string file

--- Everything that is set: every setting by its name, and these.
---@class propolis.config.loaded
---@field token? string only when logged in
---@field org_id string "local" without an account
---@field org_name string
---@field logged_in boolean
---@field user string
---@field workspace string
---@field remote? string URL of the team's store
---@field local_store string URL of the local one
---@field tables table<"memory"|"sessions"|"skills", string>
---@field paths propolis.config.paths
---@field origin table<string, string> where each setting is from
---@field settings table the settings file as it stands
---@field warning? string why the account file was passed over, or what is
--- broken
---@field [string] any

--- With anyway, what is broken is said in the warning: the settings that were
--- last in force hold, else the defaults. When that leaves open what may be
--- captured, there is no remote.
---@param anyway? boolean
---@return propolis.config.loaded?
---@return string? err a sentence that names the broken file or value
function config.load(anyway) end

--- Keeps the settings file for a time when it is broken.
---@param conf propolis.config.loaded from config.load(true)
function config.keep(conf) end

---@return propolis.config.paths?
---@return string? err there is no home; beside paths: what is wrong with the
--- memory folder
function config.paths() end

--- A setting's declaration.
---@param name string
---@return propolis.config.key?
function config.key(name) end

--- Sets one key in the settings file, or removes it.
---@param name string
---@param value any nil removes it; text is read as the setting's type wants
---@return true? ok
---@return string? err
function config.set(name, value) end

--- The settings file as a table, empty when there is none.
---@param path string
---@return table?
---@return string? err
function config.read_settings(path) end

--- The account file as it stands; nil alone when there is none.
---@param path string
---@return table?
---@return string? err
function config.credentials(path) end

--- The file of the local store of an organisation and a workspace.
---@param paths propolis.config.paths
---@param org string
---@param workspace string
---@return string path
function config.store_file(paths, org, workspace) end

return config
