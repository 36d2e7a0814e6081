--- propolis whoami: user, organisation and workspace, and why these.
local cli = require "propolis.cli"
local config = require "propolis.config"
local json = require "propolis.json"
local places = require "propolis.config.places"

local command = {
    name = "whoami",
    summary = "user, organisation and workspace, and where each is from",
    usage = [[
propolis whoami

usage: propolis whoami [--json]

Asks no network.  Works without an account file when HIVEMIND_TOKEN and
HIVEMIND_ORG_ID are set.
]],
    options = { json = "flag" },
    args = { 0, 0 },
}

-- Where the values of the account are from: the environment or the file.
local function origin(conf, variable, key)
    if not conf.logged_in then return "no account" end
    return places.env(variable) and variable
        or conf.paths.credentials .. ": " .. key
end

local function rows(conf)
    local org = origin(conf, "HIVEMIND_ORG_ID", "orgId")
    return {
        { key = "user", what = "user", value = conf.user,
            from = conf.origin.user == "default" and "the system's login"
                or conf.origin.user },
        { key = "org_name", what = "organisation", value = conf.org_name,
            from = conf.org_name == conf.org_id and org
                or conf.paths.credentials .. ": orgName" },
        { key = "org_id", what = "organisation id", value = conf.org_id,
            from = org },
        { key = "workspace", what = "workspace", value = conf.workspace,
            from = conf.origin.workspace },
        { key = "token", what = "token",
            value = conf.logged_in and "set" or "none",
            from = origin(conf, "HIVEMIND_TOKEN", "token") },
        { key = "api_url", what = "API", value = conf.api_url,
            from = conf.origin.api_url },
    }
end

function command.main(opts)
    local conf = cli.check(config.load())
    local list = rows(conf)
    if opts.json then
        local out, from = json.pick(conf, { "logged_in", "user", "org_id",
            "org_name", "workspace", "api_url" }), {}
        for i, row in ipairs(list) do from[i] = { row.key, row.from } end
        out.from = json.object(from)
        return cli.json(out)
    end
    if conf.warning then
        cli.say("propolis: %s", conf.warning)
    end
    if not conf.logged_in and not conf.remote then
        cli.say("the memory stays on this machine; %s",
            require("propolis.account").missing())
    end
    cli.write(cli.table(list, { "what", "value", "from" }))
end

return cli.command(command)
