local edit = require "propolis.edit.toml"

local CONFIG = [==[
# mine
model = "x" # c
notify = [ "say", # loud
  'done' ]
a.b = 1

[features]
hooks = false  # why not
other = { x = 1, "y z" = [1, 2] }

# about the next
[hooks.state."/h/hooks.json:stop:0:0"]
trusted_hash = "sha256:1"
when = 1979-05-27T07:32:00Z

[[profiles]]
x = 1
[[profiles]]
x = 2
]==]

local function changed(from, to)
    return (CONFIG:gsub(from:gsub("%p", "%%%0"), (to:gsub("%%", "%%%%"))))
end

describe("edit.toml", function()
    it("reads values", function()
        assert.equal("x", edit.value(CONFIG, { "model" }))
        assert.is_false(edit.value(CONFIG, { "features", "hooks" }))
        assert.equal(2, edit.value(CONFIG, { "features", "other", "y z" })[2])
        assert.same({ "say", "done" }, edit.value(CONFIG, { "notify" }))
        assert.is_nil(edit.value(CONFIG, { "features", "none" }))
        assert.same({ "/h/hooks.json:stop:0:0", "trusted_hash" },
            edit.under(CONFIG, { "hooks", "state" })[1].path)
        assert.equal('a"""b\n', edit.value('x = """a"\\""b\n"""', { "x" }))
        assert.equal("a\nb", edit.value("x = '''\na\nb'''", { "x" }))
    end)

    it("replaces a value where it stands", function()
        assert.equal(changed("hooks = false", "hooks = true"),
            edit.set(CONFIG, { "features", "hooks" }, "true"))
    end)
    it("adds a key to its table", function()
        assert.equal(changed('[1, 2] }\n', '[1, 2] }\nnew = 1\n'),
            edit.set(CONFIG, { "features", "new" }, "1"))
        assert.equal("[a]\nb = 1\nc = 2\n",
            edit.set("[a]\nb = 1", { "a", "c" }, "2"))
        assert.equal("[a]\r\nb = 1\r\nc = 2\r\n",
            edit.set("[a]\r\nb = 1\r\n", { "a", "c" }, "2"))
    end)
    it("adds a table with its first key at the end", function()
        assert.equal(CONFIG .. '\n[new."x y"]\nk = 1\n',
            edit.set(CONFIG, { "new", "x y", "k" }, "1"))
        assert.equal("[features]\nhooks = true\n",
            edit.set("", { "features", "hooks" }, "true"))
    end)
    it("adds, replaces and removes a table", function()
        local server = { "mcp_servers", "propolis" }
        local one = assert(edit.set_table(CONFIG, server,
            { { "command", edit.quote "/a \"b\"" }, { "args", "[]" } }))
        assert.equal('/a "b"', edit.value(one,
            { "mcp_servers", "propolis", "command" }))
        assert.equal(one, edit.set_table(one, server,
            { { "command", edit.quote "/a \"b\"" }, { "args", "[]" } }))
        local two = assert(edit.set_table(one .. "[z]\nq = 1\n", server,
            { { "command", '"c"' } }))
        assert.is_nil(edit.value(two, { "mcp_servers", "propolis", "args" }))
        assert.equal(1, edit.value(two, { "z", "q" }))
        assert.equal(CONFIG, edit.remove_table(one, server))
        assert.equal(CONFIG, edit.remove_table(CONFIG, server))
    end)
    it("removes the tables below, and keeps a comment that follows", function()
        assert.equal("[a]\nx = 1\n\n# about z\n[z]\ny = 2\n",
            edit.remove_table("[a]\nx = 1\n\n[b]\nk = 1\n[b.c]\nk = 2\n\n"
                .. "# about z\n[z]\ny = 2\n", { "b" }))
    end)
    it("edits beside lists of tables that have tables below", function()
        local list = "[[a]]\nx = 1\n[a.b]\nk = 1\n[[a.c]]\n[a.c.d]\n"
            .. "[[a]]\nx = 2\n[a.b]\nk = 2\n[[a.c]]\n[a.c.d]\n"
        assert.equal(list .. "\n[z]\nq = 1\n",
            edit.set(list, { "z", "q" }, "1"))
        assert.is_nil(edit.value(list, { "a", "b", "k" }))
        for _, change in ipairs { edit.set, edit.set_table } do
            local _, err = change(list, { "a", "b" }, {})
            assert.is_truthy(err:find("cannot be extended safely", 1, true))
        end
        local _, err = edit.value(list .. "[a.b]\n", { "x" })
        assert.equal("line 13: [a.b] appears twice", err)
        _, err = edit.value(list .. "[a.c.d]\nk = 1\nk = 2\n", { "x" })
        assert.equal("line 13: [a.c.d] appears twice", err)
    end)
    it("removes a key with its line", function()
        assert.equal(changed("hooks = false  # why not\n", ""),
            edit.remove(CONFIG, { "features", "hooks" }))
    end)

    it("refuses forms it cannot extend safely", function()
        for _, try in ipairs {
            { "a.b = 1\n", { "a", "c" } },
            { "a = { b = 1 }\n", { "a", "c" } },
            { "[[a]]\nb = 1\n", { "a", "c" } },
        } do
            local out, err = edit.set(try[1], try[2], "1")
            assert.is_nil(out)
            assert.is_truthy(err:find("cannot be extended safely", 1, true))
        end
    end)

    for text, err in pairs {
        ["a = 1\na = 2\n"] = 'line 2: the key "a" appears twice',
        ["[a]\n[b]\n[a]\n"] = "line 3: [a] appears twice",
        ["a = \n"] = "line 1: a value was expected",
        ["a = 1 b = 2\n"] = "line 1: the end of the line was expected",
        ["a = [1\n"] = "line 2: a comma or ] was expected",
        ['a = "x\n'] = "line 1: an unterminated string",
        ["[a\n"] = "line 1: ] was expected",
        ['a = "\\q"\n'] = "line 1: an invalid escape",
        ["a = truely\n"] = "line 1: a value was expected",
        ["= 1\n"] = "line 1: a key was expected",
    } do
        it("refuses " .. text:gsub("\n", "|"), function()
            local out, said = edit.set(text, { "x" }, "1")
            assert.is_nil(out)
            assert.equal(err, said)
        end)
    end
end)
