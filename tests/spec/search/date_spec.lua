local date = require "propolis.search.date"
local run = require "run"
local soak = require "soak"

-- Spans of texts in a time zone, seen from a moment, as local times.
local SCRIPT = [[
local when = require "propolis.search.date"
local seconds = require "propolis.date".seconds
local function shown(iso)
    return os.date("%F %T", math.floor(seconds(iso:gsub("Z$", "") .. "Z")))
end
local now = os.time { year = arg[1], month = arg[2], day = arg[3],
    hour = arg[4], min = arg[5] }
for i = 6, #arg do
    local since, before = when.span(arg[i], now)
    print(since and (since == before and shown(since)
        or shown(since) .. " to " .. shown(before)) or before)
end
]]

describe("a date as a person writes it", function()
    -- cases: text -> span; seen from { year, month, day, hour, minute }.
    local function check(zone, now, cases)
        local texts, args = {}, { "-e", "", "-" }
        table.move(now, 1, 5, 4, args)
        for text in pairs(cases) do
            texts[#texts + 1] = text
            args[#args + 1] = text
        end
        for i = 4, 8 do args[i] = tostring(args[i]) end
        local r = run(args, { stdin = SCRIPT, env = { TZ = zone } })
        assert.equal("", r.stderr)
        local i = 0
        for line in r.stdout:gmatch("[^\n]+") do
            i = i + 1
            line = line:gsub(" 00:00:00", "")
            assert.equal(cases[texts[i]], line, texts[i])
        end
        assert.equal(#texts, i)
    end
    local TUESDAY = { 2026, 11, 24, 15, 30 }

    it("may be a day, from its begin to its end", function()
        check("Europe/Berlin", TUESDAY, {
            ["today"] = "2026-11-24 to 2026-11-25",
            ["Yesterday"] = "2026-11-23 to 2026-11-24",
            ["monday"] = "2026-11-23 to 2026-11-24",
            ["tuesday"] = "2026-11-24 to 2026-11-25",
            ["last tuesday"] = "2026-11-17 to 2026-11-18",
            ["last friday"] = "2026-11-20 to 2026-11-21",
            ["on Wed"] = "2026-11-18 to 2026-11-19",
            ["2026-11-03"] = "2026-11-03 to 2026-11-04",
            ["2026-11-3"] = "2026-11-03 to 2026-11-04",
            ["20261103"] = "2026-11-03 to 2026-11-04",
            ["3.11.2026"] = "2026-11-03 to 2026-11-04",
            ["nov 3"] = "2026-11-03 to 2026-11-04",
            ["3 November 2026"] = "2026-11-03 to 2026-11-04",
            ["Nov 3rd, 2025"] = "2025-11-03 to 2025-11-04",
            ["3. november"] = "2026-11-03 to 2026-11-04",
            ["the 3rd of Nov"] = "2026-11-03 to 2026-11-04",
            ["dec 24"] = "2025-12-24 to 2025-12-25",
            ["feb 29"] = "2024-02-29 to 2024-03-01",
            ["3d"] = "2026-11-21 to 2026-11-22",
            ["2 weeks ago"] = "2026-11-10 to 2026-11-11",
            ["a week ago"] = "2026-11-17 to 2026-11-18",
            ["last 3 days"] = "2026-11-21 to 2026-11-22",
            ["two months ago"] = "2026-09-24 to 2026-09-25",
            ["1y"] = "2025-11-24 to 2025-11-25",
        })
    end)

    it("may be a week, a month or a year", function()
        check("Europe/Berlin", TUESDAY, {
            ["this week"] = "2026-11-23 to 2026-11-30",
            ["last week"] = "2026-11-16 to 2026-11-23",
            ["2026-11"] = "2026-11-01 to 2026-12-01",
            ["2026-12"] = "2026-12-01 to 2027-01-01",
            ["last month"] = "2026-10-01 to 2026-11-01",
            ["november"] = "2026-11-01 to 2026-12-01",
            ["dec"] = "2025-12-01 to 2026-01-01",
            ["march 2024"] = "2024-03-01 to 2024-04-01",
            ["2026"] = "2026-01-01 to 2027-01-01",
            ["last year"] = "2025-01-01 to 2026-01-01",
        })
    end)

    it("may be a moment", function()
        check("Europe/Berlin", TUESDAY, {
            ["90m"] = "2026-11-24 14:00:00", ["now"] = "2026-11-24 15:30:00",
            ["an hour ago"] = "2026-11-24 14:30:00",
            ["24 h"] = "2026-11-23 15:30:00",
            ["2026-11-03 14:00"] = "2026-11-03 14:00:00",
            ["2026-11-03T14:00:05"] = "2026-11-03 14:00:05",
            ["14:00"] = "2026-11-24 14:00:00", ["3pm"] = "2026-11-24 15:00:00",
            ["yesterday 9:15"] = "2026-11-23 09:15:00",
            ["yesterday at 12:30 am"] = "2026-11-23 00:30:00",
            ["nov 3 14:00"] = "2026-11-03 14:00:00",
            ["2026-11-03T14:00:00Z"] = "2026-11-03 15:00:00",
            ["2026-11-03T14:00:00.000-02:00"] = "2026-11-03 17:00:00",
            ["2026-11-03 14:00 +0200"] = "2026-11-03 13:00:00",
        })
    end)

    it("knows the ends of months, leap days and changes of the clock",
        function()
        check("Europe/Berlin", { 2026, 3, 31, 12, 0 }, {
            ["1 month ago"] = "2026-02-28 to 2026-03-01",
            ["2026-03-29"] = "2026-03-29 to 2026-03-30",
            ["2 days ago"] = "2026-03-29 to 2026-03-30",
            ["2025-10-26"] = "2025-10-26 to 2025-10-27",
            ["2026-02"] = "2026-02-01 to 2026-03-01",
        })
        check("UTC", { 2024, 2, 29, 1, 0 }, {
            ["1 year ago"] = "2023-02-28 to 2023-03-01",
            ["yesterday"] = "2024-02-28 to 2024-02-29",
            ["4 years ago"] = "2020-02-29 to 2020-03-01",
        })
        -- The night in which this day began at one o'clock.
        check("America/Sao_Paulo", { 2018, 11, 4, 12, 0 }, {
            ["today"] = "2018-11-04 01:00:00 to 2018-11-05",
            ["yesterday"] = "2018-11-03 to 2018-11-04 01:00:00",
        })
    end)

    it("compares with the dates of rows", function()
        local since, before = date.span "2024-05-08T13:56:00.000Z"
        assert.equal(since, before)
        for _, later in ipairs { "2024-05-08T13:56:00.000Z",
            "2024-05-08T13:56:00Z", "2024-05-08T13:56:00.001Z" } do
            assert.is_true(before <= later)
        end
        assert.is_true("2024-05-08T13:55:59.999Z" < before)
        since = date.span "2024-05-08T13:56:00.25Z"
        assert.is_true("2024-05-08T13:56:00.249Z" < since)
        assert.is_true(since <= "2024-05-08T13:56:00.250Z")
    end)

    it("says what it cannot understand", function()
        local cases = {
            ["2026-02-30"] = "there is no day 2026-02-30",
            ["feb 30"] = "there is no day", ["2026-13"] = "no month 2026-13",
            ["2026-00-01"] = "there is no day",
            ["2026-11-31T00:00:00Z"] = "there is no day",
            ["11/03/2026"] = "write 2026-11-03",
            ["9999999 weeks ago"] = "too long ago",
            ["1900 years ago"] = "four digits",
            ["soon"] = "write yesterday", ["25:00"] = "write yesterday",
            [""] = "write yesterday", ["99999999999999999999d"] = "write",
            ["a"] = "write", ["week"] = "write", ["0000"] = "write",
            ["3 fortnights ago"] = "write", ["x\27[31m"] = "x\\x1b",
            [("9"):rep(1000)] = "not so long",
        }
        for text, want in pairs(cases) do
            local since, err = date.span(text)
            assert.is_nil(since, text)
            assert.matches(want, err, 1, true)
            assert.is_nil(err:find("%c"), text)
        end
    end)

    it("never fails, and never ends before it begins", function()
        local pieces = { "2026", "-", "11", "3", " ", "ago", "week", "s",
            "nov", ":", "T", "Z", "+", "last", "monday", "0", "59", "d", "m",
            "yesterday", "at", "pm", ".", ",", "/", "\0", "\xFF", "29", "feb",
            "an", "this", "year", "9999", "of" }
        math.randomseed(11)
        soak.rounds(3000, function()
            local text = {}
            for i = 1, math.random(0, 8) do
                text[i] = pieces[math.random(#pieces)]
            end
            text = table.concat(text)
            local since, before = date.span(text, 1795534200)
            if since then
                assert.is_true(since <= before, text)
                assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d", since)
            else
                assert.is_string(before, text)
            end
        end)
    end)
end)
