--- search.calendar: days, months and years of the local time zone as spans of
-- time: { first second, first second behind it }, seconds since 1970.
local calendar = {}

--- How many days a month has.
function calendar.days_in(year, month)
    return os.date("*t", os.time { year = year, month = month + 1, day = 0,
        hour = 12 }).day
end

--- The first second of a day, month and day past their ends counted on; a zone
-- that jumps over midnight begins it later.
function calendar.start(year, month, day)
    local noon = os.time { year = year, month = month, day = day, hour = 12 }
    local t = os.time { year = year, month = month, day = day, hour = 0 }
    if os.date("%F", t) ~= os.date("%F", noon) then
        t = t + 3600
    end
    return t
end

--- A day; its date stands in the field day.
function calendar.day(year, month, day)
    return { calendar.start(year, month, day),
        calendar.start(year, month, day + 1), day = { year, month, day } }
end

function calendar.month(year, month)
    return { calendar.start(year, month, 1),
        calendar.start(year, month + 1, 1) }
end

function calendar.year(year)
    return { calendar.start(year, 1, 1), calendar.start(year + 1, 1, 1) }
end

--- The week around a day; it begins on Monday.
-- @param t what os.date("*t") gives
-- @param back how many weeks before
function calendar.week(t, back)
    local monday = t.day - (t.wday - 2) % 7 - 7 * back
    return { calendar.start(t.year, t.month, monday),
        calendar.start(t.year, t.month, monday + 7) }
end

--- A month, or one of its days, if there is such a one.
-- @param day or nil
-- @return the span, or nil and a sentence
function calendar.checked(year, month, day)
    local good = year >= 1 and month >= 1 and month <= 12
    if not day then
        if good then return calendar.month(year, month) end
        return nil, ("there is no month %04d-%02d"):format(year, month)
    elseif good and day >= 1 and day <= calendar.days_in(year, month) then
        return calendar.day(year, month, day)
    end
    return nil, ("there is no day %04d-%02d-%02d"):format(year, month, day)
end

return calendar
