--- crowd.lua PORT N MOST: opens N connections at once, as a process of its
-- own with files enough. Prints how many were let in (silent so far) and how
-- many were turned away with 503, once at most MOST are left and all is quiet;
-- holds them until its stdin ends.
local here = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$")
package.path = here .. "/?.lua;" .. package.path
package.cpath = os.getenv("CROWD_LIB") .. "/?.so;" .. package.cpath
local net = require "netdouble"

local port, n = math.tointeger(tonumber(arg[1])), tonumber(arg[2])
local most = tonumber(arg[3])
local fds, failed = {}, 0
for _ = 1, n do
    local fd = net.connect("127.0.0.1", port)
    if fd then
        fds[#fds + 1] = fd
    else
        failed = failed + 1
    end
end

-- The ones over the limit are told so; wait until that has come to rest.
local away, other, quiet = 0, 0, 0
while quiet < 10 or #fds > most and quiet < 600 do
    local ready, any = net.poll(fds, {}, 100), false
    for i = #fds, 1, -1 do
        if ready[fds[i]] then
            any = true
            local bytes = net.recv(fds[i]) or ""
            if bytes and bytes:find("^HTTP/1.1 503") then
                away = away + 1
            else
                other = other + 1
            end
            net.close(fds[i])
            table.remove(fds, i)
        end
    end
    quiet = any and 0 or quiet + 1
end
print(#fds, away, other, failed)
io.stdout:flush()
io.read("a")
