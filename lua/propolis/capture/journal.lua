--- journal: the file beside the local store to which hooks append events.
--
-- A hook writes one record and leaves; propolis.capture.intake takes the file
-- away (renames it) and stores what is in it.  A record is one line:
--
--   RS VERSION " " LENGTH " " CHECKSUM " " JSON "\n"
--
-- RS is the byte 30, which stands nowhere in JSON text: from it on the next
-- record is found behind one that was torn, or mixed with another's bytes.
-- LENGTH counts the bytes of the JSON text, CHECKSUM begins its SHA-256.  The
-- text is the list of what is to be stored: see propolis.capture.intake.
local json = require "propolis.json"
local sys = require "engine.sys"

local journal = {}

local RS, VERSION = "\x1E", "1"

--- From this size on (bytes), and each time it has grown by as much, it is
-- taken in without waiting for the end of a turn.
journal.large = 1 << 20

--- The journal of a store's file.
function journal.path(file)
    return (file:gsub("%.db$", "")) .. ".journal"
end

--- What a journal is called from when it is taken away until it is stored.
function journal.taken(file)
    return journal.path(file) .. ".taken"
end

--- Whether events wait to come into a store's file.  One that is taken away
-- just now is found under its second name.
function journal.waits(file)
    for _, path in ipairs { journal.path(file), journal.taken(file) } do
        local stat = sys.stat(path, true)
        if stat and stat.type == "file" then return true end
    end
    return false
end

--- Where stands what keeps the journal from being stored.
function journal.why(file)
    return journal.path(file) .. ".why"
end

--- Whether events wait because they cannot be stored, or for longer than taking
-- them in can last.
-- @return what keeps them waiting, or true when that is not known; or false
function journal.stuck(file)
    local stat = sys.stat(journal.taken(file))
    if not stat then return false end
    return sys.read(journal.why(file), 1000, true)
        or sys.time() - stat.mtime > 60
end

local function checksum(text)
    return sys.sha256(text):sub(1, 16)
end

--- A record as it stands in the file, or nil and a sentence.
-- @param list what propolis.capture.intake puts together
function journal.record(list)
    local text, err = json.encode(json.array(list))
    if not text then return nil, err end
    return ("%s%s %d %s %s\n"):format(RS, VERSION, #text, checksum(text), text)
end

--- Appends one record; it is on disk when this returns.
-- @return the file's size before and after; or nil, err
function journal.append(file, list)
    local bytes, err = journal.record(list)
    if not bytes then return nil, err end
    local path = journal.path(file)
    local size
    size, err = sys.append(path, bytes, 384, true) -- 0600
    if not size and err.code == "none" then
        local made
        made, err = sys.mkdir(path:match("^(.*)/"))
        if made then size, err = sys.append(path, bytes, 384, true) end
    end
    if not size then return nil, err end
    return size - #bytes, size
end

local function is_list(list)
    if type(list) ~= "table" or #list == 0 then return false end
    for _, item in ipairs(list) do
        if type(item) ~= "table" or type(item.row) ~= "table"
            or type(item.table) ~= "string" then
            return false
        end
    end
    return true
end

-- The list of one piece of a line, and what stands behind it; or nil and why
-- the piece is none.
local function decode(piece)
    local version, length, sum, text =
        piece:match("^\x1E(%w+) (%d+) (%x+) (.*)$")
    if not version then return nil, "no record begins there" end
    if version ~= VERSION then
        return nil, "a record of version " .. version
    end
    length = tonumber(length)
    if #text < length then return nil, "a record was cut off" end
    local behind = text:sub(length + 1)
    text = text:sub(1, length)
    if checksum(text) ~= sum then return nil, "a record was damaged" end
    local list = json.decode(text)
    if not is_list(list) then return nil, "a record holds no rows" end
    return list, behind
end

--- Reads a file's records in order.
-- @param each called with the list of each and its size in bytes; returning
-- nil, err ends the reading
-- @param bad called with bytes that are no record, and why
-- @return true, or nil, err
function journal.read(path, each, bad)
    local file <close>, why = io.open(path, "rb")
    if not file then return nil, why end
    for line in file:lines("L") do
        for piece in line:gmatch("\x1E?[^\x1E]*") do
            local list, rest = decode(piece)
            if list then
                local ok, err = each(list, #piece)
                if not ok then return nil, err end
                piece = rest
            end
            if piece:find("%S") then
                bad(piece, not list and rest or "no record begins there")
            end
        end
    end
    return true
end

return journal
