--- One of the processes of a race: opens the store, says that it is ready,
-- waits for the gate, then writes rows and says each id that was taken.
--
-- worker.lua URL WORKSPACE GATE NAME ROWS: NAME is its number; odd ones heal
-- first, as a session start does, even ones only when an insert must.
local propolis = require "propolis"
local sys = require "engine.sys"

local url, workspace, gate, name, rows = table.unpack(arg)
local schema = dofile(arg[0]:gsub("worker.lua$", "schema.lua"))

io.stdout:setvbuf("no") -- what was acknowledged is out, even when killed
local store = assert(propolis.open(url, { workspace = workspace }))
store.heal_log = false
print("ready " .. sys.pid())
assert(io.open(gate)):close() -- until the parent opens its end

if tonumber(name) % 2 == 1 then
    local ok, err = store:ensure(schema.new)
    if not ok then print("error ensure: " .. tostring(err)) end
end
for i = 1, tonumber(rows) do
    local id = name .. "-" .. i
    local ok, err = store:insert(schema.new, {
        id = id, kind = "race", size = i, body = { n = i }, note = "n",
        one = "1", two = "2", three = "3",
    })
    print(ok and "stored " .. id or "error insert: " .. tostring(err))
end
store:close()
