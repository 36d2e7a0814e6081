--- kept: bytes that hooks captured and no store took, in files of their own
-- beside the journal and in the spool of older versions.  What is meant leaves
-- them, record by record.
local criteria = require "propolis.forget.criteria"
local journal = require "propolis.capture.journal"
local json = require "propolis.json"
local schemas = require "propolis.schemas"
local sys = require "engine.sys"

local kept = {}

-- The files of a store and of a state folder.
local function files(conf, file)
    local folder, name = file:match("^(.*)/([^/]*)%.db$")
    local list = {}
    for _, one in ipairs(sys.list(folder) or {}) do
        if one:sub(1, #name + 13) == name .. ".journal.bad-" then
            list[#list + 1] = folder .. "/" .. one
        end
    end
    for _, one in ipairs(sys.list(conf.paths.state .. "/spool") or {}) do
        if one:find("%.bad$") then
            list[#list + 1] = conf.paths.state .. "/spool/" .. one
        end
    end
    return list
end

-- What can be read of a row in a piece of a record.
local function row_in(piece)
    local row = { message = piece }
    for _, name in ipairs { "id", "path", "author", "project",
        "creation_date", "last_update_date" } do
        row[name] = piece:match('"' .. name .. '":"([^"]*)"')
    end
    return piece:match('"table":"([^"]*)"') or "sessions", row
end

-- The records of a piece: a list of { table =, row = }.
local function records(piece)
    local text = piece:match("^\x1E%w+ %d+ %x+ (.*)$") or piece
    local list = json.decode(text)
    if type(list) == "table" and list.row then list = { list } end
    for _, item in ipairs(type(list) == "table" and list or {}) do
        if type(item) ~= "table" or type(item.row) ~= "table" then
            list = nil
            break
        end
    end
    if type(list) == "table" and #list > 0 then return list end
    local name, row = row_in(piece)
    return { { table = name, row = row } }
end

-- Whether a piece is meant; nil when that cannot be told.
local function is_meant(spec, piece)
    local sure = true
    for _, item in ipairs(records(piece)) do
        local of = schemas.get(item.table) or schemas.sessions
        local meant = criteria.covers(spec, of, item.row)
        if meant then return true end
        sure = sure and meant ~= nil
    end
    return not sure and nil
end

-- What is left of a file; nothing needs none.
local function write(path, bytes)
    if not bytes:find("%S") then return sys.remove(path) end
    return sys.replace(path, bytes, 384) -- 0600
end

-- One file without what is meant.
-- @return how many pieces went, how many may be meant; or nil, err
local function clean(spec, path)
    local text, err = sys.read(path)
    if not text then return nil, err end
    local rest, gone, unsure = {}, 0, 0
    for line in text:gmatch("[^\n]*\n?") do
        for piece in line:gmatch("\x1E?[^\x1E]*") do
            local meant = false
            if piece:find("%S") then meant = is_meant(spec, piece) end
            gone = gone + (meant and 1 or 0)
            unsure = unsure + (meant == nil and 1 or 0)
            rest[#rest + 1] = not meant and piece or nil
        end
    end
    if gone == 0 then return 0, unsure end
    local ok, why = write(path, table.concat(rest))
    return ok and gone, ok and unsure or why
end

--- Takes what is meant out of the files of a store.
-- @param file the store's
-- @param tell function told in a sentence what could not be done
-- @return how many pieces of records went
function kept.clean(conf, spec, file, tell)
    local count = 0
    for _, path in ipairs(files(conf, file)) do
        local gone, unsure = clean(spec, path)
        if not gone then
            tell("%s: %s", path, unsure)
        elseif unsure > 0 then
            tell("%s holds %d damaged record%s of which nobody can tell"
                .. " whether they are meant: look at it, and remove it", path,
                unsure, unsure == 1 and "" or "s")
        end
        count = count + (gone or 0)
    end
    return count
end

-- Whether a file of the journal has a record that is meant.
local function waits(spec, path)
    local found = false
    assert(journal.read(path, function(list)
        for _, item in ipairs(list) do
            local of = schemas.get(item.table) or schemas.sessions
            found = found or criteria.covers(spec, of, item.row) ~= false
        end
        return true
    end, function() end))
    return found
end

--- Tells of records that are meant in a journal that was taken away and copied,
-- and had to be left there, as a hook that was stopped may go on writing to it.
-- They come in no store.
function kept.waiting(spec, file, tell)
    local lock <close> = sys.lock(journal.path(file) .. ".lock", 2500)
    local stuck = lock and sys.stat(journal.taken(file))
    for _, path in ipairs(stuck and { journal.taken(file),
        journal.path(file) } or {}) do
        if sys.stat(path) and waits(spec, path) then
            tell("%s: a hook is still writing to it; run it again when that"
                .. " is done", path)
        end
    end
end

return kept
