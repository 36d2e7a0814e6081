--- Dates as ISO 8601 text and as seconds since 1970-01-01T00:00:00Z.
local date = {}

-- Days since 1970-01-01 of a date in the Gregorian calendar.
local function days(y, m, d)
    if m <= 2 then
        y, m = y - 1, m + 12
    end
    return 365 * y + y // 4 - y // 100 + y // 400
        + (153 * (m - 3) + 2) // 5 + d - 719469
end

-- Seconds by which a zone is ahead of UTC; nil for what is no zone.
local function offset(zone)
    local sign, hours, minutes = zone:match("^([+-])(%d%d):?(%d%d)$")
    if sign then
        return (hours * 3600 + minutes * 60) // 1 * (sign == "-" and -1 or 1)
    end
    return (zone == "Z" or zone == "") and 0 or nil
end

--- The time that a text such as 2026-11-24T13:27:43.5Z names.
-- @param iso text with a zone (Z or +02:00); without one it is UTC
-- @return seconds, with the fraction; nil for what is no such text
function date.seconds(iso)
    local y, mo, d, h, mi, s, zone = tostring(iso):match(
        "^(%d%d%d%d)-(%d%d)-(%d%d)T(%d%d):(%d%d):(%d%d%.?%d*)(.*)$")
    local ahead = y and offset(zone)
    y, mo, d = math.tointeger(y), math.tointeger(mo), math.tointeger(d)
    if not ahead or mo < 1 or mo > 12 or d < 1 or d > 31 then return nil end
    return days(y, mo, d) * 86400 + h * 3600 + mi * 60 + s - ahead
end

--- The text of a time in UTC, to the second and without a zone, so that it
-- sorts before every text of the same second with more to it.
function date.text(seconds)
    return os.date("!%Y-%m-%dT%H:%M:%S", math.floor(seconds))
end

return date
