local privacy = require "propolis.capture.privacy"
local sys = require "engine.sys"
local tmp = require "tmp"

local function why(path, settings)
    return privacy.why(settings or {}, path)
end

describe("privacy", function()
    after_each(tmp.clean)

    it("lets everything through without rules", function()
        assert.is_true((why("/any")))
        assert.is_true((why(nil)))
        assert.is_true((privacy.allows({}, nil, nil)))
    end)

    for _, case in ipairs {
        { "/w/secret", false }, { "/w/secret/", false },
        { "/w/secret/a/b", false }, { "/w/secrets", true }, { "/w", true },
        { "/w/secret-not", true },
    } do
        it("a denied folder stands for all below it: " .. case[1], function()
            assert.equal(case[2],
                (why(case[1], { capture_deny = { "/w/secret" } })))
        end)
    end

    for rule, cases in pairs {
        ["/w/*/keys"] = { ["/w/a/keys"] = false, ["/w/a/b/keys"] = true,
            ["/w/a/keys/x"] = false },
        ["/w/**/keys"] = { ["/w/a/b/keys"] = false, ["/w/keys"] = true },
        ["/w/p?"] = { ["/w/p1"] = false, ["/w/p12"] = true },
        ["/w/a.b-c+d(e)[f]%"] = { ["/w/a.b-c+d(e)[f]%"] = false,
            ["/w/axb-c+d(e)[f]%"] = true },
        ["~/priv"] = { [(os.getenv("HOME") or "~") .. "/priv/x"] = false },
    } do
        for path, want in pairs(cases) do
            it(rule .. " against " .. path, function()
                local ok, by = why(path, { capture_deny = { rule } })
                assert.equal(want, ok)
                assert.equal(want and "no rule fits"
                    or "capture_deny: " .. rule, by)
            end)
        end
    end

    it("goes by the longest rule, and of equal ones by the denial", function()
        local settings = {
            capture_allow = { "/w", "/w/a/open", "/same" },
            capture_deny = { "/w/a", "/same" },
        }
        assert.is_true((why("/w/b", settings)))
        assert.same({ false, "capture_deny: /w/a" },
            { why("/w/a/x", settings) })
        assert.same({ true, "capture_allow: /w/a/open" },
            { why("/w/a/open/x", settings) })
        assert.is_false((why("/same", settings)))
    end)

    it("stores only what is allowed once there is an allow rule", function()
        local settings = { capture_allow = { "/w" } }
        assert.is_true((why("/w/x", settings)))
        assert.is_false((why("/v", settings)))
        assert.is_false((why(nil, settings)))
    end)

    it("sees through links", function()
        local dir = tmp.dir()
        assert(sys.mkdir(dir .. "/real"))
        assert(sys.symlink(dir .. "/real", dir .. "/link"))
        assert.is_false((why(dir .. "/link",
            { capture_deny = { dir .. "/real" } })))
        assert.is_false((why(dir .. "/link",
            { capture_deny = { dir .. "/link" } })))
    end)

    it("asks for each of several roots", function()
        local conf = { capture_deny = { "/w/secret" } }
        assert.is_true((privacy.allows(conf, "/w/a", { "/w/a", "/w/b" })))
        assert.is_false((privacy.allows(conf, "/w/a",
            { "/w/a", "/w/secret" })))
    end)

    it("names the settings that switch capture off", function()
        for _, origin in ipairs { "HIVEMIND_CAPTURE", "/c.lua: capture" } do
            local conf = { capture = false, origin = { capture = origin } }
            assert.same({ false, origin .. " is false" },
                { privacy.why(conf, "/w") })
        end
    end)
end)
