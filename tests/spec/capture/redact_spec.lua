local canaries = require "canaries"
local json = require "propolis.json"
local redact = require "propolis.capture.redact"
local tmp = require "tmp"

local r = redact.load()

local function masked(text)
    return r:text(text)
end

describe("redaction", function()
    after_each(tmp.clean)

    it("has a canary for every rule", function()
        local have = {}
        for _, c in ipairs(canaries) do
            have[c.id] = true
        end
        for _, rules in ipairs(redact.shipped()) do
            for _, rule in ipairs(rules) do
                assert.is_true(have[rule.id], rule.id)
            end
        end
    end)

    for _, c in ipairs(canaries) do
        it("masks " .. c.id, function()
            local out = masked(c.text)
            assert.is_nil(out:find(c.secret, 1, true))
            assert.truthy(out:find("[redacted:" .. c.id .. "]", 1, true), out)
        end)

        it("masks " .. c.id .. " in JSON inside JSON", function()
            local text = c.text
            for _ = 1, 3 do
                text = json.encode { output = text }
                local out = masked(text)
                assert.is_nil(out:find(c.secret, 1, true))
                assert.truthy(json.decode(out), out)
            end
        end)

        it("masks " .. c.id .. " next to escapes and quotes", function()
            for _, around in ipairs {
                { '"', '"' }, { "\\n", "\\n" }, { '\\"', '\\"' },
                { "\27[32m", "\27[0m" }, { "(", ")" }, { "%22", "&x=1" },
                { "\\u0022", "\\u0022" }, { "\n", "\r\n" }, { "`", "`" },
            } do
                local out = masked(around[1] .. c.text .. around[2])
                assert.is_nil(out:find(c.secret, 1, true), around[1])
            end
        end)
    end
end)

