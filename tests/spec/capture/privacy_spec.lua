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

    -- What a rule means, spelled out.
    local function fits(rule, path)
        local head = rule:sub(1, 1)
        if rule == "" then
            return path == "" or path:sub(1, 1) == "/"
        elseif rule:sub(1, 2) == "**" then
            return fits(rule:sub(3), path)
                or path ~= "" and fits(rule, path:sub(2))
        elseif head == "*" then
            return fits(rule:sub(2), path)
                or path:find("^[^/]") ~= nil and fits(rule, path:sub(2))
        end
        return path ~= "" and (head == path:sub(1, 1)
            or head == "?" and path:sub(1, 1) ~= "/")
            and fits(rule:sub(2), path:sub(2))
    end

    it("means the same by a rule of few stars and of many", function()
        math.randomseed(7)
        local function text(letters, n)
            local list = {}
            for i = 1, n do
                local at = math.random(#letters)
                list[i] = letters:sub(at, at)
            end
            return "/" .. table.concat(list)
        end
        local found = 0
        for _ = 1, 3000 do
            local rule = text("ab/**?**", math.random(0, 9))
            local path = text("aab/", math.random(1, 9)):gsub("/+$", "")
            local want = fits(rule:gsub("/+$", ""):gsub("%*%*+", "**"), path)
            found = found + (want and 1 or 0)
            assert.equal(not want, (why(path, { capture_deny = { rule } })),
                rule .. " against " .. path)
        end
        assert.is_true(found > 200)
    end)

    it("takes no time that a rule or a folder can decide", function()
        local start = os.clock()
        for _, rule in ipairs { "/" .. ("*a"):rep(40) .. "b",
            "/" .. ("**a"):rep(40) .. "b", ("*?"):rep(2000), ("*"):rep(1 << 19),
            ("/"):rep(1 << 19) .. "x", "**a**b", ("a*"):rep(100000) } do
            for _, path in ipairs { "/" .. ("a"):rep(60),
                "/" .. ("a"):rep(4000), "/" .. ("a/"):rep(2000),
                ("/"):rep(1 << 20) .. "x", "/" .. ("x"):rep(1 << 20) .. "/y"
            } do
                why(path, { capture_deny = { rule }, capture_allow = { rule } })
            end
        end
        local took = os.clock() - start
        assert.is_true(took < 20, took .. " s")
    end)

    it("is unsure on the safe side", function()
        local rule = "/" .. ("*a"):rep(1500)
        local path = "/" .. ("a"):rep(4000)
        assert.is_false((why(path, { capture_deny = { rule } })))
        assert.is_false((why(path, { capture_allow = { rule } })))
    end)

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
