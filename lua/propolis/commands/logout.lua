--- propolis logout: this machine forgets its account.
local account = require "propolis.account"
local cli = require "propolis.cli"
local config = require "propolis.config"

local command = {
    name = "logout",
    summary = "forget the account; the memory stays",
    usage = [[
propolis logout

usage: propolis logout

Removes the account file.  What was stored stays on this machine, and what was
shared stays with the team.  The token itself lives on until it is revoked at
https://deeplake.ai or expires.
]],
    args = { 0, 0 },
}

-- What stays, from the configuration as it was before.
local function say_what_stays(conf)
    local activity = require "propolis.install.activity"
    local store <close> = activity.open(conf)
    local path, there = activity.file(conf)
    if not there then return end
    cli.say("the memory of %s, %s stays in %s",
        cli.printable(conf.org_name), cli.printable(conf.workspace), path)
    local counts = store and require("propolis.sync.outbox").counts(store)
    local waiting = counts and counts.waiting + counts.rejected or 0
    if waiting > 0 then
        cli.say("%d of its rows were not shared yet; they go out after the"
            .. " next login there", waiting)
    end
end

function command.main()
    local paths = cli.check(config.paths())
    local conf = config.load() -- nil when the file is broken: it goes too
    local removed, err = require("propolis.account.credentials").remove(paths)
    if removed == nil then
        return cli.fail(err)
    elseif removed then
        cli.say("logged out: %s is removed", paths.credentials)
        if conf and conf.logged_in then
            say_what_stays(conf)
        end
    else
        cli.say("there is no account file to remove")
    end
    local names = account.environment("HIVEMIND_TOKEN", "HIVEMIND_ORG_ID")
    if names then
        cli.say("the environment still names an account: unset %s", names)
    end
end

return cli.command(command)
