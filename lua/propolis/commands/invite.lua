--- propolis invite: asks somebody into the organisation.
local account = require "propolis.account"
local cli = require "propolis.cli"

local command = {
    name = "invite",
    summary = "invite somebody into the organisation",
    usage = [[
propolis invite ann@example.org
propolis invite bob@example.org READ

usage: propolis invite EMAIL [ADMIN|WRITE|READ]     without a role: WRITE
]],
    args = { 1, 2 },
}

local ROLES = { ADMIN = true, WRITE = true, READ = true }

function command.main(opts)
    local email, role = opts[1], (opts[2] or "WRITE"):upper()
    if not email:find("^[^%s%c@]+@[^%s%c@]+$") then
        return cli.usage(command, ("'%s' is not an e-mail address"):format(
            cli.printable(email)))
    elseif not ROLES[role] then
        return cli.usage(command, ("a role is ADMIN, WRITE or READ, not '%s'")
            :format(cli.printable(opts[2])))
    end
    local conf, client <close> = cli.check(account.open())
    cli.check(client:invite(email, role))
    cli.say("%s is invited to %s as %s", cli.printable(email),
        cli.printable(conf.org_name), role)
end

return cli.command(command)
