--- A PostgreSQL of one's own that can be killed and started again.
local killable = {}

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"

local function quote(text)
    return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function output(command)
    local pipe <close> = assert(io.popen(command))
    return (pipe:read("a"):gsub("%s+$", ""))
end

local server = {}
server.__index = server

--- Starts one: { url = }, with kill(), again() and close().
function killable.start()
    local fifo = output("mktemp -u")
    assert(os.execute("mkfifo -m 600 " .. quote(fifo)))
    local holder = assert(io.popen(("exec setsid %s --serve >%s 2>/dev/null")
        :format(quote(here .. "with_postgres"), quote(fifo)), "w"))
    local said <close> = assert(io.open(fifo))
    os.remove(fifo)
    local url, log = said:read("l", "l")
    local data = log:gsub("[^/]*$", "data")
    local pid, _, _, port = output("cat " .. quote(data .. "/postmaster.pid"))
        :match("(%d+)\n([^\n]*)\n(%d+)\n(%d+)")
    return setmetatable({ url = url, data = data, pid = pid, port = port,
        program = output("readlink /proc/" .. pid .. "/exe"),
        holder = holder }, server)
end

--- Kills it, and waits until all of its processes are gone.
function server:kill()
    assert(os.execute(("all='%s '$(pgrep -P %s | tr '\\n' ' '); "
        .. "kill -9 $all; for p in $all; do "
        .. "while kill -0 $p 2>/dev/null; do sleep 0.02; done; done")
        :format(self.pid, self.pid)))
end

--- Starts it again on the same port, and waits until it answers.
function server:again()
    local words = ("%s -D %s -p %s -c listen_addresses=127.0.0.1 "
        .. "-c unix_socket_directories= -c fsync=off")
        :format(self.program, quote(self.data), self.port)
    local user = output("stat -c %u " .. quote(self.data))
    local group = output("stat -c %g " .. quote(self.data))
    if output("id -u") == "0" then
        words = ("setpriv --reuid=%s --regid=%s --clear-groups %s")
            :format(user, group, words)
    end
    local pipe <close> = assert(io.popen(("cd %s && setsid %s "
        .. ">/dev/null 2>&1 </dev/null & echo $!")
        :format(quote(self.data), words)))
    self.pid = pipe:read("l")
    assert(os.execute(("for i in $(seq 200); do psql -XqAt -c 'SELECT 1' %s "
        .. ">/dev/null 2>&1 && exit 0; sleep 0.05; done; exit 1")
        :format(quote(self.url))), "PostgreSQL does not come back")
end

--- Ends it for good.
function server:close()
    os.execute(("kill -INT %s 2>/dev/null"):format(self.pid))
    self.holder:close()
end

server.__close = server.close

return killable
