local config = require "propolis.config"
local credentials = require "propolis.account.credentials"
local json = require "propolis.json"
local sys = require "engine.sys"
local tmp = require "tmp"

local PROGRAM = assert(sys.readlink("/proc/self/exe"))

describe("account.credentials", function()
    local paths, now

    before_each(function()
        local home = tmp.dir()
        paths = { state = home .. "/state",
            credentials = home .. "/.deeplake/credentials.json" }
        now = sys.now
        sys.now = function() return "2026-05-01T10:00:00.000Z" end
    end)
    after_each(function()
        sys.now = now
        tmp.clean()
    end)

    local function text()
        return (assert(sys.read(paths.credentials)))
    end

    it("writes as the reference does", function()
        assert(credentials.save(paths, { token = "t", orgId = "o",
            orgName = "A \"B\"", userName = "ann", workspaceId = "default",
            apiUrl = "https://api.deeplake.ai" }))
        assert.equal([[
{
  "token": "t",
  "orgId": "o",
  "orgName": "A \"B\"",
  "userName": "ann",
  "workspaceId": "default",
  "apiUrl": "https://api.deeplake.ai",
  "savedAt": "2026-05-01T10:00:00.000Z"
}
]], text())
        assert.equal(384, sys.stat(paths.credentials).mode)
        assert.equal(448, sys.stat(paths.credentials:match("^(.*)/")).mode)
    end)

    it("changes what it is told and keeps the rest", function()
        tmp.write(paths.credentials, '{"token":"t","orgId":"o",'
            .. '"userName":"u","autoupdate":false,"zeta":{"deep":[1,null]},'
            .. '"n":9007199254740993,"savedAt":"x"}')
        assert(credentials.save(paths, { orgId = "p", userName = false }))
        assert.equal([[
{
  "token": "t",
  "orgId": "p",
  "autoupdate": false,
  "n": 9007199254740993,
  "zeta": {"deep":[1,null]},
  "savedAt": "2026-05-01T10:00:00.000Z"
}
]], text())
    end)

    it("goes through a link, and refuses when the account has changed",
        function()
            local real = tmp.write(paths.state .. "/real.json",
                '{"orgId":"o"}')
            sys.mkdir(paths.credentials:match("^(.*)/"))
            assert(sys.symlink(real, paths.credentials))
            assert(credentials.save(paths, { token = "new" }, "o"))
            assert.equal("link", sys.stat(paths.credentials, true).type)
            assert.equal("new", json.decode(sys.read(real)).token)
            local ok, err = credentials.save(paths, { token = "x" }, "p")
            assert.is_nil(ok)
            assert.matches("was changed meanwhile", err)
            assert.equal("new", config.credentials(paths.credentials).token)
        end)

    it("is removed once", function()
        assert(credentials.save(paths, { token = "t" }))
        assert.is_true(credentials.remove(paths))
        assert.is_false(credentials.remove(paths))
        sys.mkdir(paths.credentials)
        local ok, err = credentials.remove(paths)
        assert.is_nil(ok)
        assert.matches("^cannot remove ", err)
    end)

    it("keeps the keys of many writers at once", function()
        local pipes = {}
        for w = 1, 8 do
            pipes[w] = assert(io.popen(("exec '%s' -e '%s'"):format(PROGRAM,
                ([[
                    local c = require "propolis.account.credentials"
                    local paths = { state = "%s", credentials = "%s" }
                    for i = 1, 4 do
                        assert(c.save(paths, { ["k%d." .. i] = "v" }))
                    end
                ]]):format(paths.state, paths.credentials, w))))
        end
        for _, pipe in ipairs(pipes) do assert(pipe:close()) end
        local count = 0
        for key in pairs(config.credentials(paths.credentials)) do
            count = count + (key:find("^k%d%.%d$") and 1 or 0)
        end
        assert.equal(32, count)
    end)
end)
