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
    local rows = {}
    for i, member in ipairs(members) do
        local pairs_ = {}
        for k, column in ipairs(COLUMNS) do
            pairs_[k] = { column, member[column] or opts.json and json.null
                or "-" }
        end
        rows[i] = json.object(pairs_)
    end
    if opts.json then return cli.json(json.array(rows)) end
    cli.write(cli.table(rows, COLUMNS))
end

return cli.command(command)
