--- propolis serve: the HTTP API of the shared memory over PostgreSQL.
local cli = require "propolis.cli"

local command = {
    name = "serve",
    summary = "host a team's memory on your own PostgreSQL",
    usage = [[
propolis serve token add alice --workspace default
propolis serve --db postgres://postgres:PASSWORD@127.0.0.1:5432/memory

usage: propolis serve [OPTIONS]              until SIGINT or SIGTERM
       propolis serve token add NAME         makes a token, shown only once
       propolis serve token list [--json]
       propolis serve token revoke ID|NAME   a running server obeys at once

  --db URL               the administrator of a database of its own, or
                         PROPOLIS_SERVE_DB; each workspace becomes a schema
                         with a role that owns it and one that may read it
  --listen ADDR:PORT     where to listen: 127.0.0.1:8787; port 0 is any
  --port PORT            the same address with another port
  --tls-cert FILE, --tls-key FILE   PEM files: https instead of http
  --statement-timeout S  seconds for one statement: 9
  --client-timeout S     seconds to send a request or take an answer: 60
  --max-body SIZE        the largest request: 16M
  --max-answer SIZE      the largest answer: 64M
  --max-memory SIZE      all requests and answers together: 512M
  --connections N        clients connected at once: 4096
  --requests N           requests under way at once: 512
  --backends N           connections to the database: 16
  --threads N            event loops: one for every two processors
  --verbose              a line on stderr for every request

for token add:
  --workspace NAME       may be given several times; one is needed
  --org ID               the organization clients name: team
  --org-name NAME        how it is called
  --read                 may read and not write
  --json                 the token and its id as JSON

The server takes a new list of tokens without a restart.  Where clients reach
it from other machines, give it a certificate or put a TLS proxy before it.
]],
    options = {
        db = "value", listen = "value", port = "value", tls_cert = "value",
        tls_key = "value", statement_timeout = "value",
        client_timeout = "value", max_body = "value", max_answer = "value",
        max_memory = "value", connections = "value", requests = "value",
        backends = "value", threads = "value", verbose = "flag",
        workspace = "list", org = "value", org_name = "value", read = "flag",
        json = "flag",
    },
    args = { 0, 3 },
}

-- Serving -------------------------------------------------------------------

local function is_loopback(host)
    return host:match("^127%.") or host == "::1"
end

-- Makes the workspaces of list ready that are not; done remembers them.
local function setup_workspaces(server, list, done)
    for _, entry in ipairs(list) do
        for _, workspace in ipairs(entry.workspaces) do
            if not done[workspace] then
                local ok, err = server:setup_workspace(workspace)
                if not ok then
                    return nil, ("workspace %s: %s"):format(workspace, err)
                end
                done[workspace] = true
            end
        end
    end
    return true
end

-- Reads the token file and hands it over; without one nobody gets in.
local function load_tokens(server, done)
    local list, err = require("propolis.serve.tokens").load()
    if not list then
        server:set_tokens(nil)
        return nil, err
    end
    local ok
    ok, err = setup_workspaces(server, list, done)
    server:set_tokens(list)
    return ok, err, #list
end

local function serve(server, done)
    while true do
        local event = server:wait(0.5)
        if event == "stop" then
            return
        elseif event ~= "tick" then
            local ready = event == "repair" and {} or done
            local ok, err = load_tokens(server, ready)
            if not ok then
                cli.say("propolis serve: %s", err)
            end
        end
    end
end

local function announce(o, port, ntokens)
    if not is_loopback(o.host) and not o.tls_cert then
        cli.say("propolis serve: %s is not loopback and there is no TLS: "
            .. "tokens and memory cross the network in the clear", o.host)
    end
    if ntokens == 0 then
        cli.say("propolis serve: nobody has a token yet: "
            .. "propolis serve token add NAME --workspace default")
    end
    local host = o.host:find(":", 1, true) and "[" .. o.host .. "]" or o.host
    cli.write(("listening on %s://%s:%d\n"):format(
        o.tls_cert and "https" or "http", host, port))
    return cli.done()
