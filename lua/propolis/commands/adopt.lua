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

-- What people call the rows of the shipped tables.
local WORDS = { sessions = "events", memory = "documents", skills = "skills" }

-- How many rows came, table by table: pairs for JSON, and a sentence's part.
local function counts(rows)
    local fields, parts = {}, {}
    for _, name in ipairs(require("propolis.schemas").names()) do
        local word = WORDS[name] or name
        fields[#fields + 1] = { word, rows[name] or 0 }
        parts[#parts + 1] = ("%d %s"):format(rows[name] or 0, word)
    end
    return fields, table.concat(parts, ", ")
end

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
    end
    local fields, words = counts(done.rows)
    if opts.json then
        fields[#fields + 1] = { "files", json.array(done.files) }
        return cli.json(json.object(fields))
    end
    cli.write(("%s adopted into %s, %s\n"):format(words,
        cli.printable(conf.org_name), cli.printable(conf.workspace)))
    for _, path in ipairs(done.files) do
        cli.say("what was adopted stays in %s too", path)
    end
end

return cli.command(command)
