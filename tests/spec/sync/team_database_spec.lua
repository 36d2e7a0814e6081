describe("a push of 1,000 events, on the line from serve to the database",
    function()
        require "push_lines"(_ENV, "back")
    end)
