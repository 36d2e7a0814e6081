--- Literals through a real PostgreSQL: what goes in comes back byte for byte.
local pg = require "postgres"
local postgres = require "engine.postgres"
local sql = require "engine.sql"

-- Pieces that have broken somebody's quoting before.
local PIECES = {
    "'", "''", "\\", "\\'", "\\\\", '"', "--", "/*", "*/", "$$", "$x$", ";",
    "\n", "\r", "\t", "\b", "\127", "\1", "%s", "%", "?", "{t}", "E'", "\\x41",
    "\\101", "\\u0041", "U&'", "::text", "NULL", "\u{e9}", "\u{65e5}",
    "\u{1F41D}", "\u{202E}", "\u{FEFF}", "\u{10FFFF}", "a", " ", "",
}

-- The same strings every time, so that a failure can be seen again.
local function strings(n)
    local seed = 20260101
    local function random(max)
        seed = (seed * 1103515245 + 12345) % 2147483648
        return seed // 65536 % max + 1
    end
    local list = { "", ("x"):rep(1 << 20), ("'\\"):rep(50000) }
    for _, piece in ipairs(PIECES) do
        list[#list + 1] = piece
    end
    for _ = 1, n do
        local parts = {}
        for i = 1, random(12) do
            parts[i] = PIECES[random(#PIECES)]
        end
        list[#list + 1] = table.concat(parts)
    end
    return list
end

describe("a literal", function()
    local store

    setup(function() store = assert(postgres.open(pg.url(true))) end)

    teardown(function() store:close() end)

    -- Many in one statement: what one leaves open would swallow the next.
    local function round_trip(list, kind)
        for from = 1, #list, 50 do
            local literals = {}
            for i = from, math.min(from + 49, #list) do
                literals[#literals + 1] = ("(%d, %s)"):format(i,
                    assert(sql.literal(list[i], kind, "postgres")))
            end
            local rows = assert(store:query("SELECT * FROM (VALUES "
                .. table.concat(literals, ", ") .. ") AS t(i, v)"))
            assert.equal(#literals, #rows)
            for _, row in ipairs(rows) do
                assert.equal(list[row.i], row.v)
            end
        end
    end

    it("brings text back from PostgreSQL as it was", function()
        round_trip(strings(1500), "text")
    end)

    for _, setting in ipairs { "on", "off" } do
        it("means the same with standard_conforming_strings = " .. setting,
            function()
                assert(store:exec("SET standard_conforming_strings = "
                    .. setting))
                local text = [[a\'b]]
                local rows = assert(store:query("SELECT "
                    .. sql.literal(text, "text", "postgres") .. " AS v"))
                assert(store:exec "SET standard_conforming_strings = on")
                assert.equal(text, rows[1].v)
            end)
    end

    it("brings JSON back as the value it was", function()
        for _, text in ipairs(strings(200)) do
            local json = require("propolis.json").encode { v = text }
            local row = assert(store:query("SELECT "
                .. assert(sql.literal(json, "jsonb", "postgres"))
                .. " ->> 'v' AS v"))[1]
            assert.equal(text, row.v)
        end
    end)

    it("brings the ends of the integers back", function()
        for _, n in ipairs { 0, -1, math.maxinteger, math.mininteger } do
            local row = assert(store:query("SELECT CAST("
                .. assert(sql.literal(n, "bigint", "postgres"))
                .. " AS bigint) AS v"))[1]
            assert.equal(n, row.v)
        end
    end)

    it("is refused for what PostgreSQL cannot hold", function()
        for _, text in ipairs { "a\0b", "\xff", "\xed\xa0\x80", "\xc0\x80" } do
            local literal, err = sql.literal(text, "text", "postgres")
            assert.is_nil(literal)
            assert.equal("arg", err.code)
        end
    end)
end)
