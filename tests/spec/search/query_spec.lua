local query = require "propolis.search.query"
local soak = require "soak"

-- A query in one line: words, "phrases", -without, prefixes*.
local function shown(text)
    local q = query.parse(text)
    assert.equal(text, q.text)
    local parts = { table.unpack(q.words) }
    for _, list in ipairs(q.phrases) do
        parts[#parts + 1] = '"' .. table.concat(list, " ") .. '"'
    end
    for _, one in ipairs(q.without) do
        parts[#parts + 1] = "-" .. (type(one) == "string" and one
            or '"' .. table.concat(one, " ") .. '"')
    end
    for _, word in ipairs(q.prefixes) do parts[#parts + 1] = word .. "*" end
    return table.concat(parts, " ")
end

describe("a search's query", function()
    local function check(cases)
        for text, want in pairs(cases) do
            assert.equal(want, shown(text), text)
        end
    end

    it("takes a whole question", function()
        check {
            ["When did Ada go to the dentist's, and why?"] = "Ada go dentist",
            ["Why don't we use Redis (any more)?"] = "use Redis",
            ["why don\u{2019}t you?"] = "why don t you",
            ["who"] = "who", ["to be, or not to be"] = "to be or not",
            ["cache Cache CACHE"] = "cache",
        }
    end)

    it("takes phrases, -word, -\"a phrase\" and word*", function()
        check {
            ['"two words" three'] = 'three "two words"',
            ["\u{201C}two words\u{201D}"] = '"two words"',
            ["cache -redis"] = "cache -redis",
            ["-redis cache -memcached."] = "cache -redis -memcached",
            ['cache -"write through"'] = 'cache -"write through"',
            ["cache -node_modules -foo-bar"] = 'cache -"node modules"'
                .. ' -"foo bar"',
            ["caf\u{E9} -M\u{FC}ller"] = "caf\u{E9} -M\u{FC}ller",
            ["auth* token"] = "token auth*", ["src/auth*"] = "src auth*",
            ["\u{8BB0}\u{5FC6}*"] = "\u{8BB0}\u{5FC6}*",
            ["cache -auth*"] = "cache -auth",
        }
    end)

    it("takes options of commands as text", function()
        check {
            ["rm -rf"] = "rm rf", ["rm -rf /tmp/x"] = "rm rf tmp x",
            ["git commit -m"] = "git commit m", ["tar -xzf a.tgz"] =
                "tar xzf a tgz",
            ["ls -la"] = "ls la", ["kill -HUP 12"] = "kill HUP 12",
            ["patch -p0"] = "patch p0", ["ps -aux"] = "ps aux",
            ["gcc -Wall -std=c11"] = "gcc Wall std c11",
            ["find . -name x -type f"] = "find name x type f",
            ["java -jar a.jar"] = "java jar a",
            ["npm install --save-dev tap"] = "npm install save dev tap",
            ["sort - uniq"] = "sort uniq", ["it was cold -but dry"] =
                "cold dry",
        }
    end)

    it("takes -word as text where there is nothing to leave it out of",
        function()
        check { ["-redis"] = "redis", ['-"only this"'] = "only this",
            ["-redis -cache"] = "redis cache" }
    end)

    it("takes signs and operators as text", function()
        check {
            ["C++"] = "C", ["foo-bar"] = "foo bar", ["#177"] = "177",
            ["a:b"] = "a b", ['"'] = "", ["a AND b OR NOT c"] = "b c",
            ["NEAR(x y, 3)"] = "NEAR x y 3", ["^x {col} : z"] = "x col z",
            ["SELECT * FROM t"] = "SELECT t", ["**bold**"] = "bold",
            ["int *p; *"] = "int p", ["a* x"] = "x",
            ['say "hello'] = "say hello", ['""'] = "", ["5\" tape"] = "5 tape",
            ["std::vector<int>"] = "std vector int", ["--"] = "", [""] = "",
            ["\u{65E5}\u{672C}\u{3002}\u{8A9E}"] =
                "\u{65E5}\u{672C} \u{8A9E}",
            ["\u{1F41D} bee\u{2014}hive"] = "bee hive",
        }
    end)

    it("tells when there is no word in it", function()
        assert.is_true(query.is_empty(query.parse('"+" --')))
        assert.is_false(query.is_empty(query.parse('"a"')))
        assert.is_false(query.is_empty(query.parse("x*y*")))
    end)

    it("never fails, and never makes up a word", function()
        local pieces = { '"', "-", "*", " ", "\n", "a", "ab", "the", "\xFF",
            "\xE2\x80", "\u{201C}", "\u{2019}", "\u{3002}", "\u{8BB0}", ":",
            "(", ")", "^", "{", "}", "AND", "NEAR", "rf", "\0", "\u{10FFFF}",
            "'", "s", "find", "9" }
        math.randomseed(7)
        soak.rounds(2000, function()
            local text = {}
            for i = 1, math.random(0, 30) do
                text[i] = pieces[math.random(#pieces)]
            end
            text = table.concat(text)
            local q = query.parse(text)
            local function real(word)
                assert.truthy(#word > 0 and text:find(word, 1, true), text)
                assert.truthy(utf8.len(word), text)
                assert.is_nil(word:find("[%s%p%c]"), text)
            end
            for _, name in ipairs { "words", "prefixes", "phrases", "without" }
            do
                for _, one in ipairs(q[name]) do
                    for _, word in ipairs(type(one) == "table" and one
                        or { one }) do
                        real(word)
                    end
                end
            end
        end)
    end)

    it("is bounded", function()
        local long = {}
        for i = 1, 20000 do long[i] = "w" .. i end
        local q = query.parse(table.concat(long, " "))
        assert.equal(256, #q.words)
        assert.equal(1, #query.parse(("x"):rep(5000000)).words)
    end)
end)
