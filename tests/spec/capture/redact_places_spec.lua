--- Secrets where people and programs put them, and what stands beside them.
local corpus = require "secret_corpus"
local redact = require("propolis.capture.redact").load()

-- Each is tried in each place.
local SECRETS = { "Tr0ub4dor-7", "xK9mQ2vL8pR4tW6z" }

local function gone(place, secret)
    local text = place:format(secret)
    local out = redact:text(text)
    assert.is_nil(out:find(secret, 1, true), out)
    assert.truthy(out:find("[redacted:", 1, true), out)
end

describe("a secret is masked in", function()
    for _, place in ipairs(corpus.places) do
        it(("%q"):format(place), function()
            for _, secret in ipairs(SECRETS) do gone(place, secret) end
        end)
    end

    for _, place in ipairs(corpus.random_places) do
        it(("%q"):format(place), function() gone(place, SECRETS[2]) end)
    end

    it("an environment file, whole to its end", function()
        for _, secret in ipairs { "p@ss,w;rd&1(x)!", "a'b\"c$d1", "#1&*|<>x{}" }
        do
            gone("A=1\nDB_PASSWORD=%s\nB=2", secret)
        end
    end)

    it("odd signs, quoted or on a line of its own", function()
        for _, place in ipairs { "password: '%s'", 'api_key := "%s"',
            "A=1\nAPI_KEY=%s\nB=2", "password: %s\n" } do
            gone(place, "{{h}o)p${e]no(dy[finds>-_$#1}}")
        end
        gone('"postgres://a:p! o@2wd@h/x"', "p! o@2wd")
    end)

    it("the attributes of an element that holds one", function()
        for _, text in ipairs {
            "<password token='%s' a='b'>hunter22</password>",
            "<passwd -cb x\nkey %s end\n y>hunter22",
            "<secret href=\"https://bob:%s@h/x\">hunter22</secret>",
        } do
            gone(text, "ghp_" .. ("aB3dE5gH7jK9"):rep(3))
            assert.is_nil(redact:text(text):find("hunter22", 1, true))
        end
    end)

    it("a URL, though it begins or goes on strangely", function()
        for _, secret in ipairs { "$ecret12", "{brace1}x", "<angle1", "a/b?c1",
            "p%40ss1", "x:y1" } do
            gone("postgres://bob:%s@db.example/x", secret)
        end
    end)
end)

-- A key's body, made so that no scanner takes this file for one.
local function key_lines()
    local out = {}
    for i = 1, 6 do
        out[i] = ("MIIEow" .. i .. "aB3/dE5+gH7j"):rep(4):sub(1, 64)
    end
    out[7] = "kL9mN0=="
    return out
end

local BEGIN = "-----BEGIN " .. "RSA PRIVATE KEY-----"
local END = "-----END " .. "RSA PRIVATE KEY-----"

it("a quote that is not closed hides no secret on the next line", function()
    for _, text in ipairs {
        [[{"t":"adobe_key = 'x[redd\ndiscord_token = 'Tr0ub4dor-7'\n"}]],
        [[{"t":"-passout pass:\npassword = 'Tr0ub4dor-7'\n"}]],
        "password = 'x[redd\npassword = 'Tr0ub4dor-7'\n",
    } do
        assert.is_nil(redact:text(text):find("Tr0ub4dor", 1, true))
    end
end)

