local try = require "propolis.try"

describe("try", function()
    it("lets a value pass with all that follows it", function()
        assert.same({ 1, 2, nil, 4 }, { try.check(1, 2, nil, 4) })
        assert.same({ 1, 2, nil, 4 }, { try.call(function()
            return try.check(1, 2, nil, 4)
        end) })
    end)

    it("gives nil and the error as it is, whatever it is", function()
        for _, err in ipairs { "a sentence", { code = "io" }, 7 } do
            local value, got, more = try.call(function(...)
                return select("#", ...), try.check(nil, ...)
            end, err, "more")
            assert.is_nil(value)
            assert.equal(err, got)
            assert.is_nil(more)
        end
        assert.is_nil((try.call(try.check, false)))
    end)

    it("closes what was open when a check fails", function()
        local closed = false
        try.call(function()
            local _ <close> = setmetatable({}, { __close = function()
                closed = true
            end })
            try.check(nil, "x")
        end)
        assert.is_true(closed)
    end)

    it("takes no other error for a failed check", function()
        local mine = { code = "mine" }
        local ok, err = pcall(try.call, error, mine)
        assert.is_false(ok)
        assert.equal(mine, err)
        assert.is_false(try.is_failure(mine))
        assert.is_false(try.is_failure("x"))
    end)

    it("prints a failure as its error", function()
        local _, raised = pcall(try.check, nil, "a sentence")
        assert.is_true(try.is_failure(raised))
        assert.equal("a sentence", tostring(raised))
    end)

    it("does the same for every function of a module", function()
        local module = try.module {
            half = function(n)
                return try.check(n % 2 == 0 and n // 2, n .. " is odd")
            end,
        }
        assert.equal(2, (module.half(4)))
        assert.same({ nil, "3 is odd" }, { module.half(3) })
    end)
end)
