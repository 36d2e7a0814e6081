--- search.ref: the short name of a stored row, by which a person asks for it.
local sys = require "engine.sys"

local ref = {}

local UUID = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-"
    .. "%x%x%x%x%x%x%x%x%x%x%x%x$"

--- How many digits of a UUID name a row: among a million rows two share them
-- once in five hundred stores.
ref.digits = 12

-- The fewest that are looked for.
local FEWEST = 4

-- An id that can be typed and shown as it is.
local function is_plain(id)
    return #id <= 64 and id:find("^[%w][%w_.:/@+=-]*$")
end

--- The reference of a row by its id: the first 12 digits of a UUID; another id
-- as it stands, or, where it cannot be typed, a hash of it.
function ref.of(id)
    if id:find(UUID) then
        return (id:lower():gsub("-", ""):sub(1, ref.digits))
    elseif is_plain(id) then
        return id
    end
    return "~" .. sys.sha256(id):sub(1, ref.digits)
end

-- Digits as the beginning of a UUID.
local function dashed(digits)
    local out, at = {}, 1
    for _, n in ipairs { 8, 4, 4, 4, 12 } do
        out[#out + 1] = digits:sub(at, at + n - 1)
        at = at + n
        if at > #digits then break end
    end
    return table.concat(out, "-")
end

-- "begins with" in SQL: SQLite has an index for a range, other collations
-- than by bytes have no such ranges.
local function beginning(text, dialect, values)
    if dialect == "sqlite" then
        table.move({ text, text .. "\u{10FFFF}" }, 1, 2, #values + 1, values)
        return "id >= ? AND id < ?"
    end
    values[#values + 1] = text:gsub("[\\%%_]", "\\%0") .. "%"
    return "id LIKE ? ESCAPE '\\'"
end

-- Ids that cannot be typed are those of other programs, and few.
local function of_hash(hash)
    local uuid = ("_"):rep(8) .. "-____-____-____-" .. ("_"):rep(12)
    return "id <> '' AND id NOT LIKE ?", { uuid }, function(id)
        return not is_plain(id) and ref.of(id):sub(2, #hash + 1) == hash:lower()
    end
end

--- What finds the rows of a reference, or of its beginning: a condition in SQL
-- with its values, and a function(id) that says whether it is one of them; or
-- nil and a sentence.
-- @param dialect of the store
function ref.condition(text, dialect)
    local shown = require("engine.text").printable(text:sub(1, 80))
    local hash = text:match("^~(%x+)$")
    if #(hash or text) < FEWEST then
        return nil, ("'%s' is too short for a reference: at least %d characters"
            .. " of it"):format(shown, FEWEST)
    elseif hash then
        return of_hash(hash)
    end
    local values = { text }
    local parts = { "id = ?", beginning(text, dialect, values) }
    local digits = text:lower():gsub("-", "")
    if digits:find("^%x+$") and #digits <= 32 and dashed(digits) ~= text then
        parts[3] = beginning(dashed(digits), dialect, values)
    end
    return "(" .. table.concat(parts, " OR ") .. ")", values, function()
        return true
    end
end

return ref
