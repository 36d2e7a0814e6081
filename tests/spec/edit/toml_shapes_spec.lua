--- Shapes of TOML files: what is valid is edited and comes back byte for byte,
-- also after somebody added to it; what defines something twice is refused.
local edit = require "propolis.edit.toml"

local OURS = { "mcp_servers", "propolis" }
local BODY = { { "command", '"/x y"' }, { "args", '["mcp"]' } }

local VALID = {
    ["nothing"] = "",
    ["a comment"] = "# c\n",
    ["keys"] = 'a = 1\n"b c" = 2\n\'d"\' = 3\n1234 = 4\n"" = 5\n',
    ["dotted keys"] = "a.b = 1\na . c = 2\na.d.e = 3\n\"x.y\".z = 4\n",
    ["tables in any order"] = "[a.b.c]\n[a]\nx = 1\n[a.d]\n[a.b]\ny = 2\n",
    ["a table below one that dotted keys made"] =
        "[f]\na.c = 1\na.t.s = true\n[f.a.x]\ny = 1\n",
    ["lists of tables"] = "[[l]]\nx = 1\n[l.s]\ny = 1\n[[l.m]]\nz = 1\n"
        .. "[[l.m]]\n[[l]]\n[l.s]\n[[l.m]]\n",
    ["texts"] = 'a = "\\u00e9 \\U0001F600 \\x41 \\e"\nb = \'C:\\x\'\n'
        .. 'c = """\n"one" \\\n   two"""\nd = \'\'\'\n\'x\'\'\'\'\n',
    ["numbers"] = "a = +99\nb = -0\nc = 1_000\nd = 0xDEAD_beef\ne = 0o17\n"
        .. "f = 0b1_0\ng = 6.6_2e-3_4\nh = -inf\ni = nan\nj = 0.0\nk = 1e06\n",
    ["times"] = "a = 1979-05-27T07:32:00Z\nb = 1979-05-27 07:32:00.5-07:00\n"
        .. "c = 2024-02-29\nd = 07:32:00\ne = 23:59\n",
    ["lists over lines"] = "a = [ # c\n  1, # d\n\n  [2, 'x'], {b = 1},\n]\n",
    ["tables in braces"] = "a = { b = 1, c.d = 2, e = {} }\n",
    ["CR LF"] = "a = 1\r\n\r\n[t]\r\nb = \"\"\"\r\nx\r\n\"\"\"\r\n",
    ["no line end"] = "[t]\na = 1",
    ["blank lines at its end"] = "a = 1\n\n\n",
    ["a byte order mark"] = "\239\187\191a = 1\n",
    ["tabs and blanks"] = "\ta\t=\t1\t# c\t\n[ t . u ]\n  b = 2\n",
    ["other servers"] = "[mcp_servers.a]\ncommand = 'x'\n[mcp_servers.b.env]\n",
}

local INVALID = {
    "a = 1\na = 2\n", "[a]\n[a]\n", "a = 1\n[a]\n", "a = 1\n[a.b]\n",
    "a = 1\na.b = 2\n", "a.b = 1\n[a]\n", "[a.b]\nx = 1\n[a]\nb.y = 2\n",
    "[a]\nb.c = 1\n[a.b]\n", "[[a]]\n[a]\n", "[a]\n[[a]]\n", "a = []\n[[a]]\n",
    "a = 1\n[[a]]\n", "[[a.b]]\n[a]\nb.x = 1\n", "a = {}\n[a.b]\n",
    "a = {}\na.b = 1\n", "a = { b = 1, b = 2 }\n", "a = { b.c = 1, b = 2 }\n",
    "a = { b = {}, b.c = 1 }\n", "a = [ { b = 1, b = 2 } ]\n",
    "a = 01\n", "a = 1__0\n", "a = 1_\n", "a = _1\n", "a = 0x_1\n",
    "a = 1._0\n", "a = 1e_0\n", "a = 00.1\n", "a = 2023-02-29\n",
    "a = 2023-13-01\n", "a = 2023-00-10\n", "a = 24:00:00\n", "a = 10:60\n",
    "a = 2023-01-01T25:00:00Z\n", 'a = "\\ud800"\n', "a = 1 # \1\n",
    "a = '\127'\n", "a = 1\rb = 2\n", "a = \"\"\"x\ry\"\"\"\n", "a = 1 b = 2\n",
    "a = \xFF\n", "a\n", "a =\n", "[a\n", "[[a]\n", "= 1\n", "a = [1 2]\n",
}

-- What somebody adds behind our table.
local EDITS = { "", "# mine\n", "[zz]\nx = 1\n", "\n[zz]\n", "[[zz]]\nx = 1\n",
    "[mcp_servers.other]\ncommand = 'x'\n" }

describe("edit.toml gives back a file with", function()
    for name, text in pairs(VALID) do
        it(name, function()
            local eol = text:find("\r\n", 1, true) and "\r\n" or "\n"
            local ended = text:find("\n$") and text or text == "" and text
                or text .. eol
            for _, added in ipairs(EDITS) do
                added = added:gsub("\n", eol)
                local now = assert(edit.set_table(text, OURS, BODY))
                assert.equal(ended, now:sub(1, #ended))
                assert.equal("/x y", edit.value(now, { "mcp_servers",
                    "propolis", "command" }))
                assert.equal(ended .. added,
                    edit.remove_table(now .. added, OURS, text))
            end
        end)
    end
end)

describe("edit.toml refuses", function()
    for _, text in ipairs(INVALID) do
        it((("%q"):format(text):gsub("\\\n", "\\n")), function()
            local out, err = edit.set_table(text, OURS, BODY)
            assert.is_nil(out)
            assert.matches("^line %d: ", err)
        end)
    end
end)
