--- A PgBouncer in transaction mode in front of the specs' PostgreSQL, on
-- loopback; it goes with the process that asked for it.
--
--     local url = require("pgbouncer").url(pg.url(true), "ignore options")
--
-- Each transaction gets another session of the server.  The second argument
-- says what becomes of the start-up parameter `options`: it is refused, or
-- ignored.
local pgbouncer = {}

local eventually = require "eventually"
local pg = require "postgres"
local sys = require "engine.sys"

local started = {} -- by database and options: { url, pipe that holds it }

-- $1 is the folder; a free port cannot be asked for, so some are tried.
local SCRIPT = [[
cd "$1"
PATH=$PATH:/usr/sbin
as_user() {
    if [ "$(id -u)" != 0 ]; then exec "$@"; fi
    chown -R nobody .
    exec setpriv --reuid=nobody --regid="$(id -g nobody)" \
        --clear-groups "$@"
}
for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    sed "s/PORT/$port/" template >settings
    : >log
    as_user pgbouncer settings >>log 2>&1 </dev/null &
    pooler=$!
    while kill -0 $pooler 2>/dev/null; do
        if grep -q 'process up' log; then
            echo $port >port.new
            mv port.new port
            cat >/dev/null # until whoever holds our stdin is gone
            kill -INT $pooler
            break 2
        fi
        sleep 0.02
    done
done
rm -r "$1"
]]

local SETTINGS = [[
[databases]
* = host=127.0.0.1 port=%d
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = PORT
unix_socket_dir =
auth_type = md5
auth_file = users
pool_mode = transaction
server_round_robin = 1
%s
]]

local function write(path, text)
    local file <close> = assert(io.open(path, "w"))
    file:write(text)
end

--- The URL of a database through a PgBouncer, which starts with the first.
-- @param options "refuse options" or "ignore options"
function pgbouncer.url(url, options)
    local key = options .. " " .. url
    if started[key] then return started[key].url end
    local dir = tostring(sys.run({ "mktemp", "-d" }).stdout):gsub("%s", "")
    local user, password = url:match("^postgres://(.-):(.-)@")
    write(dir .. "/users", ('"%s" "%s"\n'):format(user, password))
    write(dir .. "/template", SETTINGS:format(pg.port(url),
        options == "ignore options" and "ignore_startup_parameters = options"
            or ""))
    write(dir .. "/script", SCRIPT)
    local holder = assert(io.popen(("exec setsid sh %s/script %s")
        :format(dir, dir), "w"))
    eventually(function()
        assert(sys.stat(dir .. "/script"), "PgBouncer does not start")
        return sys.stat(dir .. "/port")
    end)
    local file <close> = assert(io.open(dir .. "/port"))
    started[key] = { holder = holder,
        url = pg.url_with(url, { port = file:read("l") }) }
    return started[key].url
end

return pgbouncer
