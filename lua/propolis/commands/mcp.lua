--- propolis mcp: the memory for agents that speak the Model Context Protocol.
local cli = require "propolis.cli"

local command = {
    name = "mcp",
    summary = "serve the memory to an agent (Model Context Protocol)",
    usage = function() return [[
propolis mcp                 what an agent starts, as install tells it to

usage: propolis mcp [--store URL|--remote]

Speaks the Model Context Protocol on stdin and stdout, in its versions
2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26 and 2024-11-05, and ends with
the agent.  Tools: search, read, sessions, skills and note, the only one that
writes, besides hivemind_search, hivemind_read and hivemind_index for who knows
those.  Summaries and notes are resources.

]] .. require("propolis.cli.target").help() .. [[


  For an agent that 'propolis install' does not know, the configuration is
    { "mcpServers": { "propolis": { "command": "propolis", "args": ["mcp"] } } }
]] end,
    options = { store = "value", remote = "flag" },
    args = { 0, 0 },
}

function command.main(opts)
    if opts.store and opts.remote then
        return cli.usage(command, "say --store or --remote, not both")
    end
    if require("engine.sys").isatty(0) then
        cli.say("propolis mcp: an agent speaks here, one JSON-RPC message a"
            .. " line; Ctrl-D ends it")
    end
    require("propolis.mcp").serve(opts)
end

return cli.command(command)
