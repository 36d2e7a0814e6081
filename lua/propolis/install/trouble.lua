--- propolis.install.trouble: what keeps events from being stored, apart from
-- the agents' hooks: the user's own files, the journal and the local store.
--
-- Each is { about = a word, text = a sentence with its way out, passing = true
-- when another process only holds the store }.
local activity = require "propolis.install.activity"
local sys = require "engine.sys"

local trouble = {}

local function add(list, about, fmt, ...)
    local one = { about = about, text = fmt:format(...) }
    list[#list + 1] = one
    return one
end

--- The user's own files: what hooks do without when one of them is broken.
-- @return the configuration that hooks have, nil when there is none; and the
-- list
function trouble.files()
    local list = {}
    local conf, err = require("propolis.config").load(true)
    if not conf or conf.warning then
        add(list, "settings", "%s", conf and conf.warning or err)
    end
    if not conf then return nil, list end
    local _, refused = require("propolis.schemas").list()
    for _, why in ipairs(refused) do add(list, "schemas", "%s", why) end
    _, err = require("propolis.capture.redact").load(conf.paths.config)
    if err then add(list, "redact.lua", "%s", err) end
    return conf, list
end

-- Where the next event would be kept.
local function check_journal(list, conf, opened)
    local folder = conf.local_store:match("^sqlite:(.*)/")
    local there = sys.stat(folder)
    local lost, elsewhere = require("propolis.capture.lost").trouble(conf)
    if not there then sys.rmdir(folder) end -- made to try
    if lost then add(list, "store", "%s: no event can be stored", lost) end
    if elsewhere then add(list, "store", "%s", elsewhere) end
    local waiting = activity.waiting(conf)
    if waiting == 0 then return end
    local file = activity.file(conf)
    local why = opened and opened.behind
        or require("propolis.capture.journal").stuck(file)
    local one = add(list, "journal", "%d event%s wait%s to be stored: %s",
        waiting, waiting == 1 and "" or "s", waiting == 1 and "s" or "",
        why and why ~= true and tostring(why)
        or "look into " .. conf.paths.state .. "/propolis.log")
    one.passing = opened and opened.behind and opened.behind.code == "busy"
end

-- What keeps the store from taking a row at this moment; nothing is written.
local function refusal(store)
    local ok, err = store:exec "BEGIN IMMEDIATE"
    if not ok then return err end
    ok, err = store:exec "ROLLBACK"
    return not ok and err or nil
end

--- Opens the local store, which takes in what waits.
-- @return the store, nil when it does not open or is not there yet; and the
-- list, of the journal as well
function trouble.store(conf)
    local list = {}
    local store, err = activity.open(conf)
    check_journal(list, conf, store)
    if store and not store.behind then err = refusal(store) end
    if err then
        local one = add(list, "store", store and "%s takes no event: %s"
            or "%s does not open: %s. Move it away and the next event makes a "
            .. "new one", (activity.file(conf)), tostring(err))
        one.passing = err.code == "busy"
    end
    return store, list
end

return trouble
