local sys = require "engine.sys"
local tmp = require "tmp"

local function octal(text)
    return tonumber(text, 8)
end

describe("engine.sys", function()
    local dir

    before_each(function() dir = tmp.dir() end)
    after_each(tmp.clean)

    local function code(ok, err)
        assert.is_nil(ok)
        assert.is_string(err.message)
        assert.equal(err.message, tostring(err))
        return err.code
    end

    describe("clocks and names", function()
        it("makes version 4 UUIDs, all different", function()
            local seen = {}
            for _ = 1, 200 do
                local id = sys.uuid()
                assert.matches("^%x+%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x+$",
                    id)
                assert.equal(36, #id)
                assert.is_nil(seen[id])
                seen[id] = true
            end
        end)

        it("end a process that is stuck", function()
            local program = sys.readlink("/proc/self/exe")
            local script = "local sys = require 'engine.sys' "
                .. "assert(sys.alarm(1) == 0) while true do end"
            local r = assert(sys.run({ program, "-e", script },
                { timeout = 60 }))
            assert.equal(14, r.signal) -- SIGALRM
            assert.equal(0, sys.alarm(1000))
            assert.is_true(sys.alarm(0) > 0)
            assert.equal(0, sys.alarm(0))
        end)

        it("tells the time", function()
            local before = os.time()
            local y, mo, d, h, mi, s = sys.now():match(
                "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)%.%d%d%dZ$")
            local utc = os.date("!%Y %m %d %H %M", before)
            local later = os.date("!%Y %m %d %H %M", os.time())
            local said = table.concat({ y, mo, d, h, mi }, " ")

            assert.is_true(said == utc or said == later)
            assert.is_true(tonumber(s) < 61)
            assert.is_true(math.abs(sys.time() - os.time()) < 5)
            local a = sys.monotonic()
            sys.sleep(0.01)
            assert.is_true(sys.monotonic() - a >= 0.01)
        end)

        it("raises for a sleep that is none", function()
            assert.has_error(function() sys.sleep(-1) end)
            assert.has_error(function() sys.sleep(0 / 0) end)
        end)

        it("knows the process, the machine and the user", function()
            assert.equal(sys.pid(),
                tonumber(sys.readlink("/proc/self")))
            assert.equal(sys.run({ "hostname" }).stdout,
                sys.hostname() .. "\n")
            assert.equal(sys.run({ "id", "-un" }).stdout,
                sys.user() .. "\n")
            assert.equal(sys.realpath("."), sys.realpath(sys.getcwd()))
            assert.equal(os.getenv("PATH"), sys.environ().PATH)
        end)

        it("hashes as sha256sum does", function()
            for _, n in ipairs { 0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 1000 }
            do
                local text = ("ab\0c"):rep(n):sub(1, n)
                local r = sys.run({ "sha256sum" }, { stdin = text })

                assert.equal(r.stdout:match("^%x+"), sys.sha256(text))
            end
        end)
    end)

    describe("files", function()
        it("makes folders with their parents", function()
            local path = dir .. "/a/b/c"

            assert.is_true(sys.mkdir(path))
            assert.is_true(sys.mkdir(path))
            assert.is_true(sys.mkdir(path .. "/"))
            assert.equal(octal "700", sys.stat(path).mode)
            tmp.write(dir .. "/file", "x")
            assert.equal("exists", code(sys.mkdir(dir .. "/file")))
            assert.equal("exists", code(sys.mkdir(dir .. "/file/below")))
        end)

        it("says what a path is", function()
            local path = tmp.write(dir .. "/f", "12345", octal "640")
            assert.is_true(sys.symlink("f", dir .. "/l"))
            local st = sys.stat(path)

            assert.equal("file", st.type)
            assert.equal(5, st.size)
            assert.equal(octal "640", st.mode)
            assert.is_true(math.abs(st.mtime - sys.time()) < 60)
            assert.equal("file", sys.stat(dir .. "/l").type)
            assert.equal("link", sys.stat(dir .. "/l", true).type)
            assert.equal("dir", sys.stat(dir).type)
            assert.equal("other", sys.stat("/dev/null").type)
            assert.equal(st.ino, sys.stat(dir .. "/l").ino)
            assert.equal("none", code(sys.stat(dir .. "/no")))
            assert.equal("f", sys.readlink(dir .. "/l"))
            assert.equal(sys.realpath(dir) .. "/f", sys.realpath(dir .. "/l"))
            assert.equal("io", code(sys.readlink(path)))
        end)

        it("lists names by byte order", function()
            for _, name in ipairs { "b", "a", ".h", "B", "é" } do
                tmp.write(dir .. "/" .. name, "")
            end

            assert.same({ ".h", "B", "a", "b", "é" }, sys.list(dir))
            assert.equal("none", code(sys.list(dir .. "/no")))
        end)

        it("changes, renames and removes", function()
            local path = tmp.write(dir .. "/f", "x")

            assert.is_true(sys.chmod(path, octal "400"))
            assert.equal(octal "400", sys.stat(path).mode)
            assert.is_true(sys.rename(path, dir .. "/g"))
            assert.equal("none", code(sys.remove(path)))
            assert.equal("exists", code(sys.rmdir(dir)))
            assert.is_true(sys.remove(dir .. "/g"))
            assert.has_error(function() sys.chmod(path) end)
            assert.has_error(function() sys.chmod(path, 1 << 20) end)
        end)

        it("reads whole files, or their start", function()
            local bytes = ("\0\255x"):rep(50000)
            local path = tmp.write(dir .. "/f", bytes)

            assert.equal(bytes, sys.read(path))
            assert.equal(bytes:sub(1, 20000), sys.read(path, 20000))
            assert.equal("", sys.read(path, 0))
            assert.matches("^Name:", sys.read("/proc/self/status"))
            assert.equal("none", code(sys.read(dir .. "/no")))
            assert.equal("io", code(sys.read(dir)))
        end)

        it("replaces a file at once", function()
            local path = dir .. "/f"

            assert.is_true(sys.replace(path, "one"))
            assert.equal(octal "600", sys.stat(path).mode)
            sys.chmod(path, octal "644")
            local old = sys.stat(path).ino
            assert.is_true(sys.replace(path, "two"))
            assert.equal(octal "644", sys.stat(path).mode)
            assert.not_equal(old, sys.stat(path).ino)
            assert.is_true(sys.replace(path, "three", octal "755"))
            assert.equal(octal "755", sys.stat(path).mode)
            assert.equal("three", sys.read(path))
            assert.same({ "f" }, sys.list(dir))
            assert.equal("none", code(sys.replace(dir .. "/no/f", "x")))
            assert.same({ "f" }, sys.list(dir))
        end)

        it("replaces what a link leads to", function()
            sys.mkdir(dir .. "/real")
            tmp.write(dir .. "/real/f", "old")
            sys.symlink("real/f", dir .. "/l")
            sys.symlink("real/new", dir .. "/dangling")
            sys.symlink("loop", dir .. "/loop")

            assert.is_true(sys.replace(dir .. "/l", "new"))
            assert.equal("new", sys.read(dir .. "/real/f"))
            assert.equal("link", sys.stat(dir .. "/l", true).type)
            assert.is_true(sys.replace(dir .. "/dangling", "made"))
            assert.equal("made", sys.read(dir .. "/real/new"))
            assert.equal("io", code(sys.replace(dir .. "/loop", "x")))
        end)

        it("leaves nothing of a replace that failed", function()
            sys.mkdir(dir .. "/taken")

            assert.is_nil((sys.replace(dir .. "/taken", "x")))
            assert.same({ "taken" }, sys.list(dir))
        end)

        it("appends, and refuses a link", function()
            local path = dir .. "/log"

            assert.equal(2, sys.append(path, "a\n"))
            assert.equal(4, sys.append(path, "b\n", nil, true))
            assert.equal("a\nb\n", sys.read(path))
            assert.equal(octal "600", sys.stat(path).mode)
            sys.symlink("log", dir .. "/l")
            assert.equal("io", code(sys.append(dir .. "/l", "c\n")))
            assert.equal("a\nb\n", sys.read(path))
            assert.equal("io", code(sys.append("/dev/full", "x")))
            assert.equal("io", code(sys.append("/dev/null", "x", nil, true)))
        end)

        it("creates only what is not there", function()
            local path = dir .. "/once"

            assert.is_true(sys.create(path, "1"))
            assert.equal("exists", code(sys.create(path, "2")))
            assert.equal("1", sys.read(path))
            sys.symlink("nowhere", dir .. "/l")
            assert.equal("exists", code(sys.create(dir .. "/l", "2")))
        end)

        it("raises for a path with a NUL", function()
            for _, f in ipairs { "mkdir", "stat", "list", "read", "remove" } do
                assert.has_error(function() sys[f]("/tmp/a\0b") end)
            end
        end)
    end)

    describe("locks", function()
        it("excludes others until released", function()
            local path = dir .. "/lock"
            local held = assert(sys.lock(path))

            assert.equal(octal "600", sys.stat(path).mode)
            assert.equal("busy", code(sys.lock(path)))
            held:release()
            held:release()
            local again <close> = assert(sys.lock(path))
            assert.is_userdata(again)
        end)

        it("is given up when closed or collected", function()
            local path = dir .. "/lock"
            do
                local held <close> = assert(sys.lock(path))
                assert.is_nil((sys.lock(path, 20)))
                assert.is_userdata(held)
            end
            local function leave()
                assert(sys.lock(path))
            end
            leave()
            collectgarbage()
            local held <close> = assert(sys.lock(path))
            assert.is_userdata(held)
        end)

        it("waits for another process to release", function()
            local path = dir .. "/lock"
            -- The child holds it until its stdin ends, which is after it
            -- said so; we then wait for the lock itself.
            assert(sys.spawn({ sys.readlink("/proc/self/exe"), "-e", ([[
                local sys = require "engine.sys"
                local held = assert(sys.lock(%q))
                sys.create(%q, "")
                sys.sleep(0.2)]]):format(path, dir .. "/taken") }))
            while not sys.stat(dir .. "/taken") do
                sys.sleep(0.005)
            end

            local held <close> = assert(sys.lock(path, 20000))
            assert.is_userdata(held)
        end)

        it("does not trust a lock file that was removed", function()
            local path = dir .. "/lock"
            local first <close> = assert(sys.lock(path))
            sys.remove(path)
            local second <close> = assert(sys.lock(path))

            assert.is_userdata(first)
            assert.is_userdata(second)
            assert.equal("busy", code(sys.lock(path)))
        end)
    end)

    describe("programs", function()
        it("runs one and keeps its words apart", function()
            local r = assert(sys.run({ "sh", "-c",
                "cat; echo bad >&2; exit 3" }, { stdin = "in\0put" }))

            assert.same({ code = 3, stdout = "in\0put", stderr = "bad\n",
                timed_out = false, truncated = false }, r)
        end)

        it("passes words as they are", function()
            local r = sys.run({ "printf", "%s|", "a b", "$HOME", "`x`", "" })

            assert.equal("a b|$HOME|`x`||", r.stdout)
        end)

        it("moves more than a pipe holds, both ways", function()
            local text = ("0123456789"):rep(200000)

            assert.equal(text, sys.run({ "cat" }, { stdin = text }).stdout)
            assert.equal(0, sys.run({ "true" }, { stdin = text }).code)
        end)

        it("ends what takes too long, with its children", function()
            local a = sys.monotonic()
            local r = sys.run({ "sh", "-c", "sleep 60 & sleep 60" },
                { timeout = 0.1 })

            assert.is_true(r.timed_out)
            assert.equal(15, r.signal)
            assert.is_nil(r.code)
            assert.is_true(sys.monotonic() - a < 30)
        end)

        it("kills what does not hear", function()
            local r
            local timeout = 0.1
            repeat -- until it had time enough to close its ears
                r = sys.run({ "sh", "-c",
                    "trap '' TERM; echo deaf; while :; do sleep 1; done" },
                    { timeout = timeout })
                timeout = 2 * timeout
                assert.is_true(r.timed_out)
            until r.stdout == "deaf\n"

            assert.equal(9, r.signal)
        end)

        it("does not wait for what a program left behind", function()
            local a = sys.monotonic()
            local r = sys.run({ "sh", "-c", "sleep 60 & echo $!" })

            assert.is_true(sys.monotonic() - a < 30)
            sys.run({ "kill", (r.stdout:gsub("%s", "")) })
        end)

        it("keeps no more than max of each stream", function()
            local r = sys.run({ "sh", "-c",
                "head -c 100000 /dev/zero; echo done >&2" }, { max = 10 })

            assert.equal(("\0"):rep(10), r.stdout)
            assert.equal("done\n", r.stderr)
            assert.is_true(r.truncated)
            assert.equal(0, r.code)
        end)

        it("changes folder and environment", function()
            local r = sys.run({ "sh", "-c", "pwd; echo $A-${HOME-none}" },
                { cwd = dir, env = { A = "x y", HOME = false } })

            assert.equal(sys.realpath(dir) .. "\nx y-none\n", r.stdout)
            assert.is_not_nil(os.getenv("PATH"))
        end)

        it("says why one could not be started", function()
            assert.equal("none", code(sys.run({ "no-such-program" })))
            assert.equal("none", code(sys.run({ "ls" },
                { cwd = dir .. "/no" })))
            assert.equal("none", code(sys.spawn({ "no-such-program" })))
            assert.equal("io", code(sys.run({
                tmp.write(dir .. "/bad", "\127nonsense", octal "755") })))
        end)

        it("raises for what is no list of words", function()
            assert.has_error(function() sys.run({}) end)
            assert.has_error(function() sys.run({ "a", 1 }) end)
            assert.has_error(function() sys.run({ "a\0b" }) end)
            assert.has_error(function() sys.run({ "ls" }, { cwd = 1 }) end)
            assert.has_error(function()
                sys.run({ "ls" }, { env = { A = true } })
            end)
        end)

        it("finds programs in absolute folders of PATH only", function()
            tmp.write(dir .. "/here", "#!/bin/sh\n", octal "755")
            tmp.write(dir .. "/plain", "no program", octal "644")
            local ask = { sys.readlink("/proc/self/exe"), "-e", [[
                local sys = require "engine.sys"
                print(sys.which("here"), sys.which("plain"))]] }
            local function which(path)
                return sys.run(ask, { cwd = dir,
                    env = { PATH = path } }).stdout
            end

            assert.matches("^" .. dir:gsub("%p", "%%%0") .. "/here\tnil",
                which("/nowhere:" .. dir .. ":/bin"))
            assert.matches("^nil\t", which("."))
            assert.matches("^nil\t", which(":"))
            assert.equal("none", code(sys.which("no-such-program")))
        end)

        it("spawns what outlives us and holds nothing of ours", function()
            local out = dir .. "/out"
            local kept <close> = assert(io.open(dir .. "/kept", "w"))
            assert.is_true(sys.spawn({ "sh", "-c",
                "ls /proc/self/fd | tr '\\n' ' '; ps -o sid= -p $$; echo $$"
                    .. "; echo end" }, { stdout = out }))
            while not (sys.read(out) or ""):find("end\n") do
                sys.sleep(0.005)
            end
            local text = sys.read(out)

            assert.matches("^0 1 2 3 ", text) -- 3 is ls's own
            assert.equal(octal "600", sys.stat(out).mode)
            assert.is_not_nil(kept)
            local sid, own = text:match("(%d+)\n(%d+)\nend")
            assert.not_equal(tostring(sys.pid()), sid)
            assert.is_not_nil(own)
        end)
    end)
end)
