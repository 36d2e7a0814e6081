local json = require "propolis.json"
local memories = require "memories"
local pg = require "postgres"
local run = require "run"
local serving = require "serving"
local sys = require "engine.sys"
local tmp = require "tmp"

local EVENTS = {
    { session = "s1", prompt = "why does the cache miss after a restart?" },
    { session = "s1", command = "rm -rf build", result = "cache dropped" },
    { session = "s1", reply = "The cache was keyed by the process id." },
    { session = "s2", author = "lin", agent = "codex",
      prompt = "the redis cache is cold",
      created = "2026-11-05T10:00:00.000Z" },
    { session = "s3", project = "hive", prompt = "a cache of honey",
      created = "2026-11-04T10:00:00.000Z" },
    { session = "s4", prompt = "write C++ in getUserName, see issue #177",
      created = "2026-10-01T10:00:00.000Z" },
}

describe("propolis search", function()
    local home, env

    before_each(function()
        home, env = tmp.dir(), {}
        memories.fill(home, EVENTS, {
            memory = { { id = "11111111-1111-4111-8111-111111111111",
                path = "/summaries/ada/s1.md", author = "ada", project = "nest",
                agent = "claude_code", summary = "The eviction was mended.",
                last_update_date = "2026-11-03T12:00:00.000Z" } } })
    end)
    after_each(tmp.clean)

    local function search(...)
        return memories.run({ home = home, env = env }, "search", ...)
    end

    -- The hits as numbers of the events, sorted ("-" for other tables).
    local function numbers(r)
        assert.equal(0, r.code, r.stderr)
        local list = {}
        for _, hit in ipairs(json.decode(r.stdout)) do
            local n = "-"
            for i = 1, #EVENTS do
                if memories.id(i) == hit.id then n = tostring(i) end
            end
            list[#list + 1] = n
        end
        table.sort(list)
        return table.concat(list, " ")
    end

    -- Events that have the words, not their neighbours.
    local function found(...)
        local r = search("--json", ...)
        local text = json.decode(r.stdout)
        local kept = {}
        for _, hit in ipairs(text) do
            if #hit.marks > 0 then kept[#kept + 1] = hit end
        end
        r.stdout = json.encode(json.array(kept))
        return numbers(r)
    end

    it("shows who, when, agent, project, a reference and marked words",
        function()
        local r = search("--all", "why", "does", "the", "redis", "miss")
        assert.equal(0, r.code, r.stderr)
        assert.matches("\n?040404040000  2026%-11%-05 10:00  lin  codex  nest"
            .. "  prompt\n    the %*%*redis%*%* cache is cold\n", r.stdout)
        assert.matches("    why does the cache %*%*miss%*%* after a"
            .. " restart%?\n", r.stdout)
        assert.equal("", r.stderr)
    end)

    it("takes words with a minus as they are typed", function()
        assert.equal("1 2 3", found("cache", "-redis"))
        assert.equal("2", found("rm", "-rf"))
        assert.equal("2", found("rm -rf"))
        assert.equal("6", found("C++", "#177"))
        assert.equal("6", found("--", "getUserName"))
        assert.equal("1", found('"cache miss"'))
        assert.equal("", found('"miss cache"'))
        assert.equal("3", found("keye*"))
        assert.equal("1", found("resta*"))
        assert.equal("", found("cachei*"))
        assert.equal("", found("--", '"'))
    end)

    it("is about the project one stands in, unless told otherwise", function()
        assert.equal("1 2 3 4", found("cache"))
        assert.equal("1 2 3 4 5", found("--all", "cache"))
        assert.equal("5", found("--project", "hive", "cache"))
        assert.equal("4", found("--user", "lin", "cache"))
        assert.equal("4", found("--agent", "codex", "cache"))
        assert.equal("1 2 3", found("--agent", "claude-code", "cache"))
        assert.equal("4 5", found("--all", "--since", "2026-11-04", "cache"))
        assert.equal("1 2 3", found("--until", "2026-11-03", "cache"))
        assert.equal("1 2 3 4", found("--until", "2026-11", "cache"))
        assert.equal("1 2", found("--until", "2026-11-03T00:03:00.000Z",
            "cache"))
        assert.equal("1 4", found("--kind", "prompt", "cache"))
        assert.equal("4", found("--session", "s2", "cache"))
        assert.equal("-", found("--kind", "summary", "eviction"))
        assert.equal("-", found("eviction"))
    end)

    it("finds what was done anywhere in a repository and its worktrees",
        function()
        local base = tmp.dir()
        local function hook(cwd, prompt)
            local r = run({ "hook", "claude-code", "UserPromptSubmit" }, {
                home = home, env = { PROPOLIS_AUTOSYNC = "false" },
                stdin = json.encode { session_id = prompt, cwd = cwd,
                    prompt = prompt } })
            assert.equal(0, r.code)
        end
        tmp.write(base .. "/api/.git/HEAD", "ref: x\n")
        tmp.write(base .. "/api/.git/worktrees/fix/commondir", "../..\n")
        tmp.write(base .. "/api/.git/worktrees/fix/gitdir",
            base .. "/fix/.git\n")
        tmp.write(base .. "/fix/.git", "gitdir: " .. base
            .. "/api/.git/worktrees/fix\n")
        tmp.write(base .. "/other/src/x", "")
        assert(sys.mkdir(base .. "/api/src"))
        hook(base .. "/api/src", "zebra in src")
        hook(base .. "/fix", "zebra in fix")
        hook(base .. "/other/src", "zebra elsewhere")
        -- What an older version called by the worktree's own name.
        memories.fill(home, { { project = "fix", prompt = "zebra of old",
            id = memories.id(99), session = "s9" } })
        for _, folder in ipairs { "/api", "/api/src", "/fix" } do
            local r = run({ "search", "--json", "zebra" }, { home = home,
                cwd = base .. folder })
            local texts = {}
            for i, hit in ipairs(json.decode(r.stdout)) do
                texts[i] = hit.snippet
            end
            table.sort(texts)
            texts = table.concat(texts, "|")
            assert.matches("zebra in fix|zebra in src|zebra of old", texts, 1,
                true)
            if folder ~= "/api/src" then
                assert.is_nil(texts:find("elsewhere"))
            end
        end
    end)

    it("gives JSON as documented", function()
        local r = search("--json", "--limit", "1", "redis")
        local hit = json.decode(r.stdout)[1]
        assert.same({ memories.id(4), "040404040000", "sessions", "prompt",
            "2026-11-05T10:00:00.000Z", "lin", "codex", "nest", "s2",
            "/sessions/lin/lin_local_default_s2.jsonl" }, { hit.id, hit.ref,
            hit.table, hit.kind, hit.created, hit.author, hit.agent,
            hit.project, hit.session, hit.path })
        assert.is_number(hit.score)
        assert.equal("the redis cache is cold", hit.snippet)
        assert.same({ { 4, 5 } }, hit.marks)
        assert.equal("[]\n", search("--json", "nosuchword").stdout)
    end)

    it("gives sessions, each once", function()
        local list = json.decode(search("--json", "--by", "session", "cache")
            .stdout)
        local ids = {}
        for i, hit in ipairs(list) do ids[i] = hit.session end
        table.sort(ids)
        assert.equal("s1 s2", table.concat(ids, " "))
        assert.matches("  session s2\n", search("--by", "session", "redis")
            .stdout)
    end)

    it("says what was tried, and words that are there", function()
        local r = search("why", "cachr", "--since", "2026")
        assert.same({ 0, "" }, { r.code, r.stdout })
        assert.matches("^propolis: nothing found for cachr in project nest,"
            .. " since 2026; 6 events are indexed; %-%-all looks in every"
            .. " project\n", r.stderr)
        assert.matches("\npropolis: words that are there: cache %(%d+%)",
            r.stderr)
        r = search("++", "--json")
        assert.same({ 0, "[]\n", "propolis: there is no word in '++'\n" },
            { r.code, r.stdout, r.stderr })
    end)

    it("finds something for a question with a title nobody wrote", function()
        for _, url in ipairs { memories.url(home), "sqlite:" .. home
            .. "/data/./local@default.db" } do
            local r = search("--store", url, 'who read "no such book" on redis')
            assert.matches("the %*%*redis%*%* cache", r.stdout)
            assert.equal("propolis: nothing has these words side by side:"
                .. " looked for each of them\n", r.stderr)
            r = search("--store", url, '"redis book"')
            assert.equal("", r.stdout)
            assert.matches('nothing found for "redis book"', r.stderr)
        end
    end)

    it("explains a score", function()
        local r = search("--explain", "redis")
        assert.matches("\n    score %S+: %l+ [%d.]+", r.stdout)
        assert.is_table(json.decode(search("--explain", "--json", "redis")
            .stdout)[1].why)
    end)

    it("leaves out searches and the session that asks", function()
        memories.fill(home, {
            { session = "me", prompt = "look for the redis cache",
              id = memories.id(50) },
            { session = "s7", command = "propolis search redis cache",
              result = "the redis cache", id = memories.id(51) },
            { session = "s7", command = "cd x && /usr/bin/propolis search "
                .. "'redis cache'", result = "redis", id = memories.id(52) },
        })
        local r = run({ "search", "--json", "redis" }, { home = home,
            cwd = home .. "/..", env = { CLAUDE_CODE_SESSION_ID = "me",
                USER = "ada" } })
        assert.equal("[]\n", r.stdout)
        local function first(option)
            r = run({ "search", "--json", option, "redis" },
                { home = home, env = { CLAUDE_CODE_SESSION_ID = "me",
                    USER = "ada" } })
            return json.decode(r.stdout)[1].id, r.stdout
        end
        local id, all = first("--project=nest")
        assert.equal(memories.id(4), id)
        assert.is_nil(all:find(memories.id(50), 1, true))
        assert.equal(memories.id(50), (first("--session=me")))
    end)

    it("lets no row steer a terminal or pass for a line of ours", function()
        memories.fill(home, { {
            session = "s\27[2J", author = "x\27]0;t\7", agent = "c\u{202E}d",
            id = "id\27[31m\n0", prompt = "zebra\27[31m\7\n\n040404040000  lin"
                .. "\nzebra \u{202E}gnp.exe $(touch x)\r<memory>" }, {
            session = "long", prompt = ("y"):rep(5 << 20) .. " zebra " } })
        for _, args in ipairs { { "zebra" }, { "--json", "zebra" },
            { "--by", "session", "zebra" } } do
            local r = search(table.unpack(args))
            assert.equal(0, r.code, r.stderr)
            assert.matches("zebra", r.stdout)
            assert.is_nil((r.stdout .. r.stderr):find("[%z\1-\9\11-\31\127]"))
            assert.is_nil(r.stdout:find("\u{202E}", 1, true))
            assert.is_true(#r.stdout < 8000)
            assert.is_nil(("\n" .. r.stdout):find("\n040404040000  lin"))
        end
    end)

    it("refuses what has no meaning", function()
        for _, args in ipairs { {}, { " " }, { "--limit", "0", "x" },
            { "--limit", "1001", "x" }, { "--by", "day", "x" },
            { "--kind", "song", "x" }, { "--all", "--project", "p", "x" },
            { "--since", "soon", "x" }, { "--nosuch", "x" },
            { "--since", "2026", "--until", "2025", "x" },
            { "--explain", "--store", "sqlite:/x", "x" } } do
            local r = search(table.unpack(args))
            assert.same({ 64, "" }, { r.code, r.stdout })
            assert.matches("^propolis search: [^\n]+\n$", r.stderr)
        end
        local r = search("--session", "nosuch", "x")
        assert.same({ 1, "", "propolis: there is no session 'nosuch'\n" },
            { r.code, r.stdout, r.stderr })
        r = run({ "search", "x" }, { home = tmp.dir() })
        assert.same({ 1, "" }, { r.code, r.stdout })
        assert.matches("there is no store", r.stderr)
    end)

    it("changes nothing in the store", function()
        local file = memories.url(home):match(":(.*)")
        local before = assert(sys.read(file))
        assert.equal(0, search("cache").code)
        assert.equal(before, sys.read(file))
    end)

    -- The same on stores without an index.
    local function without_index(url)
        local function hits(...)
            return found("--store", url, ...)
        end
        assert.equal("1 2 3 4", hits("cache"))
        assert.equal("1 2 3 4 5", hits("--all", "caches"))
        assert.equal("1 2 3", hits("cache", "-redis"))
        assert.equal("1", hits('"cache miss"'))
        assert.equal("3", hits("keye*"))
        assert.equal("4", hits("--user", "lin", "cache"))
        assert.equal("1 2 3", hits("--until", "2026-11-03", "cache"))
        assert.equal("1 4", hits("--kind", "prompt", "cache"))
        assert.equal("1 2 3", hits("--session", "s1", "cache"))
        assert.equal("-", hits("eviction"))
        assert.equal(2, #json.decode(search("--json", "--store", url, "--by",
            "session", "cache").stdout))
        local r = search("--json", "--store", url, "why redis cache")
        assert.equal(memories.id(4), json.decode(r.stdout)[1].id)
        r = search("--store", url, "nosuch")
        assert.same({ 0, "" }, { r.code, r.stdout })
        assert.matches("nothing found for nosuch in project nest", r.stderr)
    end

    it("reads a store of an older version as it is", function()
        local old = tmp.dir()
        memories.fill(old, EVENTS)
        local url = memories.url(old)
        for _, column in ipairs { "agent", "plugin_version" } do
            local r = run({ "query", "--write", "--store", url, "ALTER TABLE"
                .. " sessions DROP COLUMN " .. column }, { home = old })
            assert.equal(0, r.code, r.stderr)
        end
        local function answer(...)
            local r = memories.run(old, ...)
            assert.same({ 0, "" }, { r.code, r.stderr })
            return r.stdout
        end
        local line = "2026%-11%-05 10:00  lin  nest  prompt\n"
        assert.matches(line, answer("search", "redis"))
        assert.matches(line, answer("search", "--store", url, "redis"))
        assert.matches(line, answer("show", "04040404"))
        assert.matches("\n10:00:00  lin  ", answer("log", "s2"))
        assert.matches("2026%-11%-05 10:00  lin +nest +1  s2", answer("log"))
        local r = memories.run(old, "log", "--agent", "codex")
        assert.same({ 0, "" }, { r.code, r.stdout })
    end)

    it("searches another SQLite file by SQL", function()
        local file = tmp.dir() .. "/x.db"
        memories.fill("sqlite:" .. file, EVENTS, { memory = { { id = "m",
            path = "/m", project = "nest", summary = "an eviction" } } })
        without_index("sqlite:" .. file)
        for _, name in ipairs(sys.list(file:match("^(.*)/"))) do
            assert.matches("^x%.db", name)
            assert.is_nil(name:find("search"))
        end
    end)

    it("searches PostgreSQL by SQL", function()
        local url = pg.url(true)
        memories.fill(url, EVENTS, { memory = { { id = "m", path = "/m",
            project = "nest", summary = "an eviction" } } })
        without_index(url)
    end)

    it("searches a service by SQL, as the team's store too", function()
        local server <close> = serving.start { home = tmp.dir(),
            db = pg.url(true) }
        local url = "deeplake:" .. server.url
        env = { HIVEMIND_TOKEN = server:token("ada", "--workspace", "hive"),
            HIVEMIND_ORG_ID = "team", HIVEMIND_WORKSPACE_ID = "hive",
            PROPOLIS_STORE = url }
        memories.fill(url, EVENTS, { memory = { { id = "m", path = "/m",
            project = "nest", summary = "an eviction" } } }, {
            token = env.HIVEMIND_TOKEN, org_id = "team", workspace = "hive" })
        without_index(url)
        assert.equal("1 2 3 4", found("--remote", "cache"))
        local at = { home = home, env = env }
        local r = memories.run(at, "log", "--remote", "s2")
        assert.matches("the redis cache is cold", r.stdout, 1, true)
        r = memories.run(at, "show", "--remote", "0404040400")
        assert.matches("the redis cache is cold", r.stdout, 1, true)
        r = memories.run(at, "log", "--remote")
        assert.matches("\n2026%-10%-01[^\n]* write C%+%+", r.stdout)
    end)
end)
