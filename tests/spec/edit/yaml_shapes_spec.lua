-- Typical shapes of YAML files: what an edit adds is there, all other data is
-- as it was by another reader, and taking it out gives the text back.
local edit = require "propolis.edit.yaml"
local lyaml = require "lyaml"

local EVENT = { "hooks", "on_x" }
local SERVER = { "mcp_servers", "propolis" }
local BODY = { { "command", '"/x y"' }, { "timeout", "10" } }
local ADDED = { command = "/x y", timeout = 10 }

local SHAPES = {
    ["block text that keeps blank lines"] = "text: |+\n  a\n\n\n",
    ["block text that drops them"] = "text: |-\n  a\n\n\n# c\nfold: >\n  b\n\n",
    ["indented block text"] = "text: |2 # + is no sign\n    a\n   b\nz: 1\n",
    ["block text that ends with blanks"] = "text: |\n  a\n    \n",
    ["the same that drops line ends"] = "text: |-\n  a\n    \n\n",
    ["an anchor, an alias and a merge"] =
        "base: &b {x: 1}\nlist:\n  - &i one\n  - *i\nmore:\n  <<: *b\n  y: 2\n",
    ["tags"] = "a: !!str 1\nb: !mine\n  c: !<tag:x,2000:y> 2\nd: !!seq\n- 1\n",
    ["flow collections over lines"] =
        "a: {x: [1, 2], # c\n  y: \"}\"}\nb: [\n  1,\n  2,\n]\n",
    ["values over lines"] =
        "a: one\n  two\n\n  three\nb: \"one\n  two \\\n  three\"\n"
        .. "c: 'x\n\n  y'\n",
    ["comments everywhere"] =
        "# 1\na: # 2\n  # 3\n  b: 1 # 4\n  # 5\n# 6\nc:\n# 7\n- 1 # 8\n  # 9\n",
    ["document markers"] = "--- # first\na: 1\n...\n# after\n",
    ["a directive"] = "%YAML 1.1\n%TAG !e! tag:e,2000:\n---\na: !e!x 1\n",
    ["CR LF"] = "a:\r\n  b: 1\r\nc: |+\r\n  x\r\n\r\n",
    ["CR"] = "a:\r  b: 1\rc: x\r",
    ["a byte order mark"] = "\239\187\191a: 1\nb:\n  c: 2\n",
    ["tabs between and after"] = "a:\t1\t# c\nb: [\t1,\t2 ]\nc: x\ty\t\n",
    ["characters of more bytes"] =
        "é: \"ü\"\nlist:\n- 日本: 語\n- \"\\U0001F600 😀\"\nz: é # é\n",
    ["lists in the column of their key"] =
        "a:\n- 1\n- - 2\n  - 3\n- b: 1\n  c: 2\n",
    ["explicit keys"] = "? a\n: 1\n? b c\n: 2\n? d\n",
    ["empty values"] = "a:\nb: ~\nc: ''\nd:\n  -\n  - 1\n\"\": 1\n",
    ["keys in quotes"] = "\"a: b\": 1\n'it''s': 2\nc d: 3\n",
    ["steps of four"] = "a:\n    b:\n        c: 1\n",
    ["an indented root"] = "  a: 1\n  b:\n    c: 2\n",
    ["an empty value that blanks follow"] = "a: 1\nhooks:  \t\nb: 2\n",
    ["hooks with nothing but a comment"] = "hooks: # mine\n  # soon\nb: 2\n",
    ["an event that is empty"] = "hooks:\n  on_x:\n  on_y: []\nb: 2\n",
    ["an event without a list"] = "hooks:\n  on_x: [ ]  # none\nb: 2\n",
    ["other hooks"] =
        "hooks:\n  on_x:\n  - command: a\n    # c\n\n  on_z: []\nb: 2\n",
    ["an anchor that nothing repeats"] =
        "hooks: &h\n  on_x: &l\n    - command: a\n",
    ["another server"] = "mcp_servers:\n  x: {command: a}\n# tail\n",
}

local function loaded(text)
    return assert(lyaml.load(text))
end

-- Both are as they were but for the place that was added to.
local function same_rest(before, after, path)
    local inner = after[path[1]]
    if type(before[path[1]]) == "table" then
        before = before[path[1]]
        inner[path[2]] = before[path[2]]
        assert.same(before, inner)
    else
        inner[path[2]] = nil
        assert.same({}, inner)
        after[path[1]] = before[path[1]]
        assert.same(before, after)
    end
end

describe("edit.yaml keeps all other data of a file with", function()
    for name, text in pairs(SHAPES) do
        it(name, function()
            local hooked = assert(edit.append(text, EVENT, BODY))
            local now = loaded(hooked)
            local list = now.hooks.on_x
            assert.same(ADDED, list[#list])
            local before = loaded(text)
            local there = before.hooks
            there = type(there) == "table" and there.on_x
            for i = 1, type(there) == "table" and #there or 0 do
                assert.same(there[i], list[i])
            end
            same_rest(before, now, EVENT)

            local twice = assert(edit.append(hooked, EVENT, BODY))
            assert.equal(hooked, edit.remove_item(twice, EVENT, #list + 1))

            local served = assert(edit.set(text, SERVER, BODY))
            now = loaded(served)
            assert.same(ADDED, now.mcp_servers.propolis)
            same_rest(loaded(text), now, SERVER)
            local less = { { "command", "z" } }
            local other = assert(edit.set(served, SERVER, less))
            assert.same({ command = "z" }, loaded(other).mcp_servers.propolis)
            assert.equal(served, edit.set(other, SERVER, BODY))
            local out = assert(edit.remove(served, SERVER))
            if not text:find("mcp_servers") then
                out = assert(edit.remove(out, { "mcp_servers" }))
            end
            assert.equal(text, out)
        end)
    end

    it("blank lines that came behind what is taken out", function()
        for text, left in pairs { ["a: |+\n  x\n\n"] = "",
            ["a: x\n"] = "\n\n" } do
            local out = assert(edit.set(text, SERVER, BODY)) .. "\n\n"
            out = assert(edit.remove(out, SERVER))
            assert.equal(text .. left, edit.remove(out, { "mcp_servers" }))
        end
    end)

    -- What lines cannot change is left alone, with a sentence.
    for text, err in pairs {
        ["a: &h\n  on_x: []\nhooks: *h\n"] = "line 3: hooks is not written",
        ["hooks: &h\n  on_x: []\na: *h\n"] = "line 1: hooks is not written",
        ["b: &b\n  on_x: [1]\nhooks:\n  <<: *b\n"] =
            "line 4: hooks is not written",
        ["hooks: {\n  # mine\n}\n"] = "line 1: hooks is not written",
        ["{a: 1}\n"] = "line 1: hooks is not written",
        ["a: |\n  no line end"] = "line 1: hooks.on_x is not written",
        ["a: \255\n"] = "line 1: not UTF-8",
        ["a: \1\n"] = "control characters are not allowed",
        [("["):rep(100)] = "line 1: nested too deeply",
    } do
        it("or says of " .. text:sub(1, 20):gsub("%s", " "), function()
            local out, said = edit.append(text, EVENT, BODY)
            assert.is_nil(out)
            assert.equal(err, said:sub(1, #err))
        end)
    end
end)
