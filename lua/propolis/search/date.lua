--- search.date: dates as a person writes them, in the local time zone.
--
-- A text names a span of time: a day, a month, or one moment, of no length.
-- "since" is where it begins.  "before" is where it ends, so that --until
-- 2026-11 means all of November, and --until 14:00 leaves out that moment.
local calendar = require "propolis.search.calendar"
local date = require "propolis.date"

local when = {}

when.forms = "write yesterday, monday, last friday, '2 weeks ago', 3d, 90m,"
    .. " 2026-11, 2026-11-03, '2026-11-03 14:00' or 'nov 3'"

local MONTH_NAMES = { "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december" }
local DAY_NAMES = { "sunday", "monday", "tuesday", "wednesday", "thursday",
    "friday", "saturday" }
local NUMBERS = { a = 1, an = 1, one = 1, two = 2, three = 3, four = 4,
    five = 5, six = 6, seven = 7, eight = 8, nine = 9, ten = 10, eleven = 11,
    twelve = 12 }
local UNITS = { s = "sec", sec = "sec", second = "sec", m = "min",
    min = "min", minute = "min", h = "hour", hr = "hour", hour = "hour",
    d = "day", day = "day", w = "week", wk = "week", week = "week",
    mo = "month", mon = "month", month = "month", y = "year", yr = "year",
    year = "year" }

-- The years that have four digits, in UTC.
local FIRST, LAST = -30610224000, 253402300799.999

local SECONDS = { sec = 1, min = 60, hour = 3600 }

-- Words ---------------------------------------------------------------------

