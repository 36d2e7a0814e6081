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
    local space, err = account.find(spaces, opts[2], "workspace")
    if not space then
        return cli.fail(err)
    end
    local ok
    ok, err = require("propolis.account.credentials").save(conf.paths,
        { workspaceId = space.id }, conf.org_id)
    if not ok then
        return cli.fail(err)
    end
    cli.say("organisation %s, workspace %s", cli.printable(conf.org_name),
        cli.printable(space.name))
    return cli.done()
end

local COUNT = { list = 1, switch = 2 }

function command.run(argv)
    local opts, code = cli.parse(argv, command)
    if not opts then
        return code
    elseif COUNT[opts[1] or ""] ~= #opts then
        return cli.usage(command,
            "say 'workspace list' or 'workspace switch NAME'")
    end
    local conf, client = account.open()
    if not conf then
        return cli.fail(client)
    end
    local own <close> = client
    local names = account.environment("HIVEMIND_TOKEN", "HIVEMIND_ORG_ID",
        "HIVEMIND_WORKSPACE_ID")
    if names and opts[1] == "switch" then
        return cli.fail(("the environment decides which workspace is in use"
            .. " (%s): set HIVEMIND_WORKSPACE_ID, or unset them"):format(
            names))
    end
    local spaces, err = own:workspaces()
    if not spaces then
        return cli.fail(err)
    end
    return actions[opts[1]](opts, conf, spaces)
end

return command
