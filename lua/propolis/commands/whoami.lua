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
        { what = "user", value = conf.user,
            from = conf.origin.user == "default" and "the system's login"
                or conf.origin.user },
        { what = "organisation", value = conf.org_name,
            from = conf.org_name == conf.org_id and org
                or conf.paths.credentials .. ": orgName" },
        { what = "organisation id", value = conf.org_id, from = org },
        { what = "workspace", value = conf.workspace,
            from = conf.origin.workspace },
        { what = "token", value = conf.logged_in and "set" or "none",
            from = origin(conf, "HIVEMIND_TOKEN", "token") },
        { what = "API", value = conf.api_url, from = conf.origin.api_url },
    }
end

function command.main(opts)
    local conf = cli.check(config.load())
    local list = rows(conf)
    if opts.json then
        local from = {}
        for i, key in ipairs { "user", "org_name", "org_id", "workspace",
            "token", "api_url" } do
            from[i] = { key, list[i].from }
        end
        return cli.json(json.object {
            { "logged_in", conf.logged_in }, { "user", conf.user },
            { "org_id", conf.org_id }, { "org_name", conf.org_name },
            { "workspace", conf.workspace }, { "api_url", conf.api_url },
            { "from", json.object(from) },
        })
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
