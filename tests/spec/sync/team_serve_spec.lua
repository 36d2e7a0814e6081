describe("a push of 1,000 events, on the line to serve", function()
    require "push_serve"(_ENV, "front")
end)
