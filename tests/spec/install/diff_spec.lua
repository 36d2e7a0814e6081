local diff = require "propolis.install.diff"

describe("install.diff", function()
    for how, case in pairs {
        ["a new file"] = { nil, "a\nb\n", { "+a", "+b" } },
        ["a file that goes"] = { "a\n", nil, { "-a" } },
        ["nothing"] = { "a\nb\n", "a\nb\n", { " ..." } },
        ["a line in the middle"] = { "1\n2\n3\nx\n4\n5\n6\n",
            "1\n2\n3\ny\n4\n5\n6\n",
            { " ...", " 2", " 3", "-x", "+y", " 4", " 5", " ..." } },
        ["two places"] = { "a\n1\n2\n3\n4\n5\n6\nb\n",
            "A\n1\n2\n3\n4\n5\n6\nB\n", { "-a", "+A", " 1", " 2", " ...",
                " 5", " 6", "-b", "+B" } },
        ["CRLF"] = { "a\r\nb\r\n", "a\r\nc\r\n", { " a", "-b", "+c" } },
    } do
        it("shows " .. how, function()
            assert.same(case[3], diff.lines(case[1], case[2]))
        end)
    end

    it("gives up on the best answer for very long texts", function()
        local a, b = {}, {}
        for i = 1, 3000 do a[i], b[i] = "a" .. i, "b" .. i end
        assert.equal(6000, #diff.lines(table.concat(a, "\n"),
            table.concat(b, "\n")))
    end)
end)
