--- Shapes of JSON5 files: what is valid is edited and comes back byte for byte,
-- also after somebody added to it; what is not is refused.
local edit = require "propolis.edit.json"

local JSON5 = { json5 = true }
local PATH = { "plugins", "entries", "ours" }
local BODY = '{"enabled":true,"hooks":{"a":1}}'

local VALUES = {
    "1", "+1", ".5", "5.", "-5.e3", "0x1F", "-0xdeadBEEF", "1E+5", "-Infinity",
    "NaN", "'it\\'s'", '"a\\\nb"', '"a\\\r\nb"', "'\\x41\\u0042\\0\\v\\q'",
    '"\u{2028}"', "[]", "[1,]", "[ [ ], {} , ]", "{}", "{a:1,}",
    "{'a':1,\"b\":2,$:3,_:4}", "{\\u0061b:1}", "{ünï:1}", "{NaN:1,null:2}",
    "null", "/*c*/1", "1/*c*/", "//c\n1", "1//c\n", "\u{A0}1\u{A0}",
    "\u{FEFF}1\u{3000}", "\v1\f", "{a\u{200C}:1}", "'\\\n'",
}

local FILES = {
    "{}", "{ }", "{\n}\n", "{\n  // only\n}\n", "{/*c*/}", "\n\n{ }\n\n",
    "\t{\r\n\ta: 1,\r\n\tb: 2\r\n}\r\n", "{\r  a: 1,\r  b: 2\r}\r",
    "\u{FEFF}{a:1}", "{\n    a: {\n        b: 1,\n    },\n}", "{\n  a: 1 }",
    "{ a: 1,\n  b: 2 }\n", "{plugins:{}}", "{plugins:{ },}",
    "{plugins:{entries:{ }}}", "{plugins:{entries:{other:{on:true}}}}",
    "{\n plugins: {\n  entries: {\n   o: {}, // c\n  },\n  l: 1,\n },\n}",
    "{pl\\u0075gins:{entries:{a:1}}}", "{a:1}//c",
}

for _, value in ipairs(VALUES) do
    FILES[#FILES + 1] = ('{"x":%s}'):format(value)
    FILES[#FILES + 1] = ("// top\n{\n  x: %s,\n  y: 1, // end\n}\n// bottom\n")
        :format(value)
end

local INVALID = {
    "01", "0x", "1.2.3", "+", "--1", "1e", "'a\nb'", "[,]", "{,}", "{a}",
    "{a:}", "{1:2}", "{a:1 b:2}", "[1 2]", "undefined", "/*", "'\\x4'",
    "'\\u00'", "'\\1'", "'\\01'", "{a:1,,}", "{-a:1}", "{a-b:1}",
}

local function without(text, before)
    local out = assert(edit.remove(text, PATH, JSON5))
    return edit.prune(out, { "plugins", "entries" }, before, JSON5)
end

describe("edit.json gives back", function()
    for _, text in ipairs(FILES) do
        it((("%q"):format(text):gsub("\\\n", "\\n")), function()
            local now = assert(edit.set(text, PATH, BODY, JSON5))
            local there = edit.value(now, PATH, JSON5)
            assert.same({ enabled = true, hooks = { a = 1 } }, there)
            assert.equal(now, edit.set(now, PATH, BODY, JSON5))
            assert.equal(text, without(now, text))
            assert.equal(text .. "\n// mine\n",
                without(now .. "\n// mine\n", text))
            assert.equal("/* mine */" .. text,
                without("/* mine */" .. now, text))
        end)
    end
end)

describe("edit.json refuses", function()
    for _, value in ipairs(INVALID) do
        it((("%q"):format(value):gsub("\\\n", "\\n")), function()
            local out, err = edit.set("{x:" .. value .. "}", PATH, BODY, JSON5)
            assert.is_nil(out)
            assert.matches("^line %d: ", err)
        end)
    end

    it("JSON5's blanks in JSON", function()
        assert.is_nil((edit.set('{"a":\u{A0}1}', PATH, BODY)))
        assert.is_nil((edit.set('{"a":\v1}', PATH, BODY)))
    end)
end)
