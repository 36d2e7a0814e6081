local search = require "engine.search"

-- The piece as one text, "[" and "]" around what is marked, "<" and ">" where
-- the text goes on.
local function snippet(text, words, room, more)
    local terms = more or {}
    for _, token in ipairs(search.tokens(words)) do
        terms[#terms + 1] = { term = token.term }
    end
    local pieces, before, behind = search.snippet(text, terms, room)
    for i = 2, #pieces, 2 do pieces[i] = "[" .. pieces[i] .. "]" end
    return (before and "<" or "") .. table.concat(pieces)
        .. (behind and ">" or "")
end

local FILL = ("word "):rep(200)

describe("engine.search.snippet", function()
    it("shows a short text whole, every found word marked", function()
        assert.equal("The [cache] of [caches]", snippet("The cache of caches",
            "cache", 100))
        assert.equal("nothing", snippet("nothing", "cache", 100))
        assert.equal("", snippet("", "cache", 1))
        assert.equal("a b", snippet("a b", "", 10))
    end)

    it("shows the piece with most different words", function()
        local text = "cache cache cache " .. FILL .. "cache of the index "
            .. FILL
        assert.matches("[cache] of the [index]", snippet(text, "cache index",
            60), 1, true)
        assert.equal("<word [needle]", snippet(FILL .. "needle", "needle", 12))
        assert.equal("word word>", snippet(FILL, "needle", 12))
    end)

    it("prefers rare words to common ones", function()
        local text = "common other " .. FILL .. "rare"
        local terms = { { term = "common", weight = 1 },
            { term = "other", weight = 1 }, { term = "rare", weight = 5 } }
        assert.matches("[rare]", snippet(text, "", 30, terms), 1, true)
        terms[3].weight = 1.5
        assert.matches("^%[common%] %[other%]", snippet(text, "", 30, terms))
    end)

    it("finds prefixes whatever their case", function()
        assert.equal("[Authentication] of an [author]",
            snippet("Authentication of an author", "", 100,
                { { term = "auth", prefix = true } }))
    end)

    it("never splits a character, and marks what touches as one", function()
        local text = ("\u{8BB0}"):rep(5) .. "\u{65E5}\u{672C}\u{8A9E}"
            .. ("\u{5FC6}"):rep(200)
        for room = 1, 60 do
            local pieces = search.snippet(text, search.tokens
                "\u{65E5}\u{672C}\u{8A9E}", room)
            local whole = table.concat(pieces)
            assert.is_true(#whole <= room)
            assert.truthy(utf8.len(whole), room)
        end
        assert.matches("[\u{65E5}\u{672C}\u{8A9E}]", snippet(text,
            "\u{65E5}\u{672C}\u{8A9E}", 30), 1, true)
    end)

    it("is bounded in what it reads", function()
        local long = ("x "):rep(2500000)
        assert.equal("x>", snippet(long .. "needle", "needle", 2))
        assert.equal(40, #search.snippet(("y"):rep(5000000), {}, 40)[1])
    end)

    it("raises for what a caller got wrong", function()
        for _, args in ipairs { { "a", {}, 0 }, { "a", { 1 }, 9 },
            { "a", { { weight = 1 } }, 9 }, { "a", nil, 9 } } do
            assert.is_false(pcall(search.snippet, args[1], args[2], args[3]))
        end
    end)
end)