end

local function start(opts)
    local o, err, wrong = require("propolis.serve.options").read(opts)
    if not o then return wrong and cli.usage(command, err) or cli.fail(err) end
    local engine_serve = require "engine.serve"
    local server <close>, failed = engine_serve.start(o)
    if not server then return cli.fail(failed) end
    local done = {}
    server:wait(0)
    local ok, why, ntokens = load_tokens(server, done)
    if not ok then return cli.fail(why) end
    local code = announce(o, server:port(), ntokens)
    if code == cli.OK then
        serve(server, done)
    end
    return code
end

-- Tokens --------------------------------------------------------------------

local token = {}

function token.add(opts)
    local engine_serve = require "engine.serve"
    if not opts[3] or opts[3] == "" then
        return cli.usage(command, "token add needs a name")
    elseif not opts.workspace then
        return cli.usage(command, "token add needs --workspace NAME")
    end
    for _, name in ipairs(opts.workspace) do
        if not engine_serve.workspace_ok(name) then
            return cli.usage(command, ("'%s' cannot be a workspace: letters, "
                .. "digits, _ . - and not a name of PostgreSQL's own")
                :format(name))
        end
    end
    local org = opts.org or "team"
    local text, id = require("propolis.serve.tokens").add {
        name = opts[3], org = org, org_name = opts.org_name or org,
        role = opts.read and "read" or "write", workspaces = opts.workspace,
    }
    if not text then return cli.fail(id) end
    if opts.json then
        return cli.json(require("propolis.json").object {
            { "token", text }, { "id", id }, { "org", org },
        })
    end
    cli.write(text, "\n")
    cli.say("shown only now; a client needs HIVEMIND_API_URL, HIVEMIND_TOKEN "
        .. "(this), HIVEMIND_ORG_ID=%s and HIVEMIND_WORKSPACE_ID=%s", org,
        opts.workspace[1])
    return cli.done()
end

local COLUMNS = { "id", "name", "role", "org", "workspaces", "created" }

function token.list(opts)
    local list = cli.check(require("propolis.serve.tokens").load())
    local rows = require("propolis.json").pick_all(list, COLUMNS)
    if opts.json then return cli.json(rows) end
    for _, row in ipairs(rows) do
        row.workspaces = table.concat(row.workspaces, ",")
    end
    cli.write(cli.table(rows, COLUMNS))
    return cli.done()
end

function token.revoke(opts)
    if not opts[3] then
        return cli.usage(command, "token revoke needs an id or a name")
    end
    local gone = cli.check(require("propolis.serve.tokens").revoke(opts[3]))
    cli.say("revoked %s (%s)", gone.id, gone.name)
    return cli.done()
end

-- The options that fit each thing to do.
local FITS = {
    start = { "db", "listen", "port", "tls_cert", "tls_key",
        "statement_timeout", "client_timeout", "max_body", "max_answer",
        "max_memory", "connections", "requests", "backends", "threads",
        "verbose" },
    add = { "workspace", "org", "org_name", "read", "json" },
    list = { "json" }, revoke = {},
}

--- Runs the command; returns its exit code.
function command.main(opts)
    local what = not opts[1] and "start" or opts[2]
    local excess = FITS[what] and cli.misplaced(opts,
        opts[1] and "token " .. what or "serving", table.unpack(FITS[what]))
    if excess then
        return cli.usage(command, excess)
    elseif not opts[1] then
        return start(opts)
    elseif opts[1] ~= "token" then
        return cli.usage(command, ("'%s' is nothing to do"):format(opts[1]))
    end
    local action = token[opts[2] or ""]
    if not action or opts[2] == "list" and opts[3] then
        return cli.usage(command, "say token add, list or revoke")
    end
    return action(opts)
end

return cli.command(command)
