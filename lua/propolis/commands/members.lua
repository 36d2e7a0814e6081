--- propolis members: who is in the organisation.
local account = require "propolis.account"
local cli = require "propolis.cli"
local json = require "propolis.json"

local command = {
    name = "members",
    summary = "list the members of the organisation",
    usage = [[
propolis members

usage: propolis members [--json]
]],
    options = { json = "flag" },
    args = { 0, 0 },
}

local COLUMNS = { "role", "name", "email", "user_id" }

function command.main(opts)
    local _, client <close> = cli.check(account.open())
    local members = cli.check(client:members())
    if opts.json then
        return cli.json(json.pick_all(members, COLUMNS, json.null))
    end
    cli.write(cli.table(json.pick_all(members, COLUMNS, "-"), COLUMNS))
end

return cli.command(command)
