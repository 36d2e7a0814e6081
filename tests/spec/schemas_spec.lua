local run = require "run"
local sys = require "engine.sys"
local tmp = require "tmp"

-- Runs a Lua text in a child whose configuration folder has these files.
local function with_files(files, text, env)
    local home = tmp.dir()
    assert(sys.mkdir(home .. "/config/schemas"))
    for name, content in pairs(files) do
        assert(sys.create(home .. "/config/schemas/" .. name, content))
    end
    return run({ "-e", text }, { home = home, env = env })
end

local PRINT = [[
local schemas = require "propolis.schemas"
local list, errors = schemas.list()
for _, s in ipairs(list) do
    print(s.table, #s.columns, s.columns[#s.columns].name)
end
for _, e in ipairs(errors) do print("refused", (e:gsub(".*/", ""))) end
]]
local SHIPPED = "memory\t14\tlast_update_date\n"
    .. "sessions\t14\tlast_update_date\nskills\t17\tupdated_at\n"

describe("propolis.schemas", function()
    after_each(tmp.clean)

    it("has the reference's columns, in order, with its types", function()
        local schemas = require "propolis.schemas"
        local function types(name)
            local list = {}
            for _, c in ipairs(schemas[name].columns) do
                list[#list + 1] = c.name .. " " .. c.type
                    .. (c.not_null and "!" or "")
                    .. (c.default and "=" .. c.default or "")
            end
            return table.concat(list, " ")
        end
        assert.equal("id text!= path text!= filename text!= summary text!="
            .. " summary_embedding float4[] author text!="
            .. " mime_type text!=text/plain size_bytes bigint!=0"
            .. " project text!= description text!= agent text!="
            .. " plugin_version text!= creation_date text!="
            .. " last_update_date text!=", types "memory")
        assert.equal("id text!= path text!= filename text!= message jsonb"
            .. " message_embedding float4[] author text!="
            .. " mime_type text!=application/json size_bytes bigint!=0"
            .. " project text!= description text!= agent text!="
            .. " plugin_version text!= creation_date text!="
            .. " last_update_date text!=", types "sessions")
        assert.equal("id text!= name text!= project text!="
            .. " project_key text!= local_path text!= install text!=project"
            .. " source_sessions text!=[] source_agent text!= scope text!=me"
            .. " author text!= contributors text!=[] description text!="
            .. " trigger_text text!= body text!= version bigint!=1"
            .. " created_at text!= updated_at text!=", types "skills")
    end)

    it("loads the user's tables and columns beside the shipped ones",
        function()
            local r = with_files({
                ["notes.lua"] = [[return { table = "notes",
                    columns = { { "id", "text", default = "" } } }]],
                ["more.lua"] = [[return { table = "skills",
                    columns = { { "rating", "bigint", default = 0 } } }]],
            }, PRINT)
            assert.equal(SHIPPED:gsub("17\tupdated_at", "18\trating")
                .. "notes\t1\tid\n", r.stdout)
        end)

    it("never lets a file change a shipped column", function()
        local r = with_files({ ["x.lua"] = [[return { table = "skills",
            columns = { { "body", "bigint", default = 0 } } }]] }, PRINT)
        assert.equal(SHIPPED
            .. "refused\tx.lua: column 'body' is there twice\n", r.stdout)
    end)

    for what, case in pairs {
        ["a syntax error"] = { "return {", "x.lua:1: " },
        ["a call"] = { "return os.exit()", "x.lua:1: " },
        ["no table"] = { "return 7", "x.lua: a schema file returns a table" },
        ["a bad column"] = { [[return { table = "a", columns = {
            { "x y", "text" } } }]], "x.lua: column name 'x y'" },
        ["bytecode"] = { string.dump(function() return {} end),
            "attempt to load a binary chunk" },
    } do
        it("refuses " .. what .. " and loads the others", function()
            local r = with_files({ ["x.lua"] = case[1] }, PRINT)
            assert.equal(0, r.code)
            assert.equal(SHIPPED, r.stdout:sub(1, #SHIPPED))
            assert.matches("refused\t", r.stdout, 1, true)
            assert.matches(case[2], r.stdout, 1, true)
        end)
    end

    it("follows the settings that rename tables", function()
        local r = with_files({}, [[
            local s = require "propolis.schemas"
            print(s.memory.table, s.sessions.table, s.skills.table)
            print(s.sessions.indexes[1].name)]],
            { HIVEMIND_TABLE = "m2", HIVEMIND_SESSIONS_TABLE = "s2" })
        assert.equal("m2\ts2\tskills\nidx_s2_path_creation_date\n", r.stdout)
    end)

    it("loads nothing from the current directory", function()
        local home = tmp.dir()
        assert(sys.mkdir(home .. "/cwd/schemas"))
        assert(sys.create(home .. "/cwd/schemas/memory.lua", "error('bad')"))
        local r = run({ "-e", "print(require('propolis').schemas.memory)" },
            { home = home, cwd = home .. "/cwd" })
        assert.equal("schema memory (14 columns)\n", r.stdout)
    end)
end)
