--- The sync field of a schema file: what it may say, and what lint says of it.
local json = require "propolis.json"
local run = require "run"
local schemas = require "propolis.schemas"
local tmp = require "tmp"

local COLUMNS = [[columns = { { "id", "text", default = "" },
    { "key", "text", default = "" }, { "day", "text", default = "" },
    { "loose", "text" }, { "n", "bigint", default = 0 },
    %s } }]]

local function lint(sync, more)
    local path = tmp.write(tmp.dir() .. "/x.lua",
        ('return { table = "x", sync = %s, '):format(sync)
            .. COLUMNS:format(more or ""))
    local r = run({ "schema", "lint", path }, { home = tmp.dir() })
    return r.code, r.stdout .. r.stderr
end

describe("a schema's sync", function()
    after_each(tmp.clean)

    it("is what the shipped tables say of themselves", function()
        assert.same({ merge = "path", newest = "last_update_date" },
            schemas.memory.sync)
        assert.same({ append = true, fetch = "creation_date" },
            schemas.sessions.sync)
        assert.same({ append = true, pull = "updated_at" },
            schemas.skills.sync)
        local rules = require "propolis.schemas.sync"
        for _, name in ipairs(schemas.names()) do
            local spec = assert(schemas.read(schemas.files(name)[1]))
            assert(rules.check(spec))
            assert.is_nil(rules.stays(spec))
        end
    end)

    for _, sync in ipairs { "nil", "{ append = true }",
        '{ append = true, pull = "day" }',
        '{ merge = "key", newest = "day" }' } do
        it("may be " .. sync, function()
            local code, text = lint(sync)
            assert.equal(0, code, text)
            assert.matches("x.lua: ok %(x, 5 columns%)\n", text)
        end)
    end

    for sync, want in pairs {
        ["7"] = "it is a table, as in { append = true }",
        ["{}"] = "say either append or merge",
        ['{ append = true, merge = "key", newest = "day" }'] =
            "say either append or merge",
        ['{ append = "yes" }'] = "'append' can only be true",
        ['{ append = true, often = 1 }'] = "the key 'often' means nothing",
        ['{ merge = "key" }'] = "'merge' goes with 'newest'",
        ['{ append = true, newest = "day" }'] = "'newest' goes with 'merge'",
        ['{ merge = "key", newest = "day", pull = "day" }'] =
            "'pull' goes with 'append'",
        ['{ merge = "kee", newest = "day" }'] = "'merge' names 'kee'",
        ['{ merge = "n", newest = "day" }'] = "'merge' names 'n'",
        ['{ append = true, pull = "loose" }'] =
            "no text column with a default",
        ['{ append = true, fetch = "day" }'] =
            "'fetch' needs a text column 'path'",
    } do
        it("cannot be " .. sync, function()
            local code, text = lint(sync)
            assert.equal(1, code)
            assert.matches("^propolis: [^\n]+x.lua: sync: [^\n]+\n$", text)
            assert.truthy(text:find(want, 1, true), text)
        end)
    end

    it("of a table without an id is passed over, with a sentence", function()
        local home = tmp.dir()
        local path = tmp.write(home .. "/config/schemas/x.lua", [[return {
            table = "x", sync = { append = true }, columns = {
            { "id", "bigint", default = 0 } } }]])
        local r = run({ "schema", "lint", path }, { home = home })
        assert.equal(0, r.code)
        assert.equal(path .. ": ok (x, 1 columns); its rows stay on this"
            .. " machine: it has no text column 'id'\n", r.stdout)
        local row = json.decode(run({ "schema", "lint", "--json", path },
            { home = home }).stdout)[1]
        assert.is_true(row.ok)
        assert.matches("stay on this machine", row.note)
        assert.is_nil(row.error)
        r = run({ "-e", "print(require('propolis').schemas.x.sync)" },
            { home = home })
        assert.equal("nil\n", r.stdout)
    end)

    it("of a shipped table is not a user's to say", function()
        local path = tmp.write(tmp.dir() .. "/x.lua", [[return {
            table = "memory", sync = { append = true }, columns = {
            { "mood", "text" } } }]])
        local r = run({ "schema", "lint", path }, { home = tmp.dir() })
        assert.equal(1, r.code)
        assert.matches("how rows of 'memory' travel is said already",
            r.stderr)
    end)

    it("keeps its name when a setting renames the table", function()
        local r = run({ "-e", [[local s = require("propolis").schemas.sessions
            print(s.name, s.table, s.sync.append)]] }, { home = tmp.dir(),
            env = { HIVEMIND_SESSIONS_TABLE = "s2" } })
        assert.equal("sessions\ts2\ttrue\n", r.stdout)
    end)
end)

describe("a table's name", function()
    after_each(tmp.clean)

    for _, name in ipairs { "propolis_outbox", "PROPOLIS_x" } do
        it("cannot be " .. name, function()
            local path = tmp.write(tmp.dir() .. "/x.lua",
                ("return { table = %q, columns = { { 'a', 'text' } } }")
                    :format(name))
            local r = run({ "schema", "lint", path }, { home = tmp.dir() })
            assert.equal(1, r.code)
            assert.truthy(r.stderr:find(("x.lua: the table '%s': names with"
                .. " propolis_ are propolis's own\n"):format(name), 1, true),
                r.stderr)
        end)
    end

    it("cannot be so by a setting either", function()
        local r = run({ "heal" }, { home = tmp.dir(),
            env = { HIVEMIND_TABLE = "propolis_state" } })
        assert.equal(1, r.code)
        assert.matches("names with propolis_", r.stderr)
    end)
end)