describe("a private key is masked", function()
    local lines = key_lines()

    for what, form in pairs {
        ["as it is"] = "%s", ["quoted"] = "> %s", ["twice quoted"] = "> > %s",
        ["in a diff"] = "+%s", ["taken out in a diff"] = "-%s",
        ["in a list of strings"] = '    "%s",', ["indented"] = "      %s",
        ["with CR LF"] = "%s\r",
    } do
        it(what, function()
            local all = { "before", form:format(BEGIN) }
            for _, line in ipairs(lines) do
                all[#all + 1] = form:format(line)
            end
            all[#all + 1] = form:format(END)
            all[#all + 1] = "and after"
            local out = redact:text(table.concat(all, "\n"))
            for _, line in ipairs(lines) do
                assert.is_nil(out:find(line, 1, true), out)
            end
            assert.matches("^before\n", out)
            assert.matches("\nand after$", out)
        end)
    end

    it("numbered, escaped, with headers, cut at either end", function()
        local numbered = {}
        for i, line in ipairs(lines) do
            numbered[i] = ("%5d\t%s"):format(i + 1, line)
        end
        local body = table.concat(lines, "\n")
        for _, text in ipairs {
            "    1\t" .. BEGIN .. "\n" .. table.concat(numbered, "\n"),
            (BEGIN .. "\n" .. body .. "\n" .. END):gsub("\n", "\\n"),
            BEGIN .. "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB12\n\n"
                .. body .. "\n" .. END,
            BEGIN .. "\n" .. body, body .. "\n" .. END,
        } do
            local out = redact:text(text)
            for _, line in ipairs(lines) do
                assert.is_nil(out:find(line, 1, true), out)
            end
        end
    end)

    it("but a mention in prose costs its own line", function()
        local prose = "\nand the rest of the file is about other things.\n"
            .. END .. "\nmore"
        assert.equal("a file that begins with [redacted:private-key]" .. prose,
            redact:text("a file that begins with " .. BEGIN .. prose))
    end)
end)

it("an unclosed <private> ends with its paragraph", function()
    assert.equal("a \n\nnext", redact:text("a <private>x\ny\n\nnext"))
end)

describe("what only stands near a secret stays:", function()
    for _, text in ipairs {
        "self.password = password", "Password: cfg.Password,",
        'user, err := login(name, password)', "token := getToken(ctx)",
        "private_key: ed25519.Ed25519PrivateKey, f: x",
        "'Authorization': auth,", "password = new_password",
        'getpass("password", "Enter your password")', "proto://user:password@h",
        'Header.Set("Content-Type", "application/json")', "key: value",
        "cache_key = 'user:12:profile'", "primary_key: user_id",
        "PUBLIC_KEY_ID=0f5d9a52-3a1e-4c0b-9a6e-4f0b6f9a1c01",
        "cookie: Cookie", "the cookie: a small file", "secret:\n  name: x",
        "password:\n  type: string", "token:\n- a\n- b",
        "mysql -p db", "tar -p xf a", "mkdir -p /tmp/x1", "cp -u a:b c",
        "ssh -p 2222 host", "docker run -p 8080:80 x", "id -u bob:x1y2",
        "<password></password>", "<token type=\"x\"/>",
        'get("token", "user_id")', "integrity: sha512-"
            .. ("aB3dE5gH7jK9"):rep(7) .. "==", "monkey: banana12345678901",
        "machine learning is hard", "PASSWORD '' and more",
        "password: {{ .Values.db.password | b64enc }}",
        "password: '${{ secrets.DB }}'", "password=%w", "password = f(x)[0]",
        "password = {a: 1, b: [2]}", "mysql://admin:REPLACE_WITH_PASSWORD@h/x",
        "$password = $input;", "token: `Basic ${x}`", "secret: 'abcdefg...'",
        "privateKey: '" .. "-----BEGIN " .. "X'", "a, password = split",
        "s.ForgotPassword = v", "const password = await read()",
        "  Password: pw,\n", "const opResetPassword = \"ResetPassword\"",
        "NoPassword = 'NO_PASSWORD'", "case password:\n    return x",
        "use the --password options", "user and password: %w",
        "newToken := ec2Token{", "import { a1Client, oAuth1TokenStore }",
        "token: _context6.t7,", "check authorization, no updates required",
        "f(z *acme.Authorization, chal *acme.Challenge)",
        "s.DestinationIpv6CidrBlock", "<a>:<password>@host and <b>",
        "| password | string |", "| token | 8-64 characters |",
        "| user | password |", "| password | token |\n|---|---|",
        '<string name="password">Your password</string>',
        '<label for="password1">Password 123</label>',
        "https://alice@example.com/x1", "ssh://git@github.com/x",
        "zip -r a.zip b", "htpasswd -b file user $PASS", "curl -b jar.txt h",
        "requirepass is a directive", "openssl enc -aes-256-cbc -in a",
        "publicKey = 'aB3dE5gH7jK9mN1p'", "primaryKey=aB3dE5gH7jK9mN1pQ2",
        "cacheKey: 'aB3dE5gH7jK9mN1pQ2'", "key-id = aB3dE5gH7jK9mN1pQ2",
        "x_key_fingerprint: aB3dE5gH7jK9mN1pQ2", "auth0_domain: dev-x1.a.com",
        "author = 'aB3dE5gH7jK9mN1pQ2'", "cache_key = " .. ("3f78"):rep(10),
        "key: " .. ("3f78"):rep(10), "key: 'SalesResultsFor2019'",
        "stripe_key: 0f5d9a52-3a1e-4c0b-9a6e-4f0b6f9a1c01",
        "expires_key: 2026-11-22T09:39:51.196Z", "PuttyPassword=0",
        "the key is base64 encoded", "the token is valid for 3600s",
        "getSecret('prod/db-1')", "client.token('user-123')",
        "curl -u user:[PASSWORD] h", "curl -u 'test:test' h",
        "curl -u \"${u}\":\"${p}\" h", "curl -u \"$(cat u):$(cat p)\" h",
        "curl -u ':' h", "curl -u xxx:yyy h", "PASSWORD=%MyPassword%",
        "AKIA" .. "IOSFODNN7EXAMPLE", "TOKEN_AUDIENCE=aB3dE5gH7jK9mN1",
        "- name: TOKEN\n  valueFrom:\n    secretKeyRef:",
        "<name>token</name>\n<description>x1y2z3a4</description>",
        '"name": "token",\n"type": "string1234"',
    } do
        it(("%q"):format(text:sub(1, 60)), function()
            assert.equal(text, redact:text(text))
        end)
    end
end)

describe("the corpus", function()
    it("is masked, and harmed, no worse than is promised", function()
        local all, left = 0, {}
        for text, secret in corpus.hidden(300) do
            all = all + 1
            if redact:text(text):find(secret, 1, true) then
                left[#left + 1] = text
            end
        end
        assert.is_true(#left <= all * 3 // 100, table.concat(left, "\n"))
        local lines, harmed = 0, {}
        for line in corpus.innocent(20000) do
            lines = lines + 1
            if redact:text(line) ~= line then harmed[#harmed + 1] = line end
        end
        assert.is_true(#harmed < lines / 10000, table.concat(harmed, "\n"))
    end)
end)

describe("a value that was found once", function()
    local value = "aB3dE5gH7jK9"

    it("is masked wherever it stands again", function()
        for _, text in ipairs {
            "%s\nexport API_KEY=%s\necho %s", "token = '%s' | '%s'",
            'if (apiKey != "%s") fail("got %s")', "api_key=%s and [%s].",
        } do
            local out = redact:text((text:gsub("%%s", value)))
            assert.is_nil(out:find(value, 1, true), out)
        end
    end)

    it("stays within a longer word, and when it is a word itself", function()
        local longer = (" x%sy %sy"):gsub("%%s", value)
        assert.equal("api_key=[redacted:api-key]" .. longer,
            redact:text("api_key=" .. value .. longer))
        assert.equal("password=[redacted:password] postgres12 sorry",
            redact:text("password=postgres12 postgres12 sorry"))
    end)
end)

describe("a Kubernetes Secret", function()
    local SECRET = "YWRtaW46cGFzc3dvcmQ="

    it("keeps all but its data", function()
        for _, text in ipairs {
            "kind: Secret\nmetadata:\n  name: a-name-1\ndata:\n  extra: %s\n"
                .. "  .cfg: |\n    %s\ntype: Opaque\n",
            "data:\n  # c\n  extra: '%s'\nkind: Secret\nmetadata:\n  a: b\n",
            "items:\n- apiVersion: v1\n  "
                .. "data:\n    extra: %s\n  kind: Secret\n",
            '{"kind":"Secret","data":{"extra":"%s"},"type":"Opaque"}',
            '{\n  "data": {\n    "extra": "%s"\n  },\n  "kind": "Secret"\n}',
            "kind: Secret\nstringData:\n  user: bob\n  extra: hunter-%s\n",
        } do
            text = text:gsub("%%s", SECRET)
            for _ = 1, 2 do
                local out = redact:text(text)
                assert.is_nil(out:find(SECRET, 1, true), out)
                assert.truthy(out:find("kubernetes-secret", 1, true), out)
                if text:find("Opaque") then assert.matches("Opaque", out) end
                text = text:find("^{") and require("propolis.json").encode {
                    text = text } or text
            end
        end
    end)

    it("is not what has another kind, no value or a template", function()
        for _, text in ipairs {
            "kind: ConfigMap\ndata:\n  extra: " .. SECRET,
            "kind: Secret\n---\nkind: ConfigMap\ndata:\n  extra: " .. SECRET,
            "kind: SecretStore\ndata:\n  extra: " .. SECRET,
            "kind: Secret\ndata:\n  htpasswd: ''\ntype: Opaque",
            "kind: Secret\ndata:\n  x: {{ .V }}\n",
            'metadata: 1\nthe data: is here, kind: Secret',
        } do
            assert.equal(text, redact:text(text))
        end
    end)
end)
