describe("a push of 1,000 events, on the line to serve", function()
    require "push_lines"(_ENV, "front")
end)
