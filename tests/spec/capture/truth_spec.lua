--- What is said about a session is what becomes of it, whatever state the store
-- and the journal are in: the context, the notice, stderr, status and doctor.
local hooks = require "hooks"
local journal = require "propolis.capture.journal"
local json = require "propolis.json"
local needs = require "needs"
local payloads = require "payloads"
local run = require "run"
local sqlite = require "engine.sqlite"
local sys = require "engine.sys"
local tmp = require "tmp"

local CLAUDE = "claude-code"

-- A user whom no right of root helps, apart from reading the checkout.
local UID = 54321
local SOMEBODY = { "setpriv", "--reuid=" .. UID, "--regid=" .. UID,
    "--clear-groups", "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=+dac_read_search" }

local home, shared, wrap

local function somebody(args, stdin)
    return run(args, { home = home, stdin = stdin, wrap = wrap, env = {
        TMPDIR = shared, XDG_RUNTIME_DIR = shared, PROPOLIS_AUTOSYNC = "false",
        ASAN_OPTIONS = (os.getenv("ASAN_OPTIONS") or "") .. ":detect_leaks=0",
    } })
end

local function give_away()
    assert.equal(0, sys.run({ "chown", "-R", UID .. ":" .. UID, home,
        shared }).code)
end

local function mode(path, text)
    assert(sys.chmod(path, tonumber(text, 8)))
end

local function remove_store(file)
    for _, tail in ipairs { "", "-wal", "-shm" } do sys.remove(file .. tail) end
end

-- Other bytes in the store's file; what mends that.
local function damage(file, change)
    local bytes = assert(sys.read(file))
    remove_store(file)
    assert(sys.replace(file, change(bytes)))
    return function()
        remove_store(file)
        assert(sys.replace(file, bytes))
    end
end

