--- make run: the main job, on real input.  A store that an old version of the
-- program made is healed by the next write, and keeps what it had.
local propolis = require "propolis"
local sys = require "engine.sys"

local dir = (os.getenv("TMPDIR") or "/tmp") .. "/propolis-demo-" .. sys.uuid()
assert(sys.mkdir(dir))
local path = dir .. "/memory.db"

local function say(...)
    print((string.format(...):gsub(dir, "DIR")))
end

-- What the first version wrote: its own SQL, kept as it was.
local function make_legacy()
    local here = arg[0]:match("^(.*)/support/[^/]*$")
    local text = assert(sys.read(here .. "/fixtures/legacy/sessions_v1.sql"))
    local old <close> = assert(propolis.open("sqlite:" .. path))
    for statement in text:gmatch("[^;]+;") do
        assert(old:exec(statement))
    end
end

local function columns(store)
    local names = {}
    local found = store:query(
        "SELECT name FROM pragma_table_info('sessions') ORDER BY cid")
    for i, row in ipairs(found) do
        names[i] = row.name
    end
    return names
end

local function run()
    make_legacy()
    local store <close> = assert(propolis.open("sqlite:" .. path))
    store.heal_log = false
    local sessions = propolis.schemas.sessions
    local before = columns(store)
    say("1. A store from an old version: sqlite:DIR/memory.db")
    say("   table sessions, %d columns, %s", #before,
        "2 rows that its author still wants")
    say("2. This version's schema, schemas/sessions.lua, has %d columns.",
        #sessions.columns)
    say("   heal would run:")
    for _, statement in ipairs(assert(store:plan(sessions)).statements) do
        say("     %s", statement)
    end

    local _, healed = assert(store:insert(sessions, {
        path = "/sessions/ada/s3.jsonl", author = "ada", agent = "codex",
        message = { content = "the next write" },
        creation_date = sys.now(),
    }))
    assert(healed and #healed.altered > 0, "the store was not healed")
    say("3. Nobody ran a migration; one row was written, and that added:")
    say("     %s", table.concat(healed.altered, ", "))
    say("4. The rows, old and new:")
    for row in store:rows("SELECT author, agent, message FROM sessions"
            .. " ORDER BY creation_date") do
        say("     %-4s %-7s %s", row.author,
            row.agent == "" and "(none)" or row.agent, row.message)
    end
    assert(#columns(store) == #sessions.columns)
    say("5. A heal now has %d statements left to run.",
        #assert(store:plan(sessions)).statements)
end

local ok, err = xpcall(run, debug.traceback)
for _, name in ipairs(sys.list(dir) or {}) do
    sys.remove(dir .. "/" .. name)
end
sys.rmdir(dir)
if not ok then error(err, 0) end
