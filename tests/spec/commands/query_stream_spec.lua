--- Rows are printed, and given to a loop, as they come: however many there are,
-- none is kept, and the end may come at any of them.
local postgres = require "postgres"
local run = require "run"
local tmp = require "tmp"

local ROWS, WIDTH = 60000, 1000

-- 60 MB; far less is the most that a process may have needed.
local MOST_KIB = 40 * 1024

-- What runs in a process of its own: code, then its peak memory, on stderr.
local PEAK = [[
local sys = require "engine.sys"
local code = %s
io.stderr:write(code, " ",
    sys.read("/proc/self/status"):match("VmHWM:%%s*(%%d+)"))
]]

local QUERY = PEAK:format 'require("propolis.commands.query").run(arg)'

local LOOP = PEAK:format [[0
local store <close> = assert(require("propolis").open(arg[1]))
for row in store:rows(arg[2]) do code = code + #row.t end
]]

-- Numbers from 1 to last, in words that SQLite and PostgreSQL know.
local function numbers(last, columns)
    return ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        .. "WHERE i < %d) SELECT %s FROM n"):format(last, columns)
end

local MANY = numbers(ROWS, ("i, '%s' AS t"):format(("x"):rep(WIDTH)))

-- The row of a number above 5000 cannot be made.
local BROKEN = numbers(9000, "abs(CASE WHEN i <= 5000 THEN i "
    .. "ELSE -9223372036854775807 - 1 END) AS n")

for what, url in pairs { SQLite = false, PostgreSQL = postgres.url() } do
    describe("rows of " .. what, function()
        local home, store

        before_each(function()
            home = tmp.dir()
            store = url or "sqlite:" .. home .. "/s.db"
            if not url then
                run({ "heal", "--store", store }, { home = home })
            end
        end)
        after_each(tmp.clean)

        -- The words behind a command of a shell, where they are "$@".
        local function shell(command, words)
            return run(words, { home = home,
                wrap = { "sh", "-c", command, "sh" },
                env = { ASAN_OPTIONS = (os.getenv "ASAN_OPTIONS" or "")
                    .. ":quarantine_size_mb=1" } })
        end

        local function peak_of(script, want, words)
            local path = home .. "/peak.lua"
            tmp.write(path, script)
            local r = shell('exec "$@" >/dev/null',
                { path, table.unpack(words) })
            local code, peak = r.stderr:match("^(%d+) (%d+)$")
            assert.equal(want, tonumber(code), r.stderr)
            assert.is_true(tonumber(peak) < MOST_KIB, peak .. " KiB")
        end

        for _, format in ipairs { "table", "json", "csv", "line" } do
            it("are not kept for " .. format, function()
                peak_of(QUERY, 0, { "--store", store, MANY,
                    format ~= "table" and "--" .. format or nil })
            end)
        end

        it("are not kept for a loop", function()
            peak_of(LOOP, ROWS * WIDTH, { store, MANY })
        end)

        it("stop when nobody reads them", function()
            local r = shell('("$@"; echo $? >&2) | head -1',
                { "query", "--store", store, MANY, "--csv" })
            assert.equal("i,t\r\n", r.stdout)
            assert.equal("141\n", r.stderr)
        end)

        it("end with a sentence on a full disk", function()
            local r = shell('exec "$@" >/dev/full',
                { "query", "--store", store, MANY, "--csv" })
            assert.equal(1, r.code)
            assert.matches("^propolis: cannot write the output: [^\n]*space"
                .. "[^\n]*\n$", r.stderr)
        end)

        it("before an error are printed, the error is said", function()
            local r = run({ "query", "--store", store, "--csv", BROKEN },
                { home = home })
            assert.equal(1, r.code)
            assert.matches("^n\r\n1\r\n2\r\n.*\r\n5000\r\n$", r.stdout)
            assert.matches("^propolis: [^\n]+\n$", r.stderr)
        end)

        it("stop with Ctrl-C while they are printed", function()
            tmp.write(home .. "/kill.sh", [[
                "$@" >"$0.fifo" 2>"$0.err" &
                exec 3<"$0.fifo"
                head -c 100000 <&3 >/dev/null
                kill -INT $!
                cat <&3 >/dev/null
                wait $!
                echo $?; cat "$0.err"
            ]])
            local r = run({ "query", "--store", store, "--csv",
                numbers(1e9, "i, 'text' AS t") }, { home = home,
                wrap = { "bash", "-c", 'set -m; mkfifo "$0.fifo"; . "$0"',
                    home .. "/kill.sh" } })
            assert.equal("130\npropolis query: interrupted!\n",
                r.stdout, r.stderr)
        end)
    end)
end
