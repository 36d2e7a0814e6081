local json = require "propolis.json"
local soak = require "soak"

local function round(text)
    return assert(json.encode(assert(json.decode(text))))
end

describe("json.decode", function()
    it("keeps integers integers, all of int64", function()
        for _, n in ipairs { 0, 1, -1, 1 << 53, (1 << 53) + 1,
            -(1 << 53) - 1, math.maxinteger, math.mininteger } do
            local v = json.decode(("[%d]"):format(n))[1]
            assert.equal("integer", math.type(v))
            assert.equal(n, v)
        end
        assert.equal("integer", math.type(json.decode("1234567890123456789")))
        assert.equal("integer", math.type(json.decode("2.0")))
    end)

    it("takes a number beyond int64 as a float", function()
        assert.equal(2.0 ^ 63, json.decode("9223372036854775808"))
        assert.equal("float", math.type(json.decode("9223372036854775808")))
        assert.equal(1e-300, json.decode("1e-300"))
        assert.equal(0.1234567890123456789,
            json.decode("0.1234567890123456789"))
        assert.equal(1.2345678901234567e25,
            json.decode("12345678901234567e9"))
    end)

    it("takes a number beyond every double as null", function()
        assert.equal(json.null, json.decode("[1e999,-1e999]")[1])
        assert.equal(json.null, json.decode("-1e999"))
    end)

    it("keeps empty arrays apart from empty objects", function()
        assert.equal("[]", round("[]"))
        assert.equal("{}", round("{}"))
        assert.equal('{"a":[],"b":{},"c":[[],{}]}',
            round('{"a":[ \n],"b":{ },"c":[[],{}]}'))
        assert.is_true(json.is_array(json.decode('{"a":[]}').a))
    end)

    it("leaves text that looks like an array or a number alone", function()
        local texts = {
            [["[]"]], [["a \"[]\" b"]], [["\\\"[] 12345678901234567890"]],
            [["1234567890123456789"]], [["\\"]], [["\\\\[]"]],
        }
        for _, text in ipairs(texts) do
            local whole = '{"k":[],"s":' .. text .. ',"n":-1234567890123456789}'
            assert.equal(json.decode(text), json.decode(whole).s)
            assert.equal(-1234567890123456789, json.decode(whole).n)
        end
        local key = '{"[] 1234567890123456789":[]}'
        assert.equal(key, round(key))
    end)

    it("keeps null and tells it from absence", function()
        local t = json.decode('{"a":null,"b":[null,1]}')
        assert.equal(json.null, t.a)
        assert.equal(json.null, t.b[1])
        assert.equal(json.null, json.decode("null"))
        assert.equal(false, json.decode("false"))
    end)

    it("replaces half a surrogate pair and keeps whole ones", function()
        assert.equal("\u{FFFD}", json.decode([["\ud800"]]))
        assert.equal("\u{FFFD}x", json.decode([["\uDFFFx"]]))
        assert.equal("\u{FFFD}A", json.decode([["\ud800\u0041"]]))
        assert.equal("\u{FFFD}\u{1F600}", json.decode([["\ud83d\ud83d\ude00"]]))
        assert.equal([[\ud800]] .. "\u{FFFD}",
            json.decode([["\\ud800\udc00"]]))
        local t = json.decode([[{"a":[],"t":"\udead","n":1234567890123456789}]])
        assert.same({ a = {}, t = "\u{FFFD}", n = 1234567890123456789 }, t)
    end)

    it("lets escaped NUL and bytes that are no UTF-8 pass", function()
        assert.equal("a\0b", json.decode([["a\u0000b"]]))
        assert.equal("a\127b", json.decode('"a\127b"'))
        assert.equal("\xFF\xFE\xC0", json.decode('"\xFF\xFE\xC0"'))
        assert.equal("\xFF1:", json.decode('["\xFF1:",[]]')[1])
    end)

    it("is as strict as JSON is", function()
        local cases = {
            -- a number is digits, a point between digits, an exponent
            "1.", "-1.", "1.e5", "[1.]", '{"a":1.}', ".5", "-.5", "[-.5]",
            "01", "-01", "00", "+1", "1e", "1e+", "-", "0x1", "1.2.3",
            "NaN", "-NaN", "Infinity", "-Infinity", "inf", "nan",
            -- nothing after the value, nothing after a NUL
            "1 2", "[1]x", '{"a":1}}', "null,", "{}\0", '{"a":1}\0{"b":2}',
            "[1,\0 2]", "\0", "",
            -- a control character in a string is escaped
            '"a\nb"', '"a\tb"', '"a\0b"', '["a","\31"]', '{"a\n":1}',
            '["\\"\n"]', '["a\\\\","\r"]', '"\0',
            -- a comma is between two values
            "[1,]", "[,1]", "[,]", "[1,,2]", '{"a":1,}', "{,}", '{"a" 1}',
            "[1 2]", "{1:2}", '{"a":}', '["a" "b"]',
            -- white space is one of four bytes
            "\v1", "\f1", "1\127", "\xC2\xA01",
            -- escapes, quotes, comments
            [["\x41"]], [["\]], [["\u12"]], "'a'", "{a:1}", "/**/1", "1 // a",
            "True", "nul", "[", "{", "]", '"',
        }
        for _, text in ipairs(cases) do
            for _, with in ipairs { text, "[" .. text .. ",[]]",
                '["[]",12345678901234567,' .. text .. "]" } do
                local v, err = json.decode(with)
                assert.is_nil(v, ("%q"):format(with))
                assert.matches("^invalid JSON: ", err)
            end
        end
        assert.matches("control character at character 6",
            select(2, json.decode('["a","b\n"]')))
        assert.matches("point is not between digits at character 16",
            select(2, json.decode('{"a":"1.","b":1.}')) or "")
        assert.same({ a = "1. -.5", ["."] = { 1.5, -0.5, 1e5 } },
            json.decode('{\n"a":\t"1. -.5",\r\n".":[1.5,-0.5,1e5] }'))
    end)

    it("skips a byte order mark", function()
        assert.same({ 1 }, json.decode("\xEF\xBB\xBF[1]"))
    end)

    it("says where a text is broken", function()
        local cases = {
            ["[1,]"] = "']' at character 4",
            ['{"a":[],"b":[],x}'] = "at character 16",
            ["[1234567890123456789,[],"] = "the end at character 25",
            ["{[]:1}"] = "'[' at character 2",
            ["{1234567890123456789:1}"] = "a number at character 2",
            [""] = "the end at character 1",
            ["01"] = "at character 1",
            ["0x10"] = "at character 1",
            ["NaN"] = "at character 1",
            ["[1]]"] = "at character 4",
            ["\0"] = "at character 1",
            [ [["\uZZZZ"]] ] = "at character 2",
            [ [["abc]] ] = "at character 5",
        }
        for text, want in pairs(cases) do
            local v, err = json.decode(text)
            assert.is_nil(v)
            assert.matches("^invalid JSON: ", err)
            assert.truthy(err:find(want, 1, true), text .. " -> " .. err)
        end
    end)

    it("does not raise on what is no text", function()
        for _, v in ipairs { 1, true, {}, print } do
            local ok, err = json.decode(v)
            assert.is_nil(ok)
            assert.matches("read from a string", err)
        end
        assert.is_nil((json.decode(nil)))
    end)

    it("reads 128 levels and refuses one more", function()
        local deep = ("["):rep(128) .. ("]"):rep(128)
        assert.equal(deep, round(deep))
        local v, err = json.decode("[" .. deep .. "]")
        assert.is_nil(v)
        assert.matches("nested", err)
        local open = ("["):rep(100000)
        assert.is_nil((json.decode(open)))
        local n = ("["):rep(128) .. "1234567890123456789" .. ("]"):rep(128)
        assert.equal(n, round(n))
    end)

    it("gives what is nested deeper as text, when asked", function()
        local inner = [[ {"]": "\u00e9]", "n": [1]} ]]
        local text = ("["):rep(127) .. '"a", [' .. inner .. ', [ ]], {}'
            .. ("]"):rep(127)
        local v = assert(json.decode_deep(text))
        for _ = 2, 127 do v = v[1] end
        assert.same({ "a", { inner:match("{.*}"), "[ ]" }, {} }, v)
        assert.same({ 1 }, json.decode_deep("[1]"))
        for _, bad in ipairs { ("["):rep(200), ("["):rep(200) .. "]",
            ("["):rep(200) .. '"' .. ("]"):rep(200), "[", "" } do
            assert.is_nil((json.decode_deep(bad)))
        end
        local mixed = ("["):rep(200) .. ("}"):rep(200)
        assert.is_nil((json.decode_deep(mixed)))
    end)
end)

describe("json.encode", function()
    it("writes integers exactly and floats so that they read back", function()
        assert.equal("9223372036854775807", json.encode(math.maxinteger))
        assert.equal("-9223372036854775808", json.encode(math.mininteger))
        assert.equal("0.1", json.encode(0.1))
        assert.equal("1.0", json.encode(1.0))
        assert.equal("1e+300", json.encode(1e300))
        for _, v in ipairs { 1 / 3, 2 / 3, 5e-324, 1.7976931348623157e308,
            math.pi, 123456.789e3, -0.1, 1e21 + 1 } do
            assert.equal(v, tonumber(json.encode(v)))
        end
    end)

    it("refuses what JSON cannot say, in a sentence", function()
        local cases = {
            [{ 0 / 0 }] = "nan", [{ 1 / 0 }] = "inf", [{ print }] = "function",
            [{ [true] = 1 }] = "boolean", [{ [1] = 1, ["1"] = 2 }] = "two keys",
            [{ coroutine.create(print) }] = "thread",
            [{ io.stdout }] = "userdata",
            [{ json.array { a = 1 } }] = "positions",
        }
        for v, want in pairs(cases) do
            local text, err = json.encode(v)
            assert.is_nil(text)
            assert.matches("^cannot write JSON: ", err)
            assert.matches(want, err)
        end
    end)

    it("refuses a table that holds itself", function()
        local t = {}
        t.t = t
        local text, err = json.encode(t)
        assert.is_nil(text)
        assert.matches("128", err)
    end)

    it("escapes what must be, and no slash", function()
        assert.equal([["a/b\"\\\n\t\r\b\f\u0000\u001f]] .. '\x7F"',
            json.encode("a/b\"\\\n\t\r\b\f\0\x1F\x7F"))
        assert.equal('"\u{FC}\xFF"', json.encode("\u{FC}\xFF"))
    end)

    it("sorts keys, or keeps the order asked for, nested too", function()
        assert.equal('{"a":1,"b":2,"c":3}', json.encode { c = 3, a = 1, b = 2 })
        local o = json.object {
            { "z", 1 },
            { "absent", nil },
            { "a", json.object { { "y", json.array() }, { "b", {} } } },
        }
        assert.equal('{"z":1,"a":{"y":[],"b":{}}}', json.encode(o))
        assert.equal(1, o.z)
        o.m, o.z, o.c = 2, nil, 3
        assert.equal('{"a":{"y":[],"b":{}},"c":3,"m":2}', json.encode(o))
        assert.equal("{}", json.encode(json.object {}))
    end)

    it("treats holes sanely", function()
        assert.equal("[1,null,3]", json.encode { 1, nil, 3 })
        assert.equal('{"1000000":1}', json.encode { [1000000] = 1 })
        assert.equal('{"0":1,"1":2}', json.encode { [0] = 1, 2 })
        assert.equal('{"1":1,"a":2}', json.encode { 1, a = 2 })
        assert.equal('{"1.5":1}', json.encode { [1.5] = 1 })
    end)

    it("writes nil and null", function()
        assert.equal("null", json.encode(nil))
        assert.equal("[null]", json.encode { json.null })
    end)
end)

describe("json round trips", function()
    local function random_text(n)
        local out = {}
        for i = 1, n do
            local kind = math.random(4)
            out[i] = kind == 1 and string.char(math.random(0, 127))
                or kind == 2 and utf8.char(math.random(0x80, 0xD7FF))
                or kind == 3 and utf8.char(math.random(0x10000, 0x10FFFF))
                or ({ "[]", '"', "\\", "{}", "1234567890123456789", "\\u",
                    "\\ud800", "[ ]", "null" })[math.random(9)]
        end
        return table.concat(out)
    end

    local function random_value(depth)
        local kind = math.random(depth > 4 and 5 or 7)
        if kind == 1 then
            return math.random(0)
        elseif kind == 2 then
            return math.random() * 10.0 ^ math.random(-30, 30) + 0.1
        elseif kind == 3 then
            return math.random(2) == 1
        elseif kind == 4 then
            return json.null
        elseif kind == 5 then
            return random_text(math.random(0, 12))
        end
        local t = {}
        for i = 1, math.random(0, 5) do
            t[kind == 6 and i or "k" .. random_text(3)] =
                random_value(depth + 1)
        end
        return kind == 6 and json.array(t) or t
    end

    it("give back what went in", function()
        local seed = os.time()
        math.randomseed(seed)
        soak.rounds(2000, function()
            local value = random_value(0)
            local text = assert(json.encode(value))
            local back = json.decode(text)
            assert.same(value, back, "seed " .. seed .. ": " .. text)
            -- A float without a fraction is an integer from here on.
            local again = json.encode(back)
            assert.equal(again, json.encode(json.decode(again)))
        end)
    end)

    it("never raise on random bytes", function()
        local pieces = { "[", "]", "{", "}", '"', "\\", ",", ":", "1", "e",
            "-", ".", "\\u", "d800", "null", " ", "[]", "123456789012345678",
            "\0", "\xFF", "true", "\n" }
        for _ = 1, 5000 do
            local out = {}
            for i = 1, math.random(30) do
                out[i] = pieces[math.random(#pieces)]
            end
            local text = table.concat(out)
            local value, err = json.decode(text)
            assert.is_true(value ~= nil or type(err) == "string", text)
        end
    end)

    it("take time in proportion to the text", function()
        -- Texts on which a careless scan goes back over the same bytes.
        local shapes = { "\\\\", "[", "[ ", "1234567890123456", '\\"', "[]",
            "\\ud800", "\\u0041", "-" }
        for _, shape in ipairs(shapes) do
            local function cost(n)
                local text = '["' .. shape:rep(n) .. '[]",[],' .. shape:rep(n)
                local count = 0
                debug.sethook(function()
                    count = count + 1
                end, "", 100)
                json.decode(text)
                debug.sethook()
                return count
            end
            assert.is_true(cost(40000) <= 12 * cost(4000) + 100, shape)
        end
    end)
end)
