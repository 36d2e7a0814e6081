local child = require "child"
local client = require "mcp_client"
local eventually = require "eventually"
local json = require "propolis.json"
local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

local PING = { method = "ping" }

describe("propolis mcp under bad input", function()
    local home

    before_each(function() home = tmp.dir() end)

    for name, line in pairs {
        ["no JSON"] = "hello", ["half JSON"] = '{"jsonrpc":"2.0","id":',
        ["binary"] = "\0\255\254\1{", ["deep"] = ("["):rep(100000),
        ["deep objects"] = ('{"a":'):rep(50000), ["a number"] = "5",
        ["null"] = "null", ["an empty object"] = "{}",
        ["no version"] = '{"id":1,"method":"ping"}',
        ["a null id"] = '{"jsonrpc":"2.0","id":null,"method":"ping"}',
        ["an id that is a list"] = '{"jsonrpc":"2.0","id":[],"method":"ping"}',
        ["a method that is none"] = '{"jsonrpc":"2.0","id":9,"method":5}',
    } do
        it("answers " .. name .. " and goes on", function()
            local talk = client.talk(home, { line, PING })
            assert.equal(2, #talk.messages)
            local code = talk.messages[1].error.code
            assert.is_true(code == -32700 or code == -32600)
            assert.same({}, talk.by_id[1].result)
            assert.equal("", talk.run.stderr)
        end)
    end

    it("passes over what wants no answer", function()
        local talk = client.talk(home, { "", "  ", '{"jsonrpc":"2.0","id":4,'
            .. '"result":{}}', { method = "notifications/what" },
            { method = "notifications/cancelled" },
            { method = "notifications/cancelled",
                params = { requestId = json.array() } }, PING })
        assert.equal(1, #talk.messages)
    end)

    it("skips a line that is too long", function()
        local talk = client.talk(home, { '"' .. ("x"):rep(9 << 20) .. '"',
            PING })
        assert.equal(2, #talk.messages)
        assert.equal(-32600, talk.messages[1].error.code)
        assert.same({}, talk.by_id[1].result)
    end)

    it("answers a thousand requests in their order", function()
        local all = {}
        for i = 1, 1000 do
            all[i] = { id = "r" .. i, method = i % 2 == 0 and "tools/list"
                or "ping" }
        end
        local talk = client.talk(home, all)
        assert.equal(1000, #talk.messages)
        for i = 1, 1000 do assert.equal("r" .. i, talk.messages[i].id) end
    end)

    it("does not answer what was cancelled before its turn", function()
        local talk = client.talk(home, { PING,
            client.call("sessions", {}), client.call("skills", {}),
            { method = "notifications/cancelled", params = { requestId = 3 } },
            { method = "notifications/cancelled",
                params = { requestId = "2" } },
            { method = "notifications/cancelled", params = { requestId = 99 } },
            PING })
        assert.equal(3, #talk.messages)
        assert.is_nil(talk.by_id[3])
        assert.is_table(talk.by_id[2])
    end)

    -- The same each time: a generator of our own, with a fixed seed.
    it("stands whatever becomes of a message on its way", function()
        local seed = 20261124
        local function random(n)
            seed = (seed * 1103515245 + 12345) % (1 << 31)
            return (seed >> 8) % n + 1
        end
        local whole, all = {}, {}
        for i, name in ipairs(sys.list("tests/fixtures/mcp")) do
            whole[i] = json.encode(json.decode(assert(sys.read(
                "tests/fixtures/mcp/" .. name))))
        end
        local pieces = { "", "{", "}", "[", "]", ",", ":", "null", "-1", "1e9",
            '""', "\\u0000", "\0", "\255", "true", '"id":', '"method":' }
        for i = 1, 400 do
            local text = whole[random(#whole)]
            for _ = 1, random(3) do
                local at, stop = random(#text), random(12)
                text = text:sub(1, at) .. pieces[random(#pieces)]
                    .. text:sub(at + stop)
            end
            all[i] = text:gsub("\n", " ")
        end
        all[#all + 1] = '{"jsonrpc":"2.0","id":"end","method":"ping"}'
        local talk = client.talk(home, all)
        assert.same({}, talk.by_id["end"].result)
        assert.equal(0, talk.run.code)
        assert.equal("", talk.run.stderr)
        assert.is_true(#talk.messages <= #all)
        for _, message in ipairs(talk.messages) do
            assert.is_true(not message.error or message.error.code ~= -32603)
        end
    end)

    it("serves a last line without an end", function()
        local r = run({ "mcp" }, { home = home,
            stdin = '{"jsonrpc":"2.0","id":1,"method":"ping"}' })
        assert.equal('{"jsonrpc":"2.0","id":1,"result":{}}\n', r.stdout)
    end)

    it("ends with a reader that is gone", function()
        local r = sys.run({ "sh", "-c", [[
            line='{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
            while echo "$line"; do :; done 2>/dev/null | "$0" mcp | head -n 1
        ]], child.program }, { timeout = 60,
            env = child.env { PROPOLIS_HOME = home, HOME = home } })
        assert.is_false(r.timed_out)
        assert.equal(1, select(2, r.stdout:gsub("\n", "")))
    end)

    it("ends with its parent, also when its stdin stays open", function()
        local r = sys.run({ "sh", "-c", [[
            mkfifo "$1/in"; exec 9<>"$1/in"
            "$0" mcp <&9 >"$1/out" 2>/dev/null &
            echo $!
            echo '{"jsonrpc":"2.0","id":1,"method":"ping"}' >&9
            while [ ! -s "$1/out" ]; do :; done
        ]], child.program, home }, { timeout = 60,
            env = child.env { PROPOLIS_HOME = home, HOME = home } })
        local pid = r.stdout:match("%d+")
        eventually(function()
            local stat = sys.read("/proc/" .. pid .. "/stat")
            return not stat or stat:find("%) Z ") ~= nil
        end)
    end)
end)
