--- propolis.install.context: what the agents' files need to know about this
-- machine and this program.
local program = require "propolis.install.program"
local sys = require "engine.sys"

-- What an agent's program says its version is, asked once; nil without it.
local function versions()
    local known = {}
    return function(name)
        if known[name] == nil then
            local path = sys.which(name)
            local said = path and sys.run({ path, "--version" },
                { timeout = 5, max = 1000 })
            known[name] = said and said.code == 0
                and said.stdout:match("%d+%.%d+[%d.]*") or false
        end
        return known[name] or nil
    end
end

--- What the agents' files need to know: { home, env(name), program,
-- is_program(path), word = how a shell starts it, tables = those of the
-- configuration, program_time, state, version, mcp = the server command is
-- there, approve, agent_version(program) }; nil and a sentence on failure.
-- @param options { approve = the person approves our hook lines }
return function(options)
    local places = require "propolis.config.places"
    local home, why = places.home()
    if not home then return nil, why end
    local paths, err = places.paths()
    if not paths then return nil, err end
    local exe
    exe, err = program.path()
    if not exe then return nil, err end
    if not exe:find("/propolis$") then
        return nil, ("the program is called %s: hooks can only name one "
            .. "that is called propolis"):format(exe)
    end
    local mcp = package.searchpath("propolis.commands.mcp", package.path)
    local found = sys.stat(exe)
    return {
        home = home:gsub("(.)/+$", "%1"),
        env = function(name)
            local value = os.getenv(name)
            return value and value:find("^/") and value or nil
        end,
        program = exe, word = program.word(),
        is_program = function(path)
            return sys.realpath(path) == sys.realpath(exe)
        end,
        tables = require("propolis.config").load(true).tables,
        program_time = found and os.date("!%Y-%m-%dT%H:%M:%SZ",
            found.mtime // 1 | 0) or "",
        now = sys.now(),
        state = paths.state,
        version = sys.version or "0",
        approve = options.approve or false,
        agent_version = versions(),
        mcp = mcp ~= nil,
    }
end
