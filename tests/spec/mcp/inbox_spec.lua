local inbox = require "propolis.mcp.inbox"

-- Lines that come one at each look, then none.
local function wire(lines)
    local at, looks = 0, 0
    return { next = function(_, ms)
        looks = looks + 1
        if ms and looks % 2 == 0 then return nil, "none" end
        at = at + 1
        if lines[at] then return lines[at] end
        return nil, ms and "none" or "end"
    end, close = function() end }
end

local function cancel(id)
    return ('{"jsonrpc":"2.0","method":"notifications/cancelled","params":'
        .. '{"requestId":%s}}'):format(id)
end

local function forever() while true do end end

describe("the inbox of propolis mcp", function()
    it("stops a call that is cancelled while it runs", function()
        local box = inbox.over(wire { "first", "second", cancel "8",
            cancel '"7"', cancel "7" })
        assert.equal("first", box:next())
        local ok, err = pcall(box.run, box, 7, forever)
        assert.is_false(ok)
        assert.is_true(inbox.is_cancelled(err))
        assert.equal("second", box:next())
        assert.is_true(box:was_cancelled(8))
        assert.is_false(box:was_cancelled(9))
    end)

    it("ends a call that takes too long with a sentence", function()
        local limit = inbox.limit
        finally(function() inbox.limit = limit end)
        inbox.limit = 0
        local ok, err = pcall(inbox.over(wire {}).run, inbox.over(wire {}), 1,
            forever)
        assert.is_false(ok)
        assert.is_truthy(tostring(err):find("ask for less", 1, true))
    end)

    it("gives on what a call gives, and what it raises", function()
        local box = inbox.over(wire {})
        assert.same({ 1, nil, 3 }, { box:run(1, function() return 1, nil, 3
        end) })
        local ok, err = pcall(box.run, box, 1, error, "why", 0)
        assert.is_false(ok)
        assert.equal("why", err)
        assert.is_nil(debug.gethook())
    end)

    it("takes no more than it may while a call runs", function()
        local endless = { next = function() return ("x"):rep(1 << 20) end }
        local box = inbox.over(endless)
        box:run(1, function() for _ = 1, 1e7 do end end)
        assert.is_true(box.last - box.first <= 16)
    end)
end)
