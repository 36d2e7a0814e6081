local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local FOLDER = package.searchpath("propolis.commands.help", package.path)
    :match("^(.*)/")

describe("propolis help", function()
    after_each(tmp.clean)

    it("lists a command per file, each with its summary", function()
        local r = run({ "help", "--json" }, { home = tmp.dir() })
        assert.equal(0, r.code, r.stderr)
        local found = {}
        for _, row in ipairs(json.decode(r.stdout)) do
            found[row.command] = row.summary
        end
        for _, file in ipairs(assert(sys.list(FOLDER))) do
            local word = file:gsub("%.lua$", ""):gsub("_", "-")
            assert.is_string(found[word], word)
            assert.not_equal("cannot be loaded", found[word], word)
        end
        local text = run({ "help" }, { home = tmp.dir() }).stdout
        assert.matches("\n  help +list the commands", text)
        assert.matches("^propolis heal", text)
    end)

    it("explains every command as its -h does, an example first", function()
        for _, row in ipairs(json.decode(run({ "help", "--json" }).stdout)) do
            local word = row.command
            local r = run({ "help", word }, { home = tmp.dir() })
            assert.equal(0, r.code, r.stderr)
            assert.matches("^propolis " .. word:gsub("%-", "%%-"), r.stdout)
            for _, flag in ipairs { "-h", "--help" } do
                local own = run({ word, flag }, { home = tmp.dir() })
                assert.equal(0, own.code, word)
                assert.equal(r.stdout, own.stdout, word)
                assert.equal("", own.stderr, word)
            end
        end
    end)

    it("knows when a word is no command", function()
        local r = run({ "help", "dance" })
        assert.equal(64, r.code)
        assert.equal("propolis help: there is no command 'dance'; try"
            .. " 'propolis help -h'\n", r.stderr)
    end)
end)
