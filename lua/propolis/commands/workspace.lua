--- propolis workspace: the organisation's workspaces, and which one is in use.
local account = require "propolis.account"
local cli = require "propolis.cli"

local command = {
    name = "workspace",
    summary = "list workspaces, or switch to another",
    usage = [[
propolis workspace switch research

usage: propolis workspace list [--json]
       propolis workspace switch NAME|ID
]],
    options = { json = "flag" },
    args = { 0, 2 },
}

local actions = {}

function actions.list(opts, conf, client)
    return account.show(cli.check(client:workspaces()), conf.workspace, opts)
end

function actions.switch(opts, conf, client)
    local names = account.environment("HIVEMIND_TOKEN", "HIVEMIND_ORG_ID",
        "HIVEMIND_WORKSPACE_ID")
    if names then
        return cli.fail(("the environment decides which workspace is in use"
            .. " (%s): set HIVEMIND_WORKSPACE_ID, or unset them"):format(names))
    end
    local space = cli.check(account.find(cli.check(client:workspaces()),
        opts[2], "workspace"))
    cli.check(require("propolis.account.credentials").save(conf.paths,
        { workspaceId = space.id }, conf.org_id))
    cli.say("organisation %s, workspace %s", cli.printable(conf.org_name),
        cli.printable(space.name))
end

return account.switcher(command, actions)
