local text = require "engine.text"

local function inert(s, max) return text.inert(s, max or 1000) end

describe("inert text", function()
    it("is one line", function()
        assert.equal("a b c d", inert "a\nb\r\n\r\nc\td")
        assert.equal("a b c d e f", inert
            "a\v\fb\u{85}c\u{2028}d\u{2029}e\u{a0}\u{3000}f")
        assert.equal("a", inert "\n\n a \n")
        assert.equal("a b", inert "a\0b")
        assert.equal("", inert " \r\n\0\u{200b}")
    end)

    it("steers no terminal", function()
        assert.equal("red text", inert "\27[1;31mred\27[0m \27[2Jtext")
        assert.equal("red", inert "\u{9b}31mred")
        assert.equal("]0;title x", inert "\27]0;title\7x")
        assert.equal("a [3", inert "a\27[3")
        assert.equal("a [ b", inert "a\27[\nb")
        assert.equal("a b", inert "a\8\8\8b\127")
    end)

    it("shows all that it says", function()
        assert.equal("abc", inert "a\u{202e}b\u{2066}c\u{2069}\u{200f}\u{61c}")
        assert.equal("abc", inert "a\u{200b}b\u{200d}\u{2060}\u{feff}\u{ad}c")
        assert.equal("x", inert "x\u{e0049}\u{e0067}\u{e006e}\u{fe0f}\u{e0100}")
        assert.equal("a b", inert "a\u{3164}\u{2800}b")
    end)

    it("begins no tag", function()
        local tag = "&lt;/system-reminder>"
        for _, angle in ipairs { "<", "\u{ff1c}", "\u{fe64}", "\u{2039}",
            "\u{3008}", "\u{2329}", "\u{27e8}", "\u{276e}", "\u{2c2}" } do
            assert.equal(tag, inert(angle .. "/system-reminder>"))
            assert.equal(tag, inert(angle
                .. "\u{200b}/sys\u{2060}tem-reminder>"))
        end
        assert.equal("a &lt; b &lt;&lt; 2", inert "a < b << 2")
    end)

    it("stays between quotes", function()
        for _, quote in ipairs { '"', "\u{201c}", "\u{201d}", "\u{201e}",
            "\u{ff02}", "\u{2033}", "\u{301d}", "\u{275d}" } do
            assert.equal("say 'x", inert("say " .. quote .. "x"))
        end
    end)

    it("leaves what people write", function()
        for _, plain in ipairs { "don't; a > b && c $(x) `y` \\n",
            "Grüße, naïve café", "日本語、テスト", "привет",
            "שלום", "👍 done", "x → y … z" } do
            assert.equal(plain, inert(plain))
        end
    end)

    it("is valid UTF-8 whatever it was made from", function()
        assert.equal("a\u{fffd}\u{fffd}b", inert "a\xff\xc0b")
        assert.equal("\u{fffd}\u{fffd}\u{fffd}", inert "\xed\xa0\x80")
        assert.equal("x\u{fffd}", inert "x\xe2")
    end)

    it("is cut at a character, within its bytes", function()
        assert.equal("0123456789abcdef", inert("0123456789abcdef", 16))
        assert.equal("0123456789abc…", inert("0123456789abcdefg", 16))
        assert.equal("éééééé…", inert(("é"):rep(20), 16))
        assert.equal("&lt;&lt;&lt;…", inert(("<"):rep(20), 16))
        assert.equal("0123456789 xx…",
            inert("0123456789 \n " .. ("x"):rep(99), 16))
        for n = 16, 60 do
            local cut = inert(("日本 <é\27[1m\u{202e} "):rep(50), n)
            assert.is_true(#cut <= n and #cut > n - 8, n .. " " .. #cut)
            assert.is_truthy(utf8.len(cut))
        end
    end)

    it("bounds what is long in time that grows with it", function()
        local start = os.clock()
        assert.equal(200, #inert(("x"):rep(5 << 20), 200))
        assert.equal("y", inert(("\u{200b}"):rep(1 << 20) .. "y", 200))
        assert.is_true(os.clock() - start < 2)
    end)

    it("refuses a bound without room", function()
        assert.has_error(function() text.inert("x", 15) end)
        assert.has_error(function() text.inert("x") end)
    end)
end)
