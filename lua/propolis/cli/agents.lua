--- propolis.cli.agents: what the commands share that take names of agents.
local agents = require "propolis.agents"
local cli = require "propolis.cli"

local shared = {}

--- Reads the command line of such a command.
-- @return its options, the list of agents that it names or of all (see
-- propolis.agents) and the context for their files (see
-- propolis.install.context); or nil and the exit code when everything has
-- been said
function shared.start(argv, command)
    local opts, code = cli.parse(argv, command)
    if not opts then return nil, code end
    local list, err = agents.named(opts)
    if not list then return nil, cli.usage(command, err) end
    local ctx
    ctx, err = require "propolis.install.context" { approve = opts.approve }
    if not ctx then return nil, cli.fail(err) end
    for i, name in ipairs(list) do list[i] = agents.get(name) end
    return opts, list, ctx
end

--- Prints one report per agent as JSON: { agents = [...] }.
-- @param keys the reports' fields in order; one that is a list stays one
-- @return as cli.done()
function shared.json(reports, keys)
    local json = require "propolis.json"
    local out = {}
    for i, report in ipairs(reports) do
        local pairs_ = {}
        for k, key in ipairs(keys) do
            local value = report[key]
            pairs_[k] = { key, type(value) == "table" and json.array(value)
                or value }
        end
        out[i] = json.object(pairs_)
    end
    return cli.json(json.object { { "agents", json.array(out) } })
end

return shared
