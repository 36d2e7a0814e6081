---@meta engine.sys
--- engine.sys: the machine.  What it refuses comes back as nil and an error
--- that prints as its message, with code "none" (no such file, folder or
--- program), "exists", "denied", "busy" or "io".  A path with a NUL raises.

---@class engine.sys
local sys = {}

---@class engine.sys.error
---@field code "none"|"exists"|"denied"|"busy"|"io"|"nomem"
---@field message string

---@class engine.sys.stat
---@field type "file"|"dir"|"link"|"other"
---@field size integer bytes
---@field mode integer permission bits, e.g. 384 is 0600
---@field mtime number seconds since 1970
---@field uid integer
---@field ino integer
---@field dev integer

---@class engine.sys.lock
local lock = {}

--- Gives the lock up; doing so again is harmless.  Also on close and gc.
function lock:release() end

---@class engine.sys.spawn
---@field cwd? string
---@field env? table<string, string|false> changes ours; false removes
---@field stdout? string file that stdout and stderr are appended to

---@class engine.sys.run
---@field stdin? string what it reads; nothing when absent
---@field cwd? string
---@field env? table<string, string|false> changes ours; false removes
---@field timeout? number seconds; then SIGTERM, and SIGKILL a second later
---@field max? number bytes kept of each stream (16 MiB)

---@class engine.sys.ended
---@field code? integer exit code, absent when a signal ended it
---@field signal? integer
---@field stdout string
---@field stderr string
---@field timed_out boolean
---@field truncated boolean a stream was longer than max

--- A random UUID, version 4.
---@return string
function sys.uuid() end

--- The time as YYYY-MM-DDTHH:MM:SS.mmmZ.
---@return string
function sys.now() end

--- Seconds since 1970.
---@return number
function sys.time() end

--- Seconds since some moment; never jumps.
---@return number
function sys.monotonic() end

--- Waits; a handled signal (Ctrl-C) ends it early.
---@param seconds number
function sys.sleep(seconds) end

--- Ends this process by SIGALRM after so many seconds, wherever it is stuck;
--- 0 takes that back.
---@param seconds integer
---@return integer left seconds of the limit before, 0 without one
function sys.alarm(seconds) end

--- Whether an error is the one that Ctrl-C raises.  It has the code
--- "interrupted" and prints as lua5.4's text, "...interrupted!".
---@param error any
---@return boolean
function sys.is_interrupt(error) end

--- Lua's pcall, through which Ctrl-C goes on up; fn must not yield.
---@param fn function
---@param ... any
---@return boolean ok
---@return any ... what fn returned, or what it raised
function sys.pcall(fn, ...) end

---@return integer
function sys.pid() end

--- Makes a write to a closed pipe fail, where it would end the program.
function sys.survive_pipe() end

---@return string
function sys.hostname() end

--- The login of the effective user, nil when it has none.
---@return string?
function sys.user() end

---@return string? path
---@return engine.sys.error? err
function sys.getcwd() end

---@return table<string, string>
function sys.environ() end

---@param fd integer
---@return boolean
function sys.isatty(fd) end

--- The terminal's width, else $COLUMNS, else nil.
---@return integer?
function sys.columns() end

---@param text string
---@return string hex 64 lower-case digits
function sys.sha256(text) end

--- Makes a folder and its parents; true also when it is there.
---@param path string
---@param mode? integer 0700
---@return true? ok
---@return engine.sys.error? err
function sys.mkdir(path, mode) end

---@param path string
---@param nofollow? boolean looks at a link itself
---@return engine.sys.stat?
---@return engine.sys.error? err
function sys.stat(path, nofollow) end

--- The names in a folder, sorted by byte, without . and ..
---@param path string
---@return string[]?
---@return engine.sys.error? err
function sys.list(path) end

---@param path string
---@return string? target
---@return engine.sys.error? err
function sys.readlink(path) end

---@param path string
---@return string? path absolute, without links
---@return engine.sys.error? err
function sys.realpath(path) end

--- Makes path a link to target.
---@param target string
---@param path string
---@return true? ok
---@return engine.sys.error? err
function sys.symlink(target, path) end

---@param path string
---@param mode integer
---@return true? ok
---@return engine.sys.error? err
function sys.chmod(path, mode) end

---@param from string
---@param to string
---@return true? ok
---@return engine.sys.error? err
function sys.rename(from, to) end

--- Removes a file or link.
---@param path string
---@return true? ok
---@return engine.sys.error? err
function sys.remove(path) end

--- Removes an empty folder; "exists" when it is not empty.
---@param path string
---@return true? ok
---@return engine.sys.error? err
function sys.rmdir(path) end

--- The whole file, or at most max bytes from its start.
---@param path string
---@param max? integer bytes
---@param regular? boolean a pipe or device, which could let us wait, is refused
---@return string?
---@return engine.sys.error? err
function sys.read(path, max, regular) end

--- What a Lua file of data returns.  It runs without any library, also without
--- the methods of strings, and ends at a million instructions, 80 ms of
--- processor time, 8 MiB of memory, or 512 KiB of it in one piece that is no
--- text; it is no longer than 512 KiB, and may return texts, numbers, booleans
--- and tables of them, 6 MiB of them and 100000 at most.  The error (code "arg")
--- begins with PATH:LINE: where the file is at fault; without one its code is
--- "none".
---@param path string
---@return any value
---@return engine.sys.error? err
function sys.load_data(path) end

--- Gives a file a new content: whoever looks sees the old or the new one, and
--- it is on disk when this returns.  Follows a link at path.  A file with more
--- hard links than one is written in place and keeps them; who looks meanwhile
--- may see half of it.
---@param path string
---@param bytes string
---@param mode? integer else that of the file that is there, else 0600
---@return true? ok
---@return engine.sys.error? err
function sys.replace(path, bytes, mode) end

--- Adds to the end of a file in one write; refuses a link.  With sync who
--- renames the file and then locks it has it for itself.
---@param path string
---@param bytes string
---@param mode? integer of a new file, 0600
---@param sync? boolean returns when it is on disk
---@return integer? end where the bytes end in the file
---@return engine.sys.error? err
function sys.append(path, bytes, mode, sync) end

--- Makes a file that is not there yet ("exists"); it is on disk on return.
---@param path string
---@param bytes string
---@param mode? integer 0600
---@return true? ok
---@return engine.sys.error? err
function sys.create(path, bytes, mode) end

--- Takes an exclusive lock on a file, made when absent; "busy" when another
--- holds it for longer than wait_ms.
---@param path string
---@param wait_ms? integer milliseconds, 0
---@return engine.sys.lock?
---@return engine.sys.error? err
function sys.lock(path, wait_ms) end

--- Starts a program that outlives us: own session, no fd of ours, stdin from
--- /dev/null.  No shell; argv[1] is looked up in PATH.
---@param argv string[]
---@param options? engine.sys.spawn
---@return true? ok
---@return engine.sys.error? err
function sys.spawn(argv, options) end

--- Runs a program to its end.  No shell.  Out of time it is ended with
--- everything it started.
---@param argv string[]
---@param options? engine.sys.run
---@return engine.sys.ended?
---@return engine.sys.error? err could not be started
function sys.run(argv, options) end

--- Where PATH (absolute folders only) has the program.
---@param name string
---@return string? path
---@return engine.sys.error? err
function sys.which(name) end

return sys
