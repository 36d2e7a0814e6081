--- Secrets where people and programs put them, and what stands beside them.
local redact = require("propolis.capture.redact").load()

-- %s is the secret; each is tried with each of these.
local SECRETS = { "Tr0ub4dor-7", "xK9mQ2vL8pR4tW6z" }

local PLACES = {
    'password: "%s"', "password: '%s' # x", '"""\npassword = """%s"""',
    "password: |\n  %s\nuser: x", "password: >-\n    %s\n",
    "db:\n  password:\n    %s\n  user: a", "password:\n  \"%s\"",
    "<password>%s</password>", "<ns:password>%s</ns:password>",
    "<password>\n    %s\n  </password>", '<password type="plain">%s</password>',
    "<password><![CDATA[%s]]></password>",
    '<add key="Password" value="%s" />', '<x name="password" value="%s"/>',
    '{"name": "DB_PASSWORD", "value": "%s"}',
    'setx("API_TOKEN", "%s")', 'os.Setenv("DB_PASSWORD", "%s")',
    'req.Header.Set("X-Api-Key", "%s")', "headers.set('X-Auth-Token', '%s')",
    "PGPASSWORD=%s psql -h db", "export PGPASSWORD='%s'",
    "MYSQL_PWD=%s", "ENV SECRET_KEY=%s", "password=%s;other=1",
    "CREATE USER a WITH PASSWORD '%s'", "ALTER ROLE a PASSWORD '%s';",
    "CREATE USER a IDENTIFIED BY '%s'",
    "machine h login bob password %s", "machine h\n  login bob\n  password %s",
    "curl -u bob:%s https://x", "curl -u 'bob:%s' https://x",
    'curl -u "bob:%s" https://x', "curl -ubob:%s https://x",
    "curl --user bob:%s https://x", "curl --user=bob:%s https://x",
    "curl --user='bob:%s' https://x", "curl -sS -X POST --user 'bob':'%s' h",
    "curl --proxy-user bob:%s h", "mysql -u root -p%s db",
    "mysqldump -h db -p'%s' x", "sshpass -p %s ssh h", "sshpass -p '%s' ssh h",
    "sshpass -p%s ssh h", "docker login -u bob -p %s reg",
    "redis-cli -h x -a %s ping", "7z x -p%s a.7z", "unzip -P %s a.zip",
    "ldapsearch -D cn=a -w %s", "smbclient //h/s -U bob%%%s",
    "Cookie: session=%s; theme=dark", "Set-Cookie: sid=%s; Path=/; HttpOnly",
    "curl -H 'Cookie: sid=%s' https://x",
    'Authorization: Digest username="a", realm="r", response="%s"',
    "Authorization: Bearer %s", "authorization: token %s",
    'curl -H "Authorization: Basic %s" h',
    "postgres://bob:%s@db/x", [[postgres:\/\/bob:%s@db\/x]],
    "https://h/a?user=x&access_token=%s&y=1",
    "spring.datasource.password=%s", "--password=%s", "--password %s",
    "--db-password '%s'", "password -> %s", "$password = '%s';",
    "password := `%s`", "my %%h = (password => '%s');",
}

-- These need a value that looks like one.
local RANDOM = {
    "STRIPE_KEY=%s", "stripeKey: '%s'", "x-key: %s", "GITHUB_PAT=%s",
    "GH_PAT = '%s'", "NPM_AUTH=%s", "REGISTRY_CREDS=%s", "DB_PASS=%s",
    "dbPass: '%s'", "https://h/x?key=%s", "https://h/x?a=1&key=%s&b",
    "const deployKey = \"%s\"", "APP_SECRET=%s", '"auth": "%sZm9vYmFy"',
}

local function gone(place, secret)
    local text = place:format(secret)
    local out = redact:text(text)
    assert.is_nil(out:find(secret, 1, true), out)
    assert.truthy(out:find("[redacted:", 1, true), out)
end

describe("a secret is masked in", function()
    for _, place in ipairs(PLACES) do
        it(("%q"):format(place), function()
            for _, secret in ipairs(SECRETS) do gone(place, secret) end
        end)
    end

    for _, place in ipairs(RANDOM) do
        it(("%q"):format(place), function() gone(place, SECRETS[2]) end)
    end

    it("an environment file, whole to its end", function()
        for _, secret in ipairs { "p@ss,w;rd&1(x)!", "a'b\"c$d1", "#1&*|<>x{}" }
        do
            gone("A=1\nDB_PASSWORD=%s\nB=2", secret)
        end
    end)

    it("a URL, though it begins or goes on strangely", function()
        for _, secret in ipairs { "$ecret12", "{brace1}x", "<angle1", "a/b?c1",
            "p%40ss1", "x:y1" } do
            gone("postgres://bob:%s@db.example/x", secret)
        end
    end)
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
    } do
        it(("%q"):format(text:sub(1, 60)), function()
            assert.equal(text, redact:text(text))
        end)
    end
end)
