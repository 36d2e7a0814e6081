--- The two products in one workspace: what the other writes through the HTTP
-- API is read here, and its queries find what our push wrote.
local json = require "propolis.json"
local machine = require "machine"
local pg = require "postgres"
local serving = require "serving"
local tmp = require "tmp"

-- The other's statements, as it sends them.
local CAPTURE = [[INSERT INTO "sessions" (id, path, filename, message,]]
    .. [[ message_embedding, author, size_bytes, project, description,]]
    .. [[ agent, plugin_version, creation_date, last_update_date) VALUES]]
    .. [[ ('%s', '%s', '%s', '%s'::jsonb, %s, 'alice', %d, 'acme',]]
    .. [[ 'UserPromptSubmit', 'claude_code', '0.7.30', '%s', '%s')]]

local PLACEHOLDER = [[INSERT INTO "memory" (id, path, filename, summary,]]
    .. [[ author, mime_type, size_bytes, project, description, agent,]]
    .. [[ plugin_version, creation_date, last_update_date) VALUES]]
    .. [[ ('%s', '/summaries/alice/S1.md', 'S1.md', E'# Session S1\n- **]]
    .. [[Source**: /sessions/alice/alice_Acme_ws_S1.jsonl\n- **Started**:]]
    .. [[ 2026-01-02T03:04:05.000Z\n- **Project**: it''s acme\n- **Status]]
    .. [[**: in-progress\n', 'alice', 'text/markdown', 120, 'acme',]]
    .. [[ 'in progress', 'claude_code', '0.7.30',]]
    .. [[ '2026-01-02T03:04:05.000Z', '2026-01-02T03:04:05.000Z')]]

local SUMMARY = [[UPDATE "memory" SET summary = E'# Session S1\n\nDone: C:\\x]]
    .. [[ it''s \'quoted\'', summary_embedding = ARRAY[0.25,-1]::float4[],]]
    .. [[ size_bytes = 44, description = E'Done', last_update_date =]]
    .. [[ '2026-01-02T04:00:00.000Z', agent = 'claude_code',]]
    .. [[ plugin_version = '0.7.30' WHERE path = '/summaries/alice/S1.md']]

local SKILL = [[INSERT INTO "skills" (id, name, project, project_key,]]
    .. [[ local_path, install, source_sessions, source_agent, scope, author,]]
    .. [[ contributors, description, trigger_text, body, version, created_at,]]
    .. [[ updated_at) VALUES ('%s', 'deploy', 'acme', 'k1', '/p', 'project',]]
    .. [[ '["S1"]', 'claude_code', 'team', 'alice', '["alice"]', 'How to',]]
    .. [[ '', 'it''s\nbody', %d, '2026-01-02T03:04:05.000Z',]]
    .. [[ '2026-01-02T03:0%d:05.000Z')]]

local UNION = [[SELECT path, content, size_bytes, creation_date, source_order]]
    .. [[ FROM ((SELECT path, summary::text AS content, NULL::bigint AS]]
    .. [[ size_bytes, '' AS creation_date, 0 AS source_order FROM "memory"]]
    .. [[ WHERE path IN (%s)) UNION ALL (SELECT path, message::text AS]]
    .. [[ content, NULL::bigint AS size_bytes,]]
    .. [[ COALESCE(creation_date::text, '') AS creation_date, 1 AS]]
    .. [[ source_order FROM "sessions" WHERE path IN (%s))) AS combined]]
    .. [[ ORDER BY path, source_order, creation_date]]

local LISTING = [[SELECT path, content, size_bytes, creation_date,]]
    .. [[ source_order FROM ((SELECT path, NULL::text AS content, size_bytes,]]
    .. [[ '' AS creation_date, 0 AS source_order FROM "memory" WHERE path]]
    .. [[ LIKE '/summaries/%' ESCAPE '\') UNION ALL (SELECT path, NULL::text]]
    .. [[ AS content, size_bytes, '' AS creation_date, 1 AS source_order FROM]]
    .. [[ "sessions" WHERE path LIKE '/sessions/%' ESCAPE '\')) AS combined]]
    .. [[ ORDER BY path, source_order, creation_date]]

local INDEX_MEMORY = [[SELECT path, project, description, creation_date,]]
    .. [[ last_update_date FROM "memory" WHERE path LIKE '/summaries/%']]
    .. [[ ORDER BY last_update_date DESC LIMIT 51]]

local INDEX_SESSIONS = [[SELECT path, MAX(description) AS description,]]
    .. [[ MIN(creation_date) AS creation_date, MAX(last_update_date) AS]]
    .. [[ last_update_date FROM "sessions" WHERE path LIKE '/sessions/%']]
    .. [[ GROUP BY path ORDER BY MAX(last_update_date) DESC LIMIT 51]]

local GREP = [[SELECT path, content, source_order, creation_date FROM]]
    .. [[ ((SELECT path, summary::text AS content, 0 AS source_order, '' AS]]
    .. [[ creation_date FROM "memory" WHERE 1=1 AND summary::text ILIKE]]
    .. [[ '%needle%' LIMIT 100) UNION ALL (SELECT path, message::text AS]]
    .. [[ content, 1 AS source_order, COALESCE(creation_date::text, '') AS]]
    .. [[ creation_date FROM "sessions" WHERE 1=1 AND message::text ILIKE]]
    .. [[ '%needle%' LIMIT 100)) AS combined ORDER BY path, source_order,]]
    .. [[ creation_date]]

local SKILLS = [[SELECT name, project, project_key, body, version,]]
    .. [[ source_agent, scope, author, contributors, description,]]
    .. [[ trigger_text, source_sessions, install, created_at, updated_at]]
    .. [[ FROM "skills" WHERE author IN ('bob') AND name = 'ship' ORDER BY]]
    .. [[ project_key ASC, name ASC, version DESC]]

local WORKER = [[SELECT message, creation_date FROM "sessions" WHERE path]]
    .. [[ LIKE E'/sessions/%%%s%%' ORDER BY creation_date ASC]]

describe("in one workspace with the other product", function()
    local server, token, ours, db

    setup(function()
        db = pg.url(true)
        server = serving.start { home = tmp.dir(), db = db }
        token = server:token("t", "--workspace", "ws")
        ours = machine.real { remote = "deeplake:", token = token,
            workspace = "ws", user = "bob",
            env = { HIVEMIND_API_URL = server.url } }
        assert.equal(0, ours:run({ "sync" }).code) -- makes the tables
    end)
    teardown(function()
        server:stop()
        tmp.clean()
    end)

    -- A statement of the other's; its rows.
    local function ask(sql)
        local answer = server:query(token, "ws", sql)
        assert.equal(200, answer.status, answer.body)
        return answer.doc.rows
    end

    local function sync(...)
        local r = ours:run { "sync", ... }
        assert.equal(0, r.code, r.stderr)
        return r.stdout
    end

    it("reads its events, summaries and skills", function()
        local path = "/sessions/alice/alice_Acme_ws_S1.jsonl"
        for i, text in ipairs { "first", [[it''s \\ \"two\" \n \u00e9 {}]],
            "third" } do
            ask(CAPTURE:format("00000000-0000-4000-8000-00000000000" .. i,
                path, "alice_Acme_ws_S1.jsonl",
                ('{"id":"e%d","session_id":"S1","type":"user_message",'
                    .. '"timestamp":"2026-01-02T03:04:0%d.000Z",'
                    .. '"content":"%s"}'):format(i, i, text),
                i == 2 and "ARRAY[0.5,-0.25]::float4[]" or "NULL", 99,
                "2026-01-02T03:04:0" .. i .. ".000Z",
                "2026-01-02T03:04:0" .. i .. ".000Z"))
        end
        ask(PLACEHOLDER:format "10000000-0000-4000-8000-000000000001")
        ask(SKILL:format("20000000-0000-4000-8000-000000000001", 1, 4))
        assert.equal("0 rows sent, 2 rows fetched\n", sync())
        ask(SUMMARY)
        ask(SKILL:format("20000000-0000-4000-8000-000000000002", 2, 5))
        assert.equal("0 rows sent, 2 rows fetched\n", sync())
        assert.equal("3 events fetched, 3 new\n",
            sync("--session", "S1"))

        local memory = ours:query [[SELECT * FROM memory WHERE author =
            'alice']]
        assert.equal(1, #memory)
        assert.equal("# Session S1\n\nDone: C:\\x it's 'quoted'",
            memory[1].summary)
        assert.equal("/summaries/alice/S1.md", memory[1].path)
        assert.equal("Done", memory[1].description)
        assert.same({ 0.25, -1 },
            assert(json.decode((memory[1].summary_embedding
                :gsub("{", "["):gsub("}", "]")))))
        local skills = ours:query [[SELECT name, version, body, contributors
            FROM skills ORDER BY version]]
        assert.same({
            { name = "deploy", version = 1, body = "it's\\nbody",
                contributors = '["alice"]' },
            { name = "deploy", version = 2, body = "it's\\nbody",
                contributors = '["alice"]' },
        }, skills)
        local events = ours:query([[SELECT * FROM sessions WHERE path = ?
            ORDER BY creation_date]], { path })
        assert.equal(3, #events)
        local message = assert(json.decode(events[2].message))
        assert.equal("it's \\ \"two\" \n \u{e9} {}", message.content)
        assert.equal("user_message", message.type)
        assert.equal("claude_code", events[2].agent)
        assert.equal(99, events[2].size_bytes)
        assert.is_truthy(events[2].message_embedding)
        assert.is_nil(events[1].message_embedding)
    end)

    it("gives it all that its queries read", function()
        ours:hook("SessionStart", "B1")
        ours:hook("UserPromptSubmit", "B1", "find the needle's \\ eye")
        local store = ours:store()
        local schemas = require "propolis.schemas"
        local row = { name = "ship", project = "acme", project_key = "k2",
            body = "how\nto", version = 3, author = "bob", scope = "team",
            source_agent = "codex", contributors = '["bob"]',
            updated_at = "2026-01-03T00:00:00.000Z",
            created_at = "2026-01-03T00:00:00.000Z" }
        assert.is_true(store:put(schemas.skills, row))
        store:close()
        sync()

        local session = ask([[SELECT DISTINCT path FROM "sessions" WHERE path]]
            .. [[ LIKE '/sessions/%B1%' LIMIT 1]])[1][1]
        assert.matches("^/sessions/bob/bob_.*_ws_B1%.jsonl$", session)
        local summary = "/summaries/bob/B1.md"

        local both = ("'%s', '%s'"):format(summary, session)
        local read = ask(UNION:format(both, both))
        assert.equal(3, #read)
        assert.equal(session, read[1][1])
        local prompt = assert(json.decode(read[2][2]))
        assert.equal("user_message", prompt.type)
        assert.equal("find the needle's \\ eye", prompt.content)
        assert.matches("^%d+%-%d+%-%d+T.*Z$", read[2][4])
        assert.equal(summary, read[3][1])
        assert.matches("^# Session B1\n", read[3][2])
        assert.matches("%*%*Status%*%*: in%-progress", read[3][2])

        local found = {}
        for _, entry in ipairs(ask(LISTING)) do found[entry[1]] = entry end
        assert.is_true(found[session][3] > 10)
        assert.is_truthy(found[summary])

        local listed = {}
        for _, entry in ipairs(ask(INDEX_MEMORY)) do
            listed[entry[1]] = entry
        end
        assert.equal("in progress", listed[summary][3])
        assert.equal("acme", listed[summary][2])
        for _, entry in ipairs(ask(INDEX_SESSIONS)) do
            listed[entry[1]] = entry
        end
        assert.equal("UserPromptSubmit", listed[session][2])
        assert.is_true(listed[session][3] <= listed[session][4])

        local hits = ask(GREP)
        assert.equal(1, #hits)
        assert.equal(session, hits[1][1])
        assert.equal(2, #ask(WORKER:format "B1"))

        local skill = ask(SKILLS)
        assert.equal(1, #skill)
        assert.same({ "ship", "acme", "k2", "how\nto", 3, "codex", "team",
            "bob", '["bob"]', "", "", "[]", "project",
            "2026-01-03T00:00:00.000Z", "2026-01-03T00:00:00.000Z" },
            skill[1])
    end)

    it("says the same on PostgreSQL itself", function()
        local url = db .. "?options=-csearch_path%3Dws"
        for _, sql in ipairs { LISTING, INDEX_MEMORY,
            INDEX_SESSIONS, GREP, SKILLS, (WORKER:format "B1") } do
            assert.is_true(#pg.psql(sql .. ";", url) > 0, sql)
        end
    end)
end)
