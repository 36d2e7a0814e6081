--- Ten agents write while two processes search, one syncs with PostgreSQL and
-- the workers that hooks start take in, index and sum up; in the middle of it
-- something is forgotten, and a secret masked.
local child = require "child"
local forgetting = require "forgetting"
local hooks = require "hooks"
local json = require "propolis.json"
local pg = require "postgres"
local propolis = require "propolis"
local run = require "run"
local soak = require "soak"
local sys = require "engine.sys"
local tmp = require "tmp"

local AGENTS, PROMPTS = 10, soak.count(12, 200)
local BEFORE = 20

-- What is in the store before, and is in no file afterwards.
local FORGOTTEN, SECRET = "canarybird", "Tr0ub4dor" .. "-7-masked"

-- What two of the writers do in the middle.
local MIDDLE = {
    '"$program" forget --yes --all --text ' .. FORGOTTEN,
    '"$program" scrub --all --write',
}

-- A writer's session: prompts one after the other, a turn's end behind each
-- fourth, its own end last.  What a hook says or how it ends goes to a file.
local WRITER = [[
for p in "$dir"/*.json; do
    case $p in
        *.stop.json) event=Stop ;;
        *.end.json) event=SessionEnd ;;
        *) event=UserPromptSubmit ;;
    esac
    "$program" hook "$agent" $event <"$p" >/dev/null 2>>"$dir/said" ||
        echo "exit $?" >>"$dir/said"
    [ "$p" != "$dir/$half.json" ] || eval "$middle" >/dev/null \
        2>>"$dir/said" || echo "$middle: exit $?" >>"$dir/said"
done
]]

-- A command that is run again and again while agents write; its stderr and
-- exit code are kept.
local AGAIN = [[
while [ ! -e "$home/over" ]; do
    "$@" >"$home/$name.out" 2>"$home/$name.last" ||
        { echo "$name: exit $?"; cat "$home/$name.last"; } >>"$home/$name.bad"
done
]]

local function payload(writer, i, event)
    return hooks.prompt(("marker%dx%d"):format(writer, i), {
        session_id = "s" .. writer, hook_event_name = event,
        last_assistant_message = "done", reason = "exit",
    })
end

-- Writes what a writer's hooks get.
local function prepare(dir, writer)
    for i = 1, PROMPTS do
        tmp.write(("%s/%04d.json"):format(dir, i),
            payload(writer, i, "UserPromptSubmit"))
        if i % 4 == 0 then
            tmp.write(("%s/%04d.stop.json"):format(dir, i),
                payload(writer, i, "Stop"))
        end
    end
    tmp.write(dir .. "/9999.end.json", payload(writer, 0, "SessionEnd"))
end

describe("agents that write while others search, index and sync", function()
    local home

    before_each(function() home = tmp.dir() end)
    after_each(function()
        hooks.settle(home)
        tmp.clean()
    end)

    -- Sessions from before: one event is to be forgotten, one to be masked.
    local function before()
        assert(sys.mkdir(home .. "/data"))
        local store <close> = assert(propolis.open("sqlite:"
            .. hooks.store_path(home)))
        assert(store:ensure())
        for i = 1, BEFORE do
            local text = i == 3 and "the " .. FORGOTTEN .. " sang"
                or i == 7 and "curl -u bob:" .. SECRET .. " https://x"
                or "all is well"
            assert(store:insert(propolis.schemas.sessions, {
                path = "/sessions/tester/old.jsonl", author = "tester",
                agent = "codex", project = "acme",
                message = { type = "user_message", content = text, n = i },
            }))
        end
    end

    -- Runs everything at once until the writers are done.
    local function everything()
        local lines = { "set -u", "pids=" }
        for writer = 1, AGENTS do
            local dir = home .. "/w" .. writer
            prepare(dir, writer)
            lines[#lines + 1] = ("( dir=%s agent=%s half=%04d middle='%s'; %s )"
                .. " & pids=\"$pids $!\""):format(dir, writer % 2 == 0
                and "codex" or "claude-code", PROMPTS // 2,
                MIDDLE[writer] or ":", WRITER)
        end
        for name, words in pairs {
            search1 = "search --all --json -- marker1x1",
            search2 = "search --all --by session --json -- 'what is done'",
            sync = "sync", log = "log --all --json",
        } do
            lines[#lines + 1] = ("( name=%s; set -- \"$program\" %s; %s ) &")
                :format(name, words, AGAIN)
        end
        lines[#lines + 1] = "wait $pids; : >\"$home/over\"; wait"
        local done = assert(sys.run({ "sh", "-c", table.concat(lines, "\n") }, {
            env = child.env({ USER = "tester" }, { PROPOLIS_HOME = home,
                HOME = home, program = child.program, home = home }),
            timeout = 900,
        }))
        assert.same({ 0, "" }, { done.code, done.stderr })
    end

    local function complaints()
        local list = {}
        for _, name in ipairs(assert(sys.list(home))) do
            if name:find("%.bad$") then
                list[#list + 1] = sys.read(home .. "/" .. name)
            end
        end
        for writer = 1, AGENTS do
            list[#list + 1] = sys.read(("%s/w%d/said"):format(home, writer))
        end
        for line in hooks.log(home):gmatch("[^\n]* error [^\n]*") do
            list[#list + 1] = line
        end
        return (table.concat(list):gsub("^%s+", ""))
    end

    it("lose, double and disturb nothing, and all is found", function()
        local url = pg.url(true) .. "?workspace=race"
        assert.equal(0, run({ "heal" }, { home = home }).code)
        assert.equal(0, run({ "config", "set", "store", url },
            { home = home }).code)
        before()
        everything()
        hooks.settle(home)
        assert.equal("", complaints())

        local synced = run({ "sync", "--json" }, { home = home })
        assert.equal(0, synced.code, synced.stderr)
        local last, rows, old = {}, 0, 0
        for _, row in ipairs(hooks.rows(home)) do
            local body = assert(json.decode(row.message))
            local writer, i = tostring(body.content):match("marker(%d+)x(%d+)")
            old = old + (row.path:find("/old.", 1, true) and 1 or 0)
            if writer and body.type == "user_message" then
                rows = rows + 1
                assert.equal((last[writer] or 0) + 1, math.tointeger(i))
                last[writer] = math.tointeger(i)
            end
        end
        assert.same({ AGENTS * PROMPTS, BEFORE - 1 }, { rows, old })
        assert.same({}, forgetting.traces(home, FORGOTTEN))
        assert.same({}, forgetting.traces(home, SECRET))
        for writer = 1, AGENTS do
            local r = run({ "search", "--all", "--json", "--limit", "1",
                ("marker%dx%d"):format(writer, PROMPTS) }, { home = home })
            assert.equal(0, r.code, r.stderr)
            assert.truthy(r.stdout:find(("marker%dx%d"):format(writer,
                PROMPTS), 1, true), r.stdout)
        end
        local remote = run({ "query", "--remote", "--json",
            "SELECT count(*) AS n, count(DISTINCT id) AS ids, count(*) FILTER"
            .. " (WHERE message::text LIKE '%" .. SECRET .. "%') AS secret"
            .. " FROM sessions" }, { home = home })
        local counts = assert(json.decode(remote.stdout))[1]
        assert.equal(#hooks.rows(home), math.tointeger(tonumber(counts.n)))
        assert.equal(counts.n, counts.ids)
        assert.equal(0, math.tointeger(tonumber(counts.secret)))
    end)
end)
