--- propolis remove: takes a member out of the organisation.
local account = require "propolis.account"
local cli = require "propolis.cli"

local command = {
    name = "remove",
    summary = "take a member out of the organisation",
    usage = [[
propolis remove 0c1d4f2e

usage: propolis remove USER-ID      'propolis members' shows the ids

What the member has stored stays.
]],
    args = { 1, 1 },
}

function command.main(opts)
    local id = opts[1]
    if id == "" or id == "." or id == ".." then
        return cli.usage(command, ("'%s' is not a user's id"):format(id))
    end
    local conf, client <close> = cli.check(account.open())
    cli.check(client:remove(id))
    cli.say("%s is no member of %s any more", cli.printable(id),
        cli.printable(conf.org_name))
end

return cli.command(command)
