local edit = require "propolis.edit.json"

local SETTINGS = [[
{
    // who may do what
    "permissions": { "allow": ["Bash(ls:*)", "Read"] },
    "model": "x", /* beside */ "n": 1e3,
    "env": {
        "A": "\u00e9\\n" // last
    }
}
]]

describe("edit.json", function()
    describe("set", function()
        for how, case in pairs {
            ["an empty text"] = { "", { "a", "b" }, "1",
                '{\n  "a": {\n    "b": 1\n  }\n}\n' },
            ["an empty object"] = { "{}", { "a" }, "[1]",
                '{\n  "a": [\n    1\n  ]\n}' },
            ["a text on one line"] = { '{"a":1}', { "b" }, '{"c":[true,{}]}',
                '{"a":1,"b":{"c":[true,{}]}}' },
            ["a text on one line with blanks"] = { '{"a": 1}', { "b" }, "2",
                '{"a": 1, "b": 2}' },
            ["a value that is there"] = { '{"a": 1, "b": [1, 2]}', { "b", 2 },
                '"x"', '{"a": 1, "b": [1, "x"]}' },
            ["a comment beside the last member"] = {
                '{\n\t"a": 1 // one\n}\n', { "b" }, "2",
                '{\n\t"a": 1, // one\n\t"b": 2\n}\n' },
            ["a trailing comma"] = { '{\n "a": 1,\n}\n', { "b" }, "2",
                '{\n "a": 1,\n "b": 2,\n}\n' },
            ["CRLF"] = { '{\r\n  "a": 1\r\n}\r\n', { "b" }, "[1]",
                '{\r\n  "a": 1,\r\n  "b": [\r\n    1\r\n  ]\r\n}\r\n' },
            ["tabs"] = { '{\n\t"a": {\n\t\t"b": 1\n\t}\n}', { "a", "c" },
                '{"d":1}', '{\n\t"a": {\n\t\t"b": 1,\n\t\t"c": {\n'
                    .. '\t\t\t"d": 1\n\t\t}\n\t}\n}' },
            ["an empty object with a comment"] = {
                '{\n  "h": { // none\n  }\n}\n', { "h", "a" }, "1",
                '{\n  "h": { // none\n    "a": 1\n  }\n}\n' },
            ["a key that needs escapes"] = { "{}", { 'a"\n' }, "1",
                '{\n  "a\\"\\u000a": 1\n}' },
            ["a byte order mark"] = { '\239\187\191{"a":1}', { "b" }, "2",
                '\239\187\191{"a":1,"b":2}' },
        } do
            it("writes into " .. how, function()
                assert.equal(case[4], edit.set(case[1], case[2], case[3]))
            end)
        end

        it("leaves the text alone when the value is there", function()
            local text = '{ "a" :{"c":2 ,"b":[ 1.0]} }'
            assert.equal(text, edit.set(text, { "a" }, '{"b":[1],"c":2}'))
        end)

        it("keeps everything else byte for byte", function()
            local text = assert(edit.set(SETTINGS, { "hooks", "Stop" }, "[1]"))
            assert.is_truthy(text:find('"n": 1e3,', 1, true))
            assert.equal(SETTINGS, edit.remove(text, { "hooks" }))
            assert.equal("é\\n", edit.value(text, { "env", "A" }))
        end)

        it("does not replace a value of another kind on the way", function()
            local text, err = edit.set('{\n"hooks": 5}', { "hooks", "x" }, "1")
            assert.is_nil(text)
            assert.equal("line 2: hooks is a number, not an object", err)
        end)
    end)

    describe("append", function()
        it("makes the list it is missing", function()
            assert.equal('{"a":1,"b":["x"]}',
                edit.append('{"a":1}', { "b" }, '"x"'))
        end)
        it("adds after the last item, in its layout", function()
            assert.equal('[\n  1,\n  2\n]', edit.append("[\n  1\n]", {}, "2"))
            assert.equal("[1, 2]", edit.append("[1]", {}, "2"))
            assert.equal("[\n  {\n    \"a\": 1\n  }\n]\n",
                edit.append("[\n]\n", {}, '{"a":1}'))
        end)
        it("refuses what is no list", function()
            local text, err = edit.append('{"a":{}}', { "a" }, "1")
            assert.is_nil(text)
            assert.equal("line 1: a is an object, not an array", err)
        end)
    end)

    describe("remove", function()
        for how, case in pairs {
            ["the first"] = { '{\n  "a": 1,\n  "b": 2\n}', { "a" },
                '{\n  "b": 2\n}' },
            ["the last"] = { '{\n  "a": 1, // x\n  "b": 2\n}', { "b" },
                '{\n  "a": 1 // x\n}' },
            ["the only one"] = { '{\n  "a": 1\n}\n', { "a" }, "{}\n" },
            ["the only one beside a comment"] = {
                '{\n  // c\n  "a": 1\n}\n', { "a" }, "{\n  // c\n}\n" },
            ["one with a trailing comma"] = { '{\n  "a": 1,\n  "b": 2,\n}',
                { "b" }, '{\n  "a": 1,\n}' },
            ["an item in a line"] = { "[1, 2, 3]", { 2 }, "[1, 3]" },
            ["the last item in a line"] = { "[1, 2]", { 2 }, "[1]" },
            ["what is not there"] = { "{}", { "a", "b" }, "{}" },
            ["one with CRLF"] = { '{\r\n  "a": 1,\r\n  "b": 2\r\n}', { "a" },
                '{\r\n  "b": 2\r\n}' },
        } do
            it("takes " .. how, function()
                assert.equal(case[3], edit.remove(case[1], case[2]))
            end)
        end

        it("undoes what set and append did", function()
            for _, text in ipairs { "{\"a\": 1}\n",
                "{\n  \"a\": [\n    1\n  ]\n}",
                '{ "a": {"b": [{"c": 1}]}, "d": 2 }', SETTINGS } do
                local more = assert(edit.set(text, { "new", "x" }, "[1,{}]"))
                assert.not_equal(text, more)
                assert.equal(text, edit.remove(more, { "new" }))
            end
        end)

        it("prunes what it left empty, but no comment", function()
            assert.equal('{"c":1}',
                edit.prune('{"a":{"b":{}},"c":1}', { "a", "b" }))
            local text = '{"a":{"b":{/* x */}}}'
            assert.equal(text, edit.prune(text, { "a", "b" }))
        end)
    end)

    describe("what does not parse", function()
        for text, err in pairs {
            ['{"a": [1,\n 2}'] = 'line 2: a comma or "]" was expected',
            ['{"a" 1}'] = "line 1: a colon was expected",
            ['{"a": 1} x'] = "line 1: more text after the value",
            ['{"a": "\n"}'] = "line 1: an unterminated string",
            ["{'a': 1}"] = "line 1: single quotes instead of double ones",
            ["{a: 1}"] = "line 1: a key in double quotes was expected",
            ['{"a": 01}'] = "line 1: a value was expected",
            ['{"a": "\\x"}'] = "line 1: an unknown escape",
            ['{"a": '] = "line 1: unexpected end of the text",
            ["{ /* "] = "line 1: an unterminated comment",
            [("["):rep(200)] = "line 1: nested too deeply",
        } do
            it("is refused: " .. text:sub(1, 20), function()
                for _, try in ipairs { edit.set, edit.append } do
                    local out, said = try(text, { "b" }, "1")
                    assert.is_nil(out)
                    assert.equal(err, said)
                end
            end)
        end

        it("includes a key that stands twice on the way", function()
            local text, err = edit.set('{"a": {},\n"a": {}}', { "a", "b" }, "1")
            assert.is_nil(text)
            assert.equal('line 2: the key "a" appears twice', err)
        end)
    end)

    describe("JSON5", function()
        local text = "// c\n{\n  a: 'x', // one\n  \"b\": [+1, .5, 0xF,],\n}\n"
        it("is read and kept", function()
            local out = assert(edit.set(text, { "c" }, "{}", { json5 = true }))
            assert.equal("// c\n{\n  a: 'x', // one\n  \"b\": [+1, .5, 0xF,],\n"
                .. "  \"c\": {},\n}\n", out)
            assert.equal("x", edit.value(out, { "a" }, { json5 = true }))
            assert.equal(15, edit.value(out, { "b", 3 }, { json5 = true }))
        end)
        it("is refused where it is not asked for", function()
            assert.is_nil((edit.set(text, { "c" }, "{}")))
        end)
        for written, read in pairs {
            ["a: 1."] = 1.0, ["a: -12."] = -12.0, ["a: 1.e2"] = 100.0,
            ["a: +.5e1"] = 5.0, ["a: 'b\\\r\nc\\\nd\\x41'"] = "bcdA",
            ["// c\ra: 1,\r"] = 1, ["\\u0061: 1"] = 1,
        } do
            it("reads " .. written:gsub("%s", " "), function()
                local doc = "{" .. written .. "}"
                assert.equal(read, edit.value(doc, { "a" }, { json5 = true }))
                assert.is_nil((edit.value(doc, { "a" })))
            end)
        end
        it("has keys of any letters", function()
            local doc = "{ é: 1, $ü\\u00e9_1: { 日本: 2 } }"
            assert.equal("{ é: 1, $ü\\u00e9_1: { 日本: 3 } }", edit.set(doc,
                { "$üé_1", "日本" }, "3", { json5 = true }))
            assert.is_nil((edit.get("{1a: 1}", {}, { json5 = true })))
        end)
        it("ends its lines with CR", function()
            local doc = "{\r  a: 1, // one\r  // two\r  b: 2\r}\r"
            local more = "{\r  a: 1, // one\r  // two\r  b: 2,\r"
                .. "  \"c\": {\r    \"d\": 1\r  }\r}\r"
            assert.equal(more, edit.set(doc, { "c" }, '{"d":1}',
                { json5 = true }))
            assert.equal(doc, edit.remove(more, { "c" }, { json5 = true }))
            local _, err = edit.get("{\r\ra 1}", {}, { json5 = true })
            assert.equal("line 3: a colon was expected", err)
        end)
    end)

    it("encodes text so that it reads back the same", function()
        local every = {}
        for i = 0, 255 do every[#every + 1] = utf8.char(i) end
        local text = table.concat(every)
        assert.equal(text, edit.value(edit.encode(text), {}))
        assert.equal("\\u0041A\u{1F600}\n",
            edit.value([["\\u0041\u0041\ud83d\ude00\n"]], {}))
    end)
end)
