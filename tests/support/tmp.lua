--- Temporary folders for specs, removed afterwards.
--
--   local tmp = require "tmp"
--   after_each(tmp.clean)
--   local dir = tmp.dir()
local sys = require "engine.sys"

local tmp = {}

local made = {}

--- A new empty folder (0700), an absolute path without a final slash.
function tmp.dir()
    local base = os.getenv("TMPDIR") or "/tmp"
    local path = base .. "/propolis-test-" .. sys.uuid()
    assert(sys.mkdir(path))
    made[#made + 1] = path
    return path
end

-- Removes a file, or a folder with everything in it; follows no link.
local function remove(path)
    local stat = sys.stat(path, true)
    if not stat then
        return
    elseif stat.type ~= "dir" then
        assert(sys.remove(path))
        return
    end
    sys.chmod(path, tonumber("700", 8))
    for _, name in ipairs(assert(sys.list(path))) do
        remove(path .. "/" .. name)
    end
    assert(sys.rmdir(path))
end

--- Removes every folder that tmp.dir() made.
function tmp.clean()
    while #made > 0 do
        remove(table.remove(made))
    end
end

--- Writes a file below a folder of ours, making the folders in between.
function tmp.write(path, bytes, mode)
    assert(sys.mkdir(path:match("^(.*)/")))
    assert(sys.replace(path, bytes, mode))
    return path
end

return tmp
