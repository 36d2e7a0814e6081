--- agents: the coding agents that propolis knows, one folder each, here.
--
-- The folder's name is the agent's name in the column `agent` (claude_code);
-- people type it with a hyphen (claude-code). Nothing else lists the agents:
-- what is found here is in every command, in README.md's table and in the
-- specs. All Lua files of a folder are pure: no I/O but for the shim's own
-- text, no clock, no ids.
--
-- events.lua    what the agent's events mean; all that a hook loads
--   shows_notice   true when the agent shows `notice` to the person
--   read(event, payload) -> list of events, see propolis.capture.entry; nil
--                  when nothing is stored
--   takes_context(event, payload) -> true when the output for this event may
--                  carry context to the model; without a payload: when that
--                  of some payload may
--   output(event, context, notice) -> the table that the hook prints as JSON
--
-- install.lua   how the agent is made to run our hooks
--   title          the agent's name as its makers write it
--   gaps           what no event of the agent says: row of README.md's table
--                  -> the words there (`yes` stands in every other row)
--   summarize      how the agent's program is asked for one answer, with no
--                  tools or none that change or send anything: { programs =
--                  its names, the first that is there counts, arguments = a
--                  list in which {file} is the text with the question and
--                  {folder} its folder, stdin = true when that text is its
--                  stdin, files = { name = text } put there, env = changes of
--                  the environment }. The answer is on stdout. Optional
--   no_shell       true when the agent starts hooks without a shell
--   folder(ctx)    the folder of the agent's settings; ctx: see
--                  propolis.install.context
--   marker(ctx)    the folder that tells that the agent is there; nil: `folder`
--   targets(ctx, folder) -> list of the files that we have a part in:
--     path           absolute
--     add(text)      -> the text with our part; nil stands for no file. nil
--                    and a sentence when that cannot be
--     drop(text, before) -> the text without our part; before: what stood
--                    there when we came, nil: no file or not known
--     empty(text)    -> true when nothing but ours was ever in it
--     own            true when every byte is ours
--     find(text)     -> our hooks { event, line, program }; wanted: the list of
--                    events that must be there
--     shim(text)     -> the program that our shim in this file runs
--     server, entry, block (text) -> what else of ours is there, or nil
--   approvals(read, folder) -> list of { event, state }, state is "approved",
--                    "waiting" or "disabled" by the agent's own record;
--                    read(path) -> text or nil. Optional
--   asks           list of { state, a sentence with %d for the number of hooks
--                    in that state }: what the person has to do. Optional
--   advice(read, folder) -> more such sentences. Optional
--
-- samples.lua   test events, for `propolis doctor`
--   payload(event, id, cwd, text) -> what the agent sends for this event of
--                    the session `id`, as a table; text: what is said in it
--   events         the events that a shim forwards, in a session's order; nil
--                    when hook lines name their events
--
-- shim.ts       the part of a shim that only this agent needs, if it has one;
--               see propolis.install.shim
local sys = require "engine.sys"

local agents = {}

local FOLDER = sys.root .. "/lua/propolis/agents"

--- The agents' names as people type them, sorted.
function agents.names()
    local names = {}
    for _, name in ipairs(assert(sys.list(FOLDER))) do
        if sys.stat(FOLDER .. "/" .. name).type == "dir" then
            names[#names + 1] = name:gsub("_", "-")
        end
    end
    return names
end

--- The agents that a person's words name, all without a word.
-- @return a list of names, or nil and a sentence
function agents.named(words)
    local known, names = agents.names(), {}
    for i, word in ipairs(words) do
        local name = word:gsub("_", "-")
        for _, one in ipairs(known) do
            names[i] = names[i] or one == name and one or nil
        end
        if not names[i] then
            return nil, ("there is no agent '%s'; known are %s"):format(word,
                table.concat(known, ", "))
        end
    end
    return #words > 0 and names or known
end

--- An agent's name as its folder and the column `agent` have it.
function agents.column(name)
    return (name:gsub("-", "_"))
end

--- One part of an agent: "events", "install" or "samples".
-- @param name one of agents.names()
function agents.part(name, part)
    return require(("propolis.agents.%s.%s"):format(agents.column(name), part))
end

--- An agent's install.lua, with its name.
function agents.get(name)
    local agent = agents.part(name, "install")
    agent.name = name
    return agent
end

--- What the person has to do so that an installed agent runs our hooks.
-- @param agent from agents.get()
-- @return list of sentences
function agents.advice(agent, read, folder)
    local out = agent.advice and agent.advice(read, folder) or {}
    local count = {}
    for _, hook in ipairs(agent.asks and agent.approvals(read, folder) or {})
    do
        count[hook.state] = (count[hook.state] or 0) + 1
    end
    for _, ask in ipairs(agent.asks or {}) do
        local n = count[ask[1]]
        out[#out + 1] = n and ask[2]:format(n)
    end
    return out
end

--- A usage text: {agents} in it becomes the list of the names, {agent} the
-- first of them, for an example.
function agents.usage(text)
    return function()
        local names = agents.names()
        return (text:gsub("{(%a+)}", { agent = names[1],
            agents = table.concat(names, ", ") }))
    end
end

return agents
