--- README.md's table of what is captured from which agent, made from their
-- folders.
local agents = require "propolis.agents"

-- The rows; where an agent has no entry in its `gaps` the cell says yes.
local ROWS = {
    "session start, session end", "prompts", "replies",
    "tool calls, also failed ones", "a turn that ended in an error",
    "an interrupted turn", "subagents", "compaction", "permission requests",
    "thoughts", "context for the model at the start",
}

local function line(cells)
    return "| " .. table.concat(cells, " | ") .. " |"
end

return function()
    local head, rule, lines, known = { "captured" }, { "---" }, {}, {}
    for i, row in ipairs(ROWS) do lines[i], known[row] = { row }, true end
    for _, name in ipairs(agents.names()) do
        local agent = agents.get(name)
        head[#head + 1], rule[#rule + 1] = agent.title, "---"
        for gap in pairs(agent.gaps) do
            assert(known[gap], ("%s: no row is called '%s'"):format(name, gap))
        end
        for i, row in ipairs(ROWS) do
            table.insert(lines[i], agent.gaps[row] or "yes")
        end
    end
    for i, cells in ipairs(lines) do lines[i] = line(cells) end
    return line(head) .. "\n" .. line(rule) .. "\n"
        .. table.concat(lines, "\n") .. "\n"
end
