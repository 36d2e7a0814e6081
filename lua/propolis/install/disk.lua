--- propolis.install.disk: the agents' files as they stand and how they change.
local sys = require "engine.sys"

local disk = {}

local PRIVATE = tonumber("600", 8)
local WRITABLE = tonumber("222", 8)

--- The file as it is: { text = or nil, mode = }, or nil and a sentence why it
-- must not be touched.
function disk.load(path)
    local link, err = sys.stat(path, true)
    if not link then
        if err.code == "none" then return {} end
        return nil, ("%s cannot be read: %s"):format(path, tostring(err))
    end
    local file
    file, err = sys.stat(path)
    if not file then
        if link.type == "link" then
            return nil, ("%s is a link to a file that is not there")
                :format(path)
        end
        return nil, tostring(err)
    end
    if file.type ~= "file" then return nil, path .. " is not a file" end
    local text
    text, err = sys.read(path, nil, true)
    if not text then
        return nil, ("%s cannot be read: %s"):format(path, tostring(err))
    end
    return { text = text, mode = file.mode }
end

--- The sentence against writing a read-only file; nil when it may be written.
function disk.refuse_readonly(path, file)
    if file.text and file.mode & WRITABLE == 0 then
        return ("%s is read-only (mode %03o): make it writable, or install "
            .. "by hand"):format(path, file.mode & 511)
    end
end

--- The text of a file, or nil when it is absent or unreadable.
function disk.read(path)
    local file = disk.load(path)
    return file and file.text
end

--- The folders that have to be made for a file, outermost first.
function disk.missing_folders(path)
    local out = {}
    local folder = path:match("^(.*)/[^/]*$")
    while folder ~= "" and not sys.stat(folder) do
        table.insert(out, 1, folder)
        folder = folder:match("^(.*)/[^/]*$")
    end
    return out
end

--- Gives a file its new text, nil: takes it away.  true, or nil and an error.
function disk.write(path, text)
    if not text then return sys.remove(path) end
    local folder = path:match("^(.*)/[^/]*$")
    local ok, err = sys.mkdir(folder)
    if not ok then return nil, err end
    return sys.replace(path, text, not sys.stat(path) and PRIVATE or nil)
end

return disk
