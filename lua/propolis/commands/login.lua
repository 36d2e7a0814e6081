--- propolis login: an account for this machine.
local account = require "propolis.account"
local api = require "propolis.account.api"
local cli = require "propolis.cli"
local config = require "propolis.config"
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
local function settled(opts)
    local conf = config.load()
    if opts.force or not conf or not conf.logged_in then
        return nil
    end
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
        cli.say("whether the token is still good could not be seen: %s", err)
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
    if not api.is_token(text) then
        return nil, "there is no token on stdin; say: propolis login"
            .. " --with-token < FILE"
    end
    return text
end

local function show(opts)
    return function(code)
        local browser = require "propolis.account.browser"
        cli.say("Open this address: %s", code.whole_url)
        cli.say("or go to %s and enter the code %s", code.url,
            cli.printable(code.user_code))
        if not opts.no_browser and browser.open(code.whole_url) then
            cli.say("A browser was started.")
        end
        cli.say("Waiting for the login there (%d minutes; Ctrl-C ends it) ...",
            math.ceil(code.lifetime / 60))
    end
end

local function from_browser(opts, url)
    local client <close>, err = api.new { api_url = url }
    if not client then
        return nil, tostring(err)
    end
    local ok, token, why = pcall(require("propolis.account.device").login, {
        client = client, sleep = sys.sleep, clock = sys.monotonic,
        show = show(opts),
    })
    if ok then
        return token, why
    elseif tostring(token):find("interrupted!$") then -- Ctrl-C
        return nil, "interrupted; nothing was saved"
    end
    error(token, 0)
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
-- the account file, and the organisations; or nil and a sentence.
local function gather(url, token, opts, saved)
    local client <close>, err = api.new { api_url = url, token = token }
    local me, orgs, org, spaces
    if client then
        me, err = client:me()
    end
    if me then
        orgs, err = client:organizations()
    end
    if orgs then
        org, err = choose(orgs, opts, saved)
    end
    if org and not opts.with_token then
        token, err = client:mint(org.id)
    end
    if not org or not token then
        return nil, tostring(err)
    end
    local own <close> = api.new {
        api_url = url, token = token, org_id = org.id,
    }
    spaces, err = own:workspaces()
    if not spaces then
        return nil, tostring(err)
    end
    return {
        token = token, orgId = org.id, orgName = org.name,
        userName = user_of(me) or false, apiUrl = url,
        workspaceId = account.workspace_in(spaces,
            saved.orgId == org.id and saved.workspaceId or nil),
    }, orgs
end

-- What lies in the store without an account, and the way to take it along.
local function offer(conf)
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
    local conf, err = config.load()
    if not conf then
        return cli.fail(err)
    end
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
    offer(conf)
    if opts.json then
        return cli.json(json.object {
            { "user", fields.userName or conf.user },
            { "org_id", fields.orgId }, { "org_name", fields.orgName },
            { "workspace", fields.workspaceId }, { "api_url", fields.apiUrl },
        })
    end
    return cli.done()
end

local function login(opts)
    local paths, err = config.paths()
    if not paths then
        return cli.fail(err)
    end
    local saved, broken = config.credentials(paths.credentials)
    if broken then
        cli.say("propolis: %s", broken)
    end
    saved = saved or {}
    local url, token
    url, err = account.api_url(paths, saved)
    if url and opts.with_token then
        token, err = from_stdin()
    elseif url then
        token, err = from_browser(opts, url)
    end
    if not token then
        return cli.fail(err)
    end
    local fields, orgs = gather(url, token, opts, saved)
    if not fields then
        return cli.fail(orgs)
    end
    local ok
    ok, err = require("propolis.account.credentials").save(paths, fields)
    if not ok then
        return cli.fail(err)
    end
    return report(opts, fields, orgs)
end

function command.run(argv)
    local opts, code = cli.parse(argv, command)
    if not opts then
        return code
    end
    return settled(opts) or login(opts)
end

return command
