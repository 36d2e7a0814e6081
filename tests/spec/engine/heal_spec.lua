local heal = require "engine.heal"
local propolis = require "propolis"
local spy = require "spy"

local LOOK = "SELECT column_name FROM information_schema.columns"
    .. " WHERE table_name = '%s' AND table_schema = '%s'"

local function names(schema, without)
    local list = {}
    for _, column in ipairs(schema.columns) do
        local keep = true
        for _, name in ipairs(without or {}) do
            keep = keep and name ~= column.name
        end
        if keep then list[#list + 1] = column.name end
    end
    return list
end

local skills = propolis.schemas.skills
local memory = propolis.schemas.memory
local sessions = propolis.schemas.sessions
local LEGACY = {
    memory = names(memory, { "summary_embedding", "agent", "plugin_version" }),
    sessions = names(sessions,
        { "message_embedding", "agent", "plugin_version" }),
}

local function heal_table(job)
    local done, err = heal.tables {
        store = job.store, schemas = { job.schema }, ensure = job.ensure,
    }
    return done and done[1], err
end

local function fails_once(kind, message)
    local done
    return function(_, info)
        if info.kind == kind and not done then
            done = true
            return nil, message
        end
    end
end

describe("heal on the Deeplake dialect", function()
    it("looks once and sends nothing to a complete table", function()
        local s = spy { columns = { skills = names(skills) },
            workspace = "0f6e-UUID" }
        local done = assert(heal_table { store = s.store, schema = skills })
        assert.same({ LOOK:format("skills", "0f6e-UUID") }, s.sql)
        assert.same({ {}, {} }, { done.missing, done.altered })
        assert.is_false(done.created)
    end)

    it("adds what is missing in schema order, one ALTER each", function()
        local s = spy { columns = {
            skills = names(skills, { "scope", "contributors" }) } }
        local done = assert(heal_table { store = s.store, schema = skills })
        assert.same({
            LOOK:format("skills", "ws"),
            [[ALTER TABLE "skills" ADD COLUMN scope]]
                .. [[ TEXT NOT NULL DEFAULT 'me']],
            [[ALTER TABLE "skills" ADD COLUMN contributors]]
                .. [[ TEXT NOT NULL DEFAULT '[]']],
        }, s.sql)
        assert.same({ "scope", "contributors" }, done.missing)
        assert.same({ "scope", "contributors" }, done.altered)
    end)

    it("compares names without case", function()
        local upper = {}
        for i, name in ipairs(names(skills)) do upper[i] = name:upper() end
        local s = spy { columns = { skills = upper } }
        assert.same({}, heal_table { store = s.store, schema = skills }.missing)
        assert.equal(1, #s.sql)
    end)

    it("takes a lost race for success when the look agrees", function()
        local s
        s = spy { columns = { skills = names(skills, { "contributors" }) },
            on = function(_, info)
                if info.kind == "alter" then
                    table.insert(s.columns.skills, "contributors")
                    return nil, "500: column already exists"
                end
            end }
        local done = assert(heal_table { store = s.store, schema = skills })
        assert.same({ "catalog", "alter", "catalog" }, s.kinds)
        assert.same({ "contributors" }, done.missing)
        assert.same({}, done.altered)
    end)

    it("lets the ALTER's error stand when the column is still absent",
        function()
            local s = spy {
                columns = { skills = names(skills, { "contributors" }) },
                on = fails_once("alter", "column already exists, says who") }
            local done, err = heal_table { store = s.store, schema = skills }
            assert.is_nil(done)
            assert.equal("exists", err.code)
            assert.equal("column already exists, says who", tostring(err))
            assert.same({ "catalog", "alter", "catalog" }, s.kinds)
        end)

    it("lets it stand also when another column came meanwhile", function()
        local s
        s = spy { columns = { skills = names(skills, { "scope", "body" }) },
            on = function(_, info)
                if info.kind == "alter" then
                    s.columns.skills = names(skills, { "scope" })
                    return nil, "already exists"
                end
            end }
        assert.is_nil((heal_table { store = s.store, schema = skills }))
        assert.same({ "catalog", "alter", "catalog" }, s.kinds)
    end)

    for what, message in pairs {
        ["permission denied"] = "permission denied for table skills",
        ["a 500 of other wording"] = "Query failed: 500: out of cheese",
    } do
        it("surfaces " .. what .. " from an ALTER", function()
            local s = spy {
                columns = { skills = names(skills, { "scope", "body" }) },
                on = fails_once("alter", message) }
            local done, err = heal_table { store = s.store, schema = skills }
            assert.is_nil(done)
            assert.equal(message, tostring(err))
            assert.same({ "catalog", "alter" }, s.kinds)
        end)
    end

    it("fails on a failing look and never falls through to ALTER", function()
        local s = spy { on = fails_once("catalog", "400: bad request") }
        local done, err = heal_table { store = s.store, schema = skills }
        assert.is_nil(done)
        assert.equal("400: bad request", tostring(err))
        assert.equal(1, #s.sql)
    end)

    it("creates an absent table, and looks again", function()
        local s = spy {}
        local done = assert(heal_table { store = s.store, schema = memory })
        assert.same({ "catalog", "create", "catalog" }, s.kinds)
        assert.is_true(done.created)
        assert.same({}, done.missing)
        assert.matches('^CREATE TABLE IF NOT EXISTS "memory" %(id TEXT NOT NULL'
            .. " DEFAULT '', .*summary_embedding FLOAT4%[%], .*size_bytes"
            .. " BIGINT NOT NULL DEFAULT 0.*%) USING deeplake$", s.sql[2])
    end)

    it("heals the older table that a CREATE met", function()
        local s
        s = spy { on = function(_, info)
            if info.kind == "create" then
                s.columns.memory = names(memory, { "agent" })
            end
        end }
        local done = assert(heal_table { store = s.store, schema = memory })
        assert.same({ "catalog", "create", "catalog", "alter" }, s.kinds)
        assert.same({ "agent" }, done.missing)
        assert.same({ "agent" }, done.altered)
    end)

    it("takes any list of columns", function()
        local s = spy { columns = { t = { "id" } } }
        local done = assert(heal_table { store = s.store, schema = {
            table = "t", columns = {
                { "id", "text", default = "" }, { "order", "bigint",
                    default = 1 }, { "Mixed", "jsonb" } } } })
        assert.same({ "order", "Mixed" }, done.altered)
        assert.same({
            'ALTER TABLE "t" ADD COLUMN "order" BIGINT NOT NULL DEFAULT 1',
            'ALTER TABLE "t" ADD COLUMN "Mixed" JSONB',
        }, { s.sql[2], s.sql[3] })
    end)
end)

describe("a lazy insert", function()
    local row = { id = "i", name = "n", version = 3,
        contributors = '["a"]', body = "it's" }

    local function insert(opts)
        local s = spy(opts)
        local copy = {}
        for k, v in pairs(row) do copy[k] = v end
        local ok, err = s.store:insert(skills, copy)
        return s, ok, err
    end

    it("costs one statement on a healthy table", function()
        local s, ok = insert { columns = { skills = names(skills) } }
        assert.is_true(ok)
        assert.same({
            [[INSERT INTO "skills" (id, name, contributors, body, version)]]
                .. [[ VALUES ('i', 'n', '["a"]', 'it''s', 3)]],
        }, s.sql)
    end)

    for _, text in ipairs {
        "Table does not exist", 'relation "skills" does not exist',
        "no such table: skills" } do
        it("creates on: " .. text, function()
            local s, ok = insert { on = fails_once("insert", text) }
            assert.is_true(ok)
            assert.same({ "insert", "create", "catalog", "insert" }, s.kinds)
            assert.equal(s.sql[1], s.sql[4])
        end)
    end

    it("heals the older table that its CREATE met", function()
        local s, ok = insert {
            columns = { skills = names(skills, { "contributors" }) },
            on = fails_once("insert", "Table does not exist") }
        assert.is_true(ok)
        assert.same({ "insert", "create", "catalog", "alter", "insert" },
            s.kinds)
    end)

    it("adds every missing column and repeats the same text", function()
        local s, ok = insert {
            columns = { skills = names(skills, { "scope", "contributors" }) },
            on = fails_once("insert", 'column "contributors" of relation'
                .. ' "skills" does not exist') }
        assert.is_true(ok)
        assert.same({ "insert", "catalog", "alter", "alter", "insert" },
            s.kinds)
        assert.equal(s.sql[1], s.sql[5])
    end)

    it("lets the first error stand when nothing was missing", function()
        local text = 'column "bogus" of relation "skills" does not exist'
        local s, ok, err = insert { columns = { skills = names(skills) },
            on = fails_once("insert", text) }
        assert.is_nil(ok)
        assert.equal(text, tostring(err))
        assert.same({ "insert", "catalog" }, s.kinds)
    end)

    it("repeats the INSERT also after a lost race", function()
        local first, s = true, nil
        s = spy { columns = { skills = names(skills, { "contributors" }) },
            on = function(_, info)
                if info.kind == "insert" and first then
                    first = false
                    return nil, "no such column: contributors"
                elseif info.kind == "alter" then
                    table.insert(s.columns.skills, "contributors")
                    return nil, "already exists"
                end
            end }
        assert.is_true((s.store:insert(skills, { id = "i", name = "n" })))
        assert.same({ "insert", "catalog", "alter", "catalog", "insert" },
            s.kinds)
    end)

    for what, text in pairs {
        ["a syntax error"] = 'syntax error at or near "INTO"',
        ["permission denied on a column"] =
            'permission denied for column "x" of relation "skills"',
        ["an owner's complaint"] = "must be owner of table skills",
        ["an embedding's index"] = "vector::at out of range",
    } do
        it("surfaces " .. what .. " after one statement", function()
            local s, ok, err = insert { on = fails_once("insert", text) }
            assert.is_nil(ok)
            assert.equal(text, tostring(err))
            assert.equal(1, #s.sql)
        end)
    end

    it("surfaces the second INSERT's error", function()
        local s, ok, err = insert { on = function(_, info)
            if info.kind == "insert" then return nil, "Table does not exist" end
        end }
        assert.is_nil(ok)
        assert.equal("no_table", err.code)
        assert.same({ "insert", "create", "catalog", "insert" }, s.kinds)
    end)
end)

describe("ensure where a service lists its tables", function()
    local function ensure(present, opts)
        opts.listed = function(t) return present[t] == true end
        local s = spy(opts)
        local done, err = s.store:ensure { memory, sessions }
        return s, done, err
    end

    it("greenfield: creates both, no ALTER", function()
        local s, done = ensure({}, {})
        assert.same({ "list", "create", "catalog", "list", "create", "catalog",
            "index" }, s.kinds)
        assert.is_true(done[1].created and done[2].created)
        assert.equal('CREATE INDEX IF NOT EXISTS "idx_sessions_path_creation'
            .. '_date" ON "sessions" ("path", "creation_date")', s.sql[5])
    end)

    it("full legacy: one look and three ALTERs each", function()
        local s, done = ensure({ memory = true, sessions = true },
            { columns = { memory = { table.unpack(LEGACY.memory) },
                sessions = { table.unpack(LEGACY.sessions) } } })
        assert.same({ "list", "catalog", "alter", "alter", "alter",
            "list", "catalog", "alter", "alter", "alter", "index" }, s.kinds)
        assert.same({ "summary_embedding", "agent", "plugin_version" },
            done[1].altered)
        assert.same({ "message_embedding", "agent", "plugin_version" },
            done[2].altered)
    end)

    it("fully migrated: two looks and the index", function()
        local s = ensure({ memory = true, sessions = true },
            { columns = { memory = names(memory),
                sessions = names(sessions) } })
        assert.same({ "list", "catalog", "list", "catalog", "index" }, s.kinds)
    end)

    it("half legacy: alters one, creates the other", function()
        local s = ensure({ memory = true },
            { columns = { memory = { table.unpack(LEGACY.memory) } } })
        assert.same({ "list", "catalog", "alter", "alter", "alter",
            "list", "create", "catalog", "index" }, s.kinds)
    end)

    it("a stale listing: CREATE does nothing, the look finds all", function()
        local s, done = ensure({}, { columns = {
            memory = names(memory, { "agent" }),
            sessions = names(sessions) } })
        assert.same({ "list", "create", "catalog", "alter",
            "list", "create", "catalog", "index" }, s.kinds)
        assert.same({ "agent" }, done[1].altered)
    end)

    it("mixed: alters only what lacks a column", function()
        for _, case in ipairs {
            { names(memory), LEGACY.sessions,
                "list catalog list catalog alter alter alter index" },
            { LEGACY.memory, names(sessions),
                "list catalog alter alter alter list catalog index" },
            { names(memory, { "agent" }), names(sessions, { "agent" }),
                "list catalog alter list catalog alter index" },
        } do
            local s = ensure({ memory = true, sessions = true },
                { columns = { memory = { table.unpack(case[1]) },
                    sessions = { table.unpack(case[2]) } } })
            assert.equal(case[3], table.concat(s.kinds, " "))
        end
    end)

    it("half legacy the other way: creates one, alters the other", function()
        local s = ensure({ sessions = true },
            { columns = { sessions = { table.unpack(LEGACY.sessions) } } })
        assert.same({ "list", "create", "catalog",
            "list", "catalog", "alter", "alter", "alter", "index" }, s.kinds)
    end)

    it("goes on after a lost race, to the index", function()
        local s
        s = spy { listed = function() return true end,
            columns = { sessions = { table.unpack(LEGACY.sessions) } },
            on = function(sql, info)
                if info.kind == "alter" and sql:find("message_embedding") then
                    table.insert(s.columns.sessions, "message_embedding")
                    return nil, "Query failed: 500: column already exists"
                end
            end }
        local done = assert(s.store:ensure(sessions))
        assert.same({ "list", "catalog", "alter", "catalog", "alter", "alter",
            "index" }, s.kinds)
        assert.same({ "message_embedding", "agent", "plugin_version" },
            done.missing)
        assert.same({ "agent", "plugin_version" }, done.altered)
    end)

    it("makes no index after a failing look or ALTER", function()
        for kind, kinds in pairs { catalog = "list catalog",
            alter = "list catalog alter" } do
            local s = spy { listed = function() return true end,
                columns = { sessions = { table.unpack(LEGACY.sessions) } },
                on = fails_once(kind, "Query failed: 400: no") }
            local done, err = s.store:ensure(sessions)
            assert.is_nil(done)
            assert.equal("Query failed: 400: no", tostring(err))
            assert.equal(kinds, table.concat(s.kinds, " "))
        end
    end)

    it("creates a table that is listed and gone", function()
        local s = spy { listed = function() return true end }
        assert.is_true(assert(s.store:ensure(memory)).created)
        assert.same({ "list", "catalog", "create", "catalog" }, s.kinds)
    end)

    it("gives skills their index", function()
        local s = spy { listed = function() return true end,
            columns = { skills = names(skills) } }
        assert(s.store:ensure(skills))
        assert.same({ "list", "catalog", "index" }, s.kinds)
        assert.equal("CREATE INDEX IF NOT EXISTS"
            .. ' "idx_skills_project_key_name" ON "skills"'
            .. ' ("project_key", "name")', s.sql[2])
    end)

    it("survives an index that cannot be made", function()
        local s, done = ensure({ memory = true, sessions = true },
            { columns = { memory = names(memory), sessions = names(sessions) },
                on = fails_once("index", "403: no") })
        assert.equal("index", s.kinds[#s.kinds])
        assert.equal("403: no", done[2].index_error)
    end)

    it("never sends SQL for a memory without its embedding", function()
        local s = spy {}
        local done, err = s.store:ensure { table = "memory",
            columns = { { "id", "text", default = "" } } }
        assert.is_nil(done)
        assert.matches("summary_embedding", tostring(err))
        assert.same({}, s.sql)
    end)

    it("fails and says so when the table cannot be created", function()
        local _, done, err = ensure({}, {
            on = fails_once("create", "Query failed: 503: down") })
        assert.is_nil(done)
        assert.equal("Query failed: 503: down", tostring(err))
    end)
end)

describe("heal through functions of the other dialects", function()
    it("sends PostgreSQL one ALTER for all columns", function()
        local s = spy { dialect = "postgres",
            columns = { skills = names(skills, { "scope", "version" }) } }
        assert(heal_table { store = s.store, schema = skills })
        assert.same({ "catalog", "alter" }, s.kinds)
        assert.equal([[ALTER TABLE "skills" ADD COLUMN "scope" TEXT NOT NULL]]
            .. [[ DEFAULT 'me', ADD COLUMN "version" BIGINT NOT NULL]]
            .. [[ DEFAULT 1]], s.sql[2])
    end)

    it("retries that ALTER for what a faster writer left", function()
        local tries, s = 0, nil
        s = spy { dialect = "postgres",
            columns = { skills = names(skills, { "scope", "version" }) },
            on = function(sql, info)
                if info.kind ~= "alter" then return end
                tries = tries + 1
                if tries == 1 then
                    table.insert(s.columns.skills, "scope")
                    return nil, 'column "scope" already exists'
                end
                assert.is_nil(sql:find("scope", 1, true))
            end }
        local done = assert(heal_table { store = s.store, schema = skills })
        assert.same({ "catalog", "alter", "catalog", "alter" }, s.kinds)
        assert.same({ "scope", "version" }, done.missing)
        assert.same({ "version" }, done.altered)
    end)

    it("sends SQLite one ALTER per column", function()
        local s = spy { dialect = "sqlite",
            columns = { skills = names(skills, { "scope", "version" }) } }
        assert(heal_table { store = s.store, schema = skills })
        assert.same({ "catalog", "alter", "alter" }, s.kinds)
    end)
end)

describe("the classifiers", function()
    local CASES = {
        { "Table does not exist", "no_table" },
        { 'relation "x" does not exist', "no_table" },
        { "no such table: x", "no_table" },
        { 'column "y" of relation "x" does not exist', "no_column" },
        { "column y does not exist", "no_column" },
        { "column 'y' does not exist", "no_column" },
        { "unknown column y", "no_column" },
        { "no such column: y", "no_column" },
        { "table x has no column named y", "no_column" },
        { "permission denied for relation x does not exist", "denied" },
        { 'permission denied for column "y" does not exist', "denied" },
        { "must be owner of relation x", "denied" },
        { "duplicate column name: y", "exists" },
        { 'relation "x" already exists', "exists" },
        { 'relation "column" does not exist', "no_table" },
        { 'relation "already exists" does not exist', "no_table" },
        { "relation 'permission denied' does not exist", "no_table" },
        { [[{"error":"relation \"the column\" does not exist"}]], "no_table" },
        { [[{"error":"relation 'already exists' does not exist"}]],
            "no_table" },
        { '{"error":"no such table: column_stats","code":1}', "no_table" },
        { "no such table: main.column", "no_table" },
        { "no such table: must be owner", "no_table" },
        { "no such column: already exists", "no_column" },
        { 'column "permission denied" of relation "t" does not exist',
            "no_column" },
        { "table t has no column named permission denied", "no_column" },
        { 'column "does not exist" of relation "t" already exists', "exists" },
        { "duplicate column name: permission denied", "exists" },
        { 'permission denied for table "does not exist"', "denied" },
        { 'value too long for "column ", which does not exist', "sql" },
        { 'null value in "already exists" violates a constraint', "sql" },
        { "relation column_stats does not exist", "no_table" },
        { "can't read relation 'it''s a column': does not exist", "no_table" },
        { "syntax error", "sql" },
        { "", "sql" },
    }
    for _, case in ipairs(CASES) do
        it("call '" .. case[1] .. "' " .. case[2], function()
            assert.equal(case[2], heal.classify(case[1]))
        end)
    end
    it("read no text where there is an SQLSTATE", function()
        for state, want in pairs { ["42P01"] = "no_table",
            ["42703"] = "no_column", ["42P07"] = "exists",
            ["23505"] = "exists", ["42501"] = "denied", ["28000"] = "auth",
            ["57014"] = "busy", ["08006"] = "io", ["42601"] = "sql" } do
            assert.equal(want, heal.classify("column already exists", state))
        end
    end)
    it("take nil for nothing", function()
        assert.equal("sql", heal.classify(nil))
        assert.equal("sql", heal.classify())
    end)
end)
