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

function actions.list(opts, conf, spaces)
    return account.show(spaces, conf.workspace, opts)
end

function actions.switch(opts, conf, spaces)
    local space = cli.check(account.find(spaces, opts[2], "workspace"))
    cli.check(require("propolis.account.credentials").save(conf.paths,
        { workspaceId = space.id }, conf.org_id))
    cli.say("organisation %s, workspace %s", cli.printable(conf.org_name),
        cli.printable(space.name))
end

local COUNT = { list = 1, switch = 2 }

function command.main(opts)
    if COUNT[opts[1] or ""] ~= #opts then
        return cli.usage(command,
            "say 'workspace list' or 'workspace switch NAME'")
    end
    local excess = opts[2] and cli.misplaced(opts, "workspace switch")
    if excess then return cli.usage(command, excess) end
    local conf, client <close> = cli.check(account.open())
    local names = account.environment("HIVEMIND_TOKEN", "HIVEMIND_ORG_ID",
        "HIVEMIND_WORKSPACE_ID")
    if names and opts[1] == "switch" then
        return cli.fail(("the environment decides which workspace is in use"
            .. " (%s): set HIVEMIND_WORKSPACE_ID, or unset them"):format(names))
    end
    return actions[opts[1]](opts, conf, cli.check(client:workspaces()))
end

return cli.command(command)