-- Which of a list of names a word is, short (3 letters or more) or whole.
local function name_of(list, word)
    if #word < 3 then return nil end
    for i, name in ipairs(list) do
        if name:sub(1, #word) == word then return i end
    end
end

-- The latest such day of the week; today counts unless it must be past.
local function weekday(word, now, past)
    local wanted = name_of(DAY_NAMES, word)
    if not wanted then return nil end
    local today = os.date("*t", now)
    local back = (today.wday - wanted) % 7
    if back == 0 and past then
        back = 7
    end
    return calendar.day(today.year, today.month, today.day - back)
end

-- n whole units back: of a day or more the calendar's day, else a moment.
local function ago(n, unit, now)
    if n > 100000 then return nil, "that is too long ago" end
    if SECONDS[unit] then
        local t = now - n * SECONDS[unit]
        return { t, t }
    end
    local t = os.date("*t", now)
    if unit == "day" or unit == "week" then
        return calendar.day(t.year, t.month, t.day
            - n * (unit == "week" and 7 or 1))
    end
    local months = t.year * 12 + t.month - 1 - n * (unit == "year" and 12 or 1)
    local year, month = months // 12, months % 12 + 1
    if year < 1 then return nil, "that is too long ago" end
    return calendar.day(year, month,
        math.min(t.day, calendar.days_in(year, month)))
end

local function unit_of(word)
    return UNITS[word] or #word > 2 and UNITS[word:gsub("s$", "")] or nil
end

-- "2 weeks ago", "an hour ago", "3d", "3 days", "last 3 days".
local function relative(text, now)
    local count, word = text:match("^(%w+) (%a+) ago$")
    if not count then
        text = text:gsub("^last (%w+ %a+s)$", "%1"):gsub("^past ", "")
        count, word = text:match("^(%d+) ?(%a+)$")
    end
    if not count then count, word = text:match("^(%d+)(%a+) ago$") end
    if not count then count, word = text:match("^(%l+) (%l+s?)$") end
    local n = count and (math.tointeger(tonumber(count)) or NUMBERS[count])
    local unit = n and unit_of(word)
    if unit then return ago(n, unit, now) end
end

-- "this week", "last month": the whole of it; a week begins on Monday.
local function whole(text, now)
    local which, unit = text:match("^(%l+) (%l+)$")
    local back = which == "this" and 0 or which == "last" and 1
    if not back then return nil end
    local t = os.date("*t", now)
    if unit == "week" then
        return calendar.week(t, back)
    elseif unit == "month" then
        return calendar.month(t.year, t.month - back)
    elseif unit == "year" then
        return calendar.year(t.year - back)
    end
    return back == 1 and weekday(unit, now, true) or nil
end

local NEAR = { today = 0, yesterday = 1, tomorrow = -1 }

local function word_of(text, now)
    local t = os.date("*t", now)
    if NEAR[text] then
        return calendar.day(t.year, t.month, t.day - NEAR[text])
    elseif text == "now" then
        return { now, now }
    end
    return weekday(text, now)
end

-- Dates ---------------------------------------------------------------------

local int = math.tointeger

-- 2026, 2026-11, 2026-11-03, 20261103, 3.11.2026.
local function numeric(text)
    local y, m, d = text:match("^(%d%d%d%d)[-/](%d%d?)[-/](%d%d?)$")
    if not y then
        y, m, d = text:match("^(%d%d%d%d)(%d%d)(%d%d)$")
    end
    if not y then
        d, m, y = text:match("^(%d%d?)%.(%d%d?)%.(%d%d%d%d)$")
    end
    if y then return calendar.checked(int(y), int(m), int(d)) end
    y, m = text:match("^(%d%d%d%d)[-/](%d%d?)$")
    if y then return calendar.checked(int(y), int(m)) end
    y = int(text:match("^%d%d%d%d$"))
    if y and y > 0 then return calendar.year(y) end
    if text:find("^%d%d?/%d%d?/%d%d%d?%d?$") then
        return nil, "day and month cannot be told apart: write 2026-11-03"
    end
end

-- A month by name with a day, a year, both or neither.  Without a year it is
-- the latest that has begun.
local function named(text, now)
    text = text:gsub("[.,]", " "):gsub("(%d)%l%l%f[%s\0]", "%1")
        :gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
    local month, day, year
    for part in text:gmatch("%S+") do
        local n = int(part:match("^%d+$"))
        if n and #part == 4 and not year then
            year = n
        elseif n and #part < 3 and not day then
            day = n
        elseif not n and not month and part ~= "of" then
            month = name_of(MONTH_NAMES, part) or part == "sept" and 9
            if not month then return nil end
        elseif part ~= "of" then
            return nil
        end
    end
    if not month then return nil end
    local last = os.date("*t", now)
    if year then return calendar.checked(year, month, day) end
    -- The latest year that has such a day: 29 February may be long past.
    for back = 0, 8 do
        local found = calendar.checked(last.year - back, month, day)
        if found and found[1] <= now then return found end
    end
    return calendar.checked(last.year, month, day)
end

-- Times ---------------------------------------------------------------------

-- A time of day in seconds: 14:00, 14:00:05, 3pm, 3:30 pm.
local function clock(text)
    local h, m, s, half = text:match("^(%d%d?):(%d%d):?(%d?%d?%.?%d*) ?(%l*)$")
    if not h then
        h, half = text:match("^(%d%d?) ?([ap]m)$")
    end
    if not h or half ~= "" and half ~= "am" and half ~= "pm" then return nil end
    h, m, s = int(h), int(m or 0), tonumber(s ~= "" and s or 0)
    if half ~= "" then
        if h < 1 or h > 12 then return nil end
        h = h % 12 + (half == "pm" and 12 or 0)
    end
    if not s or h > 23 or m > 59 or s >= 60 then return nil end
    return h, m, s
end

local DAYS = { word_of, whole, relative, numeric, named }

local function day_of(text, now)
    for _, read in ipairs(DAYS) do
        local span, err = read(text, now)
        if span or err then return span, err end
    end
end

-- A day and a time behind it, or a time of today.
local function with_time(text, now)
    local at = text:find("^%d%d?[: ap]") and 0
        or text:find("[ t]%d%d?[: ap]")
    while at do
        local day = (" " .. text):sub(2, at):gsub("[ ,]*at$", "")
            :gsub("[ ,]+$", "")
        local h, m, s = clock(text:sub(at + 1))
        local span = h and day_of(day == "" and "today" or day, now)
        if span and span.day then
            local y, mo, d = table.unpack(span.day)
            local t = os.time { year = y, month = mo, day = d, hour = h,
                min = m, sec = s // 1 } + s % 1
            return { t, t }
        end
        at = text:find("[ t]%d%d?[: ap]", at + 1)
    end
end

-- A moment with a zone, taken as it stands: 2026-11-03T14:00:00.000Z, +02:00.
local function iso(text)
    local day, time, zone = text:match(
        "^(%d%d%d%d%-%d%d%-%d%d)[T ](%d%d:%d%d[%d:.]*) ?([Z+-][%d:]*)$")
    if not day then return nil end
    if time:find("^%d%d:%d%d$") then
        time = time .. ":00"
    end
    local h, m, s = clock(time)
    local y, mo, d = day:match("^(%d+)-(%d+)-(%d+)$")
    local good, err = calendar.checked(int(y), int(mo), int(d))
    if not good then return nil, err end
    local t = h and m and s and date.seconds(day .. "T" .. time .. zone)
    if not t then return nil end
    return { t, t }
end

-- A moment as text that sorts among those of rows.
local function text_of(seconds)
    local whole_seconds = seconds // 1
    local ms = ((seconds - whole_seconds) * 1000 + 0.5) // 1 | 0
    return date.text(whole_seconds)
        .. (ms > 0 and (".%03dZ"):format(ms) or "")
end

local function understand(text, now)
    local span, err = iso(text:upper())
    if span or err then return span, err end
    text = text:lower():gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
        :gsub("^on ", ""):gsub("^the ", "")
    span, err = day_of(text, now)
    if span or err then return span, err end
    return with_time(text, now)
end

--- The span that a text names.
-- @param text as a person writes it
-- @param now seconds since 1970, the present moment when absent
-- @return since and before, ISO texts in UTC that compare with those of rows;
-- equal where the text names a moment; or nil and a sentence
function when.span(text, now)
    now = now or os.time()
    local shown = require("engine.text").printable(text)
    if #text > 100 then return nil, "a date is not so long" end
    local ok, span, err = pcall(understand, text, now)
    if not ok or not span then
        return nil, ("'%s' is no date: %s"):format(shown,
            ok and err or when.forms)
    elseif span[1] < FIRST or span[1] > LAST then
        return nil, ("'%s' is no date: the year must have four digits"):format(
            shown)
    end
    return text_of(span[1]), text_of(math.min(span[2], LAST))
end

return when
