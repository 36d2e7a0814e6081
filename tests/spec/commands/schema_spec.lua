local json = require "propolis.json"
local run = require "run"
local tmp = require "tmp"

describe("propolis schema", function()
    local home

    local function schema(...)
        return run({ "schema", ... }, { home = home })
    end

    before_each(function() home = tmp.dir() end)
    after_each(tmp.clean)

    local function own(name, text)
        return tmp.write(home .. "/config/schemas/" .. name .. ".lua", text)
    end

    it("lists every table with its files", function()
        local path = own("more", [[return { table = "memory", columns = {
            { "mood", "text", default = "" } } }]])
        local r = schema("list", "--json")
        assert.equal(0, r.code, r.stderr)
        local rows = json.decode(r.stdout)
        assert.equal("memory", rows[1].name)
        assert.equal(15, rows[1].columns)
        assert.equal(path, rows[1].files[2])
        assert.equal(17, rows[3].columns)
        assert.matches("^name +table +columns +indexes +files\n",
            schema("list").stdout)
    end)

    it("shows a table's columns and indexes", function()
        local text = schema("show", "skills").stdout
        assert.matches("^skills\ncolumn +type +null +default\n", text)
        assert.matches("\nversion +bigint +no +1\n", text)
        assert.matches("\nindex idx_skills_project_key_name %(project_key,"
            .. " name%)\n$", text)
        local list = json.decode(schema("show", "--json").stdout)
        assert.equal(3, #list)
        assert.same({ name = "summary_embedding", type = "float4[]",
            not_null = false, default = json.null }, list[1].columns[5])
        assert.is_nil(list[1].sql)
        assert.same({ "path", "creation_date" }, list[2].indexes[1].columns)
    end)

    it("shows the SQL of each dialect", function()
        local sqlite = schema("show", "sessions", "--sql").stdout
        assert.matches('^CREATE TABLE IF NOT EXISTS "sessions" %("id" TEXT',
            sqlite)
        assert.matches('\nCREATE INDEX IF NOT EXISTS [^\n]+;\n$', sqlite)
        local postgres = schema("show", "sessions", "--sql", "--dialect",
            "postgres").stdout
        assert.matches('"message" JSONB', postgres)
        assert.matches("%) USING deeplake;\n", schema("show", "sessions",
            "--sql", "--dialect=deeplake").stdout)
        local one = json.decode(schema("show", "memory", "--sql", "--json")
            .stdout)
        assert.matches("^CREATE TABLE", one[1].sql[1])
    end)

    it("checks every file in force", function()
        local r = schema("lint")
        assert.equal(0, r.code, r.stderr)
        assert.matches("memory.lua: ok %(memory, 14 columns%)\n", r.stdout)
        local path = own("bad", [[return { table = "bad", columns = {
            { "id", "text" }, { "ID", "text" } } }]])
        r = schema("lint")
        assert.equal(1, r.code)
        assert.matches("skills.lua: ok", r.stdout)
        assert.truthy(r.stderr:find(path, 1, true), r.stderr)
        assert.matches("ID", r.stderr)
        assert.equal(1, select(2, r.stderr:gsub("\n", "")))
        assert.equal(1, schema("list").code)
    end)

    it("checks one file, with the table that it extends", function()
        local dir = tmp.dir()
        local function file(name, column)
            return ("return { table = %q, columns = { { %s } } }"):format(name,
                column)
        end
        for text, want in pairs {
            [file("t", "'a', 'text'")] = true,
            [file("t", "'a', 'txt'")] = "txt",
            [file("t t", "'a', 'text'")] = "t t",
            [file("memory", "'PATH', 'text'")] = "PATH",
            [file("memory", "'z', 'text'")] = true,
            [file("t", "'a', 'text', not_null = true")] = "a",
            [ [[return { table = os.getenv("HOME") }]] ] = "os",
            ["return {"] = "x.lua",
            ["return 3"] = "returns a table",
        } do
            local path = tmp.write(dir .. "/x.lua", text)
            local r = schema("lint", path)
            if want == true then
                assert.equal(0, r.code, text .. r.stderr)
                assert.matches("x.lua: ok", r.stdout)
            else
                assert.equal(1, r.code, text)
                assert.matches("^propolis: [^\n]+\n$", r.stderr)
                assert.truthy(r.stderr:find(want, 1, true), r.stderr)
                assert.truthy(r.stderr:find("x.lua", 1, true), r.stderr)
            end
            local row = json.decode(schema("lint", "--json", path).stdout)[1]
            assert.equal(want == true, row.ok)
            assert.equal(path, row.file)
        end
        assert.equal(1, schema("lint", dir .. "/absent.lua").code)
    end)

    it("refuses a wrong call", function()
        for want, args in pairs {
            ["there is no table 'x': there are memory"] = { "show", "x" },
            ["say list, show or lint"] = { "frob" },
            ["there is no dialect 'x'"] = { "show", "--sql", "--dialect", "x" },
            ["--dialect goes with --sql"] = { "show", "--dialect", "sqlite" },
            ["'b' is one argument too many"] = { "show", "memory", "b" },
            ["propolis schema: say list, show"] = {},
        } do
            local r = schema(table.unpack(args))
            assert.equal(64, r.code)
            assert.equal("", r.stdout)
            assert.truthy(r.stderr:find(want, 1, true), r.stderr)
        end
    end)
end)
