local edit = require "propolis.edit.block"

describe("edit.block", function()
    local BLOCK = "<!-- BEGIN propolis -->\na\nb\n<!-- END propolis -->\n"

    it("is added after a blank line, once", function()
        for text, want in pairs {
            [""] = BLOCK, ["# x\n"] = "# x\n\n" .. BLOCK,
            ["# x"] = "# x\n\n" .. BLOCK, ["# x\n\n"] = "# x\n\n" .. BLOCK,
        } do
            local out = edit.set(text, "propolis", "a\nb")
            assert.equal(want, out)
            assert.equal(out, edit.set(out, "propolis", "a\nb"))
            assert.equal("a\nb", edit.get(out, "propolis"))
        end
    end)
    it("is replaced where it stands", function()
        assert.equal("x\n" .. BLOCK .. "y\n",
            edit.set("x\n<!-- BEGIN propolis -->\n<!-- END propolis -->\ny\n",
                "propolis", "a\nb"))
    end)
    it("keeps CRLF", function()
        local text = "# x\r\ny\r\n"
        local out = edit.set(text, "propolis", "a\nb")
        assert.equal(text .. "\r\n" .. BLOCK:gsub("\n", "\r\n"), out)
        assert.equal("a\nb", edit.get(out, "propolis"))
        assert.equal(text, edit.remove(out, "propolis"))
    end)
    it("goes without a trace", function()
        for _, text in ipairs { "", "# x\n", "# x\n\ny\n" } do
            assert.equal(text, edit.remove(
                edit.set(text, "propolis", "a"), "propolis"))
        end
        assert.equal("x\n\ny\n",
            edit.remove("x\n\n" .. BLOCK .. "\ny\n", "propolis"))
    end)
    it("is not guessed from half of it or from other text", function()
        for text, err in pairs {
            ["a\n<!-- BEGIN propolis -->\nx"] =
                'line 2: "<!-- BEGIN propolis -->" without its end',
            ["<!-- END propolis -->\n"] =
                'line 1: "<!-- END propolis -->" without its beginning',
        } do
            local out, said = edit.set(text, "propolis", "a")
            assert.is_nil(out)
            assert.equal(err, said)
            assert.is_nil((edit.remove(text, "propolis")))
        end
        local text = "say `<!-- BEGIN propolis -->` here\n"
        assert.equal(text, edit.remove(text, "propolis"))
    end)
end)
