--- propolis adopt: memory from before the login joins the account's.
local adopt = require "propolis.sync.adopt"
local cli = require "propolis.cli"
local config = require "propolis.config"
local json = require "propolis.json"

local command = {
    name = "adopt",
    summary = "take memory from before the login into the workspace",
    usage = [[
propolis adopt

usage: propolis adopt [--json]

Copies the events, documents and skills that were stored on this machine
without an account into the store of the organisation and workspace in use;
the next sync shares them.  Nothing is removed, nothing is copied twice.
]],
    options = { json = "flag" },
    args = { 0, 0 },
}

function command.main(opts)
    local conf = cli.check(config.load())
    cli.check(conf.logged_in, "there is no workspace to adopt into: 'propolis"
        .. " login' first")
    cli.check(require("engine.sys").mkdir(conf.paths.state))
    local progress = require("propolis.cli.progress").start()
    local count = 0
    local done, why = adopt.run(conf, function(n)
        count = count + n
        progress:count("%d rows", count)
    end)
    progress:close()
    if not done then
        return cli.fail(("not everything was adopted: %s; run it again")
            :format(tostring(why)))
    elseif opts.json then
        return cli.json(json.object {
            { "events", done.sessions }, { "documents", done.memory },
            { "skills", done.skills }, { "files", json.array(done.files) },
        })
    end
    cli.write(("%d events, %d documents and %d skills adopted into %s, %s\n")
        :format(done.sessions, done.memory, done.skills,
        cli.printable(conf.org_name), cli.printable(conf.workspace)))
    for _, path in ipairs(done.files) do
        cli.say("what was adopted stays in %s too", path)
    end
end

return cli.command(command)
