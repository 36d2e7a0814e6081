--- Runs hooks of the program under test in a home of their own.
--
--   local hooks = require "hooks"
--   local home = hooks.home()          -- a folder, PROPOLIS_HOME
--   hooks.run(home, "codex", "Stop", text)  -- asserts exit 0, returns stdout
--   hooks.rows(home)                   -- of sessions, in the order they came
local journal = require "propolis.capture.journal"
local json = require "propolis.json"
local run = require "run"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"
require "propolis.store"

local hooks = {}

--- A new home; files is path -> text.
function hooks.home(files)
    local home = tmp.dir()
    for path, text in pairs(files or {}) do
        tmp.write(home .. "/" .. path, text)
    end
    return home
end

--- The local store's file.
function hooks.store_path(home)
    return home .. "/data/local@default.db"
end

--- One hook: its stdout, and all of how it ended; the promise is asserted.
-- @param opts as for run, without home
function hooks.run(home, agent, name, stdin, opts)
    opts = opts or {}
    local env = { PROPOLIS_AUTOSYNC = "false" } -- no worker
    for key, value in pairs(opts.env or {}) do
        env[key] = value
    end
    local r = run({ "hook", agent, name }, {
        home = home, stdin = stdin, env = env, cwd = opts.cwd,
        timeout = opts.timeout,
    })
    assert(r.code == 0, ("exit code %s, signal %s: %s"):format(r.code,
        r.signal, r.stderr))
    assert(r.stderr == "", r.stderr)
    if r.stdout ~= "" then
        local answer = assert(json.decode(r.stdout))
        assert(type(answer) == "table")
    end
    return r.stdout, r
end

--- A prompt as Claude Code sends it.
function hooks.prompt(text, more)
    local p = {
        session_id = "s1", cwd = "/w/acme", prompt = text,
        hook_event_name = "UserPromptSubmit",
    }
    for key, value in pairs(more or {}) do
        p[key] = value
    end
    return (assert(json.encode(p)))
end

--- Takes in what hooks captured, as every command does before it reads.
function hooks.take_in(home)
    if not journal.waits(hooks.store_path(home)) then return end
    local r = run({ "sync", "--local" }, { home = home })
    assert(r.code == 0, r.stderr)
end

--- The rows of a table, in the order in which they came.
function hooks.rows(home, name)
    local path = hooks.store_path(home)
    hooks.take_in(home)
    if not sys.stat(path) then return {} end
    local store <close> = assert(sqlite.open(path))
    local rows, err = store:query("SELECT * FROM {t} ORDER BY rowid",
        { t = name or "sessions" })
    if not rows then
        assert(err.code == "no_table", tostring(err))
        return {}
    end
    return rows
end

--- The content of each prompt and reply that is stored.
function hooks.contents(home)
    local list = {}
    for i, row in ipairs(hooks.rows(home)) do
        list[i] = assert(json.decode(row.message)).content
    end
    return list
end

--- The log, "" when there is none.
function hooks.log(home)
    return sys.read(home .. "/state/propolis.log") or ""
end

--- The rows that wait in the journal, in order; and bytes that are none.
function hooks.waiting(home)
    local rows, noise, file = {}, {}, hooks.store_path(home)
    for _, path in ipairs { journal.taken(file), journal.path(file) } do
        assert(not sys.stat(path) or journal.read(path, function(list)
            for _, record in ipairs(list) do
                rows[#rows + 1] = record.row
            end
            return true
        end, function(bytes) noise[#noise + 1] = bytes end))
    end
    return rows, noise
end

--- The folder outside of a home in which its events may be kept.
-- @param shared the hooks' TMPDIR, which is their XDG_RUNTIME_DIR as well
-- @param uid the user whose home it is; ours without
function hooks.shelter(home, shared, uid)
    local state = home .. "/state"
    return ("%s/propolis-%d-%s"):format(shared,
        uid or sys.stat("/proc/self").uid, sys.sha256(state):sub(1, 12))
end

-- The folders in which an event could be kept.
local function places(home, shared)
    return { home .. "/data", home .. "/state/journal",
        home .. "/config/journal", hooks.shelter(home, shared) }
end

--- Lets nothing be kept anywhere, by files where folders belong.
function hooks.close(home, shared)
    for _, path in ipairs(places(home, shared)) do
        if sys.stat(path) then assert(sys.rename(path, path .. ".was")) end
        tmp.write(path, "a file")
    end
end

--- Ends that: what was there before is there again.
function hooks.open(home, shared)
    for _, path in ipairs(places(home, shared)) do
        assert(sys.remove(path))
        sys.rename(path .. ".was", path)
    end
end

--- Every file below a folder: path -> bytes.
function hooks.files(dir, found)
    found = found or {}
    for _, name in ipairs(sys.list(dir) or {}) do
        local path = dir .. "/" .. name
        local stat = sys.stat(path, true)
        if stat and stat.type == "dir" then
            hooks.files(path, found)
        elseif stat and stat.type == "file" then
            found[path] = assert(sys.read(path))
        end
    end
    return found
end

return hooks
