local child = require "child"
local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

-- Per agent: the folder that shows it is there, and the file with its server.
local AGENTS = {
    ["claude-code"] = { ".claude", ".claude.json" },
    codex = { ".codex", ".codex/config.toml" },
    cursor = { ".cursor", ".cursor/mcp.json" },
    gemini = { ".gemini", ".gemini/settings.json" },
    hermes = { ".hermes", ".hermes/config.yaml" },
}

describe("the memory server in an agent's file", function()
    local home

    before_each(function() home = tmp.dir() end)

    for name, places in pairs(AGENTS) do
        it("is registered for " .. name .. ", answers, and goes", function()
            assert(sys.mkdir(home .. "/" .. places[1]))
            local file = home .. "/" .. places[2]
            local done = run({ "install", name }, { home = home })
            assert.equal(0, done.code, done.stderr)
            local text = assert(sys.read(file))
            assert.is_truthy(text:find(child.program, 1, true))
            assert.is_truthy(text:find('"mcp"', 1, true))
            local doctor = run({ "doctor", name }, { home = home })
            assert.is_truthy(doctor.stdout:find(
                "the memory server answered with 8 tools", 1, true),
                doctor.stdout)
            local status = run({ "status", name, "--json" }, { home = home })
            local server = json.decode(status.stdout).agents[1].servers[1]
            assert.same({ file = file, program = child.program,
                runnable = true }, server)
            done = run({ "uninstall", name }, { home = home })
            assert.equal(0, done.code, done.stderr)
            text = sys.read(file)
            assert.is_true(not text or not text:find("mcp", 1, true))
        end)
    end

    it("is a problem when it does not answer, or is gone", function()
        assert(sys.mkdir(home .. "/.cursor"))
        run({ "install", "cursor" }, { home = home })
        local file = home .. "/.cursor/mcp.json"
        local text = assert(sys.read(file))
        for program, words in pairs {
            ["/bin/false"] = "ended with exit code 1",
            ["/bin/echo"] = "not JSON", ["/no/such"] = "is gone",
        } do
            assert(sys.replace(file, (text:gsub(child.program:gsub("%p",
                "%%%0"), program))))
            local doctor = run({ "doctor", "cursor" }, { home = home })
            assert.equal(1, doctor.code)
            assert.is_truthy(doctor.stdout:find(words, 1, true),
                doctor.stdout)
        end
    end)
end)
