--- propolis org: the organisations of the user, and which one is in use.
local account = require "propolis.account"
local api = require "propolis.account.api"
local cli = require "propolis.cli"
local credentials = require "propolis.account.credentials"

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
    return account.show(cli.check(client:organizations()), conf.org_id, opts)
end

-- A token for the organisation, and the workspaces that it opens.
local function enter(conf, client, org)
    local token = cli.check(client:mint(org.id))
    local own <close> = assert(api.new {
        api_url = conf.api_url, token = token, org_id = org.id,
    })
    return token, cli.check(own:workspaces())
end

function actions.switch(opts, conf, client)
    local names = account.environment("HIVEMIND_TOKEN", "HIVEMIND_ORG_ID")
    if names then
        return cli.fail(("the environment decides which organisation is in"
            .. " use: change or unset %s"):format(names))
    end
    local org = cli.check(account.find(cli.check(client:organizations()),
        opts[2], "organisation"))
    if org.id == conf.org_id then
        return cli.say("%s is in use already", cli.printable(org.name))
    end
    local token, spaces = enter(conf, client, org)
    local before = conf.origin.workspace:find("workspaceId", 1, true)
        and conf.workspace or "default"
    local workspace = account.workspace_in(spaces, before)
    cli.check(credentials.save(conf.paths, {
        token = token, orgId = org.id, orgName = org.name,
        workspaceId = workspace, apiUrl = conf.api_url,
    }, conf.org_id))
    cli.say("organisation %s, workspace %s", cli.printable(org.name),
        cli.printable(workspace))
    if not account.find(spaces, before, "workspace") and before ~= workspace
    then
        cli.say("there is no workspace '%s' in %s", cli.printable(before),
            cli.printable(org.name))
    end
end

return account.switcher(command, actions)
