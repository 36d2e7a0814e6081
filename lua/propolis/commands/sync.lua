--- propolis sync: the outbox goes to the remote, teammates' rows come here.
local cli = require "propolis.cli"

local command = {
    name = "sync",
    summary = "exchange the memory with the team's store",
    usage = [[
propolis sync

usage: propolis sync [--push|--pull] [--retry] [--watch] [--json]
       propolis sync --session ID
       propolis sync --local

  --push         only send what is queued here
  --pull         only fetch memory and skills of the team
  --session ID   fetch the events of one session, of anybody
  --local        only take in what hooks captured; no remote is asked
  --retry        try rows again that the remote rejected
  --watch        go on, once per sync_interval, until interrupted
  --json         one object on stdout
  --auto         as hooks start it: the whole worker; says nothing, and waits
                 after failures]],
    options = { push = "flag", pull = "flag", session = "value",
        ["local"] = "flag", retry = "flag", watch = "flag", auto = "flag",
        json = "flag" },
    args = { 0, 0 },
}

local function count(n, what)
    return ("%d %s%s"):format(n, what, n == 1 and "" or "s")
end

local function sentence(result)
    if result.skipped then return "nothing done: " .. result.skipped end
    local parts = {}
    if result.push then
        parts[#parts + 1] = count(result.push.sent, "row") .. " sent"
        if result.push.rejected > 0 then
            parts[#parts + 1] = ("%d rejected ('propolis status' says why)")
                :format(result.push.rejected)
        end
    end
    if result.pull then
        parts[#parts + 1] = count(result.pull.got, "row") .. " fetched"
    end
    if result.session then
        parts[#parts + 1] = ("%s fetched, %d new"):format(
            count(result.session.found, "event"), result.session.got)
    end
    return table.concat(parts, ", ")
end

-- Prints what came of one run; its exit code.
local function report(opts, result)
    local err = result.error and tostring(result.error) or nil
    if opts.json then
        local json = require "propolis.json"
        cli.json(json.object {
            { "sent", result.push and result.push.sent or 0 },
            { "rejected", result.push and result.push.rejected or 0 },
            { "fetched", (result.pull or result.session or { got = 0 }).got },
            { "skipped", result.skipped or json.null },
            { "error", err or json.null },
        })
    else
        local text = sentence(result)
        if text ~= "" then
            cli.write(text .. "\n")
        end
    end
    if err then
        return cli.fail(("%s; what is left stays queued"):format(err))
    end
    return 0
end

local function once(conf, opts)
    local sync = require "propolis.sync"
    local progress = require("propolis.cli.progress").start()
    sync.watchdog(conf)
    local result, err = sync.run(conf, {
        retry = opts.retry, session = opts.session,
        push_only = opts.push, pull_only = opts.pull,
        progress = function(sent)
            progress:count("%d rows sent", sent)
        end,
    })
    sync.watchdog(nil)
    progress:close()
    require("propolis.worker").prepare(conf)
    if not result then return cli.fail(tostring(err)) end
    return report(opts, result)
end

local INTERRUPTED = 130 -- as a shell says it

-- One run after the other, whatever came of it.
local function watch(conf, opts)
    local sys = require "engine.sys"
    while true do
        once(conf, opts)
        sys.sleep(math.max(conf.sync_interval, 1))
    end
end

function command.main(opts)
    if opts.push and opts.pull then
        return cli.usage(command, "say --push or --pull, not both")
    end
    local excess = opts.auto and cli.misplaced(opts, "--auto", "auto", "local")
        or opts["local"] and cli.misplaced(opts, "--local", "local", "auto")
    if excess then return cli.usage(command, excess) end
    -- What was captured is taken in whatever the settings say by now.
    local conf = cli.check(require("propolis.config").load(
        opts["local"] or opts.auto))
    if opts.auto then
        return require("propolis.worker").run(conf,
            { whole = not opts["local"] }) and 0 or 1
    elseif opts["local"] then
        cli.check(require("propolis.capture.intake").take_in(conf))
        return cli.done(0)
    end
    local ok, result = pcall(opts.watch and watch or once, conf, opts)
    if ok then
        return result
    elseif cli.is_interrupt(result) then
        return INTERRUPTED
    end
    error(result, 0)
end

return cli.command(command)