describe("names with secrets", function()
    local hidden = "Tr0ub4dor&3"

    for _, text in ipairs {
        "password=%s", "PASSWORD='%s'", 'password: "%s"', "passwd = %s\nnext",
        '{"password":"%s"}', [[{\"password\":\"%s\"}]],
        [[{\\\"password\\\": \\\"%s\\\"}]], "DB_PASSWORD_PROD=%s",
        "mysql --password %s -h db", "mysql --password=%s", "dbPassword: '%s'",
        "<password>%s</password>", "spring.datasource.password=%s",
        "config['password'] = '%s'", 'password: str = "%s"',
        "Server=x;Database=y;Password=%s;", "PGPASSWORD=%s psql",
        "https://h/?user=a&password=%s", "passphrase := \"%s\"",
        "password => '%s'", "pwd=%s;", "\"pwd\": \"%s\"",
        "password%%3D%s",
    } do
        it("are masked in " .. text, function()
            local secret = text:find("[?]") and "Tr0ub4dor3" or hidden
            local out = masked(text:format(secret))
            assert.is_nil(out:find("ub4dor", 1, true), out)
            assert.truthy(out:find("[redacted:", 1, true), out)
        end)
    end

    it("keep what stands around the value", function()
        assert.equal([[{\"user\":\"bob\",\"password\":\"[redacted:password]\"]]
            .. [[,\"n\":1}]],
            masked([[{\"user\":\"bob\",\"password\":\"a b,c\",\"n\":1}]]))
        assert.equal("password=[redacted:password]\\nnext line",
            masked("password=hunter2\\nnext line"))
        assert.equal('Authorization: Bearer [redacted:authorization]"',
            masked('Authorization: Bearer abc.def-123"'))
    end)

    it("mask a value with quotes and backslashes in it whole", function()
        for _, value in ipairs { 'a"b', "a\\b", "a\\", '\\"', "x\\\"y\\\\" } do
            local text = json.encode { password = "canary" .. value }
            assert.equal('{"password":"[redacted:password]"}', masked(text))
            assert.equal(json.encode { t = '{"password":"[redacted:password]"}',
            }, masked(json.encode { t = text }))
        end
    end)

    it("are seen on the line after a quote that is not closed", function()
        local text = 'password="\napi_key="canary000111"'
        for _ = 1, 3 do
            assert.is_nil(masked(text):find("canary", 1, true), text)
            text = json.encode { t = text }
        end
    end)

    it("are seen in decoded JSON: keys, name and value, options", function()
        local v = r:value(json.decode [[{
            "headers": {"Authorization": "Bearer q", "X-Api-Key": "abcdefgh1"},
            "env": [{"name": "DB_PASSWORD", "value": "hunter2"}],
            "args": ["login", "--password", "hunter2", "--verbose"],
            "db": {"password": "hunter2", "user": "app", "port": 5432}
        }]])
        assert.is_nil(json.encode(v):find("hunter2", 1, true))
        assert.equal("[redacted:password]", v.db.password)
        assert.equal("app", v.db.user)
        assert.equal("--verbose", v.args[4])
        assert.equal("[redacted:api-key]", v.headers["X-Api-Key"])
    end)

    it("are seen in the keys of an object", function()
        local c = canaries[7]
        local v = r:value { [c.text] = true }
        assert.is_nil(next(v):find(c.secret, 1, true))
    end)
end)

describe("what is no secret", function()
    for _, text in ipairs {
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "3f786850e387550fdab836ed7e6dc881de23001b",
        "sha256:" .. ("9f86d081884c7d65"):rep(4),
        "0f5d9a52-3a1e-4c0b-9a6e-4f0b6f9a1c01",
        "session_id: 0f5d9a52-3a1e-4c0b-9a6e-4f0b6f9a1c01",
        "claude-opus-4-7-thinking-max", "anthropic/claude-sonnet-4.6",
        "gpt-5.5-codex", "/home/alice/.config/app/tokens/readme.md",
        "PWD=/home/alice/acme-api", "OLDPWD=~/x", "password=$DB_PASSWORD",
        "password=${DB_PASSWORD}", 'password: "<password>"',
        "password: process.env.DB_PASSWORD", "password = os.getenv('X')",
        "token: string", "max_tokens: 4096", "max_tokens=128000",
        "tokens used: 12345", "tokenizer = cl100k_base", "token_type: bearer",
        "the password: what you chose", "Password:", "password: null",
        "secret: true", "api_key = None", "const password: string;",
        "sk-fading-circle-container-long-name", "key-value-store-of-things",
        "pat.example", "SKU 12345678", "https://example.com:8080/a@b",
        "http://localhost:3000/?q=a@b", "git@github.com:owner/repo.git",
        "ssh://git@github.com/owner/repo", "https://user@host/x",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "docker run -u 1000:1000 img", "git push -u origin main:main",
        "authorization is needed here", "the bearer of this",
        "secretary: alice", "12 passed, 3 failed", "pass: 12, fail: 3",
        "toolu_01Abc0000000000000000004", "MTA is a train, MZ a header",
        "password := readLine()", "eyJhbGci", "password=****",
        "2026-11-22T09:39:51.196Z", "v1.0-rc1", "xoxb-example",
    } do
        it("stays: " .. text:sub(1, 50), function()
            assert.equal(text, masked(text))
        end)
    end

    it("stays in decoded JSON", function()
        local text = '{"max_tokens":4096,"password":null,'
            .. '"session_token_count":12,"token":"string"}'
        assert.equal(text, json.encode(r:value(json.decode(text))))
    end)
end)

describe("what looks like a key's first line", function()
    it("but ends without dashes at the end of the text, stays", function()
        -- The label is as long as labels are looked at.
        local text = "-----BEGIN " .. ("x"):rep(53) .. "PRIVATE KEY"
        for tail = 0, 6 do
            local all = text .. ("-"):rep(math.min(tail, 4))
                .. ("x"):rep(tail - 4)
            assert.equal(all, masked(all))
        end
    end)
end)

describe("private text", function()
    for given, left in pairs {
        ["a <private>x</private> b"] = "a  b",
        ["a <PRIVATE>x</Private> b"] = "a  b",
        ["a <private>x to the end"] = "a ",
        ["<private>a<private>b</private>c</private>d"] = "d",
        ["a <private>1</private> b <private>2</private> c"] = "a  b  c",
        [ [[{"k":"\u003cprivate\u003ex\u003c/private\u003ey"}]] ] =
            [[{"k":"y"}]],
        [ [[{"k":"<private>x<\/private>y"}]] ] = [[{"k":"y"}]],
        ['password="a<private>b" c</private> d'] =
            'password="[redacted:password] d',
        ["no </private> tag"] = "no </private> tag",
        ["<privates> of <private key>"] = "<privates> of <private key>",
    } do
        it("goes from " .. given, function()
            assert.equal(left, masked(given))
        end)
    end
end)

describe("text that no store takes", function()
    for given, left in pairs {
        ["a\0b"] = "a\u{FFFD}b", ["a\xFFb"] = "a\u{FFFD}b",
        ["a\xED\xA0\x80b"] = "a\u{FFFD}b", ["\xC3"] = "\u{FFFD}",
        ["\27[1m\t\r\n\127"] = "\27[1m\t\r\n\127", ["grün 🐝"] = "grün 🐝",
        ["\xC0\x80\0\xF5"] = ("\u{FFFD}"):rep(3),
    } do
        it(("is replaced in %q"):format(given), function()
            assert.equal(left, masked(given))
        end)
    end

    it("loses its middle when it is too long, never half a character",
        function()
            local long = ("é🐝"):rep(redact.max_text // 3)
            local out = masked(long)
            assert.is_true(#out <= redact.max_text + 64)
            assert.truthy(utf8.len(out))
            assert.truthy(out:find("%[propolis: %d+ bytes left out%]"))
            assert.equal(long:sub(1, 100), out:sub(1, 100))
            assert.equal(long:sub(-100), out:sub(-100))
        end)
end)

describe("the matcher", function()
    -- A matcher that looked at anything twice would not end within hours.
    for name, unit in pairs {
        ["keywords without end"] = "password=", ["openers"] = "-----BEGIN ",
        ["keys without end"] = "-----BEGIN PRIVATE KEY-----\"",
        ["jwt starts"] = "eyJaaaaaaaa-", ["jwt parts"] = "eyJaaaaaaaaa.",
        ["slack starts"] = "xoxb-", ["sk starts"] = "sk-aaaa-",
        ["token names"] = "token:", ["quotes"] = 'password="\\',
        ["slashes"] = "token=\\\\", ["urls"] = "://a:", ["tags"] = "<private",
        ["upper tails"] = "PASSWORD_", ["blanks"] = "token  ",
        ["discord"] = "MTaaaaaaaaaaaaaaaaaaaaaaa.", ["flags"] = "--token ",
        ["secrets"] = "kind: Secret\ndata:\n", ["data"] = "data:\n",
        ["joined names"] = "token_key:", ["weak names"] = "x_key=aB1cD2eF3gH",
        ["curls"] = "curl -u \\\n", ["cells"] = "| token | ",
        ["braces"] = "password='{{a}", ["sentences"] = "the key is ",
        ["values"] = "api_key=aB3dE5gH7jK9 aB3dE5gH7jK9 ",
    } do
        it("takes 3 MB of " .. name, function()
            local text = unit:rep(3 * 1024 * 1024 // #unit)
            assert.is_string((redact.load():text(text)))
            assert.is_string((redact.load():text(text .. "\\" .. text)))
        end)
    end
end)

describe("a user's rules", function()
    after_each(tmp.clean)

    it("are asked first, and apply", function()
        local dir = tmp.dir()
        tmp.write(dir .. "/redact.lua", [[return {
            { id = "badge", keywords = { "BADGE-" }, set = "0-9", min = 6 },
            { id = "ours", kind = "pair", keywords = { "door_code" } },
        }]])
        local own, err = redact.load(dir)
        assert.is_nil(err)
        assert.equal("[redacted:badge] door_code=[redacted:ours]",
            own:text("BADGE-123456 door_code=42a"))
    end)

    for what, text in pairs {
        ["that do not parse"] = "return {", ["that raise"] = "error('x')",
        ["that reach out"] = "return os.execute('true')",
        ["that are no list"] = "return 1",
        ["without keywords"] = "return { { id = 'x' } }",
        ["of an unknown kind"] =
            "return { { id='x', kind='y', keywords={'ab'} } }",
        ["with a short keyword"] =
            "return { { id='x', keywords={'a'}, set='a', min=1 } }",
    } do
        it(what .. " are refused, and ours hold", function()
            local dir = tmp.dir()
            tmp.write(dir .. "/redact.lua", text)
            local own, err = redact.load(dir)
            assert.is_string(err)
            assert.equal("password=[redacted:password]",
                own:text("password=hunter2"))
        end)
    end
end)

describe("a rule all of whose parts are kept", function()
    it("masks nothing below a name", function()
        local set = require("engine.redact").new { { id = "x", kind = "pair",
            keywords = { "door_code" }, parts = { { set = "0-9", min = 4,
                keep = true } } } }
        assert.equal("door_code=12345", (set:mask("door_code=12345")))
    end)
end)

describe("packed rules", function()
    local engine = require "engine.redact"
    local TEXT = "BADGE-123456, 42-ab, door_code=42a, -p hunter, LONG"
    local RULES = {
        { id = "badge", keywords = { "BADGE-", "badge-" }, set = "0-9",
            min = 6, max = 6, keep = true },
        { id = "ours", kind = "pair", keywords = { "door_code" },
            guard = { "digit", "letter" } },
        { id = "dashed", keywords = { "42" }, parts = { { literal = "-" },
            { set = "a-b", min = 2 } }, before = "0-9", inside = true },
    }

    it("mask as the rules do, also behind others", function()
        local packed = engine.pack(RULES)
        local other = { id = "long", keywords = { "LON" }, set = "A-Z" }

        local set = engine.new({ other }, packed)
        local plain = engine.new { other, table.unpack(RULES) }
        assert.equal((plain:mask(TEXT)), (set:mask(TEXT)))
        assert.same(plain:find(TEXT), set:find(TEXT))
        assert.equal(4, #set:find(TEXT))
    end)

    it("are the shipped ones", function()
        local sys = require "engine.sys"
        local made = sys.read(sys.lib
            .. "/lua/propolis/capture/redact/rules.packed")
        assert.equal(engine.pack(redact.shipped_rules()), made)
    end)

    it("are refused where they are damaged, wherever that is", function()
        local packed = engine.pack(RULES)
        for n = 0, #packed - 1 do
            local ok, err = pcall(engine.new, {}, packed:sub(1, n))
            assert.is_false(ok)
            assert.matches("damaged", err)
        end
        for i = 1, #packed do -- anything but a crash
            pcall(engine.new, {}, packed:sub(1, i - 1) .. "\xFF"
                .. packed:sub(i + 1))
        end
    end)
end)
