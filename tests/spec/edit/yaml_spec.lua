local edit = require "propolis.edit.yaml"
local parse = require "propolis.edit.yaml_parse"

local BODY = { { "command", '"x y"' }, { "timeout", "10" } }

local CONFIG = [[
# mine
model: gpt  # c
list:
- a
- b: 1
  c: 2
hooks:
  # ours?
  pre_llm_call:
    - command: "a b"
      timeout: 5
    # tail
  on_x: []
text: |
  hooks:
   x
url: http://x:1/#y
]]

local function with(after, new)
    local at = select(2, CONFIG:find(after, 1, true))
    return CONFIG:sub(1, at) .. new .. CONFIG:sub(at + 1)
end

describe("edit.yaml", function()
    it("adds to a list, in its indentation", function()
        assert.equal(with("timeout: 5\n",
            '    - command: "x y"\n      timeout: 10\n'),
            edit.append(CONFIG, { "hooks", "pre_llm_call" }, BODY))
        assert.equal("hooks:\n  a:\n  - b: 1\n  - command: \"x y\"\n"
            .. "    timeout: 10\n",
            edit.append("hooks:\n  a:\n  - b: 1\n", { "hooks", "a" }, BODY))
    end)
    it("fills an empty list or map", function()
        assert.equal((CONFIG:gsub("on_x: %[%]",
            'on_x:\n    - command: "x y"\n      timeout: 10')),
            edit.append(CONFIG, { "hooks", "on_x" }, BODY))
        for _, empty in ipairs { "{}", "null", "~", "" } do
            assert.equal('a: 1\nhooks: # c\n  e:\n    - command: "x y"\n'
                .. "      timeout: 10\nz: 1\n",
                edit.append("a: 1\nhooks: " .. empty
                    .. (empty == "" and "" or " ") .. "# c\nz: 1\n",
                    { "hooks", "e" }, BODY))
        end
    end)
    it("adds a new event at the end of the map", function()
        assert.equal(with("on_x: []\n",
            '  new:\n    - command: "x y"\n      timeout: 10\n'),
            edit.append(CONFIG, { "hooks", "new" }, BODY))
    end)
    it("adds everything to a file that has nothing", function()
        local want = 'hooks:\n  e:\n    - command: "x y"\n      timeout: 10\n'
        assert.equal(want, edit.append("", { "hooks", "e" }, BODY))
        assert.equal("# c\n" .. want,
            edit.append("# c\n", { "hooks", "e" }, BODY))
        assert.equal("a: 1\n" .. want,
            edit.append("a: 1", { "hooks", "e" }, BODY))
        assert.equal("a: 1\r\n" .. want:gsub("\n", "\r\n"),
            edit.append("a: 1\r\n", { "hooks", "e" }, BODY))
    end)
    it("follows the file's own step of indentation", function()
        assert.equal("a:\n    b: 1\nhooks:\n    e:\n"
            .. "        - command: \"x y\"\n          timeout: 10\n",
            edit.append("a:\n    b: 1\n", { "hooks", "e" }, BODY))
    end)
    it("sets and removes a map, and gives the text back", function()
        local server = { "mcp_servers", "propolis" }
        local one = assert(edit.set(CONFIG, server, BODY))
        assert.equal(CONFIG .. 'mcp_servers:\n  propolis:\n'
            .. '    command: "x y"\n    timeout: 10\n', one)
        local two = assert(edit.set(one, server, { { "command", "z" } }))
        assert.same({ command = "z" }, edit.fields(edit.get(two, server)))
        assert.equal(CONFIG, edit.remove(two, { "mcp_servers" }))
    end)
    it("takes items away, and keys that are empty", function()
        local path = { "hooks", "pre_llm_call" }
        local more = assert(edit.append(CONFIG, path, BODY))
        assert.equal(CONFIG, edit.remove_item(more, path, 2))
        local none = assert(edit.remove_item(CONFIG, path, 1))
        assert.equal("null", edit.get(none, path).kind)
        assert.equal(none, edit.prune(none, path, CONFIG))
        assert.is_nil(edit.get(edit.prune(none, path), path))
        for _, was in ipairs { "hooks: {} # c\n", "hooks:\n  on: [ ]\n",
            "hooks: ~\nz: 1\n" } do
            path = { "hooks", "on" }
            local one = assert(edit.append(was, path, BODY))
            none = assert(edit.remove_item(one, path, 1))
            assert.equal(was, edit.prune(none, path, was))
        end
        path = { "hooks", "pre_llm_call" }
        assert.equal(CONFIG, edit.remove_item(CONFIG, path, 7))
    end)
    it("reads scalars as YAML does", function()
        local node = edit.get([[
a:
  p: x # c
  d: "a\tb\\n\u00e9"
  s: 'it''s'
  h: a#b
]], { "a" })
        assert.same({ p = "x", d = "a\tb\\né", s = "it's", h = "a#b" },
            edit.fields(node))
        assert.equal("a\"\\\n", edit.fields(edit.get(
            "k:\n  v: " .. edit.quote "a\"\\\n" .. "\n", { "k" })).v)
    end)

    it("refuses flow style with content", function()
        for text, err in pairs {
            ["a: 1\nhooks: {e: []}\n"] = "line 2: hooks.e is not written",
            ["hooks:\n  e: [{command: x}]\n"] = "line 2: hooks.e is not",
            ["hooks: some text\n"] = "line 1: hooks is not written",
        } do
            local out, said = edit.append(text, { "hooks", "e" }, BODY)
            assert.is_nil(out)
            assert.equal(err, said:sub(1, #err))
        end
    end)

    for text, err in pairs {
        ["a: b: c\n"] =
            "line 1: mapping values are not allowed in this context",
        ["a: [1\n"] = "line 2: did not find expected ',' or ']' "
            .. "while parsing a flow sequence that starts on line 1",
        ["a: 1\n b: 2\n"] =
            "line 2: mapping values are not allowed in this context",
        ["a:\n\tb: 1\n"] = "line 2: found character that cannot start any "
            .. "token while scanning for the next token that starts on line 2",
        ["a: 1\n---\nb: 2\n"] = "line 2: a second document",
        ["a: 'x\n"] = "line 2: found unexpected end of stream "
            .. "while scanning a quoted scalar that starts on line 1",
        ["a: 1\nb\n"] = "line 3: could not find expected ':' "
            .. "while scanning a simple key that starts on line 2",
        ["a: \"x\" y\n"] = "line 1: did not find expected key "
            .. "while parsing a block mapping that starts on line 1",
        ["- a\n- b\n"] = "line 1: a key and a colon were expected",
        ["a: *x\n"] = "line 1: an alias without its anchor",
        ["a: @x\n"] = "line 1: found character that cannot start any "
            .. "token while scanning for the next token that starts on line 1",
    } do
        it("refuses " .. text:gsub("\n", "|"), function()
            local out, said = edit.append(text, { "hooks", "e" }, BODY)
            assert.is_nil(out)
            assert.equal(err, said)
        end)
    end

    it("refuses a key that stands twice", function()
        local out, err = edit.append("hooks:\n  a: []\nhooks:\n  b: []\n",
            { "hooks", "e" }, BODY)
        assert.is_nil(out)
        assert.equal('line 3: the key "hooks" appears twice', err)
    end)

    it("reads what people write", function()
        for _, text in ipairs {
            "a: &x\n  b: 1\nc:\n  <<: *x\n", "a: >-\n  one\n  two\nb: 1\n",
            "a: one\n  two\n  three\nb: 1\n", "a: \"one\n  two\"\nb: 1\n",
            "a: !tag x\n", "---\na: 1\n", "a:\n- - 1\n  - 2\n- b: 1\n",
            "\"a b\": 1\n'c': 2\n", "a: {b: [1, {c: \"}\"}],\n  d: 1}\ne: 1\n",
            "a: -1\nb: :x\nc: -x\n", "# only\n",
        } do
            assert.is_truthy(parse(text), text)
        end
    end)
end)
