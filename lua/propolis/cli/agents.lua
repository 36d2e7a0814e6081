--- propolis.cli.agents: what the commands share that take names of agents.
local agents = require "propolis.agents"
local cli = require "propolis.cli"

local shared = {}

--- What the arguments of such a command name.
-- @return the list of agents that they name, or of all (see propolis.agents),
-- and the context for their files (see propolis.install.context); or nil and
-- the exit code when everything has been said
function shared.start(opts, command)
    local list, err = agents.named(opts)
    if not list then return nil, cli.usage(command, err) end
    for i, name in ipairs(list) do list[i] = agents.get(name) end
    return list, cli.check(require "propolis.install.context" {
        approve = opts.approve })
end

--- Runs a command that does something to each agent named.
-- @param one function(agent, ctx, opts) -> report: a record with `error` (a
-- sentence) when it failed, and `left` (sentences) for what it left undone
-- @param say function(report, opts), prints it
-- @param keys of the reports as JSON
-- @return the exit code; when the reports were printed as words also these,
-- and the context
function shared.run(opts, command, one, say, keys)
    local list, ctx = shared.start(opts, command)
    if not list then return ctx end
    local reports, failed = {}, false
    for i, agent in ipairs(list) do
        local report = one(agent, ctx, opts)
        if not opts.json then say(report, opts) end
        failed = failed or report.error ~= nil or #(report.left or {}) > 0
        reports[i] = report
    end
    if opts.json then
        local json = require "propolis.json"
        local code = cli.json { agents = json.pick_all(reports, keys) }
        return failed and cli.FAILED or code
    end
    return failed and cli.FAILED or cli.OK, reports, ctx
end

return shared
