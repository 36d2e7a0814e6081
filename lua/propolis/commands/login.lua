--- propolis login: an account for this machine.
local account = require "propolis.account"
local api = require "propolis.account.api"
local cli = require "propolis.cli"
local config = require "propolis.config"
local device = require "propolis.account.device"
local json = require "propolis.json"
local sys = require "engine.sys"

local command = {
    name = "login",
    summary = "get an account, so that memory is shared",
    usage = [[
propolis login
propolis login --org Acme
propolis login --with-token < token.txt

usage: propolis login [OPTIONS]

  --org NAME|ID    the organisation; without it the first one
  --with-token     read an API token from stdin instead of asking a browser
  --force          log in again although there is an account
  --no-browser     only show the address
  --json           who and where, as JSON

The account goes to ~/.deeplake/credentials.json (0600).  Your own server:
HIVEMIND_API_URL=https://memory.example.org propolis login --with-token
]],
    options = { org = "value", with_token = "flag", force = "flag",
        no_browser = "flag", json = "flag" },
    args = { 0, 0 },
}

-- Before ----------------------------------------------------------------------

-- Whether the account that is there still works: true; false when its token
-- is not accepted any more; nil and a sentence when nobody can say.
local function still_works(conf)
    local client <close>, err = api.new(conf)
    local ok = client
    if client then
        ok, err = client:me()
    end
    if ok then
        return true
    elseif err.status == 401 then
        return false
    end
    return nil, tostring(err)
end

local function is_org(conf, wanted)
    return conf.org_id == wanted
        or conf.org_name:lower() == wanted:lower()
end

-- The exit code when there is an account that will do, else nil.
local function already_logged_in(opts)
    local conf = config.load()
    if opts.force or not conf or not conf.logged_in then return nil end
    local names = account.environment("HIVEMIND_TOKEN", "HIVEMIND_ORG_ID")
    local works, err = still_works(conf)
    if works == false and not names then
        cli.say("the saved token is not accepted any more: logging in again")
        return nil
    end
    cli.say("logged in already: %s, organisation %s, workspace %s%s",
        cli.printable(conf.user), cli.printable(conf.org_name),
        cli.printable(conf.workspace), names and " (by " .. names .. ")" or "")
    if works == false then
        return cli.fail("the token in HIVEMIND_TOKEN is not accepted; set a"
            .. " new one, or unset it and log in")
    elseif works == nil then
        cli.say("could not check whether the token is still valid: %s", err)
    end
    if opts.org and not is_org(conf, opts.org) then
        return cli.fail(("'propolis org switch %s' changes the organisation")
            :format(cli.printable(opts.org)))
    end
    cli.say("'propolis org switch NAME' changes the organisation, 'propolis"
        .. " login --force' logs in anew")
    return cli.done()
end

-- The token -------------------------------------------------------------------

local function from_stdin()
    if sys.isatty(0) then
        cli.say("paste the token (it will be seen), then Enter:")
    end
    local text = (io.read("l") or ""):match("^%s*(.-)%s*$")
    return cli.check(api.is_token(text) and text, "there is no token on stdin;"
        .. " say: propolis login --with-token < FILE")
end

local function show(opts)
    return function(code)
        cli.say("Open this address: %s", code.whole_url)
        cli.say("or go to %s and enter the code %s", code.url,
            cli.printable(code.user_code))
        if not opts.no_browser and device.browse(code.whole_url) then
            cli.say("A browser was started.")
        end
        cli.say("Waiting for the login there (%d minutes; Ctrl-C ends it) ...",
            math.ceil(code.lifetime / 60))
    end
end

local function from_browser(opts, url)
    local client <close> = cli.check(api.new { api_url = url })
    return cli.check(device.login {
        client = client, sleep = sys.sleep, clock = sys.monotonic,
        show = show(opts),
    })
end

-- After -----------------------------------------------------------------------

local function user_of(me)
    return me.name or me.email and me.email:match("^[^@]+")
end

-- The organisation to work in: named, else the one so far, else the first.
local function choose(orgs, opts, saved)
    if #orgs == 0 then
        return nil, "this user belongs to no organisation: make one at"
            .. " https://deeplake.ai or ask for an invitation, then log in"
            .. " again; nothing was saved"
    elseif opts.org then
        return account.find(orgs, opts.org, "organisation")
    end
    return saved.orgId and account.find(orgs, saved.orgId, "organisation")
        or orgs[1]
end

-- Everything the service has to say, before anything is saved: the fields of
-- the account file, and the organisations.
local function ask_service(url, token, opts, saved)
    local client <close> = cli.check(api.new { api_url = url, token = token })
    local me = cli.check(client:me())
    local orgs = cli.check(client:organizations())
    local org = cli.check(choose(orgs, opts, saved))
    if not opts.with_token then
        token = cli.check(client:mint(org.id))
    end
    local own <close> = api.new {
        api_url = url, token = token, org_id = org.id,
    }
    local spaces = cli.check(own:workspaces())
    return {
        token = token, orgId = org.id, orgName = org.name,
        userName = user_of(me) or false, apiUrl = url,
        workspaceId = account.workspace_in(spaces,
            saved.orgId == org.id and saved.workspaceId or nil),
    }, orgs
end

-- What lies in the store without an account, and the way to take it along.
local function mention_adopt(conf)
    local count = require("propolis.sync.adopt").pending(conf,
        require("propolis.schemas").sessions)
    if count and count > 0 then
        cli.say("%d event%s from before the login stay%s readable on this"
            .. " machine; 'propolis adopt' takes the memory into this"
            .. " workspace", count, count == 1 and "" or "s",
            count == 1 and "s" or "")
    end
end

local function report(opts, fields, orgs)
    local conf = cli.check(config.load())
    cli.say("Logged in as %s, organisation %s, workspace %s.",
        cli.printable(fields.userName or conf.user),
        cli.printable(fields.orgName), cli.printable(fields.workspaceId))
    local names = account.environment("HIVEMIND_TOKEN", "HIVEMIND_ORG_ID",
        "HIVEMIND_WORKSPACE_ID")
    if names then
        cli.say("but the environment decides: %s wins over what was saved",
            names)
    end
    for _, org in ipairs(#orgs > 1 and not opts.org and orgs or {}) do
        if org.id ~= fields.orgId then
            cli.say("also yours: %s ('propolis org switch %s')",
                cli.printable(org.name), cli.printable(org.id))
        end
    end
    mention_adopt(conf)
    if opts.json then
        return cli.json(json.object {
            { "user", fields.userName or conf.user },
            { "org_id", fields.orgId }, { "org_name", fields.orgName },
            { "workspace", fields.workspaceId }, { "api_url", fields.apiUrl },
        })
    end
end

local function login(opts)
    local paths = cli.check(config.paths())
    local saved, broken = config.credentials(paths.credentials)
    if broken then
        cli.say("propolis: %s", broken)
    end
    saved = saved or {}
    local url = cli.check(account.api_url(paths, saved))
    local token = opts.with_token and from_stdin() or from_browser(opts, url)
    local fields, orgs = ask_service(url, token, opts, saved)
    cli.check(require("propolis.account.credentials").save(paths, fields))
    return report(opts, fields, orgs)
end

function command.main(opts)
    if opts.with_token and opts.no_browser then
        return cli.usage(command, "say --with-token or --no-browser, not both")
    end
    return already_logged_in(opts) or login(opts)
end

return cli.command(command)
