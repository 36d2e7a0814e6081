--- Secrets in the places where people and programs put them, and lines that
-- hold none, made from a fixed seed: the same on every machine.
--
--   for text, secret in corpus.hidden(300) do ... end
--   for line in corpus.innocent(20000) do ... end
local corpus = {}

--- %s is the secret.
corpus.places = {
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
    "password := `%s`", 'PASSWORD ?= "%s"', 'PASSWORD ::= "%s"',
    'PASSWORD += "%s"', "$password ??= '%s';", "$password .= '%s'",
    'var password string = "%s"', 'let password: String = "%s"',
    'password <- "%s"', 'if password != "%s" {', 'setPassword("%s")',
    '{\n  "name": "DB_PASSWORD",\n  "value": "%s"\n}',
    "- name: DB_PASSWORD\n  value: %s", 'name = "password"\n  value = "%s"',
    "<name>db.password</name>\n  <value>%s</value>",
    "<key>Password</key>\n<string>%s</string>",
    '<setting name="Password" serializeAs="String">\n<value>%s</value>',
    'curl -X POST https://h \\\n  -d x \\\n  -u bob:%s',
    'curl -u ":%s" https://h', "curl --user \\\n  'bob:%s' h",
    "Authorization: Api-Token %s", "<secret>{AQAAABAAA %s4kQ9zR7wB}</secret>",
    'password "%s";', 'char password[] = "%s";', "pw: '%s'",
    "jdbc:oracle:thin:scott/%s@h:1521/x", "sqlplus scott/%s@orcl",
    "jdbc:mysql://bob:%s@[h1:1,h2:2]/db", "the password is \"%s\"",
    "keytool -storepass %s -keypass x", "ssh-keygen -N '%s' -f k",
    "openssl enc -aes-256-cbc -k %s -in a", "zip -P %s a.zip b",
    "htpasswd -b .htpasswd bob %s", "htpasswd -nbB bob %s",
    "http -a bob:%s https://h/x", "xfreerdp /u:bob /p:%s /v:h",
    "requirepass %s", "CONFIG SET requirepass %s", 'setx DB_PASSWORD "%s"',
    "SET PASSWORD FOR 'a' = PASSWORD('%s');", "| password | %s |",
    "| Password | `%s` |", "curl -b 'sid=%s' h",
    "IDENTIFIED WITH mysql_native_password BY '%s'",
    "my %%h = (password => '%s');",
}

--- These need a value that looks like a secret.
corpus.random_places = {
    "STRIPE_KEY=%s", "stripeKey: '%s'", "x-key: %s", "GITHUB_PAT=%s",
    "GH_PAT = '%s'", "NPM_AUTH=%s", "REGISTRY_CREDS=%s", "DB_PASS=%s",
    "dbPass: '%s'", "https://h/x?key=%s", "https://h/x?a=1&key=%s&b",
    "const deployKey = \"%s\"", "stripe_key_prod: %s", "keyForStripe = '%s'",
    "myAuthProd = '%s'", "smtpCreds: '%s'", "SLACK_HOOK=%s", "name,token,%s,x",
    "apiToken,%s,", "| API key | %s |",
    '<string name="api_key">%s</string>', "gh secret set X --body '%s'",
    "git clone https://%s@github.com/a/b", "X-JFrog-Art-Api: %s",
    "https://h/x?key=%s#top", "my api key is %s", "use the token %s for it",
    "clientSecret('%s')", "api_key(\"%s\")", 'curl -u "%s:" https://h',
    "[DEBUG] using key = %s", "APP_SECRET=%s", '"auth": "%sZm9vYmFy"',
}

-- Numbers from a seed, as Park and Miller make them.
local function dice(seed)
    return function(n)
        seed = seed * 48271 % 0x7fffffff
        return seed % n + 1
    end
end

local LOWER, UPPER = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
local DIGITS, HEX = "0123456789", "0123456789abcdef"
local BASE62 = LOWER .. UPPER .. DIGITS

