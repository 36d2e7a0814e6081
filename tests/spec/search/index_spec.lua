--- The search index beside a real store: what is found, and what it stands.
local file = require "propolis.search.file"
local index = require "propolis.search.index"
local propolis = require "propolis"
local query = require "propolis.search.query"
local sys = require "engine.sys"
local tmp = require "tmp"

describe("the search index", function()
    local dir, conf, store

    before_each(function()
        dir = tmp.dir()
        conf = { local_store = "sqlite:" .. dir .. "/a.db" }
        store = assert(propolis.open(conf.local_store))
        assert(store:ensure())
    end)
    after_each(function()
        store:close()
        tmp.clean()
    end)

    local count = 0
    local function event(session, text, more)
        count = count + 1
        local row = {
            id = "e" .. count, path = "/sessions/ada/" .. session .. ".jsonl",
            author = "ada", project = "nest", agent = "codex",
            creation_date = ("2026-11-%02dT10:00:%02d.000Z"):format(
                1 + count // 60 % 28, count % 60),
            message = { type = "user_message", content = text },
        }
        for key, value in pairs(more or {}) do row[key] = value end
        assert(store:insert(propolis.schemas.sessions, row))
        return row.id
    end

    local function ids(hits)
        local list = {}
        for i, hit in ipairs(hits) do list[i] = hit.id end
        return list
    end

    local function search(text, filter, limit, method)
        local ix <close> = assert(index.open(conf))
        return assert(ix[method or "events"](ix, query.parse(text), filter,
            limit))
    end

    local function found(text, filter, limit)
        local list = ids(search(text, filter, limit))
        table.sort(list)
        return list
    end

    local function exact(text) -- no neighbours: events of one session each
        return found('"' .. text .. '"')
    end

    it("finds an event by its words, whatever their endings", function()
        local a = event("s1", "The databases were connecting slowly")
        event("s2", "nothing of that kind")
        assert.same({ a }, found "connection of a database")
        local hit = search("connection")[1]
        assert.same({ "sessions", "nest", "ada", "codex", "prompt" },
            { hit.table, hit.project, hit.author, hit.agent, hit.kind })
        assert.equal("/sessions/ada/s1.jsonl", hit.path)
        assert.matches("^2026%-11%-", hit.created)
    end)

    it("finds the parts of identifiers, either way", function()
        local a = event("s1", "call getUserName() there")
        local b = event("s2", "call get_user_name() there")
        event("s3", "another thing")
        assert.same({ a, b }, found "user name")
        assert.same({ a, b }, found "getUserName")
    end)

    it("finds words in scripts without spaces", function()
        local a = event("s1", "東京都に住んでいます")
        event("s2", "大阪に行きました")
        local c = event("s3", "서울에서 만나요")
        assert.same({ a }, found "東京")
        assert.same({ c }, found "서울")
    end)

    it("finds a tool's command and result", function()
        local a = event("s1", nil, { message = { type = "tool_call",
            tool_name = "Bash", tool_input = '{"command":"make lint"}',
            tool_response = '{"stdout":"two warnings in parser.c"}' } })
        assert.same({ a }, found "make lint")
        assert.same({ a }, found "warnings parser.c")
        assert.equal("tool", search("lint")[1].kind)
    end)

    it("does not find what looked for the past itself", function()
        local a = event("s1", "the flaky heron test")
        event("s2", nil, { message = { type = "tool_call",
            tool_name = "Bash",
            tool_input = '{"command":"propolis search flaky heron"}',
            tool_response = '{"stdout":"the flaky heron test"}' } })
        assert.same({ a }, found "flaky heron")
    end)

    it("finds by a date", function()
        local a = event("s1", "we met", {
            creation_date = "2023-05-08T13:56:00.000Z" })
        event("s2", "we met", { creation_date = "2024-06-09T13:56:00.000Z" })
        assert.equal(a, search("met on 8 May 2023")[1].id)
        assert.equal(a, search("met 2023-05-08")[1].id)
    end)

    it("leaves out what filters say before it cuts", function()
        local list = {}
        for i = 1, 30 do
            list[i] = event("s" .. i, "a heron flew", {
                project = i > 25 and "far" or "nest",
                author = i % 2 == 0 and "lin" or "ada",
                agent = i % 3 == 0 and "pi" or "codex",
                creation_date = ("2026-10-%02dT00:00:00.000Z"):format(i) })
        end
        assert.equal(5, #search("heron", { project = "far" }, 10))
        assert.equal(5, #search("heron", { projects = { far = true } }, 10))
        assert.equal(30, #search("heron", { projects = { "far", "nest" } }, 50))
        assert.equal(15, #search("heron", { user = "lin" }, 50))
        assert.equal(10, #search("heron", { agent = "pi" }, 50))
        assert.same({ list[3] }, found("heron",
            { session = "/sessions/ada/s3.jsonl" }))
        assert.same({}, found("heron", { session = "/sessions/no.jsonl" }))
        assert.equal(29, #search("heron",
            { except_session = "/sessions/ada/s3.jsonl" }, 50))
        assert.same({ list[4], list[5] }, found("heron", {
            since = "2026-10-04T00:00:00.000Z",
            before = "2026-10-06T00:00:00.000Z" }))
        assert.equal(30, #search("heron", { kind = "prompt" }, 50))
        assert.same({}, search("heron", { kind = "tool" }, 50))
    end)

    it("holds to phrases, words left out and beginnings", function()
        local a = event("s1", "use after free in the parser")
        local b = event("s2", "free the parser after use")
        local c = event("s3", "certificates expire")
        assert.same({ a }, exact "use after free")
        assert.same({ b }, found 'parser -"use after free"')
        assert.same({ c }, found "certif*")
        assert.same({}, exact "parser free use") -- nowhere like that
        assert.same({ a, b }, found '"parser free use" parser')
        assert.same({ a, b }, found 'what is "use after free" in a parser?')
        assert.same({}, found "heron")
    end)

    it("lends weight to neighbours and to the session", function()
        event("s1", "Where did the heron nest?")
        local b = event("s1", "Under the old bridge.")
        event("s2", "A heron.")
        local hits = ids(search "heron nest")
        assert.equal(b, hits[2])
        local list = search("heron nest", {}, 10, "sessions")
        assert.equal(2, #list)
        assert.equal("/sessions/ada/s1.jsonl", list[1].path)
    end)

    it("joins a session that is indexed bit by bit", function()
        event("s1", "Where did the heron nest?")
        search "x"
        event("s2", "something else")
        search "x"
        local b = event("s1", "Under the old bridge.")
        local hits = ids(search "heron nest")
        assert.equal(b, hits[2])
    end)

    it("finds summaries, notes and the newest version of a skill", function()
        local function put(path, text, date)
            assert(store:put(propolis.schemas.memory, { path = path,
                summary = text, author = "ada", project = "nest",
                description = "", last_update_date = date,
                creation_date = date }))
        end
        put("/summaries/ada/s1.md", "the heron was late",
            "2026-11-01T00:00:00Z")
        put("/notes/a.md", "bridges are old", "2026-11-01T00:00:00Z")
        for version, text in ipairs { "feed the heron", "feed the swan" } do
            assert(store:put(propolis.schemas.skills, { name = "feeding",
                project_key = "k", project = "nest", version = version,
                body = text, author = "ada",
                updated_at = "2026-11-01T00:00:00Z" }))
        end
        local hits = search "heron"
        assert.same({ 1, "memory", "summary" },
            { #hits, hits[1].table, hits[1].kind })
        assert.equal("note", search("bridges")[1].kind)
        assert.equal("skills", search("swan")[1].table)
        put("/summaries/ada/s1.md", "the goose was late",
            "2026-11-02T00:00:00Z")
        assert.same({}, search "heron")
        assert.equal("memory", search("goose")[1].table)
    end)

    it("explains a score", function()
        event("s1", "the heron nest")
        local why = search("heron nest", { explain = true })[1].why
        assert.is_true(why.words > 0 and why.pairs > 0 and why.session > 0)
    end)

    it("names the nearest words", function()
        event("s1", "the certificate of the heron")
        local ix <close> = assert(index.open(conf))
        assert.same({ { word = "certificate", count = 1 } },
            ix:near("certficate", 3))
        assert.same({}, ix:near("zebra", 3))
    end)

    it("is private, and whole after a run without a limit", function()
        event("s1", "heron")
        assert.is_true(index.catch_up(conf))
        local stat = sys.stat(dir .. "/a.db.search")
        assert.equal(tonumber("600", 8), stat.mode)
        local it = assert(file.read(dir .. "/a.db.search"))
        assert.equal(0, it.state.behind)
        file.close(it)
    end)

    it("indexes in bounded time, and says how much is left", function()
        for i = 1, 600 do event("s" .. i, "heron " .. i) end
        local ix = assert(index.open(conf, { ms = 0 }))
        assert.equal(600, ix.behind)
        assert.same({}, ix:events(query.parse "heron"))
        ix:close()
        assert.equal(10, #search "heron")
    end)
end)
