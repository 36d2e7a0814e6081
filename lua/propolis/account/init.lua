--- account: what the account commands share: who we are, and choosing one of
-- several organisations or workspaces.
local api = require "propolis.account.api"
local config = require "propolis.config"
local places = require "propolis.config.places"

local account = {}

--- The variables of the environment, of those named, that decide; as text for
-- a sentence, or nil.
function account.environment(...)
    local set = {}
    for _, name in ipairs { ... } do
        set[#set + 1] = places.env(name) and name or nil
    end
    return #set > 0 and table.concat(set, ", ") or nil
end

--- Why there is no account, and the way out.
function account.missing()
    local token = places.env("HIVEMIND_TOKEN")
    local org = places.env("HIVEMIND_ORG_ID")
    if (token == nil) ~= (org == nil) then
        return ("not logged in: %s is set, but %s is not"):format(
            token and "HIVEMIND_TOKEN" or "HIVEMIND_ORG_ID",
            token and "HIVEMIND_ORG_ID" or "HIVEMIND_TOKEN")
    end
    return "not logged in: 'propolis login' gets an account"
end

--- The configuration and a client for it, when there is an account.
-- @return conf, client (to be closed); or nil and a sentence
function account.open()
    local conf, err = config.load()
    if not conf then
        return nil, err
    elseif not conf.logged_in then
        return nil, account.missing()
    end
    local client
    client, err = api.new(conf)
    if not client then return nil, tostring(err) end
    return conf, client
end

--- The one that a person means: by its id, else by its name in any case.
-- @param kind what it is called: "organisation", "workspace"
-- @return the entry, or nil and a sentence
function account.find(list, wanted, kind)
    local found = {}
    for _, item in ipairs(list) do
        if item.id == wanted then
            return item
        elseif item.name:lower() == wanted:lower() then
            found[#found + 1] = item
        end
    end
    if #found == 1 then return found[1] end
    local text = require "propolis.cli.text"
    local names = {}
    for i, item in ipairs(#found > 1 and found or list) do
        names[i] = #found > 1 and item.id or item.name
        names[i] = text.printable(names[i])
    end
    wanted = text.printable(wanted)
    if #found > 1 then
        return nil, ("several are called '%s'; say the id of the %s: %s")
            :format(wanted, kind, table.concat(names, ", "))
    end
    return nil, ("there is no %s '%s'; there %s"):format(kind, wanted,
        #names == 0 and "are none" or "is " .. table.concat(names, ", "))
end

--- Prints organisations or workspaces, the one in use marked.
-- @return the exit code
function account.show(list, current, opts)
    local cli = require "propolis.cli"
    local json = require "propolis.json"
    for _, item in ipairs(list) do
        item.current = item.id == current
        item[" "] = item.current and "*" or ""
    end
    if opts.json then
        return cli.json(json.pick_all(list, { "id", "name", "current" }))
    end
    cli.write(cli.table(list, { " ", "id", "name" }))
    return cli.done()
end

--- The frame of a command that lists things and switches to one of them.
-- @param command as for cli.command, without main
-- @param actions list and switch: function(opts, conf, client) -> exit code
function account.switcher(command, actions)
    local cli = require "propolis.cli"
    local count, name = { list = 1, switch = 2 }, command.name
    function command.main(opts)
        local excess = opts[2] and cli.misplaced(opts, name .. " switch")
        if count[opts[1] or ""] ~= #opts then
            excess = ("say '%s list' or '%s switch NAME'"):format(name, name)
        end
        if excess then return cli.usage(command, excess) end
        local conf, client <close> = cli.check(account.open())
        return actions[opts[1]](opts, conf, client)
    end
    return cli.command(command)
end

--- The workspace to work in after a change of the organisation: the one in
-- use when it is there too, else "default", else the only one there is.
-- @return its id
function account.workspace_in(list, current)
    local there = account.find(list, current or "default", "workspace")
        or account.find(list, "default", "workspace")
        or #list == 1 and list[1]
    return there and there.id or "default"
end

--- Where the API is, for one who is not logged in yet.
-- @param saved the account file's content, or an empty table
-- @return the address, or nil and a sentence
function account.api_url(paths, saved)
    local settings, err = config.read_settings(paths.settings)
    if not settings then return nil, err end
    return places.env("HIVEMIND_API_URL") or saved.apiUrl or settings.api_url
        or config.key("api_url").default
end

return account
