local schema = require "engine.schema"

local function new(columns, more)
    local spec = { table = "t", columns = columns }
    for k, v in pairs(more or {}) do spec[k] = v end
    return schema.new(spec)
end

describe("schema.new", function()
    it("keeps name, order, types and defaults", function()
        local s = new({ { "id", "text", default = "" },
            { "n", "bigint", default = 7 }, { name = "j", type = "jsonb" },
            { "v", "float4[]" } }, { indexes = { { "id", "n" } } })
        assert.equal("t", s.table)
        assert.same({
            { name = "id", type = "text", not_null = true, default = "" },
            { name = "n", type = "bigint", not_null = true, default = 7 },
            { name = "j", type = "jsonb", not_null = false },
            { name = "v", type = "float4[]", not_null = false },
        }, s.columns)
        assert.same({ { name = "idx_t_id_n", "id", "n" } }, s.indexes)
    end)

    it("lets a column with a default be nullable when it says so", function()
        local s = new { { "a", "text", default = "x", not_null = false } }
        assert.is_false(s.columns[1].not_null)
    end)

    local BAD = {
        ["a bad column name"] = { { { "a b", "text" } }, "'a b' is not valid" },
        ["an injection"] = { { { 'a" text); --', "text" } }, "not valid" },
        ["a long name"] = { { { ("a"):rep(64), "text" } }, "at most 63" },
        ["a repeated name"] = { { { "a", "text" }, { "A", "text" } },
            "'A' is there twice" },
        ["an unknown type"] = { { { "a", "varchar" } }, "no type 'varchar'" },
        ["NOT NULL without default"] = {
            { { "a", "text", not_null = true } },
            "NOT NULL without a default" },
        ["a default of another type"] = {
            { { "a", "bigint", default = "x" } },
            "no constant of type bigint" },
        ["a default that no store takes"] = {
            { { "a", "text", default = "\xff" } }, "no valid UTF-8" },
        ["a default with a NUL"] = {
            { { "a", "text", default = "x\0y" } }, "NUL byte" },
        ["a name with a NUL"] = { { { "a\0b", "text" } }, "NUL byte" },
        ["a default that is no constant"] = {
            { { "a", "text", default = function() end } }, "not a function" },
        ["a default for a vector"] = {
            { { "a", "float4[]", default = "{}" } }, "takes no default" },
        ["a misspelt key"] = {
            { { "a", "text", defualt = "" } }, "'defualt'" },
        ["no columns"] = { {}, "empty" },
        ["an unnamed column"] = { { { 1, "text" } }, "column 1 has no name" },
    }
    for what, case in pairs(BAD) do
        it("refuses " .. what, function()
            local ok, err = pcall(new, case[1])
            assert.is_false(ok)
            assert.matches(case[2], err, 1, true)
        end)
    end

    it("refuses an index over a column that is not there", function()
        assert.error_matches(function()
            new({ { "a", "text" } }, { indexes = { { "b" } } })
        end, "no such column")
    end)

    it("refuses a table name with a quote", function()
        assert.error_matches(function()
            schema.new { table = 'x"; DROP TABLE y; --',
                columns = { { "a", "text" } } }
        end, "not valid")
    end)

    it("holds a table to the columns it requires", function()
        assert.error_matches(function()
            new({ { "a", "text" } }, { required = { "b" } })
        end, "required column 'b'")
    end)
end)