-- What state the store is in: each makes it and gives back what mends it.
local STORES = {
    fine = function() end,
    missing = remove_store,
    damaged = function(file)
        return damage(file, function() return ("no database "):rep(300) end)
    end,
    ["with damaged pages"] = function(file)
        return damage(file, function(bytes)
            return bytes:sub(1, 4096) .. ("\xFF"):rep(#bytes - 4096)
        end)
    end,
    ["read only"] = function(file)
        mode(file, "400")
        return function() -- SQLite makes its other files like that one
            for _, tail in ipairs { "", "-wal", "-shm" } do
                if sys.stat(file .. tail) then mode(file .. tail, "600") end
            end
        end
    end,
    locked = function(file)
        local other = assert(sqlite.open(file))
        assert(other:exec "BEGIN EXCLUSIVE")
        return function()
            assert(other:exec "ROLLBACK")
            other:close()
        end
    end,
}

-- The same of the journal.
local JOURNALS = {
    ["takes events"] = function() end,
    ["is a folder"] = function(path)
        assert(sys.mkdir(path .. "/x"))
        return function() assert(sys.run { "rm", "-r", path }) end
    end,
    ["is read only"] = function(path)
        tmp.write(path, "", 256) -- 0400
    end,
    ["is in a folder that is read only"] = function(path)
        local folder = path:match("^(.*)/")
        mode(folder, "500")
        return function() mode(folder, "700") end
    end,
    ["is on a full disk"] = function()
        local full = assert(io.open(home .. "/fill", "w"))
        full:setvbuf "no"
        repeat until not full:write(("x"):rep(4096))
        repeat until not full:write("x")
        full:close()
        return function() assert(sys.remove(home .. "/fill")) end
    end,
    ["is under a limit of 512 bytes"] = function()
        local plain = wrap
        wrap = { "/bin/sh", "-c", 'ulimit -f 1; exec "$@"', "sh",
            table.unpack(plain) }
        return function() wrap = plain end
    end,
}

local function has(text, part, all)
    assert.truthy(text:find(part, 1, true), all or text)
end

-- Whether nothing at all can be written by whoever is under that limit.
local function limited(how)
    return how == "is under a limit of 512 bytes"
end

-- The store and its folder on a small disk of their own; a session before.
local function prepare(shelter)
    home, shared, wrap = hooks.home(), tmp.dir(), SOMEBODY
    assert.equal(0, sys.run({ "mount", "-t", "tmpfs", "-o",
        "size=1m,mode=700", "tmpfs", home }).code)
    give_away()
    assert.equal(0, somebody({ "hook", CLAUDE }, hooks.prompt "zero").code)
    assert.equal(0, somebody({ "sync", "--local" }).code)
    local store <close> = assert(sqlite.open(hooks.store_path(home)))
    assert(store:query "PRAGMA wal_checkpoint(TRUNCATE)")
    store:close()
    if shelter then return end
    for _, path in ipairs { home .. "/state/journal",
        home .. "/config/journal", hooks.shelter(home, shared, UID) } do
        tmp.write(path, "a file")
    end
    give_away()
end

local function start()
    local r = somebody({ "hook", CLAUDE, "SessionStart" },
        payloads.text(CLAUDE, "SessionStart"))
    assert.equal(0, r.code)
    local said = assert(json.decode(r.stdout))
    return said.hookSpecificOutput.additionalContext, said.systemMessage or "",
        r.stderr
end

-- What must be said while it is so: stored says the store takes rows, direct
-- that the journal does, kept that an event is kept anywhere.
local function check_words(store, stored, direct, kept)
    somebody({ "sync", "--local" })
    local context, notice, stderr = start()
    local all = context .. notice .. stderr
    has(context, kept and "This session is recorded"
        or "This session is not recorded (", all)
    assert.equal(kept, stderr == "", all)
    if kept and not direct then
        has(notice, "till that is mended events are kept in ")
    end
    local status = somebody { "status", "--json" }
    local doctor = somebody { "doctor" }
    local said = json.decode(status.stdout)
    local well = stored and direct and kept
    all = status.stdout .. status.stderr .. doctor.stdout .. doctor.stderr
    assert.equal(well and 0 or store == "locked" and direct and status.code
        or 1, status.code, all)
    assert.equal(well and 0 or 1, doctor.code, all)
    assert.equal(well, #said.problems == 0, all)
    for _, one in ipairs(said.problems) do
        has(doctor.stdout, one.text:sub(1, 60), all)
    end
    if not stored and direct and store ~= "locked" then
        has(select(2, start()), "captured events wait to be stored: ")
    end
end

local function check(store, how, shelter)
    local file = hooks.store_path(home)
    local mend_store = STORES[store](file) or function() end
    local mend_journal = JOURNALS[how](journal.path(file)) or function() end
    if store ~= "locked" then give_away() end
    -- One that is read only is replaced as it is taken in.
    local direct = how == "takes events" or how == "is read only"
    local kept = direct or shelter and not limited(how)
    local stored = store == "fine" or store == "missing"
    local ok, err = pcall(check_words, store, stored, direct, kept)
    mend_journal()
    mend_store()
    give_away()
    wrap = SOMEBODY
    assert(ok, err)
    assert.equal(0, somebody({ "hook", CLAUDE }, hooks.prompt "last").code)
    local r = somebody { "sync", "--local" }
    assert.equal(0, r.code, r.stderr)
    local count, last = 0, ""
    for _, row in ipairs(hooks.rows(home)) do
        count = count + (row.description == "SessionStart" and 1 or 0)
        last = json.decode(row.message).content
    end
    assert.equal(kept, count > 0)
    assert.equal("last", last)
end

-- A lock makes each command wait: two journals do.
local function is_slow(store, how)
    return store == "locked" and how ~= "takes events" and how ~= "is a folder"
end

describe("with a store that is", function()
    after_each(tmp.clean)

    local function case(store, how, shelter)
        it(("%s and a journal that %s%s"):format(store, how, shelter and ""
            or ", and no other folder"), function()
            local missing = needs.root() or needs.mount(tmp.dir())
            if missing then return pending(missing) end
            prepare(shelter)
            local ok, err = pcall(check, store, how, shelter)
            assert.equal(0, sys.run({ "umount", home }).code)
            assert(ok, err)
        end)
    end

    for store in pairs(STORES) do
        for how in pairs(JOURNALS) do
            for _, shelter in ipairs { true, false } do
                if not is_slow(store, how) then case(store, how, shelter) end
            end
        end
    end
end)