local function run(roll, set, n)
    local out = {}
    for i = 1, n do
        local at = roll(#set)
        out[i] = set:sub(at, at)
    end
    return table.concat(out)
end

-- A secret as programs make them (random), and as people do.
local function secret(roll, random)
    local kind = random and 1 or roll(3)
    if kind == 1 then
        local text = run(roll, BASE62, 16 + roll(24))
        return text:find("%d") and text:find("%l") and text:find("%u")
            and text or secret(roll, random)
    elseif kind == 2 then
        return run(roll, UPPER, 1) .. run(roll, LOWER, 4 + roll(5))
            .. run(roll, DIGITS, 2) .. run(roll, "-_.+~", 1) .. roll(9)
    end
    return run(roll, LOWER, 5) .. run(roll, DIGITS, 3) .. run(roll, UPPER, 3)
end

--- Pairs of a text and the secret that it hides: n secrets in turn, each in
-- every place.
function corpus.hidden(n)
    return coroutine.wrap(function()
        local roll = dice(20261124)
        for _ = 1, n do
            local word, random = secret(roll), secret(roll, true)
            for _, place in ipairs(corpus.places) do
                coroutine.yield(place:format(word), word)
            end
            for _, place in ipairs(corpus.random_places) do
                coroutine.yield(place:format(random), random)
            end
        end
    end)
end

local NOUNS = { "password", "token", "secret", "key", "credential", "session",
    "cookie", "auth", "user", "config", "cache", "record", "index", "store" }
local VERBS = { "get", "set", "load", "parse", "validate", "refresh", "hash" }

-- NAME, name, Verb and verb are words, HEX:n, NUM:n and B64:n random letters.
local INNOCENT = {
    "%s := verbName(ctx, name)", "func (s *Name) VerbName(name string) error {",
    "self.name = name", "this.name = options.name;", "name = args.name",
    "    name: nameStore,", "Name: cfg.Name,", "const name = verbName();",
    "import { verbName } from './name/name_store'", "if name == nil {",
    "if (!name) throw new Error('name is missing')", "let name: string;",
    "name: str = None", "private String name;", "NAME_PATH=/etc/app/name.conf",
    "name_count = NUM:4", "name.expires_in = NUM:5", "max_name_length: NUM:3",
    "the name is checked by verbName before it is used",
    "see the name: it is what the user typed", "# name rotation, see docs",
    "commit HEX:40", "index HEX:7..HEX:7 100644", "sha256:HEX:64",
    "ETag: HEX:32", "id: HEX:8-HEX:4-4HEX:3-aHEX:3-HEX:12",
    "request_id=HEX:8-HEX:4-HEX:4-HEX:4-HEX:12",
    "data:image/png;base64,B64:200", "integrity sha512-B64:86==",
    "http://localhost:NUM:4/name/name", "https://example.com:NUM:4/a@b",
    "listen 0.0.0.0:NUM:4", "docker run -p NUM:4:NUM:4 -u NUM:4:NUM:4 name",
    "mkdir -p build/name && cp -u name.c build/", "ssh -p NUM:4 host",
    "<name type=\"string\"/>", "<name>${name}</name>", "name: ${NAME}",
    "NAME=$NAME", "export NAME=\"$(verb-name)\"", "--name <name>", "--name=$1",
    "assert_eq!(name, expected_name);", "name?: NameOptions | undefined;",
    "SELECT name, name_id FROM names WHERE name = ?",
    "verb('name', name, 'name')",
    "logger.info(\"name %s verified\", name)", "NUM:2 passed, NUM:1 failed",
    "version = \"NUM:1.NUM:2.NUM:1\"", "primary_key: name_id",
    "name_hash = HEX:40",
    "cache_key = f\"name:{name.id}\"", "public_key_id: HEX:16",
}

local function filled(roll, line)
    local noun, verb = NOUNS[roll(#NOUNS)], VERBS[roll(#VERBS)]
    line = line:gsub("NAME", noun:upper()):gsub("Name",
        (noun:gsub("^%l", string.upper))):gsub("name", noun)
    line = line:gsub("Verb", (verb:gsub("^%l", string.upper)))
        :gsub("verb", verb):gsub("%%s", noun)
    return (line:gsub("(%u%w%w):(%d+)", function(kind, n)
        local set = kind == "HEX" and HEX or kind == "NUM" and DIGITS
            or kind == "B64" and BASE62 .. "+/"
        return set and run(roll, set, tonumber(n)) or nil
    end))
end

--- n lines of code, logs and documents that hold no secret.
function corpus.innocent(n)
    return coroutine.wrap(function()
        local roll = dice(11242026)
        for i = 1, n do
            coroutine.yield(filled(roll, INNOCENT[i % #INNOCENT + 1]))
        end
    end)
end

return corpus
