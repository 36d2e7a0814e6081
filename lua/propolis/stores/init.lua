--- stores: what a URL opens, by its scheme; one file for each, here.
--
-- SCHEME.lua, or SCHEME/init.lua, returns a table with
--   form                how people write such a URL
--   open(options, url)  a store, or what engine.store.from makes one of; or
--                       nil, err; options as in propolis.open
--   readonly            true when the store itself refuses to change anything
--                       with the option of that name
local store = require "propolis.store"
local sys = require "engine.sys"

local stores = {}

local FOLDER = sys.root .. "/lua/propolis/stores"

local function schemes()
    local names = {}
    for _, file in ipairs(assert(sys.list(FOLDER))) do
        local name = file:match("^(%l+)%.lua$")
            or sys.stat(FOLDER .. "/" .. file .. "/init.lua") and file
        names[#names + 1] = name ~= "init" and name or nil
    end
    return names
end

local function load_scheme(name)
    return (require("propolis.stores." .. name))
end

--- How a store's URL is written, for each kind of store, as one text.
function stores.forms()
    local forms, seen = {}, {}
    for _, name in ipairs(schemes()) do
        local form = load_scheme(name).form
        if not seen[form] then
            seen[form], forms[#forms + 1] = true, form
        end
    end
    return table.concat(forms, ", ")
end

--- A store's URL as it may be shown: without password, wherever it stands. An
-- @ or a / in it should have been %XX, but that must not bring it to light.
function stores.shown(url)
    return (url:gsub("^(%a+://[^/@:?]*):[^?]*@", "%1:***@")
        :gsub("([Pp][Aa][Ss][Ss][Ww][Oo][Rr][Dd]=)[^&]*", "%1***"))
end

--- What opens such a URL, or nil and a sentence.
function stores.find(url)
    local scheme = url:match("^(%a+):")
    for _, name in ipairs(schemes()) do
        if name == scheme then return load_scheme(name) end
    end
    return nil, ("cannot open '%s': say %s"):format(stores.shown(url),
        stores.forms())
end

-- A service without a read-only mode gets only statements that look harmless.
local function guard(made)
    local query = made.query
    function made.query(text, info)
        if not require("engine.sql").reads(text) then
            return nil, store.error("readonly",
                "only statements that read are sent here")
        end
        return query(text, info)
    end
end

-- Every option of any kind of store; those of configurations by their names
-- there.  The kinds of stores say what they mean.
local OPTIONS = "workspace readonly busy_ms connect_timeout timeout_ms"
    .. " api_url token org_id tables retries backoff_ms max_bytes ca_file"
    .. " create_delays marker_dir marker_ttl_ms index_marker_ttl_ms"
    .. " query_timeout_ms trace_sql on_balance"
local KINDS = {
    string = "workspace api_url token org_id ca_file marker_dir",
    table = "tables create_delays",
    ["function"] = "on_balance",
}

--- The options that a configuration has for its team's store.
function stores.options(conf)
    local options = {}
    for name in OPTIONS:gmatch("%S+") do
        options[name] = conf[name]
    end
    return options
end

--- Opens a store by its URL: propolis.open.
function stores.open(url, options)
    options = store.options(options, OPTIONS)
    for kind, names in pairs(KINDS) do
        for name in names:gmatch("%S+") do
            if options[name] ~= nil then
                store.check(options[name], kind, ("option '%s' must be a %s")
                    :format(name, kind))
            end
        end
    end
    local kind, why = stores.find(url)
    if not kind then return nil, store.error("arg", why) end
    local made, err = kind.open(options, url)
    if not made then return nil, err end
    if options.readonly and not kind.readonly then guard(made) end
    local opened = store.from(made)
    opened.url, opened.query_all = stores.shown(url), made.query_all
    return opened
end

return stores
