--- Index markers: small files that save a repeated CREATE INDEX.
--
-- On Deeplake an index that is there already costs a failing request, so who
-- has made or met one leaves a marker, shared with the other clients of the
-- same machine.  A marker is a hint: what is wrong with one is no error, and
-- nothing depends on its content but whether the attempt is made again.
local date = require "propolis.date"
local json = require "propolis.json"
local sys = require "engine.sys"

local markers = {}

local SIX_HOURS_MS = 6 * 60 * 60 * 1000

--- HIVEMIND_INDEX_MARKER_DIR, else a folder below the system's temporary one.
function markers.dir()
    local dir = os.getenv("HIVEMIND_INDEX_MARKER_DIR")
    if dir and dir ~= "" then return dir end
    local tmp = os.getenv("TMPDIR")
    if not tmp or tmp == "" then tmp = "/tmp" end
    return tmp:gsub("(.)/+$", "%1") .. "/hivemind-deeplake-indexes"
end

--- How long a marker counts: HIVEMIND_INDEX_MARKER_TTL_MS, else six hours.
function markers.ttl_ms()
    local ttl = tonumber(os.getenv("HIVEMIND_INDEX_MARKER_TTL_MS"))
    return ttl and ttl > 0 and ttl or SIX_HOURS_MS
end

--- The marker's path.
--- @param key { workspace=, org=, table=, suffix=, dir= or nil }
function markers.path(key)
    local name = table.concat({ key.workspace, key.org, key.table,
        key.suffix }, "__")
    return (key.dir or markers.dir()) .. "/" ..
        name:gsub("[^a-zA-Z0-9_.-]", "_") .. ".json"
end

--- True when a marker is there and young enough.
function markers.fresh(key, now)
    local text = sys.read(markers.path(key), 4096, true)
    local value = text and json.decode(text)
    local made = type(value) == "table" and date.seconds(value.updatedAt)
    if not made then return false end
    local age = ((now or sys.time()) - made) * 1000
    return age >= 0 and age <= (key.ttl_ms or markers.ttl_ms())
end

--- Leaves a marker; true, or nil and why not.
-- Renamed into place, because the folder may be one that others can write to:
-- a link planted there is replaced and never written through.
function markers.write(key)
    local path = markers.path(key)
    local text = json.encode { updatedAt = sys.now() }
    local fresh = path .. "." .. sys.uuid()
    local ok, err = sys.mkdir(key.dir or markers.dir(), tonumber("700", 8))
    if ok then ok, err = sys.create(fresh, text, tonumber("600", 8)) end
    if not ok then return nil, err end
    ok, err = sys.rename(fresh, path)
    if not ok then sys.remove(fresh) end
    return ok, err
end

return markers
