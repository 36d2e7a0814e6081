--- propolis org: the organisations of the user, and which one is in use.
local account = require "propolis.account"
local api = require "propolis.account.api"
local cli = require "propolis.cli"

local command = {
    name = "org",
    summary = "list organisations, or switch to another",
    usage = [[
propolis org switch Acme

usage: propolis org list [--json]
       propolis org switch NAME|ID

A token is made for the organisation that is switched to.  The workspace stays
when there is one of that name, else it is 'default'.  Nothing changes unless
all of it worked.
]],
    options = { json = "flag" },
    args = { 0, 2 },
}

local actions = {}

function actions.list(opts, conf, client)
    local orgs, err = client:organizations()
    if not orgs then
        return cli.fail(err)
    end
    return account.show(orgs, conf.org_id, opts)
end

-- The new organisation's token and workspaces; or nil and an error.
local function enter(conf, client, org)
    local token, err = client:mint(org.id)
    if not token then
        return nil, err
    end
    local own <close> = assert(api.new {
        api_url = conf.api_url, token = token, org_id = org.id,
    })
    local spaces
    spaces, err = own:workspaces()
    return spaces and token, spaces or err
end

function actions.switch(opts, conf, client)
    local names = account.environment("HIVEMIND_TOKEN", "HIVEMIND_ORG_ID")
    if names then
        return cli.fail(("the environment decides which organisation is in"
            .. " use: change or unset %s"):format(names))
    end
    local orgs, err = client:organizations()
    local org
    if orgs then
        org, err = account.find(orgs, opts[2], "organisation")
    end
    if not org then
        return cli.fail(err)
    elseif org.id == conf.org_id then
        cli.say("%s is in use already", cli.printable(org.name))
        return cli.done()
    end
    local token, spaces = enter(conf, client, org)
    if not token then
        return cli.fail(spaces)
    end
    local before = conf.origin.workspace:find("workspaceId", 1, true)
        and conf.workspace or "default"
    local workspace = account.workspace_in(spaces, before)
    local ok
    ok, err = require("propolis.account.credentials").save(conf.paths, {
        token = token, orgId = org.id, orgName = org.name,
        workspaceId = workspace, apiUrl = conf.api_url,
    }, conf.org_id)
    if not ok then
        return cli.fail(err)
    end
    cli.say("organisation %s, workspace %s", cli.printable(org.name),
        cli.printable(workspace))
    if not account.find(spaces, before, "workspace") and before ~= workspace
    then
        cli.say("there is no workspace '%s' in %s", cli.printable(before),
            cli.printable(org.name))
    end
    return cli.done()
end

local COUNT = { list = 1, switch = 2 }

function command.run(argv)
    local opts, code = cli.parse(argv, command)
    if not opts then
        return code
    elseif COUNT[opts[1] or ""] ~= #opts then
        return cli.usage(command, "say 'org list' or 'org switch NAME'")
    end
    local conf, client = account.open()
    if not conf then
        return cli.fail(client)
    end
    local own <close> = client
    return actions[opts[1]](opts, conf, own)
end

return command
