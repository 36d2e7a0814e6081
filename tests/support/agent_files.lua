--- What stands in a home before propolis comes, for each agent:
-- tests/fixtures/AGENT/install.lua returns
--   { files = place -> text, files of other people,
--     there = list of { place, a part of its text when we are installed },
--     edits = place -> { from, to }, what somebody changes after that,
--     left = place -> what then remains when we go; else the edited original,
--     broken = { place, text }, a file that we must refuse,
--     server = the memory server's entry, for the program /x y/propolis }
local agents = require "propolis.agents"
local sys = require "engine.sys"
local tmp = require "tmp"

local agent_files = { names = agents.names() }

--- One agent's fixtures.
function agent_files.of(name)
    return dofile(("%s/tests/fixtures/%s/install.lua"):format(sys.root, name))
end

local function replaced(text, edit)
    local at, stop = text:find(edit[1], 1, true)
    assert(at, edit[1])
    return text:sub(1, at - 1) .. edit[2] .. text:sub(stop + 1)
end

--- Writes all agents' files into a home.
function agent_files.write(home)
    for _, name in ipairs(agent_files.names) do
        for place, text in pairs(agent_files.of(name).files) do
            tmp.write(home .. "/" .. place, text)
        end
    end
end

--- Edits them; place -> what must stand there when we are gone.
function agent_files.edit(home)
    local want = {}
    for _, name in ipairs(agent_files.names) do
        local own = agent_files.of(name)
        for place, edit in pairs(own.edits) do
            local path = home .. "/" .. place
            assert(sys.replace(path, replaced(sys.read(path), edit)))
            want[place] = own.left and own.left[place]
                or replaced(own.files[place], edit)
        end
    end
    return want
end

--- Makes the folders by which the agents are found, empty.
function agent_files.folders(home)
    local ctx = { home = home, env = function() end }
    for _, name in ipairs(agent_files.names) do
        sys.mkdir(agents.get(name).folder(ctx))
    end
end

--- What an agent's install.lua is given, see propolis.install.context.
function agent_files.ctx(home, more)
    local ctx = { home = home, program = "/x y/propolis", version = "1",
        word = "propolis", is_program = function() return false end,
        tables = { memory = "memory", sessions = "sessions" },
        state = home .. "/state", now = "t", program_time = "t",
        env = function() end, agent_version = function() end }
    for key, value in pairs(more or {}) do ctx[key] = value end
    return ctx
end

return agent_files
