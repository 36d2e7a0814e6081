local json = require "propolis.json"
local memories = require "memories"
local pg = require "postgres"
local tmp = require "tmp"

describe("propolis show", function()
    local home

    before_each(function()
        home = tmp.dir()
        local events = {}
        for n = 1, 9 do
            events[n] = { session = "s1", prompt = "event " .. n,
                created = n > 6 and "2026-11-03T10:00:00.000Z" or nil }
        end
        events[10] = { session = "s2", prompt = "of another session" }
        events[11] = { session = "s2", id = "odd id\27", prompt = "odd" }
        events[12] = { session = "s2", id = "redis/7", prompt = "plain" }
        memories.fill(home, events, {
            memory = { { id = "11111111-1111-4111-8111-111111111111",
                path = "/summaries/ada/s1.md", summary = "# What was done",
                author = "ada", project = "nest" } },
            skills = { { id = "22222222-2222-4222-8222-222222222222",
                name = "mend", description = "mends", body = "Do it." } } })
    end)
    after_each(tmp.clean)

    local function show(...)
        return memories.run(home, "show", ...)
    end

    -- The texts of the JSON, in order; the hit in brackets.
    local function shown(...)
        local r = show("--json", ...)
        assert.equal(0, r.code, r.stderr)
        local found, texts = json.decode(r.stdout), {}
        for _, e in ipairs(found.before) do texts[#texts + 1] = e.text end
        texts[#texts + 1] = "[" .. found.hit.text .. "]"
        for _, e in ipairs(found.after) do texts[#texts + 1] = e.text end
        return (table.concat(texts, ", "):gsub("event ", ""))
    end

    it("shows an event and what stands around it", function()
        assert.equal("1, 2, 3, [4], 5, 6, 7", shown(memories.id(4)))
        assert.equal("[1], 2", shown("--context", "1", memories.id(1)))
        assert.equal("[9]", shown("--context", "0", memories.id(9)))
        assert.equal("6, 7, [8], 9", shown("--context", "2", memories.id(8)))
        local r = show("--context", "1", memories.id(2))
        assert.equal(table.concat({
            "session /sessions/ada/ada_local_default_s1.jsonl", "",
            "010101010000  2026-11-03 00:01  ada  claude_code  nest  prompt",
            "    event 1", "",
            "020202020000  2026-11-03 00:02  ada  claude_code  nest  prompt",
            "    event 2", "",
            "030303030000  2026-11-03 00:03  ada  claude_code  nest  prompt",
            "    event 3", "",
        }, "\n"), r.stdout, r.stderr)
    end)

    it("takes references, their beginnings and ids of any kind", function()
        for _, text in ipairs { "040404040000", "0404", "04040404-0",
            memories.id(4), memories.id(4):gsub("-", ""),
            "0404040400004000" } do
            assert.matches("[4]", shown(text), 1, true)
        end
        assert.equal("[plain]", shown("--context", "0", "redis/7"))
        assert.equal("[plain]", shown("--context", "0", "redis"))
        local odd = json.decode(memories.run(home, "log", "--json", "s2")
            .stdout)[2]
        assert.equal("odd id\27", odd.id)
        assert.matches("^~%x+$", odd.ref)
        assert.equal("[odd]", shown("--context", "0", odd.ref))
        assert.equal("[odd]", shown("--context", "0", odd.ref:sub(1, 6)))
        assert.equal("[# What was done]", shown("11111111"))
        assert.equal("[mend: mends\nDo it.]", shown("2222"))
    end)

    it("says what is wrong with a reference, in one sentence", function()
        memories.fill(home, { { id = "04040404-1111-4000-8000-000000000001",
            prompt = "alike" } })
        for text, want in pairs { ["0404"] = "is the beginning of 2 rows",
            ["99999999"] = "there is no row", ["04"] = "is too short",
            ["%%%%"] = "there is no row", ["____"] = "there is no row",
            ["a\27[31mbc"] = "there is no row 'a\\x1b" } do
            local r = show(text)
            assert.same({ 1, "" }, { r.code, r.stdout }, text)
            assert.matches(want, r.stderr, 1, true)
            assert.matches("^propolis: [^\n\27]+\n$", r.stderr)
        end
        local r = show("--context", "-1", "0404")
        assert.equal(64, r.code)
        assert.equal(64, show().code)
    end)

    it("does the same on PostgreSQL", function()
        local url = pg.url(true)
        memories.fill(url, { { prompt = "one" }, { prompt = "two" },
            { id = "redis%7", prompt = "plain" } })
        assert.equal("one, [two], plain", shown("--store", url, "02020202"))
        assert.equal("one, two, [plain]", shown("--store", url, "redis%"))
        assert.equal(1, show("--store", url, "redis_7").code)
    end)
end)
