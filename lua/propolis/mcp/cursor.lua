--- mcp.cursor: where a list goes on, as a text that only we can read.
--
-- It holds a place and a check of what was asked for, so that it does not go on
-- in another list.
local sha256 = require("engine.sys").sha256

local cursor = {}

--- The argument of a tool that has one is called as this module.
cursor.key = (...):match("[^.]+$")

local function check_of(place, asked)
    return sha256(place .. "\n" .. asked):sub(1, 10)
end

--- @param place a whole number
-- @param asked a text that is the same for every page
function cursor.make(place, asked)
    return ("%x.%s"):format(place, check_of(place, asked))
end

--- The place of a cursor, 0 without one; nil when it is none of ours.
function cursor.read(text, asked)
    if text == nil then return 0 end
    local digits, check = tostring(text):match("^(%x+)%.(%x+)$")
    local place = digits and #digits <= 12 and tonumber(digits, 16)
    return place and check == check_of(place, asked) and place or nil
end

--- A text of arguments by which their pages are known, whatever their order.
-- @param args table of plain values; the cursor itself does not count
function cursor.of(name, args)
    local parts = {}
    for key, value in pairs(args) do
        if key ~= cursor.key then
            parts[#parts + 1] = key .. "=" .. (type(value) == "table"
                and table.concat(value, ",") or tostring(value))
        end
    end
    table.sort(parts)
    return name .. "\n" .. table.concat(parts, "\n")
end

return cursor
